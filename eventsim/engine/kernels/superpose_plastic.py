"""Arrivals at plastic synapses, summed like others: visited in the order in which they are stored.

As long as its target does not fire, a synapse's visit depends on nothing else in the window, so it
need not wait for its turn. Which targets might fire is known only when all is summed: each row of
memory is saved before its visit; for hot targets `undo` puts the rows back, and the visits are made
again where their arrivals are stepped through in order.

Where the weight is all that a synapse keeps (ALONE), a visit reads its target's *line*, see
`eventsim.engine.bind_traces`; `recall` keeps these up to date. The weights before and after it go
with the arrival: only if its target really fires, the visits after that are taken back.
"""

from math import exp, floor, inf
from typing import TYPE_CHECKING

from eventsim.engine.buffers import (
    PENDING_CARRIED,
    PENDING_CURSOR,
    PENDING_STOP,
    PENDING_TIME,
    PORTS,
    SOURCE,
    Cells,
    Emitted,
    Floats,
    Ints,
    Lines,
    Pending,
    Plastic,
    Synapses,
    Visits,
)
from eventsim.engine.kernels.fade import POWER, TAU, fade, faded
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.engine.kernels.streaming import ASKED, CHUNK, ask_for, find_stop
from eventsim.engine.kernels.superpose import COLD
from eventsim.engine.rule_layout import BEFORE, FIRST_TRACE, HIGH, LOW, SWEPT, WEIGHT
from eventsim.kernel import kernel, kernel_call

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import rules, traces

ALONE: bool = globals().get("ALONE", False)  # put here by `specialise`, before this line

AHEAD = 12  # synapses from the one whose target's memory is asked for to the one that is visited


@kernel_call
def stream(
    p: int, window: float, t1: float, synapses: Synapses, pending: Pending, modes: Floats,
    first_column: int, sums: Floats, plastic: Plastic, lines: Lines, visits: Visits,
) -> bool:  # fmt: skip
    """Visit every synapse at which something arrives before `t1`, and add what it transmits.

    What is needed to take visits back is saved. Return whether there was room for it. If not, it
    goes on where it stopped when it is called again.
    """
    rows, n = pending.rows[p], pending.filled[p]
    at, streamed, saved, factors = visits.at, visits.streamed, visits.saved[p], lines.factors[p]
    while at[p] < n:
        k = at[p]
        begin = int(rows[k, PENDING_CURSOR])
        end = find_stop(rows[k], t1, synapses)
        if streamed[p] + end - begin > saved.shape[0]:
            return False
        if k + 2 < n:
            _ask_for(synapses, plastic, int(rows[k + 2, PENDING_CURSOR]), end - begin)
        room = saved[streamed[p] :]
        if ALONE:
            low = begin
            while low < end:  # with one delay for all, one factor serves all
                high = min(low + CHUNK, end) if synapses.delay.shape[0] > 1 else end
                _fill(p, low, high, rows[k], window, t1, synapses, modes, lines)
                _visit_alone(low, high, rows[k], synapses, first_column, sums, plastic, lines,
                             factors, room[low - begin :])  # fmt: skip
                low = high
        else:
            _visit(begin, end, rows[k], t1, synapses, modes, first_column, sums, plastic, room)
        streamed[p] += end - begin
        at[p] = k + 1
    return True


@kernel
def _ask_for(synapses: Synapses, plastic: Plastic, cursor: int, count: int) -> None:
    """Prefetch the next `count` synapses of a spike, and what they keep."""
    ask_for(synapses, cursor, count)
    first_row = int(synapses.labels[3])
    for k in range(cursor, cursor + min(count, ASKED), 8):
        prefetch(plastic.memory[first_row + k], 0)


@kernel
def _visit(
    begin: int, end: int, spike: Floats, t1: float, synapses: Synapses, modes: Floats,
    first_column: int, sums: Floats, plastic: Plastic, saved: Floats,
) -> None:  # fmt: skip
    delay_step = 1 if synapses.delay.shape[0] > 1 else 0
    rule, first_row = int(synapses.labels[2]) // PORTS - 1, int(synapses.labels[3])
    carried = spike[PENDING_CARRIED:]
    for k in range(begin, end):
        if k + AHEAD < end:
            i = synapses.target[k + AHEAD]
            prefetch(plastic.history[i, plastic.remembered[i] - 1], 0)
        i = synapses.target[k]
        delay = synapses.delay[k * delay_step]
        t, last = spike[PENDING_TIME] + delay, carried[BEFORE] + delay
        for column in range(saved.shape[1]):
            saved[k - begin, column] = plastic.memory[first_row + k, column]
        # no rule here reads its target
        w = rules.arrive(rule, plastic, first_row + k, i, t, last, carried, ())
        for m in range(modes.shape[0]):
            column = first_column + 2 * m + (1 if w < 0.0 else 0)
            sums[column, i] += w * faded(t1 - t, modes[m])


@kernel
def _fill(
    p: int, begin: int, end: int, spike: Floats, window: float, t1: float, synapses: Synapses,
    modes: Floats, lines: Lines,
) -> None:  # fmt: skip
    """Write what the arrivals from begin to end multiply: see `Lines`.

    Each is a scalar of the spike's times the exponential of a time within the window.
    """
    delay, carried, tau, n_pre = synapses.delay, spike[PENDING_CARRIED:], lines.taus, traces.N_PRE
    ref, factors = lines.refs[p], lines.factors[p]
    first, count = (begin, end - begin) if delay.shape[0] > 1 else (0, 1)
    ages, now = factors[factors.shape[0] - 1], factors[factors.shape[0] - 2]
    for k in range(count):
        ages[k] = t1 - (spike[PENDING_TIME] + delay[first + k])
    gap = spike[PENDING_TIME] - carried[BEFORE]
    for c in range(n_pre):
        x = carried[FIRST_TRACE + c]
        now[c] = x * exp(-gap / tau[c])
        _fades(x * exp((t1 - gap - ref) / tau[c]), tau[c], ages, count, window, factors[c])
    for c in range(n_pre, n_pre + traces.N_POST):
        _fades(exp((ref - t1) / tau[c]), -tau[c], ages, count, window, factors[c])
    for m in range(modes.shape[0]):
        out = factors[n_pre + traces.N_POST + m]
        _fades(1.0, modes[m, TAU], ages, count, window, out)
        for _ in range(int(modes[m, POWER])):
            for k in range(count):
                out[k] *= ages[k]


@kernel
def _fades(scale: float, tau: float, ages: Floats, count: int, window: float, out: Floats) -> None:
    rate = 1.0 / tau
    if abs(window * rate) <= 1.0:
        for k in range(count):
            out[k] = scale * fade(ages[k] * rate)
    else:
        for k in range(count):
            out[k] = scale * exp(-ages[k] * rate)


@kernel
def _visit_alone(
    begin: int, end: int, spike: Floats, synapses: Synapses, first_column: int, sums: Floats,
    plastic: Plastic, lines: Lines, factors: Floats, saved: Floats,
) -> None:  # fmt: skip
    """Visit synapses whose weight is all that they keep.

    What few of them need is kept out of the loop that all go through.
    """
    first_row = int(synapses.labels[3])
    k, stopped_at, kept = begin, -1, 0.0
    while k < end:
        k = _visit_until(k, end, begin, stopped_at, spike, synapses, first_column, sums, plastic,
                         lines, factors, saved)  # fmt: skip
        if stopped_at >= 0:
            saved[stopped_at - begin, 0] = kept
        if k < end:
            stopped_at, kept = k, float(plastic.memory[first_row + k, WEIGHT])
            _replay_older(k, spike, synapses, plastic, lines)


@kernel
def _visit_until(
    k: int, end: int, begin: int, caught_up: int, spike: Floats, synapses: Synapses,
    first_column: int, sums: Floats, plastic: Plastic, lines: Lines, factors: Floats,
    saved: Floats,
) -> int:  # fmt: skip
    """Visit synapses from k on; stop where the line lacks a spike, but at the one `caught_up`."""
    target, delay, memory, rows = synapses.target, synapses.delay, plastic.memory, lines.rows
    step = 1 if delay.shape[0] > 1 else 0
    rule, first_row = int(synapses.labels[2]) // PORTS - 1, int(synapses.labels[3])
    before, now = spike[PENDING_CARRIED + BEFORE], factors[factors.shape[0] - 2]
    own, first_mode = plastic.params[rule], traces.N_PRE + traces.N_POST
    p, swept, low, high = traces.load_params(own), own[SWEPT], own[LOW], own[HIGH]
    while k < end:
        if k + AHEAD < end:
            prefetch(rows[target[k + AHEAD]], 0)
        i, j, line = target[k], (k - begin) * step, rows[target[k]]
        since = max(before + delay[k * step], swept)
        if line[traces.OLDER] >= since and k != caught_up:
            break
        w = float(memory[first_row + k, WEIGHT])
        saved[k - begin, 0] = w
        w = traces.replay_previous(w, line, factors, j, since, low, high, p)
        w = traces.replay_last(w, line, factors, j, since, low, high, p)
        w = traces.arrive(w, line, now, factors, j, low, high, p)
        memory[first_row + k, WEIGHT] = saved[k - begin, 1] = w
        for m in range(traces.N_MODES):
            column = first_column + 2 * m + (1 if w < 0.0 else 0)
            sums[column, i] += w * factors[first_mode + m, j]
        k += 1
    return k


@kernel
def _replay_older(
    k: int, spike: Floats, synapses: Synapses, plastic: Plastic, lines: Lines
) -> None:
    """Replay to a synapse the spikes that are not in its target's line."""
    rule, row = int(synapses.labels[2]) // PORTS - 1, int(synapses.labels[3]) + k
    i, carried = synapses.target[k], spike[PENDING_CARRIED:]
    last = carried[BEFORE] + synapses.delay[k if synapses.delay.shape[0] > 1 else 0]
    rules.catch_up(rule, plastic, row, i, _following(lines.rows[i]), False, last, carried)


@kernel
def _following(line: Floats) -> float:
    """Return the time of the first spike in a line, which may hold two, one or none."""
    if line[traces.PREVIOUS] > -inf:
        return float(line[traces.PREVIOUS])
    return float(line[traces.LAST] if line[traces.LAST] > -inf else inf)


@kernel_call
def refer(p: int, t1: float, cells: Cells, plastic: Plastic, lines: Lines, which: int) -> None:
    """Make sure that lines are relative to a time not far from `t1`, a function of `t1` alone."""
    if ALONE:
        epoch = lines.spans[0]
        ref = floor(t1 / epoch) * epoch if epoch < inf else 0.0
        if ref != lines.refs[p]:
            lines.refs[p] = ref
            for i in range(cells.bounds[p], cells.bounds[p + 1]):
                _recall(p, i, plastic, lines, which)


@kernel_call
def hear(p: int, before: int, emitted: Emitted, plastic: Plastic, lines: Lines, which: int) -> None:
    """Write the lines of the targets that have fired since so many `before`."""
    if ALONE:
        for k in range(before, emitted.filled[p]):
            _recall(p, int(emitted.rows[p, k, SOURCE]), plastic, lines, which)


@kernel
def _recall(p: int, i: int, plastic: Plastic, lines: Lines, which: int) -> None:
    ref = lines.refs[p]
    traces.recall(plastic, i, ref, ref - lines.spans[1], plastic.params[which], lines.rows[i])


@kernel_call
def undo(
    p: int, synapses: Synapses, pending: Pending, memory: Floats, visits: Visits, hot: Ints
) -> None:
    """Put back the rows of synapses whose target is hot, the last visit first.

    Where the weight is all that they keep, that is left to their arrivals.
    """
    if not ALONE:
        rows, target, first_row = pending.rows[p], synapses.target, int(synapses.labels[3])
        n = visits.streamed[p]
        for k in range(pending.filled[p] - 1, -1, -1):
            begin, stop = int(rows[k, PENDING_CURSOR]), int(rows[k, PENDING_STOP])
            for j in range(stop - 1, begin - 1, -1):
                n -= 1
                if hot[target[j]] != COLD:
                    for column in range(visits.saved.shape[2]):
                        memory[first_row + j, column] = visits.saved[p, n, column]
