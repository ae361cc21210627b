"""Sort rows of (time, source, synapse, ...) by those three: the total order at one target.

Times lie side by side, as rows may be anywhere. Own code: Numba's argsort takes seconds to compile,
and most lists are short.
"""

from math import inf

from eventsim.kernel import kernel, kernel_call
from eventsim.model import FloatArray, IntArray
from eventsim.room import room

FEW = 3  # lists up to this length are sorted by insertion
RUN = 32  # and up to this one by rank


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
def ranked(rows: FloatArray, order: IntArray, when: FloatArray, begin: int, end: int) -> None:
    """Sort at most RUN row numbers order[begin:end], whose times are in `when`, by rank.

    That is how many times are earlier: all pairs are compared, many at once, and there is no branch
    to foresee.
    """
    n, total = end - begin, 0
    times, numbers, ranks = room(RUN), room(RUN), room(RUN)
    for a in range(n):
        times[a], numbers[a] = when[begin + a], order[begin + a]
    if n <= 8:
        _count_earlier(times, n, ranks, 8)
    elif n <= 16:
        _count_earlier(times, n, ranks, 16)
    else:
        _count_earlier(times, n, ranks, RUN)
    for a in range(n):
        rank = int(ranks[a])
        order[begin + rank], when[begin + rank] = int(numbers[a]), times[a]
        total += rank
    if 2 * total != n * (n - 1):  # some are of one time, and wrote to one place
        for a in range(n):
            order[begin + a], when[begin + a] = int(numbers[a]), times[a]
        insertion(rows, order, when, begin, end)


@kernel
def _count_earlier(times: FloatArray, n: int, ranks: FloatArray, width: int) -> None:
    """Count the times before each of the first `n`; up to `width` ranks may be written."""
    for a in range(width):
        ranks[a] = 0.0
    for b in range(0, n, 4):
        t0, t1 = times[b], times[b + 1] if b + 1 < n else inf
        t2, t3 = times[b + 2] if b + 2 < n else inf, times[b + 3] if b + 3 < n else inf
        for a in range(width):
            t = times[a]
            ranks[a] += ((1.0 if t0 < t else 0.0) + (1.0 if t1 < t else 0.0)) + (
                (1.0 if t2 < t else 0.0) + (1.0 if t3 < t else 0.0)
            )


@kernel
def sort_short(rows: FloatArray, order: IntArray, when: FloatArray, begin: int, end: int) -> None:
    """Sort at most RUN row numbers order[begin:end] and their times."""
    if end - begin <= FEW:
        insertion(rows, order, when, begin, end)
    elif not in_order(rows, order, when, begin, end):  # as arrivals with one delay are
        ranked(rows, order, when, begin, end)


@kernel_call
def sort(
    rows: FloatArray, order: IntArray, when: FloatArray, scratch: IntArray, begin: int, end: int
) -> None:
    """Sort the row numbers order[begin:end] and their times; `scratch` is as long as `order`."""
    if in_order(rows, order, when, begin, end):  # as arrivals with one delay are
        return
    for low in range(begin, end, RUN):
        sort_short(rows, order, when, low, min(low + RUN, end))
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
