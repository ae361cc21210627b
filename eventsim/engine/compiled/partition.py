"""Synapses cut into a slice for each partition of their targets: threads share nothing."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim.engine.buffers import Floats, Ints, Synapses
from eventsim.network import Projection

_PORTION = 1 << 20  # synapses that are counted at a time


def by_partition(projection: Projection, bounds: Ints, labels: Floats) -> Synapses:
    """Cut a projection into one slice per partition of its targets; delays are up to the soma."""
    given = projection.synapses
    delay = given.delay
    if projection.dendritic_delay:
        delay = delay.astype(np.float64) + projection.dendritic_delay
    if bounds.size == 2:
        row_start = given.row_start[np.newaxis]
        return Synapses(row_start, given.packed_target, given.weight, delay, labels)
    row_starts, first = [], 0
    for here in inside(given.packed_target, bounds):
        row_starts.append(first + _count_before(given.row_start, here))
        first = row_starts[-1][-1]
    target, weight, delay = (
        _moved(values, given.packed_target, bounds)
        for values in (given.packed_target, given.weight, delay)
    )
    return Synapses(np.stack(row_starts), target, weight, delay, labels)


def inside(target: Ints, bounds: Ints) -> Iterator[NDArray[np.bool_]]:
    """Yield for each partition which synapses have their targets in it."""
    for low, high in pairwise(bounds):
        here = target >= low
        here &= target < high
        yield here


def _moved(values: NDArray[Any], target: Ints, bounds: Ints) -> NDArray[Any]:
    """Return values of the network's synapses by partition; nothing is copied that needn't be."""
    if values.size == 1 or bounds.size == 2:
        return values
    values_here, filled = np.empty_like(values), 0
    for here in inside(target, bounds):
        part = values[here]
        values_here[filled : filled + part.size] = part
        filled += part.size
    return values_here


def _count_before(places: Ints, here: NDArray[np.bool_]) -> Ints:
    """Return how many of `here` are true before each of `places`, which are sorted."""
    counts = np.empty(places.size, np.int64)
    total = 0
    for first in range(0, here.size + 1, _PORTION):
        asked = slice(*np.searchsorted(places, [first, first + _PORTION]))
        running = np.append(0, np.cumsum(here[first : first + _PORTION]))
        counts[asked] = total + running[places[asked] - first]
        total += running[-1]
    return counts
