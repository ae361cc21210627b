"""What a recording holds, where, and in which words.

    /spikes/<population>            attributes sorting (SONATA's enum), size
        timestamps   float64 (n,)   ms, never decreasing
        node_ids     uint64 (n,)    numbered from 0 within the population
    /report/<population>            sampled state; the variables are the SONATA elements of a neuron
        data         float64 (samples, neurons * variables)
        mapping/     node_ids, index_pointers, element_ids, time = [start, stop, step] in ms
    /weights/<projection>           attributes n_pre, n_post
        source, target, delay       one per synapse (delay may be one for all)
        time         float64 (k,)   ms
        value        float64 (k, synapses)
    /histograms/<projection>        how its weights are distributed
        edges        float64 (bins + 1,)
        time         float64 (k,)   ms
        count        int64 (k, bins)
    /eventsim                       attributes format, version
        provenance   JSON, known when the run starts
        flushed      int64          rows that are safely on disk, per growing dataset (whose
                                    attribute "stream" is the position in this list)
        reached      float64        ms, how far the file's content goes
        end          JSON as bytes, empty until the run has ended: its status, final figures

SONATA asks for float32 in /report/.../data. A float32 can't give back the exact value, so float64
is stored, and readers that insist on float32 open the report but not its data.

Source: SONATA data format, Dai et al. (2020), PLoS Comput. Biol. 16:e1007696,
doi:10.1371/journal.pcbi.1007696.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
CHUNK = 16_384  # values, 128 KiB: one write of the file system
SORTING = {"none": 0, "by_id": 1, "by_time": 2}  # member names as SONATA's own reader has them
MILLISECONDS = "milliseconds"


class PopulationInfo(NamedTuple):
    """A population whose spikes are recorded."""

    name: str
    size: int


class StateSeries(NamedTuple):
    """Sampled state variables of some neurons of one population.

    Sample `k` is taken at `start + k * interval` ms. `units` has one entry per variable.
    """

    population: str
    variables: tuple[str, ...]
    neurons: NDArray[np.integer[Any]]
    start: float
    interval: float
    units: tuple[str, ...]


class WeightSeries(NamedTuple):
    """The weights of one projection, taken now and then.

    `source` and `target` are neuron numbers within their populations, shape (n_synapses,);
    `delay` is in ms, shape (n_synapses,) or (1,) where it is the same for all.
    """

    projection: str
    n_pre: int
    n_post: int
    source: NDArray[np.integer[Any]]
    target: NDArray[np.integer[Any]]
    delay: NDArray[np.floating[Any]]
    units: str = ""


class HistogramSeries(NamedTuple):
    """How the weights of one projection are distributed, taken now and then.

    Bin `i` is from `edges[i]` to before `edges[i + 1]`; the last one includes its end.
    """

    projection: str
    edges: NDArray[np.floating[Any]]
    units: str = ""


class Wanted(NamedTuple):
    """All that one file is to hold."""

    spikes: Sequence[PopulationInfo]
    states: Sequence[StateSeries]
    weights: Sequence[WeightSeries]
    histograms: Sequence[HistogramSeries]


def texts(given: Sequence[str]) -> NDArray[np.bytes_]:
    """Return texts of one length, padded.

    HDF5 keeps texts of any length in a heap without checksums, in which a damaged file can send it
    round and round.
    """
    return np.array([text.encode() or b"\0" for text in given])


def part(path: Path) -> Path:
    """Return the name that the file at `path` has until it is complete."""
    return path.with_name(path.name + ".part")


def check(wanted: Wanted) -> None:
    """Refuse what can't be recorded, or is asked for twice."""
    groups: tuple[tuple[str, Sequence[Any], Callable[[Any], None]], ...] = (
        ("spikes of population", wanted.spikes, _check_population),
        ("states of population", wanted.states, _check_states),
        ("weights of projection", wanted.weights, _check_weights),
        ("histograms of projection", wanted.histograms, _check_histograms),
    )
    for what, things, refuse in groups:
        seen = set()
        for thing in things:
            refuse(thing)
            if thing[0] in seen:
                raise ValueError(f"{what} {thing[0]!r}: asked for twice")
            seen.add(thing[0])


def _check_population(info: PopulationInfo) -> None:
    """Refuse a population that can't be recorded."""
    _check_name("population", info.name)
    if info.size < 1:
        raise ValueError(f"population {info.name!r}: size must be >= 1, got {info.size}")


def _check_states(series: StateSeries) -> None:
    """Refuse a state series that can't be recorded."""
    where = f"states of population {series.population!r}"
    _check_name("population", series.population)
    if not series.variables or len(set(series.variables)) != len(series.variables):
        raise ValueError(f"{where}: needs distinct variables, got {series.variables!r}")
    if len(series.units) != len(series.variables):
        raise ValueError(f"{where}: needs {len(series.variables)} units, got {len(series.units)}")
    if np.ndim(series.neurons) != 1 or np.size(series.neurons) == 0 or np.min(series.neurons) < 0:
        raise ValueError(f"{where}: neurons must be a 1-D array of at least one number >= 0")
    if not (np.isfinite(series.interval) and series.interval > 0.0):
        raise ValueError(f"{where}: interval must be finite and > 0 ms, got {series.interval}")
    if not (np.isfinite(series.start) and series.start >= 0.0):
        raise ValueError(f"{where}: start must be finite and >= 0 ms, got {series.start}")


def _check_weights(series: WeightSeries) -> None:
    """Refuse a weight series that can't be recorded."""
    where = f"weights of projection {series.projection!r}"
    _check_name("projection", series.projection)
    source, target, delay = np.shape(series.source), np.shape(series.target), np.shape(series.delay)
    if len(source) != 1 or target != source or delay not in (source, (1,)):
        raise ValueError(
            f"{where}: source, target and delay must be 1-D and of one length, got shapes "
            f"{source}, {target} and {delay}"
        )


def _check_histograms(series: HistogramSeries) -> None:
    """Refuse a series of histograms that can't be recorded."""
    where = f"histograms of projection {series.projection!r}"
    _check_name("projection", series.projection)
    if np.ndim(series.edges) != 1 or np.size(series.edges) < 2:
        raise ValueError(f"{where}: edges must be a 1-D array of at least two")
    if not (np.diff(series.edges) > 0.0).all():
        raise ValueError(f"{where}: edges must increase")


def _check_name(what: str, name: str) -> None:
    # a slash would open a folder inside the file, a dot means "here"
    if not name or "/" in name or "\0" in name or name == ".":
        raise ValueError(f"{what} {name!r}: a recorded name must not be empty, '.' or hold '/'")
