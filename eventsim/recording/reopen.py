"""A recording that was left behind, opened again for writing."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from eventsim.recording import layout, locking, superblock
from eventsim.recording.create import Contents, Histograms, Spikes, States, Weights
from eventsim.recording.layout import HistogramSeries, StateSeries, Wanted, WeightSeries
from eventsim.recording.stream import Stream


def reopen(path: Path, identity: str) -> tuple[h5py.File, int | None]:
    """Return the file of a recording under its unfinished name, and the lock on it.

    From the first moment on it can be read by others, and survives a kill.

    Raises
    ------
    FileNotFoundError, ValueError
        As `Recorder.resume` says.
    """
    part = layout.part(path)
    if not part.exists() and path.exists():
        path.replace(part)
    if not part.exists():
        raise FileNotFoundError(
            f"recording {str(path)!r} is not there; record=PATH begins another one, record=False "
            "goes on without"
        )
    lock = locking.hold(part)
    try:
        superblock.mark_closed(part)
        access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
        flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
        file = h5py.File(h5py.h5f.open(bytes(part), flags, fapl=access))
        if file["eventsim"].attrs.get("id", b"") != identity.encode():
            file.close()
            raise ValueError(
                f"recording {str(path)!r} is not the one that the checkpoint belongs to"
            )
    except OSError as error:
        locking.release(lock)
        raise ValueError(f"recording {str(path)!r} can't be taken up: {error}") from error
    except BaseException:
        locking.release(lock)
        raise
    return file, lock


def contents(file: h5py.File, wanted: Wanted, rows: list[int]) -> Contents:
    """Return where everything goes on, each stream after as many rows as it had."""
    kept = _Kept(file, rows)
    spikes = {i.name: kept.spikes(i.name) for i in wanted.spikes}
    states = {s.population: kept.states(s) for s in wanted.states}
    weights = {w.projection: kept.weights(w) for w in wanted.weights}
    histograms = {h.projection: kept.histograms(h) for h in wanted.histograms}
    end = Stream(file["eventsim/end"], len(file["eventsim/end"]))
    end.append(np.frombuffer(b"{}\n", np.uint8))  # what was said of the end is over
    end.flush()
    return Contents(end, spikes, states, weights, histograms, kept.streams)


class _Kept:
    """The streams of a file, each going on after as many rows as it had; in the writer's order."""

    def __init__(self, file: h5py.File, rows: list[int]) -> None:
        self.file = file
        self.streams: list[Any] = [None] * len(rows)
        self._rows = rows

    def _stream(self, *path: str) -> Stream:
        dataset = self.file["/".join(path)]
        number = int(dataset.attrs["stream"])
        rows = self._rows[number]
        if not 0 <= rows <= len(dataset):
            raise ValueError(
                f"recording {self.file.filename!r}: {'/'.join(path)} has {len(dataset)} rows; the "
                f"checkpoint goes on after {rows}"
            )
        stream = Stream(dataset, rows)
        self.streams[number] = stream
        return stream

    def spikes(self, name: str) -> Spikes:
        """Return where the spikes of a population go."""
        return Spikes(
            self._stream("spikes", name, "timestamps"), self._stream("spikes", name, "node_ids")
        )

    def states(self, series: StateSeries) -> States:
        """Return where the samples of a population go."""
        name = series.population
        stream = self._stream("report", name, "data")
        return States(series, stream, self.file[f"report/{name}/mapping/time"])

    def weights(self, series: WeightSeries) -> Weights:
        """Return where the weights of a projection go."""
        name = series.projection
        times, values = (
            self._stream("weights", name, "time"),
            self._stream("weights", name, "value"),
        )
        return Weights(times, values, np.size(series.source))

    def histograms(self, series: HistogramSeries) -> Histograms:
        """Return where the histograms of a projection go."""
        times, counts = (
            self._stream("histograms", series.projection, name) for name in ("time", "count")
        )
        return Histograms(times, counts, len(series.edges) - 1)
