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
from eventsim.engine.kernels.fade import fade, fade_little
from eventsim.kernel import kernel, kernel_call, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

ROW = 8  # spikes that are looked up together: a 512-bit register's worth
BATCH = 128  # rows; a batch stays in the first cache

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
    renewed: Ints  # (n,) whether that one was replaced within the window


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
            if rows.renewed[k] == 0:
                rows.start[column, k] = rows.before[column, k]
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
        rows.renewed[low + short[a]] = 1
        scratch.late[a] = wires.delays[low + short[a]]


@loop()
def begin(
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats, renewed: Ints,
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
               Rows(times, after, before, start, renewed), Sources(params, table),
               Scratch(held[0], fresh[0], late[0], totals[0], short[0]))  # fmt: skip


@loop(parallel=PARALLEL)
def accumulate(
    t0: float, t1: float, batches: Ints,
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats, renewed: Ints,
    params: Floats, table: Floats,
    held: Floats, fresh: Floats, late: Floats, totals: Floats, short: Ints,
    taus: Floats, first_column: int, sums: Floats, arrived: Ints,
) -> None:  # fmt: skip
    """Add the arrivals from t0 to t1 to their targets' sums; arrived[p] counts them."""
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, start, renewed)
        arrived[p] = 0
        for b in range(batches[p], batches[p + 1]):
            arrived[p] += _accumulate(
                b, t0, t1, wires, rows, Sources(params, table),
                Scratch(held[p], fresh[p], late[p], totals[p], short[p]), taus, first_column, sums,
            )  # fmt: skip


@kernel
def _accumulate(
    b: int, t0: float, t1: float, wires: Wires, rows: Rows, sources: Sources, scratch: Scratch,
    taus: Floats, first_column: int, sums: Floats,
) -> int:  # fmt: skip
    """Add a batch of rows, then the next rows of those that end before `t1`, and so on.

    Each step is a loop of its own, without branches that nobody can foresee.
    """
    low = wires.first[b]
    n = wires.first[b + 1] - low
    times, delays, short = rows.times[b], wires.delays[low : low + n], scratch.short
    for a in range(n):
        rows.renewed[low + a] = 0
        short[a] = a
    arrived = _sum(n, t0, t1, times, delays, taus, scratch.totals)
    _add(n, low, short, taus, wires, first_column, scratch.totals, sums)
    while True:
        n = _ended(n, t1, times, delays, short)
        if n == 0:
            return arrived
        _renew(n, low, wires, times, rows, sources, scratch)
        arrived += _sum(n, t0, t1, scratch.fresh, scratch.late, taus, scratch.totals)
        _add(n, low, short, taus, wires, first_column, scratch.totals, sums)


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
    n: int, t0: float, t1: float, times: Floats, delays: Floats, taus: Floats, totals: Floats
) -> int:
    """Write the decayed sums of the first `n` rows' arrivals into totals; return their number."""
    arrived = 0
    for m in range(taus.shape[0]):
        rate = 1.0 / taus[m]
        totals[m, :n] = 0.0
        for j in range(ROW):
            if (t1 - t0) * rate <= 1 / 64:
                for a in range(n):
                    arrival = times[j, a] + delays[a]
                    inside = (arrival >= t0) & (arrival < t1)
                    totals[m, a] += fade_little((t1 - arrival) * rate) if inside else 0.0
            elif (t1 - t0) * rate <= 1.0:
                for a in range(n):
                    arrival = times[j, a] + delays[a]
                    inside = (arrival >= t0) & (arrival < t1)
                    totals[m, a] += fade((t1 - arrival) * rate) if inside else 0.0
            else:
                for a in range(n):
                    arrival = times[j, a] + delays[a]
                    inside = (arrival >= t0) & (arrival < t1)
                    totals[m, a] += exp((arrival - t1) * rate) if inside else 0.0
    for a in range(n):
        arrived += 1 if totals[0, a] > 0.0 else 0
    return arrived


@kernel
def _add(
    n: int, low: int, at: Ints, taus: Floats, wires: Wires, first_column: int, totals: Floats,
    sums: Floats,
) -> None:  # fmt: skip
    for m in range(taus.shape[0]):
        for a in range(n):
            k = low + at[a]
            weight = wires.weights[k]
            column = first_column + 2 * m + (1 if weight < 0.0 else 0)
            sums[wires.targets[k], column] += weight * totals[m, a]


@loop(parallel=PARALLEL)
def deliver(
    t1: float, batches: Ints,
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats, renewed: Ints,
    params: Floats, table: Floats,
    held: Floats, fresh: Floats, late: Floats, totals: Floats, short: Ints,
    due: Floats, labels: Floats, inbox: Floats, tags: Ints, filled: Ints, at: Ints, full: Ints,
) -> None:  # fmt: skip
    """Write the arrivals before `t1` into the inbox; due[k] is when the next one of each comes.

    Where the inbox is full, full[p] is set; called again with more room it goes on at batch at[p].
    """
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, start, renewed)
        scratch = Scratch(held[p], fresh[p], late[p], totals[p], short[p])
        full[p] = 0
        while at[p] < batches[p + 1] and full[p] == 0:
            b = at[p]
            at[p] = b + 1
            for k in range(first[b], first[b + 1]):
                if due[k] < t1 and not _deliver(k, k - first[b], t1, wires, times[b], rows,
                                                Sources(params, table), scratch, due, labels,
                                                inbox[p], tags[p], filled[p : p + 1]):  # fmt: skip
                    full[p], at[p] = 1, b
                    break


@kernel_call
def _deliver(
    k: int, place: int, t1: float, wires: Wires, times: Floats, rows: Rows, sources: Sources,
    scratch: Scratch, due: Floats, labels: Floats, inbox: Floats, tags: Ints, filled: Ints,
) -> bool:  # fmt: skip
    """Deliver one synapse's arrivals before `t1`; return whether there was room for all."""
    while filled[0] + ROW <= inbox.shape[0]:
        n = filled[0]
        for j in range(ROW):
            n = _write(k, times[j, place], due[k], t1, wires, labels, inbox, tags, n)
        filled[0] = n
        due[k] = -inf  # of the next row everything is due
        if times[ROW - 1, place] + wires.delays[k] >= t1:
            due[k] = _first_from(t1, times[:, place], wires.delays[k])
            return True
        scratch.short[0] = place
        _renew(1, k - place, wires, times, rows, sources, scratch)
    return False


@kernel
def _first_from(t: float, row: Floats, delay: float) -> float:
    """Return the first arrival of a row from `t` on."""
    for time in row:
        if time + delay >= t:
            return float(time + delay)
    return inf


@loop(parallel=PARALLEL)
def deliver_hot(
    t0: float, t1: float, batches: Ints,
    first: Ints, of: Ints, targets: Ints, weights: Floats, delays: Floats, numbers: Floats,
    times: Floats, after: Floats, before: Floats, start: Floats, renewed: Ints,
    params: Floats, table: Floats,
    labels: Floats, inbox: Floats, tags: Ints, filled: Ints, at: Ints, full: Ints, hot: Ints,
) -> None:  # fmt: skip
    """Write those arrivals into the inbox that have been accumulated and whose target is hot."""
    for p in prange(batches.shape[0] - 1):
        wires = Wires(first, of, targets, weights, delays, numbers)
        rows = Rows(times, after, before, start, renewed)
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
    states = rows.start if rows.renewed[k] else rows.before
    s, t = model.load_state(states.T, k), states[model.N_STATE, k]
    p = model.load_params(sources.params, sources.table, wires.sources[k])
    while n < inbox.shape[0]:
        s, t = model.take_spike(s, t, p)
        if t + wires.delays[k] >= t1:
            return n
        n = _write(k, t, t0, t1, wires, labels, inbox, tags, n)
    return -1


@kernel
def _write(
    k: int, time: float, t0: float, t1: float, wires: Wires, labels: Floats, inbox: Floats,
    tags: Ints, n: int,
) -> int:  # fmt: skip
    arrival = time + wires.delays[k]
    # written in any case, kept where it is in the window
    inbox[n, TIME] = arrival
    inbox[n, SOURCE] = labels[0] + wires.sources[k]
    inbox[n, SYNAPSE] = labels[1] + wires.numbers[k]
    inbox[n, VALUE] = wires.weights[k]
    tags[n, TARGET] = wires.targets[k]
    tags[n, KIND] = int(labels[2])
    return n + 1 if arrival >= t0 and arrival < t1 else n


@loop()
def note_due(t: float, first: Ints, delays: Floats, times: Floats, due: Floats) -> float:
    """Note the first arrival of each row from `t` on; return the first of all."""
    earliest = inf
    for b in range(first.shape[0] - 1):
        for k in range(first[b], first[b + 1]):
            due[k] = _first_from(t, times[b, :, k - first[b]], delays[k])
            earliest = min(earliest, due[k])
    return earliest


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
