"""What all partitions have come to, so that Python needn't look at each."""

from math import inf

from eventsim.engine.buffers import Floats, Ints
from eventsim.kernel import kernel


@kernel
def any_of(flags: Ints) -> bool:
    """Tell whether any partition says so."""
    found = False
    for p in range(flags.shape[0]):
        found |= flags[p] != 0
    return found


@kernel
def total_of(counts: Ints) -> int:
    """Add up what the partitions have counted."""
    found = 0
    for p in range(counts.shape[0]):
        found += counts[p]
    return found


@kernel
def earliest_of(times: Floats) -> float:
    """Return the earliest of the partitions' times."""
    found = inf
    for p in range(times.shape[0]):
        found = min(found, times[p])
    return found
