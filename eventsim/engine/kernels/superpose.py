"""Arrivals summed in any order: the superposition path.

`stream` reads the synapses of a window once, in the order in which they are stored, and adds each
arrival's decayed weight to its target's sums. `settle` takes every neuron that provably stays below
threshold to the window's end at once; the few others are left *hot*. `list_hot` finds the arrivals
of those, which then go the ordered way.
"""

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from eventsim.engine.buffers import (
    BLOCK,
    CALM,
    CARRIED,
    GIVEN,
    KEPT,
    KIND,
    MAY_FIRE,
    PENDING_CURSOR,
    PENDING_DUE,
    PENDING_NEXT,
    PENDING_SOURCE,
    PENDING_STOP,
    PENDING_TIME,
    PORTS,
    SOURCE,
    SYNAPSE,
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
from eventsim.engine.kernels.grouping import keep
from eventsim.engine.kernels.spread import carry_in
from eventsim.engine.kernels.streaming import CHUNK, ask_for_targets, stream_spike
from eventsim.engine.rule_layout import BEFORE
from eventsim.kernel import kernel, kernel_call

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

TOGETHER = 16  # spikes whose hot arrivals are found before their delays are read
COLD, HOT, FORCED, WATCHED = 0, 1, 2, 3  # why a neuron's arrivals are listed


@kernel_call
def stream(
    p: int, oldest: float, t1: float, end: float, synapses: Synapses, pending: Pending,
    modes: Floats, first_column: int, sign: int, sums: Floats, chunk: Floats,
) -> int:  # fmt: skip
    """Add every arrival before `t1` to its target's sums; return how many there are.

    They are summed as they will be at `end`, when none is older than `oldest`. `sign` is that of
    all weights, or 0 if they differ. Where the pending spikes stop is noted in their rows; they
    stay where they are, as `list_hot` goes through them again.
    """
    n = 0
    for k in range(pending.filled[p]):
        n += stream_spike(p, k, oldest, t1, end, synapses, pending, modes, first_column, sign, sums,
                          chunk)  # fmt: skip
    return n


@kernel_call
def settle(
    p: int, t0: float, t1: float, cells: Cells, lanes: Floats, sums: Floats, used: Ints,
    places: Ints, verdicts: Floats, hot: Ints, marked: bool, listed: Ints, counts: Ints,
) -> None:  # fmt: skip
    """Take every neuron that stays below threshold from `t0` to `t1`; mark the others hot.

    States lie in `lanes`, valid at `t0`. Those of hot neurons are written to their rows, from which
    they will be stepped. Some may be `marked` already: who must
    be stepped (FORCED), and who is sampled and has its state in its row too (WATCHED). `used` says
    which columns of `sums` anything is added to; behind all is one of zeros.
    `listed` has the marked neurons of each partition from its first one on; `counts` becomes
    (hot, whether any neuron could fire later without an arrival, sampled and cold).
    """
    counts[:] = 0
    shared = model.load_params(cells.params, cells.table, 0)
    step = model.prepare(t1 - t0, shared)
    low, high = cells.bounds[p], cells.bounds[p + 1]
    end = low
    for first in range(low, high, BLOCK):
        n, block = min(BLOCK, high - first), first // BLOCK
        find_sums(first, sums, used, places)
        if marked:
            _keep_forced(first, n, t0, t1, lanes[block], cells, hot)
        model.settle_lanes(t0, t1 - t0, step, lanes[block], sums, places, verdicts, shared)
        begin_anew(first, sums, used)
        verdicts[n:] = CALM  # nobody is there
        begin = end
        end = _list_marked(first, n, hot, marked, verdicts, end, listed, counts)
        if end > begin:
            _set_apart(t0, t1, listed[begin:end], first, verdicts, lanes[block], cells, shared,
                       hot, counts)  # fmt: skip


@kernel
def mark_watched(p: int, bounds: Ints, neurons: Ints, hot: Ints) -> None:
    """Mark those `neurons`, which are sampled, that nothing is known of yet."""
    for i in neurons:
        if bounds[p] <= i < bounds[p + 1] and hot[i] == COLD:
            hot[i] = WATCHED


@kernel
def write_watched(
    p: int, t1: float, cells: Cells, lanes: Floats, rest: Floats, neurons: Ints
) -> None:
    """Write the states of those `neurons`, which are sampled, to their rows."""
    columns = lanes.shape[1]
    for i in neurons:
        if cells.bounds[p] <= i < cells.bounds[p + 1]:
            row, lane = cells.states[i], lanes[i // BLOCK]
            for column in range(columns):
                row[column] = lane[column, i % BLOCK]
            for column in range(rest.shape[0]):
                row[columns + column] = rest[column]
            row[model.N_STATE] = t1


@kernel
def _keep_forced(
    first: int, n: int, t0: float, t1: float, lanes: Floats, cells: Cells, hot: Ints
) -> None:  # fmt: skip
    """Write who must be stepped to its row before its lane passes on: what comes is in no sum."""
    for i in range(first, first + n):
        if hot[i] == FORCED:
            model.store_state(cells.states, i, model.load_lane(lanes, i - first, t1 - t0), t0)


@kernel
def find_sums(first: int, sums: Floats, used: Ints, places: Ints) -> None:
    """Find where the sums of neuron `first` are; those that are not used are read as one."""
    for column in range(used.shape[0]):
        at = column * sums.shape[1] + first
        places[column] = at if used[column] else used.shape[0] * sums.shape[1]


@kernel
def begin_anew(first: int, sums: Floats, used: Ints) -> None:
    """Forget the sums of a block."""
    for column in range(used.shape[0]):
        if used[column]:
            sums[column, first : first + BLOCK] = 0.0


@kernel
def _list_marked(
    first: int, n: int, hot: Ints, marked: bool, verdicts: Floats, at: int, listed: Ints,
    counts: Ints,
) -> int:  # fmt: skip
    """List the marked neurons of a block and those that might fire; note if any is restless."""
    worst = worst_verdict(verdicts)
    counts[1] |= 1 if worst != 0 else 0
    if worst < MAY_FIRE and not marked:
        return at
    for a in range(n):
        if verdicts[a] == MAY_FIRE or hot[first + a] != COLD:
            listed[at] = first + a
            at += 1
    return at


@kernel
def worst_verdict(verdicts: Floats) -> int:
    """Return MAY_FIRE or more if that is true of anyone in a block, 0 if all are calm."""
    worst = 0
    for a in range(BLOCK):
        worst |= int(verdicts[a])
    return worst


@kernel
def _set_apart(
    t0: float, t1: float, listed: Ints, first: int, verdicts: Floats, lanes: Floats, cells: Cells,
    p: Any, hot: Ints, counts: Ints,
) -> None:  # fmt: skip
    """Write the hot neurons of a block to their rows; bound their next own events."""
    earliest = inf
    for i in listed:
        cold = hot[i] == WATCHED and verdicts[i - first] != MAY_FIRE
        counts[2 if cold else 0] += 1
        if cold and not model.PLANS:
            continue
        # the lane of one that might not fire is at t1 already
        s = (
            model.load_state(cells.states, i)
            if cold or hot[i] == FORCED
            else model.load_lane(lanes, i - first, t1 - t0)
        )
        s = model.plan(s, t0, p)
        model.store_state(cells.states, i, s, t0)
        cells.due[i] = model.safe_until(s, t0, p)
        earliest = min(earliest, cells.due[i])
        if not cold:
            hot[i] = HOT
            counts[1] = 1
    cells.block_due[first // BLOCK] = earliest


@kernel_call
def rejoin(
    p: int, t1: float, cells: Cells, lanes: Floats, hot: Ints, listed: Ints, counts: Ints
) -> None:
    """Take the hot neurons, which have been stepped, to `t1` and back among the others."""
    shared = model.load_params(cells.params, cells.table, 0)
    first = cells.bounds[p]
    for i in listed[first : first + counts[0] + counts[2]]:
        if hot[i] == HOT:
            s, valid = model.load_state(cells.states, i), cells.states[i, model.N_STATE]
            if valid < t1:
                s = model.between(s, valid, t1 - valid, shared)
            model.store_lane(lanes[i // BLOCK], i % BLOCK, s)
        hot[i] = COLD
        cells.due[i] = cells.block_due[i // BLOCK] = inf


@kernel_call
def list_hot(
    p: int, synapses: Synapses, pending: Pending, hot: Ints, any_hot: bool, places: Ints,
    visits: Floats, done: Ints, inbox: Inbox, earliest: Floats,
) -> bool:  # fmt: skip
    """Write the streamed arrivals of hot neurons into the inbox, and move the pending spikes on.

    `visits` has the weight before and after each visit, where the weight is all that a plastic
    synapse keeps; done[p] counts those that have been gone through, and begins with 0.
    Return whether there was room. If not, it goes on when it is called again. When the next
    arrival is due is noted in earliest[p].
    """
    rows = pending.rows[p]
    next_due = inf
    kept = 0
    room = True
    complete = inbox.filled[p]
    for k in range(pending.filled[p]):
        if k % TOGETHER == 0:
            complete = _complete(p, complete, synapses, inbox)
        begin, stop = int(rows[k, PENDING_CURSOR]), int(rows[k, PENDING_STOP])
        if any_hot and begin < stop and room:
            if k + TOGETHER < pending.filled[p]:
                ask_for_targets(synapses, int(rows[k + TOGETHER, PENDING_CURSOR]), stop - begin)
            if inbox.filled[p] + stop - begin > inbox.rows.shape[1]:
                room = False
            else:
                _list_segment(p, rows[k], begin, stop, synapses, hot, places, visits[done[p] :],
                              inbox)  # fmt: skip
                done[p] += stop - begin
        keep(rows, k, kept)  # before it is written to: what has just been is slow to move
        if room:
            rows[kept, PENDING_CURSOR] = rows[kept, PENDING_STOP]
            rows[kept, PENDING_DUE] = rows[kept, PENDING_NEXT]
        if rows[kept, PENDING_DUE] < inf:
            next_due = min(next_due, rows[kept, PENDING_DUE])
            kept += 1
    _complete(p, complete, synapses, inbox)
    pending.filled[p] = kept
    earliest[p] = next_due
    return room


@kernel
def _list_segment(
    p: int, spike: Floats, begin: int, end: int, synapses: Synapses, hot: Ints, places: Ints,
    visits: Floats, inbox: Inbox,
) -> None:  # fmt: skip
    """List the hot among one spike's arrivals; what lies far away, `_complete` will add."""
    time, source = spike[PENDING_TIME], int(spike[PENDING_SOURCE])
    first_source, first_synapse = synapses.labels[0], synapses.labels[1]
    kind, first_row = int(synapses.labels[2]), synapses.labels[3]
    rows, tags = inbox.rows[p], inbox.tags[p]
    n = inbox.filled[p]
    for low in range(begin, end, CHUNK):
        for one in range(_hot_among(low, min(low + CHUNK, end), synapses.target, hot, places)):
            k = places[one]
            rows[n, TIME] = time
            rows[n, SOURCE] = first_source + source
            rows[n, SYNAPSE] = first_synapse + k
            rows[n, VALUE] = first_row + k
            tags[n, TARGET] = synapses.target[k]
            tags[n, KIND] = kind
            if kind >= PORTS:
                carry_in(spike, 0.0, rows[n])
                if k - begin < visits.shape[0]:
                    rows[n, KEPT], rows[n, GIVEN] = visits[k - begin, 0], visits[k - begin, 1]
            n += 1
    inbox.filled[p] = n


@kernel
def _complete(p: int, begin: int, synapses: Synapses, inbox: Inbox) -> int:
    """Add their delays and weights to the arrivals from number `begin` on; return their end.

    They lie anywhere in memory: read in a loop of their own, many are on their way at once.
    """
    weight_step = 1 if synapses.weight.shape[0] > 1 else 0
    delay_step = 1 if synapses.delay.shape[0] > 1 else 0
    plastic = synapses.labels[2] >= PORTS
    rows, end = inbox.rows[p], int(inbox.filled[p])
    for n in range(begin, end):
        k = int(rows[n, SYNAPSE] - synapses.labels[1])
        delay = synapses.delay[k * delay_step]
        rows[n, TIME] += delay
        if plastic:
            rows[n, CARRIED + BEFORE] += delay
        else:
            rows[n, VALUE] = synapses.weight[k * weight_step]
    return end


@kernel
def _hot_among(begin: int, end: int, target: Ints, hot: Ints, places: Ints) -> int:
    """Write which synapses from begin to end have a hot target; return how many there are."""
    n, here = 0, target[begin:end]
    for k in range(here.shape[0]):
        places[n] = begin + k  # in any case: a store is cheaper than a wrong guess
        n += 1 if hot[np.uint32(here[k])] != COLD else 0
    return n
