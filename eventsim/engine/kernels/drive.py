"""A source whose neurons have at most one synapse each feeds its target without a queue.

Independent background input is the commonest load of all, and what a source will do is known for
as long as one likes. So the next few arrivals from every source are looked up, a row of them at a
time; which of them belong to a window, their times tell. Rows are kept in batches, and in a batch
the first arrivals of all rows lie side by side, then the second ones, and so on: what is done to
all rows is done to many at once. That is for targets whose arrivals are summed; for others see
`eventsim.engine.kernels.waiting`.
"""

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from eventsim.engine.buffers import (
    KIND,
    SOURCE,
    SYNAPSE,
    TARGET,
    TIME,
    VALUE,
    Floats,
    Inbox,
    Ints,
)
from eventsim.engine.kernels.registers import full_registers
from eventsim.engine.kernels.row_sums import ROW, add_totals, merge_totals, sum_rows
from eventsim.kernel import kernel, kernel_call, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

BATCH = 128  # rows; a batch stays in the first cache
REGISTER = 8  # rows that one instruction works on; what is left over is done one by one, slowly


class Wires(NamedTuple):
    """The synapses of a drive, by partition and then by target."""

    first: Ints  # (batches + 1,) first synapse of each batch
    in_line: Ints  # (batches,) whether the targets of a batch are neighbours, one synapse each
    sources: Ints  # (n,)
    targets: Ints  # (n,)
    weights: Floats  # (n,)
    delays: Floats  # (n,) ms
    numbers: Floats  # (n,) place in the network's order


class Rows(NamedTuple):
    """What the sources will do, and states of theirs, of which the last value is the time.

    All but the last batch of a partition are full.
    """

    times: Floats  # (batches, ROW, BATCH) ms, the next arrivals; inf where there is no source
    after: Floats  # (batches, n_state + 1, BATCH) state at the last spike of the row
    before: Floats  # the same: one from which all that is yet to arrive can be looked up again
    later: Floats  # the same: one that may replace it when all before it has arrived


class Sources(NamedTuple):
    """The parameters of the source population."""

    params: Floats
    table: Floats


class Scratch(NamedTuple):
    """Room to work on some rows of one or of many batches."""

    short: Ints  # (BATCH,) their places, unsigned: no index is checked for its sign
    held: Floats  # (n_state + 1, BATCH) states
    fresh: Floats  # (ROW, BATCH) ms, arrivals
    late: Floats  # (BATCH,) delays
    totals: Floats  # (modes, BATCH) sums of a batch
    part: Floats  # (modes, BATCH) sums of the rows at hand


@kernel
def _look_up(n: int, low: int, wires: Wires, sources: Sources, scratch: Scratch) -> None:
    """Write the next arrivals at the `n` synapses in `short`, counted from `low`."""
    short, held, fresh, late = scratch.short, scratch.held, scratch.fresh, scratch.late
    if model.HAS_AHEAD and sources.params.shape[0] == 1:
        model.ahead(n, held, fresh, model.load_params(sources.params, sources.table, 0))
    else:
        for a in range(n):
            p = model.load_params(sources.params, sources.table, wires.sources[low + short[a]])
            s, t = model.load_state(held.T, a), held[model.N_STATE, a]
            for j in range(ROW):
                s, t = model.take_spike(s, t, p)
                fresh[j, a] = t
            model.store_state(held.T, a, s, t)
    delays = wires.delays[low:]
    for a in range(n):
        late[a] = delays[short[a]]
    for j in range(ROW):
        for a in range(n):
            fresh[j, a] += late[a]


@kernel
def _fill_up(n: int, short: Ints, sources: Sources) -> int:
    """Repeat the last of `n` synapses until registers are full; return how many there are then."""
    if not model.HAS_AHEAD or sources.params.shape[0] > 1:
        return n
    full = (n + REGISTER - 1) // REGISTER * REGISTER
    for a in range(n, full):
        short[a] = short[n - 1]
    return full


@kernel
def _renew(n: int, b: int, wires: Wires, rows: Rows, sources: Sources, scratch: Scratch) -> int:
    """Look up the next row of the `n` places in `short` of a batch.

    It is in `fresh` too, and there up to the number that is returned.
    """
    after, times = rows.after[b], rows.times[b]
    short, held, fresh = scratch.short, scratch.held, scratch.fresh
    full = _fill_up(n, short, sources)
    for a in range(full):
        place = short[a]
        for column in range(model.N_STATE + 1):
            held[column, a] = after[column, place]
    _look_up(full, wires.first[b], wires, sources, scratch)
    for a in range(n):
        place = short[a]
        for column in range(model.N_STATE + 1):
            after[column, place] = held[column, a]
        for j in range(ROW):
            times[j, place] = fresh[j, a]
    return full


@loop()
def begin(
    t: float, first: Ints, in_line: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats,
    numbers: Floats, times: Floats, after: Floats, before: Floats, later: Floats,
    params: Floats, table: Floats,
    short: Ints, held: Floats, fresh: Floats, late: Floats, totals: Floats, part: Floats,
) -> None:  # fmt: skip
    """Look up the row of every source that is in force at `t`, from the states `after`."""
    times[:] = inf
    for b in range(first.shape[0] - 1):
        n = first[b + 1] - first[b]
        for a in range(n):
            short[0, a] = a
        while n > 0:
            _renew(n, b, Wires(first, in_line, of, targets, weights, delays, numbers),
                   Rows(times, after, before, later), Sources(params, table),
                   Scratch(short[0], held[0], fresh[0], late[0], totals[0], part[0]))  # fmt: skip
            n = _ended(n, t, fresh[0, ROW - 1], short[0])


@kernel_call
def accumulate(
    p: int, t0: float, t1: float, batches: Ints, wires: Wires, rows: Rows, sources: Sources,
    scratch: Scratch, modes: Floats, first_column: int, sign: int, sums: Floats,
) -> int:  # fmt: skip
    """Add the arrivals from t0 to t1 to their targets' sums; return how many synapses had any."""
    full_registers()
    arrived = 0
    for b in range(batches[p], batches[p + 1]):
        low, high = wires.first[b], wires.first[b + 1]
        _sum_batch(b, t0, t1, wires, rows, sources, scratch, modes)
        arrived += add_totals(
            scratch.totals, wires.weights[low:high], wires.targets[low:high],
            wires.in_line[b] != 0, modes.shape[0], first_column, sign, sums,
        )  # fmt: skip
    return arrived


@kernel
def _sum_batch(
    b: int, t0: float, t1: float, wires: Wires, rows: Rows, sources: Sources, scratch: Scratch,
    modes: Floats,
) -> None:  # fmt: skip
    """Sum a batch of rows, then the next rows of those that end before `t1`, and so on.

    Each step is a loop of its own, without branches that nobody can foresee.
    """
    low = wires.first[b]
    n = wires.first[b + 1] - low
    times, short = rows.times[b], scratch.short
    _move_up(n, t0, wires.delays[low : low + n], rows.before[b], rows.later[b], rows.after[b])
    sum_rows(n, t0, t1, times, modes, scratch.totals)
    for a in range(n):
        short[a] = a
    n = _ended(n, t1, times[ROW - 1], short)
    while n > 0:
        full = _renew(n, b, wires, rows, sources, scratch)
        sum_rows(full, t0, t1, scratch.fresh, modes, scratch.part)
        merge_totals(n, short, modes.shape[0], scratch.part, scratch.totals)
        n = _ended(n, t1, scratch.fresh[ROW - 1], short)


@kernel
def _ended(n: int, t1: float, last: Floats, short: Ints) -> int:
    """Keep of the places in `short` those whose `last` is before `t1`; return their number."""
    kept = 0
    for a in range(n):
        short[kept] = short[a]
        kept += 1 if last[a] < t1 else 0
    return kept


@kernel
def _move_up(
    n: int, t0: float, delays: Floats, before: Floats, later: Floats, after: Floats
) -> None:
    """Replace the states `before` if what was fired up to the `later` ones arrived before `t0`."""
    arrived = 0
    for a in range(n):
        arrived += 1 if later[model.N_STATE, a] + delays[a] < t0 else 0
    if arrived == n:
        for column in range(model.N_STATE + 1):
            for a in range(n):
                before[column, a] = later[column, a]
                later[column, a] = after[column, a]


@kernel_call
def deliver_hot(
    p: int, t0: float, t1: float, batches: Ints, wires: Wires, before: Floats, sources: Sources,
    scratch: Scratch, labels: Floats, inbox: Inbox, passed: Ints, hot: Ints,
) -> bool:  # fmt: skip
    """Write those arrivals into the inbox that have been accumulated and whose target is hot.

    Return whether there was room. If not, it goes on behind the synapses that it has passed when
    it is called again; there are passed[p] of them, at first 0.
    """
    low, end = wires.first[batches[p]], wires.first[batches[p + 1]]
    while low + passed[p] < end:
        n, stop = _list_hot(low, low + passed[p], end, wires.targets, hot, scratch.short)
        written = _list_again(
            n, batches[p], t0, t1, wires, before, sources, scratch, labels, inbox.rows[p],
            inbox.tags[p], inbox.filled[p],
        )  # fmt: skip
        if written < 0:
            return False
        inbox.filled[p], passed[p] = written, stop - low
    return True


@kernel
def _list_hot(
    low: int, k: int, stop: int, targets: Ints, hot: Ints, short: Ints
) -> tuple[int, int]:
    """List synapses from `k` on with a hot target; return their number, and where to go on.

    They are counted from `low`, where their partition begins.
    """
    n = 0
    while k < stop and n < BATCH:
        short[n] = k - low
        n += 1 if hot[targets[k]] != 0 else 0
        k += 1
    return n, k


@kernel
def _list_again(
    n: int, b: int, t0: float, t1: float, wires: Wires, before: Floats, sources: Sources,
    scratch: Scratch, labels: Floats, inbox: Floats, tags: Ints, filled: int,
) -> int:  # fmt: skip
    """List the arrivals at the `n` synapses in `short`; return -1 where there is no room.

    `b` is the first batch of their partition.
    """
    if n == 0:
        return filled
    low = wires.first[b]
    full = _fill_up(n, scratch.short, sources)
    for a in range(full):
        place = scratch.short[a]
        for column in range(model.N_STATE + 1):
            scratch.held[column, a] = before[b + place // BATCH, column, place % BATCH]
    while n > 0:
        _look_up(full, low, wires, sources, scratch)
        if filled + n * ROW > inbox.shape[0]:
            return -1
        for a in range(n):
            if scratch.fresh[ROW - 1, a] >= t0:
                for j in range(ROW):
                    arrival = scratch.fresh[j, a]
                    if t0 <= arrival < t1:
                        k = low + scratch.short[a]
                        filled = write_arrival(
                            filled, arrival, wires.sources[k], wires.numbers[k], wires.weights[k],
                            wires.targets[k], labels, inbox, tags,
                        )  # fmt: skip
        n = _keep_waiting(n, t1, scratch)
        full = _fill_up(n, scratch.short, sources)
    return filled


@kernel
def _keep_waiting(n: int, t1: float, scratch: Scratch) -> int:
    """Keep the places and states of those whose row ends before `t1`; return how many there are."""
    kept = 0
    for a in range(n):
        scratch.short[kept] = scratch.short[a]
        for column in range(model.N_STATE + 1):
            scratch.held[column, kept] = scratch.held[column, a]
        kept += 1 if scratch.fresh[ROW - 1, a] < t1 else 0
    return kept


@kernel
def write_arrival(
    n: int, arrival: float, source: float, number: float, weight: float, target: float,
    labels: Floats, inbox: Floats, tags: Ints,
) -> int:  # fmt: skip
    """Write an arrival at place n of an inbox; return the next place."""
    inbox[n, TIME] = arrival
    inbox[n, SOURCE] = labels[0] + source
    inbox[n, SYNAPSE] = labels[1] + number
    inbox[n, VALUE] = weight
    tags[n, TARGET] = int(target)
    tags[n, KIND] = int(labels[2])
    return n + 1


@loop()
def first_arrival(t: float, times: Floats) -> float:
    """Return the earliest arrival from `t` on."""
    earliest = inf
    for b in range(times.shape[0]):
        for j in range(ROW):
            for a in range(BATCH):
                if t <= times[b, j, a] < earliest:
                    earliest = times[b, j, a]
    return earliest


@loop()
def pass_arrived(
    seen: float, number: int, of: Ints, delays: Floats, states: Floats, params: Floats,
    table: Floats,
) -> None:  # fmt: skip
    """Move `states` on by `number` spikes at a time, as long as all of these arrive before `seen`.

    A row is in force from there on where a number is a row's.
    """
    for k in range(of.shape[0]):
        p = model.load_params(params, table, of[k])
        arrival = -inf
        while arrival < seen:
            s, last = model.load_state(states, k), states[k, model.N_STATE]
            for _ in range(number):
                s, last = model.take_spike(s, last, p)
            arrival = last + delays[k]
            if arrival < seen:
                model.store_state(states, k, s, last)


@loop()
def pass_row(of: Ints, states: Floats, params: Floats, table: Floats) -> None:
    """Move `states` on by the spikes of a row."""
    for k in range(of.shape[0]):
        p = model.load_params(params, table, of[k])
        s, last = model.load_state(states, k), states[k, model.N_STATE]
        for _ in range(ROW):
            s, last = model.take_spike(s, last, p)
        model.store_state(states, k, s, last)


@loop()
def on_the_way(
    seen: float, t: float, of: Ints, delays: Floats, before: Floats, params: Floats, table: Floats,
    found: Floats, who: Ints,
) -> int:  # fmt: skip
    """Find the spikes fired before `t` that arrive at or after `seen`; return how many there are.

    Those for which there is room are written to `found`, and their sources to `who`.
    """
    n = 0
    for k in range(of.shape[0]):
        p = model.load_params(params, table, of[k])
        s, last = model.load_state(before, k), before[k, model.N_STATE]
        while last < t:
            s, last = model.take_spike(s, last, p)
            if last < t and last + delays[k] >= seen:
                if n < found.shape[0]:
                    found[n] = last
                    who[n] = of[k]
                n += 1
    return n
