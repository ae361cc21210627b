"""A recording's file and its groups, created before the run, with the streams that fill them."""

import uuid
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from eventsim.recording import layout, locking
from eventsim.recording.layout import (
    MILLISECONDS,
    HistogramSeries,
    PopulationInfo,
    StateSeries,
    Wanted,
    WeightSeries,
)
from eventsim.recording.stream import Stream

# single-writer-multiple-reader needs 1.10; what is newer, other tools may be too old to read
_FORMAT = ("v110", "v110")
_MEMORY_STEP = 1 << 20  # bytes by which a file in memory grows
_CACHE = 1 << 20  # bytes of chunks that HDF5 keeps of a dataset; 2.0 would take eight times as much


class Spikes(NamedTuple):
    """Where the spikes of one population go."""

    times: Stream
    neurons: Stream


class States(NamedTuple):
    """Where the samples of one population go."""

    series: StateSeries
    data: Stream
    time: h5py.Dataset


class Weights(NamedTuple):
    """Where the weights of one projection go."""

    times: Stream
    values: Stream
    synapses: int


class Histograms(NamedTuple):
    """Where the histograms of one projection go."""

    times: Stream
    counts: Stream
    bins: int


class Contents(NamedTuple):
    """Where everything goes, by the names of populations and projections."""

    end: Stream  # what was said of the end, a line for each time
    spikes: dict[str, Spikes]
    states: dict[str, States]
    weights: dict[str, Weights]
    histograms: dict[str, Histograms]
    streams: list[Stream]  # all of these, but for the end; their rows are counted in this order


def memory() -> h5py.File:
    """Return a new file that never touches a disk."""
    return h5py.File(
        f"memory-{uuid.uuid4()}",  # HDF5 takes equal names for the same file
        "w",
        driver="core",
        backing_store=False,
        block_size=_MEMORY_STEP,
        libver=_FORMAT,
    )


def on_disk(path: Path, overwrite: bool) -> tuple[h5py.File, int | None]:
    """Return a new file under the name that it has while it is written, and its lock.

    The lock comes first: half a file that nobody writes would be taken for a killed run's.
    """
    part = layout.part(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(f"{str(path)!r} is a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        for existing in (path, part):
            if existing.exists() and not overwrite:
                raise FileExistsError(
                    f"{str(existing)!r} exists; overwrite=True (--overwrite) replaces it"
                )
        part.unlink(missing_ok=True)
        lock = locking.hold(part, new=True)
        try:
            return locking.opened(part, "w", libver=_FORMAT, rdcc_nbytes=_CACHE), lock
        except OSError:
            locking.release(lock)
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        why = error.strerror or str(error)
        raise ValueError(f"recording {str(path)!r} can't be written: {why}") from error


def contents(file: h5py.File, wanted: Wanted, provenance: str) -> Contents:
    """Create all groups of a file."""
    # h5py lists a group by name unless told to keep the order
    parents = {
        name: file.create_group(name, track_order=True)
        for name in ("spikes", "report", "weights", "histograms", "eventsim")
    }
    own = parents["eventsim"]
    own.attrs["format"] = layout.FORMAT
    own.attrs["id"] = np.bytes_(uuid.uuid4().hex)
    own["provenance"] = np.bytes_(provenance)
    own["reached"] = 0.0
    own["reached"].attrs["units"] = MILLISECONDS
    end = Stream.create(own, "end", np.uint8)
    spikes = {i.name: _spikes(parents["spikes"], i) for i in wanted.spikes}
    states = {s.population: _states(parents["report"], s) for s in wanted.states}
    weights = {w.projection: _weights(parents["weights"], w) for w in wanted.weights}
    histograms = {h.projection: _histograms(parents["histograms"], h) for h in wanted.histograms}
    streams = [
        *(stream for pair in spikes.values() for stream in pair),
        *(of.data for of in states.values()),
        *(stream for of in weights.values() for stream in (of.times, of.values)),
        *(stream for of in histograms.values() for stream in (of.times, of.counts)),
    ]
    for k, stream in enumerate(streams):
        stream.dataset.attrs["stream"] = k
    own["flushed"] = np.zeros(len(streams), np.int64)
    return Contents(end, spikes, states, weights, histograms, streams)


def _spikes(parent: h5py.Group, info: PopulationInfo) -> Spikes:
    """Create the group of one population's spikes."""
    group = parent.create_group(info.name)
    sorting = h5py.enum_dtype(layout.SORTING, basetype="i1")
    group.attrs.create("sorting", layout.SORTING["by_time"], dtype=sorting)
    group.attrs["size"] = info.size
    times = Stream.create(group, "timestamps", np.float64)
    neurons = Stream.create(group, "node_ids", np.uint64)
    times.dataset.attrs["units"] = MILLISECONDS
    return Spikes(times, neurons)


def _states(parent: h5py.Group, series: StateSeries) -> States:
    """Create the group of one population's samples: a neuron's variables are its elements."""
    neurons, variables = len(series.neurons), len(series.variables)
    group = parent.create_group(series.population)
    data = Stream.create(group, "data", np.float64, neurons * variables)
    data.dataset.attrs["units"] = ", ".join(dict.fromkeys(series.units))
    group.attrs["variables"] = layout.texts(series.variables)
    group.attrs["variable_units"] = layout.texts(series.units)
    mapping = group.create_group("mapping")
    mapping["node_ids"] = np.asarray(series.neurons, np.uint64)
    mapping["index_pointers"] = np.arange(neurons + 1, dtype=np.uint64) * variables
    mapping["element_ids"] = np.tile(np.arange(variables, dtype=np.uint32), neurons)
    mapping["time"] = np.array([series.start, series.start, series.interval])
    mapping["time"].attrs["units"] = "ms"
    return States(series, data, mapping["time"])


def _weights(parent: h5py.Group, series: WeightSeries) -> Weights:
    """Create the group of one projection's weights."""
    group = parent.create_group(series.projection)
    count = len(series.source)
    group.attrs["n_pre"] = series.n_pre
    group.attrs["n_post"] = series.n_post
    group["source"] = np.asarray(series.source, np.int32)
    group["target"] = np.asarray(series.target, np.int32)
    group["delay"] = np.asarray(series.delay)
    group["delay"].attrs["units"] = MILLISECONDS
    times = Stream.create(group, "time", np.float64)
    values = Stream.create(group, "value", np.float64, count)
    times.dataset.attrs["units"] = MILLISECONDS
    values.dataset.attrs["units"] = layout.texts([series.units])[0]
    return Weights(times, values, count)


def _histograms(parent: h5py.Group, series: HistogramSeries) -> Histograms:
    """Create the group of one projection's histograms."""
    group = parent.create_group(series.projection)
    bins = len(series.edges) - 1
    group["edges"] = np.asarray(series.edges, np.float64)
    group["edges"].attrs["units"] = layout.texts([series.units])[0]
    times = Stream.create(group, "time", np.float64)
    counts = Stream.create(group, "count", np.int64, bins)
    times.dataset.attrs["units"] = MILLISECONDS
    return Histograms(times, counts, bins)
