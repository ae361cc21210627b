"""Sort rows of (time, source, synapse, ...) by those three: the total order at one target.

Times lie side by side, as rows may be anywhere. Own code: Numba's argsort takes seconds to compile,
and the lists are short and nearly sorted.
"""

from eventsim.kernel import kernel, kernel_call
from eventsim.model import FloatArray, IntArray

RUN = 24  # lists up to this length are sorted by insertion


@kernel
def before(rows: FloatArray, a: int, b: int) -> bool:
    """Tell whether row a comes before row b."""
    if rows[a, 0] != rows[b, 0]:
        return bool(rows[a, 0] < rows[b, 0])
    if rows[a, 1] != rows[b, 1]:
        return bool(rows[a, 1] < rows[b, 1])
    return bool(rows[a, 2] < rows[b, 2])


@kernel
def earlier(rows: FloatArray, t: float, a: int, u: float, b: int) -> bool:
    """Tell whether row a, of time t, comes before row b, of time u; both are looked at in a tie."""
    return t < u or (t == u and before(rows, a, b))


@kernel
def insertion(rows: FloatArray, order: IntArray, when: FloatArray, begin: int, end: int) -> None:
    """Sort the row numbers order[begin:end], whose times are in `when`, by insertion."""
    for k in range(begin + 1, end):
        row, t = order[k], when[k]
        j = k - 1
        while j >= begin and earlier(rows, t, row, when[j], order[j]):
            order[j + 1], when[j + 1] = order[j], when[j]
            j -= 1
        order[j + 1], when[j + 1] = row, t


@kernel_call
def sort(
    rows: FloatArray, order: IntArray, when: FloatArray, scratch: IntArray, begin: int, end: int
) -> None:
    """Sort the row numbers order[begin:end] and their times; `scratch` is as long as `order`."""
    if in_order(rows, order, when, begin, end):  # as arrivals with one delay are
        return
    for low in range(begin, end, RUN):
        insertion(rows, order, when, low, min(low + RUN, end))
    width = RUN
    while width < end - begin:
        for low in range(begin, end, 2 * width):
            merge(rows, order, scratch, low, min(low + width, end), min(low + 2 * width, end))
        for k in range(begin, end):
            order[k] = scratch[k]
        width *= 2
    for k in range(begin, end):
        when[k] = rows[order[k], 0]


@kernel
def in_order(rows: FloatArray, order: IntArray, when: FloatArray, begin: int, end: int) -> bool:
    """Tell whether the row numbers order[begin:end] are sorted."""
    for k in range(begin + 1, end):
        if earlier(rows, when[k], order[k], when[k - 1], order[k - 1]):
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
