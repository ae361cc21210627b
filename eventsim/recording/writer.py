"""Recorder: writes one HDF5 file during a run, so that it can be read meanwhile and after a crash.

Everything is created first; then the file is switched to HDF5's single-writer-multiple-reader mode,
in which it is consistent on disk at any moment. That mode allows no new object and no attribute, so
what only the end of the run knows goes into a dataset that was there, empty, from the beginning.
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from eventsim.recording import create, layout, locking, reader, reopen, room
from eventsim.recording.layout import (
    HistogramSeries,
    PopulationInfo,
    StateSeries,
    Wanted,
    WeightSeries,
)
from eventsim.recording.stream import unwritable
from eventsim.suggest import unknown

_FLUSH_EVERY = 2.0  # s of wall time: what a kill can cost at most


class Recorder:
    """A recording being written.

    Parameters
    ----------
    path : path or None
        The file. Until the run has ended it is called `path` + ".part". Missing folders are made.
        None keeps the recording in memory.
    spikes : sequence of PopulationInfo
        Populations whose spikes are recorded.
    states : sequence of StateSeries
        Sampled state, at most one series per population.
    weights : sequence of WeightSeries
        Projections whose weights are recorded.
    histograms : sequence of HistogramSeries
        Projections of whose weights histograms are recorded.
    provenance : mapping
        What is known when the run starts; anything that JSON, numpy or a path can express.
    overwrite : bool
        Replace an existing file. The old one stays until the new one has ended.

    Raises
    ------
    ValueError
        If the file exists, can't be written, or something can't be recorded; no file is left.
    """

    def __init__(
        self,
        path: str | Path | None,
        *,
        spikes: Sequence[PopulationInfo] = (),
        states: Sequence[StateSeries] = (),
        weights: Sequence[WeightSeries] = (),
        histograms: Sequence[HistogramSeries] = (),
        provenance: Mapping[str, Any] | None = None,
        overwrite: bool = False,
    ) -> None:
        wanted = Wanted(spikes, states, weights, histograms)
        layout.check(wanted)
        start = _json(provenance or {})
        self.path = None if path is None else Path(path)
        self._lock: int | None = None
        if self.path is None:
            self._file = create.memory()
        else:
            self._file, self._lock = create.on_disk(self.path, overwrite)
        self._closed = False
        try:
            self._contents = create.contents(self._file, wanted, start)
        except BaseException:
            self._file.close()
            locking.release(self._lock)
            if self.path is not None:
                layout.part(self.path).unlink(missing_ok=True)
            raise
        self._last = dict.fromkeys(self._contents.spikes, 0.0)  # ms, of each population's spikes
        if self.path is not None:  # a file in memory has no other reader
            self._file.swmr_mode = True
        self._next_flush = time.monotonic() + _FLUSH_EVERY

    @classmethod
    def resume(
        cls, path: str | Path, mark: Mapping[str, Any], *, spikes: Sequence[PopulationInfo],
        states: Sequence[StateSeries], weights: Sequence[WeightSeries],
        histograms: Sequence[HistogramSeries] = (),
    ) -> Self:  # fmt: skip
        """Go on with a recording from where it was when `mark` was called.

        What it holds beyond is written once more.

        Raises
        ------
        FileNotFoundError
            If neither it nor its unfinished part is there.
        ValueError
            If it is being written, is another recording, or does not reach as far.
        """
        self = cls.__new__(cls)
        self.path, self._closed = Path(path), False
        self._file, self._lock = reopen.reopen(self.path, str(mark["id"]))
        wanted = Wanted(spikes, states, weights, histograms)
        try:
            self._last = {i.name: float(mark["last"][i.name]) for i in spikes}
            self._contents = reopen.contents(self._file, wanted, [int(n) for n in mark["rows"]])
        except BaseException:
            self._file.close()
            locking.release(self._lock)
            raise
        try:
            self.flush(float(mark["reached"]))
        except BaseException:
            self._closed = True
            self._let_go()
            raise
        return self

    def mark(self) -> dict[str, Any]:
        """Flush, and return the place from which `resume` can go on, fit for JSON."""
        self.flush()
        return {
            "path": None if self.path is None else str(self.path.absolute()),
            "id": self._file["eventsim"].attrs["id"].decode(),
            "rows": [stream.count for stream in self._contents.streams],
            "last": dict(self._last),
            "reached": float(self._file["eventsim/reached"][()]),
            "samples": {name: states.data.count for name, states in self._contents.states.items()},
        }

    def spikes(
        self, population: str, times: NDArray[np.float64], neurons: NDArray[np.integer[Any]]
    ) -> None:
        """Append spikes of one population.

        Parameters
        ----------
        population : str
            Its name.
        times : ndarray of float64, shape (n,)
            In ms, never decreasing, also from one call to the next.
        neurons : ndarray of int, shape (n,)
            Who fired, numbered from 0 within the population.

        Raises
        ------
        KeyError
            If the population's spikes are not recorded.
        ValueError
            If the arrays differ in length, or time steps back between two calls.
        """
        streams = _known("recorded population", population, self._contents.spikes)
        if len(times) != len(neurons):
            raise ValueError(
                f"population {population!r}: {len(times)} spike times for {len(neurons)} neurons"
            )
        if len(times) == 0:
            return
        if times[0] < self._last[population]:
            raise ValueError(
                f"population {population!r}: spikes must come in order of time, got {times[0]} ms "
                f"after {self._last[population]} ms"
            )
        streams.times.append(times)
        streams.neurons.append(neurons)
        self._last[population] = float(times[-1])

    def states(self, population: str, rows: NDArray[np.float64]) -> None:
        """Append samples, shape (n_samples, n_neurons, n_variables).

        Raises
        ------
        KeyError
            If the population's state is not recorded.
        ValueError
            If the shape is another.
        """
        states = _known("sampled population", population, self._contents.states)
        shape = (len(states.series.neurons), len(states.series.variables))
        if rows.shape[1:] != shape:
            raise ValueError(
                f"states of population {population!r}: samples must have shape (n, {shape[0]}, "
                f"{shape[1]}), got {rows.shape}"
            )
        states.data.append(rows.reshape(len(rows), -1))

    def weights(self, projection: str, time: float, values: NDArray[np.floating[Any]]) -> None:
        """Append the weights of one projection at `time` ms, shape (n_synapses,) or (1,).

        Raises
        ------
        KeyError
            If the projection's weights are not recorded.
        ValueError
            If the shape is another.
        """
        weights = _known("recorded projection", projection, self._contents.weights)
        if np.shape(values) not in ((weights.synapses,), (1,)):
            raise ValueError(
                f"weights of projection {projection!r}: needs {weights.synapses} values, got shape "
                f"{np.shape(values)}"
            )
        weights.times.append(np.array([time]))
        weights.values.append(np.broadcast_to(values, (1, weights.synapses)))

    def histogram(self, projection: str, time: float, counts: NDArray[np.integer[Any]]) -> None:
        """Append how many weights of one projection are in each bin at `time` ms.

        Raises
        ------
        KeyError
            If no histograms of the projection are recorded.
        ValueError
            If the shape is not (bins,).
        """
        histograms = _known("projection with histograms", projection, self._contents.histograms)
        if np.shape(counts) != (histograms.bins,):
            raise ValueError(
                f"histograms of projection {projection!r}: needs {histograms.bins} counts, got "
                f"shape {np.shape(counts)}"
            )
        histograms.times.append(np.array([time]))
        histograms.counts.append(counts[np.newaxis])

    def flush(self, now: float | None = None) -> None:
        """Put everything appended so far on disk; `now` is the time in ms that the run reached."""
        if self.path is not None:
            room.check(self.path, sum(stream.waiting for stream in self._contents.streams))
        for stream in self._contents.streams:
            stream.flush()
        for states in self._contents.states.values():
            series = states.series
            states.time[1] = series.start + states.data.count * series.interval
        self._file.flush()
        # HDF5 may show a dataset's new length before its values: readers go by these counts, which
        # change only when everything they count is on disk
        self._file["eventsim/flushed"][...] = [stream.count for stream in self._contents.streams]
        if now is not None:
            self._file["eventsim/reached"][()] = now
        self._file.flush()
        self._next_flush = time.monotonic() + _FLUSH_EVERY

    def maybe_flush(self, now: float | None = None) -> None:
        """Flush if the last time was 2 s of wall time ago; cheap enough to call every window."""
        if time.monotonic() >= self._next_flush:
            self.flush(now)

    @property
    def closed(self) -> bool:
        """Whether the recording has ended."""
        return self._closed

    def close(self, complete: bool = True, reason: str = "", **final: Any) -> None:
        """End the recording and give the file its final name; a second call does nothing.

        Parameters
        ----------
        complete : bool
            False marks the recording as aborted.
        reason : str
            Why it was aborted.
        **final
            What only the end knows (wall time, event counts, ...), added to the provenance;
            `duration`, in ms, is how far the run got.
        """
        if self._closed:
            return
        self._closed = True
        if self._broken:
            self._let_go()
            return
        try:
            self.flush(final.get("duration"))
        finally:
            self._finish(complete, reason, final)
        if self.path is not None:
            layout.part(self.path).replace(self.path)

    def _finish(self, complete: bool, reason: str, final: Mapping[str, Any]) -> None:
        """Say how it ended, and close the file."""
        if self._broken:
            self._let_go()
            return
        self._contents.end.from_reserve = True
        status = "complete" if complete else f"aborted: {reason}" if reason else "aborted"
        end = _json({"status": status, "final": final}) + "\n"
        try:
            self._contents.end.append(np.frombuffer(end.encode(), np.uint8))
            self._contents.end.flush()
            for stream in self._contents.streams:
                stream.cut()
            self._file.flush()
        finally:
            if self.path is not None:
                self._let_go()

    def _let_go(self) -> None:
        """Close the file. One that can't be written is left as it is on disk, and open."""
        name = str(self._file.filename)
        try:
            if self._broken:
                room.abandon(self._file)
            else:
                self._file.close()
        except OSError as error:
            room.abandon(self._file)
            raise unwritable(name, error) from error
        finally:
            locking.release(self._lock)
            self._lock = None

    @property
    def _broken(self) -> bool:
        """Whether the file system has refused a write: HDF5 can't be brought to go on then."""
        return self._contents.end.broken or any(stream.broken for stream in self._contents.streams)

    @property
    def recording(self) -> reader.Recording:
        """What was recorded, up to now while the run goes on."""
        if self._closed and self.path is not None:
            return reader.open(self.path)
        if not self._closed:
            self.flush()
        return reader.Recording(self._file, owns=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(kind is None, reason=str(error) or kind.__name__ if kind else "")


def _known(what: str, name: str, things: Mapping[str, Any]) -> Any:
    if name not in things:
        raise KeyError(unknown(what, name, things))
    return things[name]


def _json(values: Mapping[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic):
            return value.tolist()
        if isinstance(value, Path):
            return str(value)
        raise ValueError(f"provenance: {value!r} can't be written as JSON")

    return json.dumps(values, default=plain)
