"""Spikes leave: those on their way along a projection become arrivals in their targets' inboxes.

A spike in flight is one row with a cursor into its source's synapses, which are sorted by delay; so
a long fan-out costs one row, and the queue never holds the arrivals themselves.
"""

from math import exp, inf, nan

from numba import prange

from eventsim.engine.buffers import (
    CARRIED,
    GIVEN,
    KIND,
    LINE,
    PENDING_CARRIED,
    PENDING_CURSOR,
    PENDING_DUE,
    PENDING_END,
    PENDING_SOURCE,
    PENDING_TIME,
    PORTS,
    SOURCE,
    SYNAPSE,
    TARGET,
    TIME,
    VALUE,
    Floats,
    Inbox,
    Ints,
    Pending,
    Synapses,
)
from eventsim.engine.kernels import order
from eventsim.engine.kernels.grouping import keep
from eventsim.engine.kernels.partitions import any_of, earliest_of
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.engine.rule_layout import BEFORE, FIRST_TRACE
from eventsim.kernel import kernel, loop

AHEAD = 16  # spikes whose synapses are asked for at a time, while those before them are delivered

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


@loop()
def collect(
    rows: Floats, filled: Ints, by_time: Ints, scratch: Ints, times: Floats, neurons: Ints
) -> int:
    """Write the spikes of all partitions in the order of (time, neuron) and empty the buffers."""
    n = 0
    for p in range(rows.shape[0]):
        for k in range(filled[p]):
            if p > 0:
                for column in range(3):
                    rows[0, n, column] = rows[p, k, column]
            by_time[n], times[n] = n, rows[0, n, TIME]
            n += 1
        filled[p] = 0
    order.sort(rows[0], by_time, times, scratch, 0, n)
    for k in range(n):
        neurons[k] = int(rows[0, by_time[k], SOURCE])
    return n


@loop()
def carry(
    times: Floats, neurons: Ints, taus: Floats, adds: Ints, sources: Floats, carried: Floats
) -> None:
    """Write what each spike carries to plastic synapses: its source's row, which it then changes.

    A source's row: time of its last spike, and each presynaptic trace after it.
    """
    for k in range(times.shape[0]):
        row = sources[neurons[k]]
        dt = times[k] - row[BEFORE]
        carried[k, BEFORE] = row[BEFORE]
        row[BEFORE] = times[k]
        for c in range(taus.shape[0]):
            x = row[FIRST_TRACE + c]
            carried[k, FIRST_TRACE + c] = x
            row[FIRST_TRACE + c] = x * exp(-dt / taus[c]) + 1.0 if adds[c] else 1.0


@loop()
def enqueue(
    times: Floats, neurons: Ints, carried: Floats, row_start: Ints, row_end: Ints, delay: Floats,
    rows: Floats, filled: Ints,
) -> float:  # fmt: skip
    """Append spikes to the pending ones of a projection; return when the first is due."""
    earliest = inf
    delay_step = 1 if delay.shape[0] > 1 else 0
    for p in range(rows.shape[0]):
        count = filled[p]
        for k in range(times.shape[0]):
            cursor, end = row_start[p, neurons[k]], row_end[p, neurons[k]]
            if cursor < end:
                due = times[k] + delay[cursor * delay_step]
                rows[p, count, PENDING_TIME] = times[k]
                rows[p, count, PENDING_SOURCE] = neurons[k]
                rows[p, count, PENDING_CURSOR] = cursor
                rows[p, count, PENDING_DUE] = due
                rows[p, count, PENDING_END] = end
                for c in range(carried.shape[1]):
                    rows[p, count, PENDING_CARRIED + c] = carried[k, c]
                earliest = min(earliest, due)
                count += 1
        filled[p] = count
    return earliest


@loop(parallel=PARALLEL)
def deliver(
    t1: float,
    row_start: Ints, row_end: Ints, target: Ints, weight: Floats, delay: Floats, labels: Floats,
    pending: Floats, n_pending: Ints,
    rows: Floats, tags: Ints, filled: Ints, by_target: Ints, when: Floats, scratch: Ints,
    end: Ints, work: Ints, begin: Ints,
    earliest: Floats, full: Ints,
) -> tuple[bool, float]:  # fmt: skip
    """Write all arrivals before `t1` into the inbox.

    Return whether that is full in any partition, and when the next arrival is due. Where it is
    full, it goes on where it stopped when called again with more room.
    """
    for p in prange(row_start.shape[0]):
        _deliver(
            p, t1,
            Synapses(row_start, row_end, target, weight, delay, labels),
            Pending(pending, n_pending),
            Inbox(rows, tags, filled, by_target, when, scratch, end, work, begin),
            earliest, full,
        )  # fmt: skip
    return any_of(full), earliest_of(earliest)


@kernel
def _deliver(
    p: int, t1: float, synapses: Synapses, pending: Pending, inbox: Inbox, earliest: Floats,
    full: Ints,
) -> None:  # fmt: skip
    rows = pending.rows[p]
    next_due = inf
    kept = 0
    full[p] = 0
    for k in range(pending.filled[p]):
        if k % AHEAD == 0:
            for coming in range(k + AHEAD, min(k + 2 * AHEAD, pending.filled[p])):
                if rows[coming, PENDING_DUE] < t1:
                    _ask_for(rows[coming], synapses)
        if rows[k, PENDING_DUE] < t1 and full[p] == 0:
            _deliver_one(p, k, t1, synapses, rows, inbox, full)
        if rows[k, PENDING_DUE] < inf:
            next_due = min(next_due, rows[k, PENDING_DUE])
            keep(rows, k, kept)
            kept += 1
    pending.filled[p] = kept
    earliest[p] = next_due


@kernel
def carry_in(spike: Floats, delay: float, arrival: Floats) -> None:
    """Write what a spike carries into its arrival, where the time before becomes an arrival's.

    The synapse has not been visited yet.
    """
    arrival[GIVEN] = nan
    arrival[CARRIED + BEFORE] = spike[PENDING_CARRIED + BEFORE] + delay
    for column in range(FIRST_TRACE, spike.shape[0] - PENDING_CARRIED):
        arrival[CARRIED + column] = spike[PENDING_CARRIED + column]


@kernel
def _ask_for(spike: Floats, synapses: Synapses) -> None:
    """Prefetch the synapses that a spike reaches next, as many as a line of delays holds."""
    for cursor in (int(spike[PENDING_CURSOR]), int(spike[PENDING_CURSOR]) + LINE - 1):
        prefetch(synapses.target, cursor)
        if synapses.weight.shape[0] > 1:
            prefetch(synapses.weight, cursor)
        if synapses.delay.shape[0] > 1:
            prefetch(synapses.delay, cursor)


@kernel
def _deliver_one(
    p: int, k: int, t1: float, synapses: Synapses, pending: Floats, inbox: Inbox, full: Ints
) -> None:
    """Deliver one spike's arrivals before `t1`; its due time becomes infinite after the last."""
    weight_step = 1 if synapses.weight.shape[0] > 1 else 0
    delay_step = 1 if synapses.delay.shape[0] > 1 else 0
    labels = synapses.labels
    first_source, first_synapse, kind, first_row = labels[0], labels[1], labels[2], labels[3]
    plastic = kind >= PORTS
    rows, tags = inbox.rows[p], inbox.tags[p]
    time = pending[k, PENDING_TIME]
    source = int(pending[k, PENDING_SOURCE])
    cursor = int(pending[k, PENDING_CURSOR])
    stop = int(pending[k, PENDING_END])
    n = inbox.filled[p]
    due = pending[k, PENDING_DUE]
    while due < t1:
        if n >= rows.shape[0]:
            full[p] = 1
            break
        rows[n, TIME] = due
        rows[n, SOURCE] = first_source + source
        rows[n, SYNAPSE] = first_synapse + cursor
        rows[n, VALUE] = first_row + cursor if plastic else synapses.weight[cursor * weight_step]
        tags[n, TARGET] = synapses.target[cursor]
        tags[n, KIND] = int(kind)
        if plastic:
            carry_in(pending[k], synapses.delay[cursor * delay_step], rows[n])
        n += 1
        cursor += 1
        due = time + synapses.delay[cursor * delay_step] if cursor < stop else inf
    inbox.filled[p] = n
    pending[k, PENDING_CURSOR] = cursor
    pending[k, PENDING_DUE] = due


@loop()
def insert(
    times: Floats, targets: Ints, values: Floats, ports: Ints, first_number: int, bounds: Ints,
    rows: Floats, tags: Ints, filled: Ints,
) -> None:  # fmt: skip
    """Write arrivals from outside the network into the inbox, which has room for them.

    Their source is -1: at equal times they come first.
    """
    p = 0
    for k in range(times.shape[0]):
        while targets[k] >= bounds[p + 1]:
            p += 1
        while targets[k] < bounds[p]:
            p -= 1
        n = filled[p]
        rows[p, n, TIME] = times[k]
        rows[p, n, SOURCE] = -1.0
        rows[p, n, SYNAPSE] = first_number + k
        rows[p, n, VALUE] = values[k]
        tags[p, n, TARGET] = targets[k]
        tags[p, n, KIND] = ports[k]
        filled[p] = n + 1
