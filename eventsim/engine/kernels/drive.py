"""A source whose neurons have at most one synapse each feeds its target without a queue.

Independent background input is the commonest load of all, and what a source will do is known for
as long as one likes. So the next few arrivals from every source are looked up, a row of them at a
time; which of them belong to a window, their times tell. Rows are kept in batches, and in a batch
the first arrivals of all rows lie side by side, then the second ones, and so on: what is done to
all rows is done to many at once.
"""

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from numba import prange

from eventsim.engine.buffers import KIND, SOURCE, SYNAPSE, TARGET, TIME, VALUE, Floats, Ints
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.engine.kernels.row_sums import ROW, add_totals, merge_totals, sum_rows
from eventsim.kernel import kernel, kernel_call, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

BATCH = 128  # rows; a batch stays in the first cache
REGISTER = 8  # rows that one instruction works on; what is left over is done one by one, slowly
BLOCK = 8  # rows that share a bound of what is due
LISTED = 2 * BATCH  # synapses whose memory is asked for at a time

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


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


class Nexts(NamedTuple):
    """What is next, kept where arrivals are not accumulated but delivered."""

    due: Floats  # (n,) ms, the next arrival of each synapse
    block_due: Floats  # (batches, BATCH / BLOCK) the earliest in a block
    upcoming: Ints  # (n,) place of that spike in its row


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


@kernel_call
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


@kernel_call
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


@loop(parallel=PARALLEL)
def accumulate(
    t0: float, t1: float, batches: Ints,
    first: Ints, in_line: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats,
    numbers: Floats, times: Floats, after: Floats, before: Floats, later: Floats,
    params: Floats, table: Floats,
    short: Ints, held: Floats, fresh: Floats, late: Floats, totals: Floats, part: Floats,
    modes: Floats, first_column: int, sign: int, sums: Floats, arrived: Ints,
) -> None:  # fmt: skip
    """Add the arrivals from t0 to t1 to their targets' sums; arrived[p] counts their synapses."""
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, in_line, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, later)
        scratch = Scratch(short[p], held[p], fresh[p], late[p], totals[p], part[p])
        arrived[p] = 0
        for b in range(batches[p], batches[p + 1]):
            low, high = first[b], first[b + 1]
            _sum_batch(b, t0, t1, wires, rows, Sources(params, table), scratch, modes)
            arrived[p] += add_totals(
                totals[p], weights[low:high], targets[low:high], in_line[b] != 0, modes.shape[0],
                first_column, sign, sums,
            )  # fmt: skip


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


@loop(parallel=PARALLEL)
def deliver(
    t1: float, batches: Ints,
    first: Ints, in_line: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats,
    numbers: Floats, times: Floats, after: Floats, before: Floats, later: Floats,
    params: Floats, table: Floats,
    short: Ints, held: Floats, fresh: Floats, late: Floats, totals: Floats, part: Floats,
    due: Floats, block_due: Floats, upcoming: Ints,
    labels: Floats, inbox: Floats, tags: Ints, filled: Ints, listed: Ints, at: Ints, full: Ints,
) -> None:  # fmt: skip
    """Write the arrivals before `t1` into the inbox.

    Where the inbox is full, full[p] is set; called again with more room it goes on at batch at[p].
    """
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, in_line, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, later)
        nexts = Nexts(due, block_due, upcoming)
        scratch = Scratch(short[p], held[p], fresh[p], late[p], totals[p], part[p])
        full[p] = 0
        while at[p] < batches[p + 1] and full[p] == 0:
            b = at[p]
            n, at[p] = _list_due(b, batches[p + 1], t1, wires, rows, nexts, listed[p])
            for one in range(n):
                b, k = listed[p, one, 0], listed[p, one, 1]
                if not _deliver(b, k, t1, wires, rows, Sources(params, table), scratch, nexts,
                                labels, inbox[p], tags[p], filled[p : p + 1]):  # fmt: skip
                    full[p], at[p] = 1, b
                    _put_back(one, n, wires, nexts, listed[p])
                    break


@kernel
def _list_due(
    b: int, stop: int, t1: float, wires: Wires, rows: Rows, nexts: Nexts, listed: Ints
) -> tuple[int, int]:
    """List batches and synapses with arrivals before `t1`, and ask for the memory they will need.

    Return how many there are, and the batch to go on at.
    """
    n = 0
    while b < stop and n + BATCH <= listed.shape[0]:
        low, high = wires.first[b], wires.first[b + 1]
        for block in range(nexts.block_due.shape[1]):
            if nexts.block_due[b, block] < t1:
                earliest = inf
                for k in range(low + block * BLOCK, min(low + (block + 1) * BLOCK, high)):
                    if nexts.due[k] < t1:
                        listed[n, 0] = b
                        listed[n, 1] = k
                        n += 1
                        _ask_for(k, wires, rows.times[b, (nexts.upcoming[k] + 1) % ROW], low)
                    else:
                        earliest = min(earliest, nexts.due[k])
                nexts.block_due[b, block] = earliest  # those on the list will lower it
        b += 1
    return n, b


@kernel
def _ask_for(k: int, wires: Wires, times: Floats, low: int) -> None:
    """Prefetch what the delivery of a synapse's next spike needs."""
    prefetch(times, k - low)
    prefetch(wires.sources, k)
    prefetch(wires.targets, k)
    prefetch(wires.weights, k)
    prefetch(wires.delays, k)
    prefetch(wires.numbers, k)


@kernel
def _put_back(one: int, n: int, wires: Wires, nexts: Nexts, listed: Ints) -> None:
    """Let the blocks know again of the synapses on the list from number `one` on."""
    for rest in range(one, n):
        b, k = listed[rest, 0], listed[rest, 1]
        _note(b, k - wires.first[b], nexts.due[k], nexts)


@kernel
def _note(b: int, place: int, due: float, nexts: Nexts) -> None:
    block = place // BLOCK
    nexts.block_due[b, block] = min(nexts.block_due[b, block], due)


@kernel
def _deliver(
    b: int, k: int, t1: float, wires: Wires, rows: Rows, sources: Sources, scratch: Scratch,
    nexts: Nexts, labels: Floats, inbox: Floats, tags: Ints, filled: Ints,
) -> bool:  # fmt: skip
    """Deliver one synapse's arrivals before `t1`; return whether there was room for all."""
    place, n, j = k - wires.first[b], filled[0], nexts.upcoming[k]
    due = nexts.due[k]
    while due < t1 and n < inbox.shape[0]:
        n = _write(k, due, wires, labels, inbox, tags, n)
        j += 1
        if j == ROW:
            for column in range(model.N_STATE + 1):
                rows.before[b, column, place] = rows.after[b, column, place]
            scratch.short[0] = place
            _renew(1, b, wires, rows, sources, scratch)
            j = 0
        due = rows.times[b, j, place]
    filled[0] = n
    nexts.upcoming[k] = j
    nexts.due[k] = due
    _note(b, place, due, nexts)
    return bool(due >= t1)


@loop(parallel=PARALLEL)
def deliver_hot(
    t0: float, t1: float, batches: Ints,
    first: Ints, in_line: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats,
    numbers: Floats, times: Floats, after: Floats, before: Floats, later: Floats,
    params: Floats, table: Floats,
    short: Ints, held: Floats, fresh: Floats, late: Floats, totals: Floats, part: Floats,
    labels: Floats, inbox: Floats, tags: Ints, filled: Ints, at: Ints, full: Ints, hot: Ints,
) -> None:  # fmt: skip
    """Write those arrivals into the inbox that have been accumulated and whose target is hot.

    Where the inbox is full, full[p] is set; called again with more room it goes on at synapse
    at[p].
    """
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, in_line, of, targets, weights, delays, numbers)
        scratch = Scratch(short[p], held[p], fresh[p], late[p], totals[p], part[p])
        full[p] = 0
        while at[p] < first[batches[p + 1]] and full[p] == 0:
            low = first[batches[p]]
            n, stop = _list_hot(low, at[p], first[batches[p + 1]], targets, hot, short[p])
            written = _list_again(
                n, batches[p], t0, t1, wires, before, Sources(params, table), scratch, labels,
                inbox[p], tags[p], filled[p],
            )  # fmt: skip
            if written < 0:
                full[p] = 1
            else:
                filled[p], at[p] = written, stop


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
    waiting = n
    while waiting > 0:
        _look_up(full, low, wires, sources, scratch)
        if filled + n * ROW > inbox.shape[0]:
            return -1
        waiting = 0
        for a in range(n):
            waiting += 1 if scratch.fresh[ROW - 1, a] < t1 else 0
            if scratch.fresh[ROW - 1, a] >= t0:
                for j in range(ROW):
                    arrival = scratch.fresh[j, a]
                    if t0 <= arrival < t1:
                        filled = _write(low + scratch.short[a], arrival, wires, labels, inbox, tags,
                                        filled)  # fmt: skip
    return filled


@kernel
def _write(
    k: int, arrival: float, wires: Wires, labels: Floats, inbox: Floats, tags: Ints, n: int
) -> int:
    inbox[n, TIME] = arrival
    inbox[n, SOURCE] = labels[0] + wires.sources[k]
    inbox[n, SYNAPSE] = labels[1] + wires.numbers[k]
    inbox[n, VALUE] = wires.weights[k]
    tags[n, TARGET] = wires.targets[k]
    tags[n, KIND] = int(labels[2])
    return n + 1


@loop()
def note_due(
    t: float, first: Ints, times: Floats, due: Floats, block_due: Floats, upcoming: Ints
) -> None:  # fmt: skip
    """Note the first arrival of each row from `t` on."""
    nexts = Nexts(due, block_due, upcoming)
    block_due[:] = inf
    for b in range(first.shape[0] - 1):
        for k in range(first[b], first[b + 1]):
            place, j = k - first[b], 0
            while j < ROW - 1 and times[b, j, place] < t:
                j += 1
            upcoming[k] = j
            due[k] = times[b, j, place]
            _note(b, place, due[k], nexts)


@loop()
def to_row_in_force(
    seen: float, of: Ints, delays: Floats, states: Floats, params: Floats, table: Floats
) -> None:
    """Move the `states` of rows on to where those begin in which something arrives from `seen`."""
    for k in range(of.shape[0]):
        p = model.load_params(params, table, of[k])
        arrival = -inf
        while arrival < seen:
            s, last = model.load_state(states, k), states[k, model.N_STATE]
            for _ in range(ROW):
                s, last = model.take_spike(s, last, p)
            arrival = last + delays[k]
            if arrival < seen:
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
