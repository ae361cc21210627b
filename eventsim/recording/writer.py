"""Recorder: writes one HDF5 file during a run, so that it can be read meanwhile and after a crash.

Everything is created first; then the file is switched to HDF5's single-writer-multiple-reader mode,
in which it is consistent on disk at any moment. That mode allows no new object and no attribute, so
what only the end of the run knows goes into a dataset that was there, empty, from the beginning.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from eventsim.recording import create, layout, locking, reader, reopen, room
from eventsim.recording.layout import (
    MILLISECONDS,
    HistogramSeries,
    PopulationInfo,
    StateSeries,
    WeightSeries,
)
from eventsim.recording.stream import Stream, unwritable
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
        _check(spikes, states, weights, histograms)
        start = _json(provenance or {})
        self.path = None if path is None else Path(path)
        self._lock: int | None = None
        if self.path is None:
            self._file = create.memory()
        else:
            self._file, self._lock = create.on_disk(self.path, overwrite)
        self._closed = False
        try:
            self._build(spikes, states, weights, histograms, start)
        except BaseException:
            self._file.close()
            locking.release(self._lock)
            if self.path is not None:
                layout.part(self.path).unlink(missing_ok=True)
            raise
        self._begin()

    def _begin(self) -> None:
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
        try:
            self._attach(spikes, states, weights, histograms, mark)
        except BaseException:
            self._closed = True
            self._let_go()
            raise
        self._next_flush = time.monotonic() + _FLUSH_EVERY
        return self

    def _attach(
        self, spikes: Sequence[PopulationInfo], states: Sequence[StateSeries],
        weights: Sequence[WeightSeries], histograms: Sequence[HistogramSeries],
        mark: Mapping[str, Any],
    ) -> None:  # fmt: skip
        kept = reopen.Kept(self._file, [int(n) for n in mark["rows"]])
        self._spikes = {i.name: kept.spikes(i.name) for i in spikes}
        self._last = {i.name: float(mark["last"][i.name]) for i in spikes}
        self._states = {s.population: kept.states(s) for s in states}
        self._weights = {w.projection: kept.weights(w) for w in weights}
        self._histograms = {h.projection: kept.histograms(h) for h in histograms}
        self._streams = kept.streams
        end = self._file["eventsim/end"]
        self._end = Stream(end, len(end))
        self._end.append(np.frombuffer(b"{}\n", np.uint8))  # what was said of the end is over
        self._end.flush()
        self.flush(float(mark["reached"]))

    def mark(self) -> dict[str, Any]:
        """Flush, and return the place from which `resume` can go on, fit for JSON."""
        self.flush()
        return {
            "path": None if self.path is None else str(self.path.absolute()),
            "id": self._file["eventsim"].attrs["id"].decode(),
            "rows": [stream.count for stream in self._streams],
            "last": self._last,
            "reached": float(self._file["eventsim/reached"][()]),
            "samples": {name: states.data.count for name, states in self._states.items()},
        }

    def _build(
        self,
        spikes: Sequence[PopulationInfo],
        states: Sequence[StateSeries],
        weights: Sequence[WeightSeries],
        histograms: Sequence[HistogramSeries],
        start: str,
    ) -> None:
        # h5py lists a group by name unless told to keep the order
        parents = {
            name: self._file.create_group(name, track_order=True)
            for name in ("spikes", "report", "weights", "histograms", "eventsim")
        }
        own = parents["eventsim"]
        own.attrs["format"] = layout.FORMAT
        own.attrs["id"] = np.bytes_(uuid.uuid4().hex)
        own["provenance"] = np.bytes_(start)
        own["reached"] = 0.0
        own["reached"].attrs["units"] = MILLISECONDS
        self._end = Stream.create(own, "end", np.uint8)
        self._spikes = {info.name: create.spikes(parents["spikes"], info) for info in spikes}
        self._last = {info.name: 0.0 for info in spikes}
        self._states = {s.population: create.states(parents["report"], s) for s in states}
        self._weights = {w.projection: create.weights(parents["weights"], w) for w in weights}
        self._histograms = {
            h.projection: create.histograms(parents["histograms"], h) for h in histograms
        }
        self._streams = [
            *(stream for pair in self._spikes.values() for stream in pair),
            *(states.data for states in self._states.values()),
            *(stream for w in self._weights.values() for stream in (w.times, w.values)),
            *(stream for h in self._histograms.values() for stream in (h.times, h.counts)),
        ]
        for k, stream in enumerate(self._streams):
            stream.dataset.attrs["stream"] = k
        own["flushed"] = np.zeros(len(self._streams), np.int64)

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
        streams = _known("recorded population", population, self._spikes)
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
        states = _known("sampled population", population, self._states)
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
        weights = _known("recorded projection", projection, self._weights)
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
        histograms = _known("projection with histograms", projection, self._histograms)
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
            room.check(self.path, sum(stream.waiting for stream in self._streams))
        for stream in self._streams:
            stream.flush()
        for states in self._states.values():
            series = states.series
            states.time[1] = series.start + states.data.count * series.interval
        self._file.flush()
        # HDF5 may show a dataset's new length before its values: readers go by these counts, which
        # change only when everything they count is on disk
        self._file["eventsim/flushed"][...] = [stream.count for stream in self._streams]
        if now is not None:
            self._file["eventsim/reached"][()] = now
        self._file.flush()
        self._next_flush = time.monotonic() + _FLUSH_EVERY

    def maybe_flush(self, now: float | None = None) -> None:
        """Flush if the last time was 2 s of wall time ago; cheap enough to call every window."""
        if time.monotonic() >= self._next_flush:
            self.flush(now)

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
        self._end.from_reserve = True
        status = "complete" if complete else f"aborted: {reason}" if reason else "aborted"
        end = _json({"status": status, "final": final}) + "\n"
        try:
            self._end.append(np.frombuffer(end.encode(), np.uint8))
            self._end.flush()
            for stream in self._streams:
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
        return self._end.broken or any(stream.broken for stream in self._streams)

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


def _check(
    spikes: Sequence[PopulationInfo],
    states: Sequence[StateSeries],
    weights: Sequence[WeightSeries],
    histograms: Sequence[HistogramSeries],
) -> None:
    groups: tuple[tuple[str, Sequence[Any], Callable[[Any], None]], ...] = (
        ("spikes of population", spikes, layout.check_population),
        ("states of population", states, layout.check_states),
        ("weights of projection", weights, layout.check_weights),
        ("histograms of projection", histograms, layout.check_histograms),
    )
    for what, things, check in groups:
        seen = set()
        for thing in things:
            check(thing)
            if thing[0] in seen:
                raise ValueError(f"{what} {thing[0]!r}: asked for twice")
            seen.add(thing[0])


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
