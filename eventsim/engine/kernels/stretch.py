"""Several windows at a stretch: who is far from threshold is looked at once, at the end.

Where the shortest delay is short, so are windows, and hardly anything arrives at a neuron in one of
them. So each neuron gets a limit: the excitation that it can take until the end of the stretch and
certainly not fire. Arrivals are summed as they will be at that end. `stream` looks among their
targets for those that have come to their limits; these are hot for the rest of the stretch, as are
those that might fire without an arrival. `part` takes out of their sums what has arrived since the
window began, so that these lead to the state at its beginning. `turn` settles everybody at the end
of a stretch, and begins the next.
"""

from math import exp, inf
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import prange

from eventsim.engine.buffers import (
    BLOCK,
    CALM,
    KIND,
    MAY_FIRE,
    PENDING_STOP,
    RESTLESS,
    TARGET,
    TIME,
    VALUE,
    Cells,
    Floats,
    Inbox,
    Ints,
    Pending,
    Synapses,
)
from eventsim.engine.kernels.fade import TAU, faded
from eventsim.engine.kernels.partitions import any_of, earliest_of, total_of
from eventsim.engine.kernels.streaming import stream_spike
from eventsim.engine.kernels.superpose import (
    COLD,
    HOT,
    WATCHED,
    begin_anew,
    find_sums,
    list_hot,
    worst_verdict,
)
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line

NEW = 4  # hot from this window on; beside the other reasons why a neuron's arrivals are listed


@loop(parallel=PARALLEL)
def turn(
    t0: float, t1: float, t2: float, states: Floats, params: Floats, table: Floats, due: Floats,
    block_due: Floats, bounds: Ints, bursts: Floats, lanes: Floats, sums: Floats, used: Ints,
    places: Ints, limits: Floats, verdicts: Floats, hot: Ints, listed: Ints, counts: Ints,
) -> None:  # fmt: skip
    """End the stretch from `t0` to `t1`, and begin that to `t2`; none begins if this is `t1`.

    `listed` has the hot neurons of each partition from its first one on; counts[p] is (how many,
    whether any neuron could fire later without an arrival).
    """
    for p in prange(bounds.shape[0] - 1):
        _turn(p, t0, t1, t2, Cells(states, params, table, due, block_due, bounds, bursts), lanes,
              sums, used, places[p], limits, verdicts[p], hot, listed, counts[p])  # fmt: skip


@kernel
def _turn(
    p: int, t0: float, t1: float, t2: float, cells: Cells, lanes: Floats, sums: Floats, used: Ints,
    places: Ints, limits: Floats, verdicts: Floats, hot: Ints, listed: Ints, counts: Ints,
) -> None:  # fmt: skip
    low, high = cells.bounds[p], cells.bounds[p + 1]
    shared = model.load_params(cells.params, cells.table, 0)
    step, ahead = model.prepare(t1 - t0, shared), model.prepare(t2 - t1, shared)
    stepped = end = low + counts[0]
    counts[1] = 0
    for first in range(low, high, BLOCK):
        n = min(BLOCK, high - first)
        find_sums(first, sums, used, places)
        model.turn_lanes(t0, t1 - t0, step, t1, t2 - t1, ahead, lanes[first // BLOCK], sums, places,
                         first, limits, verdicts, shared)  # fmt: skip
        begin_anew(first, sums, used)
        verdicts[n:] = CALM  # nobody is there
        worst = worst_verdict(verdicts)
        counts[1] |= worst & int(RESTLESS)
        if worst >= MAY_FIRE and t2 > t1:
            for a in range(n):
                if verdicts[a] >= MAY_FIRE and hot[first + a] != HOT:
                    listed[end] = first + a
                    end += 1
    kept = low
    for at in range(low, end):
        i = listed[at]
        lane = lanes[i // BLOCK]
        if at < stepped:
            s = _now(i, t1, cells, shared)
            model.store_lane(lane, i % BLOCK, s)
            counts[1] |= 1 if model.restless(s, shared) else 0
            limits[i] = model.headroom(s, t1, t2 - t1, ahead, shared)
            hot[i] = COLD
            cells.due[i] = inf  # its block's bound is lower than need be until somebody looks
            if t2 == t1 or limits[i] > 0.0:
                continue
        _enter(i, model.load_lane(lane, i % BLOCK, t1 - t0), t1, cells, limits, hot, shared)
        listed[kept] = i
        kept += 1
    counts[0] = kept - low


@kernel
def _now(i: int, t: float, cells: Cells, p: Any) -> Any:
    s, valid = model.load_state(cells.states, i), cells.states[i, model.N_STATE]
    return model.between(s, valid, t - valid, p) if valid < t else s


@kernel
def _enter(i: int, s: Any, t: float, cells: Cells, limits: Floats, hot: Ints, p: Any) -> None:
    """Let neuron i be stepped from its state `s` at `t` on."""
    s = model.plan(s, t, p)
    model.store_state(cells.states, i, s, t)
    cells.due[i] = model.safe_until(s, t, p)
    block = i // BLOCK
    cells.block_due[block] = min(cells.block_due[block], cells.due[i])
    limits[i] = inf  # that need not be looked for any more
    hot[i] = HOT


@loop(parallel=PARALLEL)
def stream(
    oldest: float, t1: float, end: float,
    row_start: Ints, row_end: Ints, target: Ints, weight: Floats, delay: Floats, labels: Floats,
    pending: Floats, n_pending: Ints,
    modes: Floats, first_column: int, sign: int, sums: Floats, chunk: Floats, streamed: Ints,
    columns: Ints, shares: Floats, bounds: Ints, limits: Floats, hot: Ints, listed: Ints,
    counts: Ints, fresh: Ints,
) -> int:  # fmt: skip
    """Add every arrival before `t1` to its target's sums, and list who has come to its limit.

    As `superpose.stream`. The excitation is the sum of these `columns` with these `shares`.
    `fresh[p]` counts those that are on the list behind the counts[p, 0] hot ones.
    """
    for p in prange(row_start.shape[0]):
        synapses = Synapses(row_start, row_end, target, weight, delay, labels)
        streamed[p] = _stream(
            p, oldest, t1, end, synapses, Pending(pending, n_pending), modes,
            first_column, sign, sums, chunk[p], columns, shares, limits, hot,
            listed[bounds[p] + counts[p, 0] : bounds[p + 1]], fresh,
        )  # fmt: skip
    return total_of(streamed)


@kernel
def _stream(
    p: int, oldest: float, t1: float, end: float, synapses: Synapses, pending: Pending,
    modes: Floats, first_column: int, sign: int, sums: Floats, chunk: Floats, columns: Ints,
    shares: Floats, limits: Floats, hot: Ints, listed: Ints, fresh: Ints,
) -> int:  # fmt: skip
    n = 0
    for k in range(pending.filled[p]):
        new = stream_spike(p, k, oldest, t1, end, synapses, pending, modes, first_column, sign,
                           sums, chunk)  # fmt: skip
        n += new
        if sign >= 0 and columns.shape[0] > 0:
            stop = int(pending.rows[p, k, PENDING_STOP])
            _find(synapses.target[stop - new : stop], columns, shares, sums, limits, hot, listed,
                  fresh[p : p + 1])  # fmt: skip
    return n


@kernel
def _find(
    targets: Ints, columns: Ints, shares: Floats, sums: Floats, limits: Floats, hot: Ints,
    listed: Ints, fresh: Ints,
) -> None:  # fmt: skip
    """List who has come to its limit among these targets, to which has just been streamed."""
    main, share = sums[columns[0]], shares[0]  # mostly there is no other
    for one in range(targets.shape[0]):
        i = np.uint32(targets[one])
        total = share * main[i]
        for c in range(1, columns.shape[0]):
            total += shares[c] * sums[columns[c], i]
        if not total < limits[i] and (hot[i] == COLD or hot[i] == WATCHED):
            hot[i] = NEW
            listed[fresh[0]] = i
            fresh[0] += 1


@loop(parallel=PARALLEL)
def list_arrivals(
    row_start: Ints, row_end: Ints, target: Ints, weight: Floats, delay: Floats, labels: Floats,
    pending: Floats, n_pending: Ints, hot: Ints, any_hot: bool, places: Ints, visits: Floats,
    done: Ints,
    rows: Floats, tags: Ints, filled: Ints, by_target: Ints, when: Floats, scratch: Ints,
    end: Ints, work: Ints, begin: Ints, earliest: Floats, full: Ints,
) -> tuple[bool, float]:  # fmt: skip
    """List what arrives at hot neurons: see `superpose.list_hot`.

    Return whether the inbox is full in any partition, and when the next arrival is due.
    """
    for p in prange(row_start.shape[0]):
        room = list_hot(
            p, Synapses(row_start, row_end, target, weight, delay, labels),
            Pending(pending, n_pending), hot, any_hot, places[p], visits[p], done,
            Inbox(rows, tags, filled, by_target, when, scratch, end, work, begin), earliest,
        )  # fmt: skip
        full[p] = 0 if room else 1
    return any_of(full), earliest_of(earliest)


@loop(parallel=PARALLEL)
def part(
    t0: float, t: float, end: float, states: Floats, params: Floats, table: Floats, due: Floats,
    block_due: Floats, bounds: Ints, bursts: Floats, lanes: Floats, sums: Floats, used: Ints,
    modes: Floats, first_columns: Ints, last_columns: Ints, row: Floats, limits: Floats, hot: Ints,
    listed: Ints, counts: Ints, fresh: Ints, outside: Ints,
    rows: Floats, tags: Ints, filled: Ints, by_target: Ints, when: Floats, scratch: Ints,
    end_of: Ints, work: Ints, begin: Ints,
) -> None:  # fmt: skip
    """Let the fresh ones be stepped from `t` on, the beginning of a window.

    Their sums hold what has arrived since `t0`, faded until `end`; what has arrived since `t` lies
    in the inbox, behind the first outside[p] arrivals, which are in no sum.
    """
    for p in prange(bounds.shape[0] - 1):
        if fresh[p] > 0:
            cells = Cells(states, params, table, due, block_due, bounds, bursts)
            inbox = Inbox(rows, tags, filled, by_target, when, scratch, end_of, work, begin)
            _take_back(p, outside[p], end, inbox, modes, first_columns, last_columns, sums, hot)
            low = bounds[p] + counts[p, 0]
            _part(t0, t, end, cells, lanes, sums, used, modes, row[p], limits, hot,
                  listed[low : low + fresh[p]])  # fmt: skip
            counts[p, 0] += fresh[p]
            fresh[p] = 0


@kernel
def _take_back(
    p: int, outside: int, end: float, inbox: Inbox, modes: Floats, first_columns: Ints,
    last_columns: Ints, sums: Floats, hot: Ints,
) -> None:  # fmt: skip
    """Take what has arrived at the fresh ones in this window out of their sums."""
    rows, tags = inbox.rows[p], inbox.tags[p]
    for r in range(outside, inbox.filled[p]):
        i, port, w = tags[r, TARGET], tags[r, KIND], rows[r, VALUE]
        if hot[i] == NEW:
            for column in range(first_columns[port], last_columns[port], 2):
                left = faded(end - rows[r, TIME], modes[column // 2])
                sums[column + (1 if w < 0.0 else 0), i] -= w * left


@kernel
def _part(
    t0: float, t: float, end: float, cells: Cells, lanes: Floats, sums: Floats, used: Ints,
    modes: Floats, row: Floats, limits: Floats, hot: Ints, fresh: Ints,
) -> None:  # fmt: skip
    """Let the fresh ones be stepped from `t` on."""
    shared = model.load_params(cells.params, cells.table, 0)
    step = model.prepare(t - t0, shared)
    for i in fresh:
        for column in range(model.N_SUMS):
            grown = exp((end - t) / modes[column // 2, TAU])
            row[column] = sums[column, i] * grown if used[column] else 0.0
        s = model.absorb_lane(lanes[i // BLOCK], i % BLOCK, t0, t - t0, step, row, shared)
        _enter(i, s, t, cells, limits, hot, shared)
