"""Recording: reads a complete file, one that is still being written, or one of a killed run."""

import json
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventsim.export import arrays, frames, neo, nwb, pynapple, sonata
from eventsim.recording import layout, locking, superblock
from eventsim.recording.store import Store, UnsettledError, indices, search
from eventsim.suggest import unknown

if TYPE_CHECKING:
    from pandas import DataFrame

_END_BYTES = 1 << 20  # what is read of how a recording ended
_WAITS = (0.01, 0.1, 0.5, 1.0)  # s between attempts to read a file that somebody writes

Result = TypeVar("Result")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Samples(NamedTuple):
    """One sampled variable: `values[k, j]` belongs to `times[k]` ms and neuron `neurons[j]`."""

    times: Floats
    values: Floats
    neurons: Ints
    units: str


class Weights(NamedTuple):
    """Weights of one projection: `values[k, i]` is synapse `i` at `times[k]` ms."""

    times: Floats
    values: Floats
    source: Ints
    target: Ints
    delay: Floats
    units: str


class Histograms(NamedTuple):
    """How weights are distributed: `counts[k, i]` of them from `edges[i]` on at `times[k]` ms."""

    times: Floats
    counts: Ints
    edges: Floats
    units: str


def open(path: str | Path) -> "Recording":
    """Open a recording: complete, still being written, or left behind by a killed run.

    Parameters
    ----------
    path : path
        The file's final name; where only `path` + ".part" exists, that is opened.

    Raises
    ------
    FileNotFoundError
        If neither exists.
    ValueError
        If it is not a recording of eventsim.
    """
    path = Path(path)
    found = path if path.exists() else layout.part(path)
    if not found.exists():
        raise FileNotFoundError(f"no recording at {str(path)!r}")
    try:
        file = _patiently_opened(found)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{str(found)!r} can't be opened as HDF5: {error}") from error
    try:
        return Recording(file, name=str(found))
    except BaseException:
        file.close()
        raise


def _patiently_opened(path: Path) -> h5py.File:
    """Open a file; one that is being created, or closed, is there a moment later."""
    for wait in _WAITS:
        try:
            return _opened(path)
        except OSError as error:
            if not (locking.is_held(path) or locking.is_busy(error)):
                raise
            time.sleep(wait)
    return _opened(path)


def _opened(path: Path) -> h5py.File:
    """Open a file for reading, whatever became of its writer.

    The mode for files that grow tries again and again where something doesn't fit, for minutes in
    a damaged file. So it is taken only where somebody writes, or where that can't be known.
    """
    if locking.is_held(path) is not False:
        try:
            return locking.opened(path, "r", swmr=True)
        except OSError:
            if locking.is_held(path):
                raise  # else it was closed meanwhile
    if superblock.is_marked_open(path):
        return h5py.File(superblock.AsClosed(path), "r")
    return locking.opened(path, "r")


def _readable(method: Callable[..., Result]) -> Callable[..., Result]:
    """Tell HDF5's complaints about a file in one line that names it.

    A file that somebody writes may be caught between two of its writes: HDF5 orders what belongs to
    one dataset, not one dataset after another. So it is opened anew and read again before anybody
    is told that it is damaged.
    """

    @wraps(method)
    def read(self: "Recording", *args: Any, **kwargs: Any) -> Result:
        for wait in _WAITS:
            try:
                return method(self, *args, **kwargs)
            except (UnsettledError, RuntimeError, OSError):
                if not self._may_settle():
                    break
                time.sleep(wait)
                self._open_anew()
        try:
            return method(self, *args, **kwargs)
        except (RuntimeError, OSError, UnicodeDecodeError, RecursionError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"recording {self.name!r} is damaged: {why}") from error

    return read


class Recording:
    """What a run left behind; each call reads what is in the file at that moment.

    Parameters
    ----------
    file : h5py.File
        Open for reading; usually `eventsim.open(path)` does this.
    owns : bool
        Whether `close` closes the file.
    name : str, optional
        What messages call it; by default the file's name.

    Raises
    ------
    ValueError
        If the file is not a recording of eventsim.
    """

    def __init__(self, file: h5py.File, owns: bool = True, name: str | None = None) -> None:
        self.name = str(file.filename) if name is None else name
        self._store = Store(file, self.name)
        self._owns = owns
        self._read_contents()

    @_readable
    def _read_contents(self) -> None:
        try:
            version = int(self._store.attribute(self._store.group("eventsim"), "format"))
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{self.name!r} is not a recording of eventsim") from None
        if version != layout.FORMAT:
            raise ValueError(
                f"{self.name!r} has format {version}; this version reads {layout.FORMAT}"
            )
        #: name and size of every population whose spikes were recorded
        self.populations = {
            name: int(size) for name, size in self._store.attributes("spikes", "size").items()
        }
        #: populations whose state was sampled, and the variables
        self.sampled = {
            name: tuple(self._store.texts(self._store.group("report", name), "variables"))
            for name in self._store.names("report")
        }
        #: name and (n_pre, n_post) of every projection whose weights were recorded
        n_post = self._store.attributes("weights", "n_post")
        self.projections = {
            name: (int(n), int(n_post[name]))
            for name, n in self._store.attributes("weights", "n_pre").items()
        }

        #: projections of whose weights histograms were recorded; older files have none
        self.histogrammed = tuple(self._store.names("histograms"))

    @property
    @_readable
    def status(self) -> str:
        """'complete', 'aborted: why', 'running', or 'killed', if nobody writes it any more.

        Where a system can't tell (it has no locks), a killed run is said to be running.
        """
        status = self._end().get("status")
        if status is not None:
            return str(status)
        in_memory = self._store.file.driver == "core"
        if in_memory or locking.is_held(Path(self.name)) in (True, None):
            return "running"
        return str(self._end().get("status", "killed"))  # it may have ended between the lines

    @property
    @_readable
    def duration(self) -> float:
        """How far the recording goes, in ms."""
        reached = float(self._store.dataset("eventsim", "reached")[()])
        last = (self._store.growing("spikes", name, "timestamps") for name in self.populations)
        return max([reached, *(float(times[count - 1]) for times, count in last if count)])

    @property
    @_readable
    def provenance(self) -> dict[str, Any]:
        """Where the recording comes from: known at the start, and what the end added."""
        start: dict[str, Any] = json.loads(
            self._store.dataset("eventsim", "provenance").asstr()[()]
        )
        return {**start, **self._end().get("final", {})}

    @_readable
    def spikes(
        self,
        population: str,
        start: float | None = None,
        stop: float | None = None,
        neurons: ArrayLike | None = None,
    ) -> tuple[Floats, Ints]:
        """Return the spikes of a population.

        Parameters
        ----------
        population : str
            Its name.
        start, stop : float, optional
            Only `start <= time < stop`, in ms; the rest is not read.
        neurons : array_like of int, optional
            Only these neurons.

        Returns
        -------
        times : ndarray of float64, shape (n,)
            In ms, never decreasing.
        neurons : ndarray of int64, shape (n,)
            Who fired, numbered from 0 within the population.

        Raises
        ------
        KeyError
            If there is no such population.
        ValueError
            If a neuron is out of range.
        """
        size = self._size(population)
        times, count = self._store.growing("spikes", population, "timestamps")
        ids, also = self._store.growing("spikes", population, "node_ids")
        count = min(count, also)  # a writer may have flushed between the two lines
        first = 0 if start is None else search(times, count, start)
        last = count if stop is None else search(times, count, stop)
        t, who = times[first:last], ids[first:last].astype(np.int64)
        if who.size and not 0 <= who.min() <= who.max() < size:
            raise ValueError(f"{self.name!r}: a spike in {population!r} is of none of its neurons")
        if neurons is None:
            return t, who
        keep = np.isin(who, indices(population, neurons, size))
        return t[keep], who[keep]

    @_readable
    def trains(
        self, population: str, start: float | None = None, stop: float | None = None
    ) -> list[Floats]:
        """Return the spike times in ms of every neuron of a population, one array each."""
        times, who = self.spikes(population, start, stop)
        order = np.argsort(who, kind="stable")
        ends = np.cumsum(np.bincount(who, minlength=self._size(population)))
        return np.split(times[order], ends[:-1])

    @_readable
    def states(
        self,
        population: str,
        variable: str | None = None,
        start: float | None = None,
        stop: float | None = None,
    ) -> Samples:
        """Return one sampled state variable.

        Parameters
        ----------
        population : str
            Its name.
        variable : str, optional
            May be left out where only one was sampled.
        start, stop : float, optional
            Only `start <= time < stop`, in ms; the rest is not read.

        Returns
        -------
        Samples
            Times (n,), values (n, n_neurons), neurons (n_neurons,) and the unit.

        Raises
        ------
        KeyError
            If the population or the variable was not sampled.
        """
        variables = self.sampled_variables(population)
        if variable is None and len(variables) == 1:
            variable = variables[0]
        if variable not in variables:
            raise KeyError(unknown(f"sampled variable of {population!r}", variable, variables))
        column = variables.index(variable)
        data, count = self._store.growing("report", population, "data")
        origin, _, step = self._store.dataset("report", population, "mapping", "time")[:]
        times = origin + step * np.arange(count)
        first = 0 if start is None else int(np.searchsorted(times, start))
        last = count if stop is None else int(np.searchsorted(times, stop))
        units = self._store.texts(self._store.group("report", population), "variable_units")
        return Samples(
            times[first:last],
            data[first:last][:, column :: len(variables)],
            self._store.dataset("report", population, "mapping", "node_ids")[:].astype(np.int64),
            str(units[column]),
        )

    @_readable
    def weights(self, projection: str, snapshot: int | None = None) -> Weights:
        """Return the recorded weights of one projection, all snapshots or one (-1: the last).

        Raises
        ------
        KeyError
            If the projection's weights were not recorded.
        IndexError
            If there is no such snapshot.
        """
        if projection not in self.projections:
            raise KeyError(unknown("recorded projection", projection, self.projections))
        get = {
            name: self._store.dataset("weights", projection, name)
            for name in ("source", "target", "delay")
        }
        times, count = self._store.growing("weights", projection, "time")
        values, also = self._store.growing("weights", projection, "value")
        count = min(count, also)  # a writer may have flushed between the two lines
        if snapshot is not None and not -count <= snapshot < count:
            raise IndexError(f"weights of {projection!r}: no snapshot {snapshot} among {count}")
        one = 0 if snapshot is None else snapshot % count
        rows = slice(one, count if snapshot is None else one + 1)
        source = get["source"][:].astype(np.int64)
        return Weights(
            times[rows],
            values[rows],
            source,
            get["target"][:].astype(np.int64),
            np.broadcast_to(get["delay"][:].astype(np.float64), source.shape),
            self._store.texts(values, "units")[0],
        )

    @_readable
    def histograms(self, projection: str) -> Histograms:
        """Return the histograms of one projection's weights.

        Returns
        -------
        Histograms
            Times (n,), counts (n, bins), edges (bins + 1,) and the unit of the edges. Weights
            outside the edges are counted nowhere.

        Raises
        ------
        KeyError
            If none were recorded.
        """
        if projection not in self.histogrammed:
            raise KeyError(unknown("projection with histograms", projection, self.histogrammed))
        times, count = self._store.growing("histograms", projection, "time")
        counts, also = self._store.growing("histograms", projection, "count")
        count = min(count, also)  # a writer may have flushed between the two lines
        edges = self._store.dataset("histograms", projection, "edges")
        return Histograms(
            times[:count], counts[:count], edges[:], self._store.texts(edges, "units")[0]
        )

    def to_pandas(self, population: str, variable: str | None = None) -> "DataFrame":
        """Return a population's spikes, or with a `variable` its samples, as a pandas frame.

        Returns
        -------
        pandas.DataFrame
            Spikes: columns `time` (ms) and `neuron`. Samples: index `time` (ms), a column per
            neuron.

        Raises
        ------
        ImportError
            If pandas is not installed.
        KeyError
            If there is no such population or variable.
        """
        if variable is None:
            return frames.spikes(*self.spikes(population))
        return frames.states(self.states(population, variable))

    def to_xarray(self, population: str) -> Any:
        """Return all that was sampled of a population: an xarray.Dataset, (time, neuron) each.

        Raises
        ------
        ImportError
            If xarray is not installed (extra `xarray`).
        KeyError
            If the population was not sampled.
        """
        return arrays.states(self, population)

    def to_neo(self) -> Any:
        """Return everything as a neo.Block: a segment for each population, in ms.

        Raises
        ------
        ImportError
            If Neo is not installed (extra `neo`).
        """
        return neo.block(self)

    def to_pynapple(self, population: str, variable: str | None = None) -> Any:
        """Return spikes as a pynapple.TsGroup, or with a `variable` its samples as a TsdFrame.

        pynapple counts in seconds and rounds to ns.

        Raises
        ------
        ImportError
            If pynapple is not installed (extra `pynapple`).
        KeyError
            If there is no such population or variable.
        """
        if variable is None:
            return pynapple.spikes(self, population)
        return pynapple.states(self, population, variable)

    def to_nwb(self, path: str | Path) -> None:
        """Write all spikes into an NWB file: its `units` table, in seconds, a row per neuron.

        Raises
        ------
        ImportError
            If pynwb is not installed (extra `nwb`).
        FileExistsError
            If the file exists.
        """
        if Path(path).exists():
            raise FileExistsError(f"{str(path)!r} exists")
        nwb.write(self, Path(path))

    def to_sonata(self, folder: str | Path) -> list[Path]:
        """Write SONATA files: spikes.h5, and POPULATION.VARIABLE.h5 for what was sampled.

        SONATA's samples are float32; spike times are as recorded.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        FileExistsError
            If one of them exists.
        """
        return sonata.write_recording(self, Path(folder))

    @property
    def identity(self) -> str:
        """A text that no other recording has."""
        own = self._store.group("eventsim")
        return self._store.texts(own, "id")[0] if "id" in own.attrs else self.name

    def interval(self, population: str) -> float:
        """Return the time in ms between two samples of a population.

        Raises
        ------
        KeyError
            If it was not sampled.
        """
        self.sampled_variables(population)
        return float(self._store.dataset("report", population, "mapping", "time")[2])

    def sampled_variables(self, population: str) -> tuple[str, ...]:
        """Return the names of the state variables that were sampled; KeyError if none was."""
        if population not in self.sampled:
            raise KeyError(unknown("sampled population", population, self.sampled))
        return self.sampled[population]

    def _may_settle(self) -> bool:
        return self._owns and self._store.is_live

    def _open_anew(self) -> None:
        path = Path(self.name)
        if not path.exists() and path.suffix == layout.part(path).suffix:
            path = path.with_suffix("")  # it was completed meanwhile
        if path.exists():
            self._store.file.close()
            self._store = Store(_patiently_opened(path), self.name)

    def close(self) -> None:
        """Close the file, unless a recorder still holds it."""
        if self._owns:
            self._store.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<recording {self.name!r}: {self.status}, {self.duration:g} ms>"

    def _size(self, population: str) -> int:
        if population not in self.populations:
            raise KeyError(unknown("recorded population", population, self.populations))
        return self.populations[population]

    def _end(self) -> dict[str, Any]:
        end = self._store.dataset("eventsim", "end")
        lines = bytes(end[-_END_BYTES:]).splitlines()  # one for each time that it ended
        for line in reversed(lines):
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):  # killed in its very last write
                continue
            return said if isinstance(said, dict) else {}
        return {}
