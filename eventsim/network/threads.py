"""Threads that share the building of one large projection.

Plain threads of Python, over compiled loops that let go of its lock: nothing is compiled twice, and
what they do with their shares does not depend on how many there are.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from numba import config

# Edges for which another thread is worth its start of some 50 us.
_EDGES_PER_THREAD = 1 << 18


def threads_for(edges: int) -> int:
    """Return how many threads may share so many edges: at most what Numba may use.

    The environment variable NUMBA_NUM_THREADS sets that; by default it is the number of cores.
    """
    most: int = config.NUMBA_NUM_THREADS
    return max(1, min(most, edges // _EDGES_PER_THREAD))


def in_threads(work: Callable[..., None], *shares: Iterable[object]) -> None:
    """Call `work` with the first of all `shares`, the second, ..., each in a thread of its own."""
    calls = list(zip(*shares, strict=True))
    if len(calls) == 1:
        work(*calls[0])
        return
    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(work, *call) for call in calls]:
            done.result()
