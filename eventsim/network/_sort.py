"""The two loops of building that numpy cannot do in place: counting sort by source, sort of rows.

The only compiled functions of this folder. Each calls nothing outside this file, so that Numba's
cache, which looks at one file only, can never be out of date. Compared with plain numpy on 10^7
edges and 10^4 sources (benchmarks/build.py): a stable argsort by source alone takes 0.95 s and an
int64 temporary twice the size of the result; all of `scatter` takes 0.1 s and none.
"""

import numpy as np
from numba import njit


@njit(cache=True)
def row_starts(pre, n_pre):  # type: ignore[no-untyped-def]
    """Return where each source's synapses begin, and the end: int64, shape (n_pre + 1,)."""
    starts = np.zeros(n_pre + 1, dtype=np.int64)
    for source in pre:
        starts[source + 1] += 1
    for row in range(n_pre):
        starts[row + 1] += starts[row]
    return starts


@njit(cache=True)
def scatter(starts, pre, values, sorted_values):  # type: ignore[no-untyped-def]
    """Move one value per edge to its source's row, in the order given."""
    free = starts[:-1].copy()
    for edge in range(pre.size):
        source = pre[edge]
        sorted_values[free[source]] = values[edge]
        free[source] += 1


@njit(cache=True)
def sort_rows(starts, target, weight, delay):  # type: ignore[no-untyped-def]
    """Sort each row by (delay, target, order given), in place; arrays of size 1 are constants."""
    for row in range(starts.size - 1):
        a, b = starts[row], starts[row + 1]
        # least significant key first: both sorts are stable
        for key in range(2):
            if key == 1 and delay.size == 1:
                continue
            ascending = True
            for k in range(a + 1, b):
                if (delay[k] < delay[k - 1]) if key == 1 else (target[k] < target[k - 1]):
                    ascending = False
                    break
            if ascending:
                continue
            if key == 1:
                order = np.argsort(delay[a:b], kind="mergesort")
                delay[a:b] = delay[a:b][order]
            else:
                order = np.argsort(target[a:b], kind="mergesort")
                if delay.size > 1:
                    delay[a:b] = delay[a:b][order]
            target[a:b] = target[a:b][order]
            if weight.size > 1:
                weight[a:b] = weight[a:b][order]
