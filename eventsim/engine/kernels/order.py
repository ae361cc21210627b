"""Sort rows of (time, source, synapse, ...) by those three: the total order at one target.

Own code: Numba's argsort takes seconds to compile, and the lists are short and nearly sorted.
"""

from eventsim.engine.kernels.prefetch import prefetch
from eventsim.kernel import kernel, kernel_call
from eventsim.model import FloatArray, IntArray

AHEAD = 8  # rows from the one whose memory is asked for to the one that is compared
RUN = 12  # lists up to this length are sorted by insertion


@kernel
def before(rows: FloatArray, a: int, b: int) -> bool:
    """Tell whether row a comes before row b."""
    if rows[a, 0] != rows[b, 0]:
        return bool(rows[a, 0] < rows[b, 0])
    if rows[a, 1] != rows[b, 1]:
        return bool(rows[a, 1] < rows[b, 1])
    return bool(rows[a, 2] < rows[b, 2])


@kernel
def insertion(rows: FloatArray, order: IntArray, begin: int, end: int) -> None:
    """Sort the row numbers order[begin:end] by insertion."""
    for k in range(begin + 1, end):
        row = order[k]
        j = k - 1
        while j >= begin and before(rows, row, order[j]):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = row


@kernel_call
def sort(rows: FloatArray, order: IntArray, scratch: IntArray, begin: int, end: int) -> None:
    """Sort the row numbers order[begin:end]; `scratch` is as long as `order`."""
    if in_order(rows, order, begin, end):  # as arrivals with one delay are
        return
    for low in range(begin, end, RUN):
        insertion(rows, order, low, min(low + RUN, end))
    width = RUN
    while width < end - begin:
        for low in range(begin, end, 2 * width):
            merge(rows, order, scratch, low, min(low + width, end), min(low + 2 * width, end))
        for k in range(begin, end):
            order[k] = scratch[k]
        width *= 2


@kernel
def in_order(rows: FloatArray, order: IntArray, begin: int, end: int) -> bool:
    """Tell whether the row numbers order[begin:end] are sorted."""
    for k in range(begin + 1, end):
        prefetch(rows[order[min(k + AHEAD, end - 1)]], 0)
        if before(rows, order[k], order[k - 1]):
            return False
    return True


@kernel
def merge(
    rows: FloatArray, order: IntArray, into: IntArray, low: int, middle: int, high: int
) -> None:
    """Merge two sorted stretches of `order` into the same stretch of `into`."""
    i, j = low, middle
    for k in range(low, high):
        if i < middle and (j >= high or not before(rows, order[j], order[i])):
            into[k] = order[i]
            i += 1
        else:
            into[k] = order[j]
            j += 1
