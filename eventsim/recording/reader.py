"""Recording: reads a complete file, one that is still being written, or one of a killed run."""

import json
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import ArrayLike

from eventsim.recording import conversions, layout, locking
from eventsim.recording.patience import patiently_opened, readable
from eventsim.recording.pieces import Floats, Histograms, Ints, Samples, Weights
from eventsim.recording.store import Store, indices, search
from eventsim.suggest import unknown

_END_BYTES = 1 << 20  # what is read of how a recording ended


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
        file = patiently_opened(found)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{str(found)!r} can't be opened as HDF5: {error}") from error
    try:
        return Recording(file, name=str(found))
    except BaseException:
        file.close()
        raise


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

    @readable
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
    @readable
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
    @readable
    def duration(self) -> float:
        """How far the recording goes, in ms."""
        reached = float(self._store.dataset("eventsim", "reached")[()])
        last = (self._store.growing("spikes", name, "timestamps") for name in self.populations)
        return max([reached, *(float(times[count - 1]) for times, count in last if count)])

    @property
    @readable
    def provenance(self) -> dict[str, Any]:
        """Where the recording comes from: known at the start, and what the end added."""
        start: dict[str, Any] = json.loads(
            self._store.dataset("eventsim", "provenance").asstr()[()]
        )
        return {**start, **self._end().get("final", {})}

    @readable
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

    @readable
    def trains(
        self, population: str, start: float | None = None, stop: float | None = None
    ) -> list[Floats]:
        """Return the spike times in ms of every neuron of a population, one array each."""
        times, who = self.spikes(population, start, stop)
        order = np.argsort(who, kind="stable")
        ends = np.cumsum(np.bincount(who, minlength=self._size(population)))
        return np.split(times[order], ends[:-1])

    @readable
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

    @readable
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

    @readable
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

    to_pandas = conversions.to_pandas
    to_xarray = conversions.to_xarray
    to_neo = conversions.to_neo
    to_pynapple = conversions.to_pynapple
    to_nwb = conversions.to_nwb
    to_sonata = conversions.to_sonata

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
            self._store = Store(patiently_opened(path), self.name)

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
