"""A source whose neurons have at most one synapse each feeds its target without a queue.

Independent background input is the commonest load of all, and what a source will do is known for
as long as one likes. So the next few spikes of every source are looked up, a row of them at a time;
which of them belong to a window, their times tell. Rows are kept in batches, and in a batch the
first spikes of all rows lie side by side, then the second ones, and so on: what is done to all rows
is done to many at once.
"""

from math import exp, inf
from typing import TYPE_CHECKING, NamedTuple

from numba import prange

from eventsim.engine.buffers import KIND, SOURCE, SYNAPSE, TARGET, TIME, VALUE, Floats, Ints
from eventsim.engine.kernels.fade import RAMPED, TAU, fade, fade_little, lifted
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.kernel import kernel, kernel_call, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

ROW = 8  # spikes that are looked up together: a 512-bit register's worth
BATCH = 128  # rows; a batch stays in the first cache
BLOCK = 8  # rows that share a bound of what is due
LISTED = 2 * BATCH  # synapses whose memory is asked for at a time

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


class Wires(NamedTuple):
    """The synapses of a drive, by partition and then by target."""

    first: Ints  # (batches + 1,) first synapse of each batch
    sources: Ints  # (n,)
    targets: Ints  # (n,)
    weights: Floats  # (n,)
    delays: Floats  # (n,) ms
    numbers: Floats  # (n,) place in the network's order


class Rows(NamedTuple):
    """What the sources will do; of a state the last value is the time at which it is valid."""

    times: Floats  # (batches, ROW, BATCH) ms, the next spikes; inf where there is no source
    after: Floats  # (n_state + 1, n) state at the last spike of the row
    before: Floats  # (n_state + 1, n) state from which the row was looked up
    start: Floats  # (n_state + 1, n) the same of the row in force when the window began


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
    """Room to work on the rows of one batch."""

    held: Floats  # (n_state + 1, BATCH) states
    fresh: Floats  # (ROW, BATCH) times
    late: Floats  # (BATCH,) delays
    totals: Floats  # (modes, BATCH) sums
    short: Ints  # (BATCH,) places in the batch of the rows that end too early


@kernel_call
def _renew(
    n: int, low: int, wires: Wires, times: Floats, rows: Rows, sources: Sources, scratch: Scratch
) -> None:
    """Look up the next row of the `n` sources in `short`; times and delays go to `scratch` too."""
    held, short = scratch.held, scratch.short
    for column in range(held.shape[0]):
        for a in range(n):
            k = low + short[a]
            rows.before[column, k] = rows.after[column, k]
            held[column, a] = rows.after[column, k]
    if model.HAS_AHEAD and sources.params.shape[0] == 1:
        p = model.load_params(sources.params, sources.table, 0)
        model.ahead(n, held, scratch.fresh, p)
    else:
        for a in range(n):
            p = model.load_params(sources.params, sources.table, wires.sources[low + short[a]])
            s, t = model.load_state(held.T, a), held[model.N_STATE, a]
            for j in range(ROW):
                s, scratch.fresh[j, a] = model.take_spike(s, t, p)
                t = scratch.fresh[j, a]
            model.store_state(held.T, a, s, t)
    for column in range(held.shape[0]):
        for a in range(n):
            rows.after[column, low + short[a]] = held[column, a]
    for j in range(ROW):
        for a in range(n):
            times[j, short[a]] = scratch.fresh[j, a]
    for a in range(n):
        scratch.late[a] = wires.delays[low + short[a]]


@loop()
def begin(
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats,
    params: Floats, table: Floats,
    held: Floats, fresh: Floats, late: Floats, totals: Floats, short: Ints,
) -> None:  # fmt: skip
    """Look up the first row of every source, from the states `after`."""
    times[:] = inf
    for b in range(first.shape[0] - 1):
        n = first[b + 1] - first[b]
        for a in range(n):
            short[0, a] = a
        _renew(n, first[b], Wires(first, of, targets, weights, delays, numbers), times[b],
               Rows(times, after, before, start), Sources(params, table),
               Scratch(held[0], fresh[0], late[0], totals[0], short[0]))  # fmt: skip


@loop(parallel=PARALLEL)
def accumulate(
    t0: float, t1: float, batches: Ints,
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats,
    params: Floats, table: Floats,
    held: Floats, fresh: Floats, late: Floats, totals: Floats, short: Ints,
    modes: Floats, first_column: int, sums: Floats, arrived: Ints,
) -> None:  # fmt: skip
    """Add the arrivals from t0 to t1 to their targets' sums; arrived[p] counts them."""
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, start)
        arrived[p] = 0
        for b in range(batches[p], batches[p + 1]):
            arrived[p] += _accumulate(
                b, t0, t1, wires, rows, Sources(params, table),
                Scratch(held[p], fresh[p], late[p], totals[p], short[p]), modes, first_column, sums,
            )  # fmt: skip


@kernel
def _accumulate(
    b: int, t0: float, t1: float, wires: Wires, rows: Rows, sources: Sources, scratch: Scratch,
    modes: Floats, first_column: int, sums: Floats,
) -> int:  # fmt: skip
    """Add a batch of rows, then the next rows of those that end before `t1`, and so on.

    Each step is a loop of its own, without branches that nobody can foresee.
    """
    low = wires.first[b]
    n = wires.first[b + 1] - low
    times, delays, short = rows.times[b], wires.delays[low : low + n], scratch.short
    for column in range(rows.start.shape[0]):
        for k in range(low, low + n):
            rows.start[column, k] = rows.before[column, k]
    for a in range(n):
        short[a] = a
    arrived = _sum(n, t0, t1, times, delays, modes, scratch.totals)
    _add(n, low, short, modes, wires, first_column, scratch.totals, sums)
    while True:
        n = _ended(n, t1, times, delays, short)
        if n == 0:
            return arrived
        _renew(n, low, wires, times, rows, sources, scratch)
        arrived += _sum(n, t0, t1, scratch.fresh, scratch.late, modes, scratch.totals)
        _add(n, low, short, modes, wires, first_column, scratch.totals, sums)


@kernel
def _ended(n: int, t1: float, times: Floats, delays: Floats, short: Ints) -> int:
    """Keep of the rows in `short` those that end before `t1`; return their number."""
    kept = 0
    for a in range(n):
        place = short[a]
        short[kept] = place
        kept += 1 if times[ROW - 1, place] + delays[place] < t1 else 0
    return kept


@kernel_call
def _sum(
    n: int, t0: float, t1: float, times: Floats, delays: Floats, modes: Floats, totals: Floats
) -> int:
    """Write the decayed sums of the first `n` rows' arrivals into totals; return their number."""
    arrived = 0
    for m in range(modes.shape[0]):
        rate, ramped = 1.0 / modes[m, TAU], modes[m, RAMPED] != 0.0
        totals[m, :n] = 0.0
        for j in range(ROW):
            if (t1 - t0) * rate <= 1 / 64:
                for a in range(n):
                    arrival = times[j, a] + delays[a]
                    inside = (arrival >= t0) & (arrival < t1)
                    left = fade_little((t1 - arrival) * rate)
                    totals[m, a] += lifted(left, t1 - arrival, ramped) if inside else 0.0
            elif (t1 - t0) * rate <= 1.0:
                for a in range(n):
                    arrival = times[j, a] + delays[a]
                    inside = (arrival >= t0) & (arrival < t1)
                    left = fade((t1 - arrival) * rate)
                    totals[m, a] += lifted(left, t1 - arrival, ramped) if inside else 0.0
            else:
                for a in range(n):
                    arrival = times[j, a] + delays[a]
                    inside = (arrival >= t0) & (arrival < t1)
                    left = exp((arrival - t1) * rate)
                    totals[m, a] += lifted(left, t1 - arrival, ramped) if inside else 0.0
    for a in range(n):
        arrived += 1 if totals[0, a] > 0.0 else 0
    return arrived


@kernel
def _add(
    n: int, low: int, at: Ints, modes: Floats, wires: Wires, first_column: int, totals: Floats,
    sums: Floats,
) -> None:  # fmt: skip
    for m in range(modes.shape[0]):
        for a in range(n):
            k = low + at[a]
            weight = wires.weights[k]
            column = first_column + 2 * m + (1 if weight < 0.0 else 0)
            sums[column, wires.targets[k]] += weight * totals[m, a]


@loop(parallel=PARALLEL)
def deliver(
    t1: float, batches: Ints,
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats,
    params: Floats, table: Floats,
    held: Floats, fresh: Floats, late: Floats, totals: Floats, short: Ints,
    due: Floats, block_due: Floats, upcoming: Ints,
    labels: Floats, inbox: Floats, tags: Ints, filled: Ints, listed: Ints, at: Ints, full: Ints,
) -> None:  # fmt: skip
    """Write the arrivals before `t1` into the inbox.

    Where the inbox is full, full[p] is set; called again with more room it goes on at batch at[p].
    """
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, start)
        nexts = Nexts(due, block_due, upcoming)
        scratch = Scratch(held[p], fresh[p], late[p], totals[p], short[p])
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
            scratch.short[0] = place
            _renew(1, k - place, wires, rows.times[b], rows, sources, scratch)
            j = 0
        due = rows.times[b, j, place] + wires.delays[k]
    filled[0] = n
    nexts.upcoming[k] = j
    nexts.due[k] = due
    _note(b, place, due, nexts)
    return bool(due >= t1)


@loop(parallel=PARALLEL)
def deliver_hot(
    t0: float, t1: float, batches: Ints,
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats,
    params: Floats, table: Floats,
    labels: Floats, inbox: Floats, tags: Ints, filled: Ints, at: Ints, full: Ints, hot: Ints,
) -> None:  # fmt: skip
    """Write those arrivals into the inbox that have been accumulated and whose target is hot."""
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, start)
        full[p] = 0
        for k in range(at[p], first[batches[p + 1]]):
            if hot[targets[k]] != 0:
                n = _list_again(k, t0, t1, wires, rows, Sources(params, table), labels, inbox[p],
                                tags[p], filled[p])  # fmt: skip
                if n < 0:
                    full[p], at[p] = 1, k
                    break
                filled[p] = n


@kernel
def _list_again(
    k: int, t0: float, t1: float, wires: Wires, rows: Rows, sources: Sources, labels: Floats,
    inbox: Floats, tags: Ints, n: int,
) -> int:  # fmt: skip
    """List a synapse's arrivals from where the window began; return -1 where there is no room."""
    s, t = model.load_state(rows.start.T, k), rows.start[model.N_STATE, k]
    p = model.load_params(sources.params, sources.table, wires.sources[k])
    while n < inbox.shape[0]:
        s, t = model.take_spike(s, t, p)
        arrival = t + wires.delays[k]
        if arrival >= t1:
            return n
        if arrival >= t0:
            n = _write(k, arrival, wires, labels, inbox, tags, n)
    return -1


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
    t: float, first: Ints, delays: Floats, times: Floats, due: Floats, block_due: Floats,
    upcoming: Ints,
) -> None:  # fmt: skip
    """Note the first arrival of each row from `t` on."""
    nexts = Nexts(due, block_due, upcoming)
    block_due[:] = inf
    for b in range(first.shape[0] - 1):
        for k in range(first[b], first[b + 1]):
            place, j = k - first[b], 0
            while j < ROW - 1 and times[b, j, place] + delays[k] < t:
                j += 1
            upcoming[k] = j
            due[k] = times[b, j, place] + delays[k]
            _note(b, place, due[k], nexts)


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
        s, last = model.load_state(before.T, k), before[model.N_STATE, k]
        while last < t:
            s, last = model.take_spike(s, last, p)
            if last < t and last + delays[k] >= seen:
                if n < found.shape[0]:
                    found[n] = last
                    who[n] = of[k]
                n += 1
    return n
