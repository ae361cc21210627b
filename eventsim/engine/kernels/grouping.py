"""Group a window's arrivals by target: a counting sort, then the total order within each target."""

from eventsim.engine.buffers import TARGET, TIME, Floats, Inbox, Ints
from eventsim.engine.kernels import order
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.kernel import kernel

AHEAD = 16  # arrivals from the one whose target's count is asked for to the one that is counted


@kernel
def keep(rows: Floats, k: int, kept: int) -> None:
    """Move a row up to where those end that are still needed."""
    if kept < k:
        for column in range(rows.shape[1]):
            rows[kept, column] = rows[k, column]


@kernel
def also(i: int, low: int, n: int, inbox: Inbox) -> int:
    """Put a neuron without arrivals on the list, unless it is there."""
    if inbox.end[i] != 0:
        return n
    inbox.end[i] = -1
    inbox.work[low + n] = i
    inbox.begin[low + n] = 0
    return n + 1


@kernel
def touched(low: int, high: int, tags: Ints, filled: int, end: Ints, work: Ints) -> int:
    """Count arrivals per target in `end`; list the targets, in their order where most are hit."""
    n = 0
    for k in range(filled):
        if k + AHEAD < filled:
            prefetch(end, tags[k + AHEAD, TARGET])
        i = tags[k, TARGET]
        if end[i] == 0:
            work[low + n] = i
            n += 1
        end[i] += 1
    if 4 * n > high - low:
        n = 0
        for i in range(low, high):
            if end[i] > 0:
                work[low + n] = i
                n += 1
    return n


@kernel
def group(
    low: int, n: int, rows: Floats, tags: Ints, filled: int, by_target: Ints, when: Floats,
    scratch: Ints, end: Ints, work: Ints, begin: Ints,
) -> None:  # fmt: skip
    """Counting sort of the arrivals by target, then by the total order within each."""
    total = 0
    for at in range(low, low + n):
        i = work[at]
        begin[at] = total
        total += end[i]
        end[i] = begin[at]
    for k in range(filled):
        i = tags[k, TARGET]
        by_target[end[i]], when[end[i]] = k, rows[k, TIME]
        end[i] += 1
    for at in range(low, low + n):
        if end[work[at]] - begin[at] <= order.RUN:
            order.sort_short(rows, by_target, when, begin[at], end[work[at]])
        else:
            order.sort(rows, by_target, when, scratch, begin[at], end[work[at]])
