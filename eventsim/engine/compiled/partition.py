"""Synapses shared out among partitions of their targets: threads share nothing that they write."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim.engine.buffers import Floats, Ints, Synapses
from eventsim.network.synapses import Synapses as GivenSynapses

_PORTION = 1 << 20  # synapses that are counted at a time


def by_partition(
    given: GivenSynapses, dendritic_delay: float, bounds: Ints, labels: Floats
) -> Synapses:
    """Cut the rows of a projection by partitions of its targets; delays are up to the soma.

    Where all delays are one, a row is sorted by target: what belongs to a partition lies side by
    side in it, and nothing is moved. Else the synapses of each partition are put together, as are
    those of sources that have one at most, for who reads them without a queue.
    """
    delay = given.delay
    if dendritic_delay:
        delay = delay.astype(np.float64) + dendritic_delay
    target, weight = given.packed_target, given.weight
    if bounds.size == 2:
        start, end = given.row_start[np.newaxis, :-1], given.row_start[np.newaxis, 1:]
        return Synapses(start, end, target, weight, delay, labels)
    counts = [np.diff(_count_before(given.row_start, here)) for here in inside(target, bounds)]
    if delay.size == 1 and np.diff(given.row_start).max(initial=0) > 1:
        end = given.row_start[:-1] + np.cumsum(counts, axis=0)
    else:
        end = np.cumsum(counts).reshape(np.shape(counts))
        weight, delay, target = (_moved(v, target, bounds) for v in (weight, delay, target))
    return Synapses(end - counts, end, target, weight, delay, labels)


def inside(target: Ints, bounds: Ints) -> Iterator[NDArray[np.bool_]]:
    """Yield for each partition which synapses have their targets in it."""
    for low, high in pairwise(bounds):
        here = target >= low
        here &= target < high
        yield here


def _moved(values: NDArray[Any], target: Ints, bounds: Ints) -> NDArray[Any]:
    """Return values of the network's synapses by partition; one that stands for all as it is."""
    if values.size == 1:
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
