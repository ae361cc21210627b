"""Arrivals at plastic synapses, summed like others: visited in the order in which they are stored.

As long as its target does not fire, a synapse's visit depends on nothing else in the window, so it
need not wait for its turn. Which targets might fire is known only when all is summed: each row of
memory is saved before its visit; for hot targets `undo` puts the rows back, and the visits are made
again where their arrivals are stepped through in order.
"""

from typing import TYPE_CHECKING

from numba import prange

from eventsim.engine.buffers import (
    PENDING_CURSOR,
    PENDING_TIME,
    PORTS,
    Floats,
    Ints,
    Pending,
    Plastic,
    Synapses,
)
from eventsim.engine.kernels.fade import faded
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.engine.kernels.superpose import COLD, due_end
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import rules

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line

AHEAD = 12  # synapses from the one whose history is asked for to the one that is visited


@loop(parallel=PARALLEL)
def stream(
    t1: float,
    row_start: Ints, target: Ints, weight: Floats, delay: Floats, labels: Floats,
    pending: Floats, n_pending: Ints, ends: Ints,
    modes: Floats, first_column: int, sums: Floats, streamed: Ints,
    memory: Floats, rule_params: Floats, history: Floats, remembered: Ints, forgotten: Ints,
    courses: Floats, jumps: Ints, jumps_forgotten: Ints, own_course: int,
    saved: Floats, at: Ints, full: Ints,
) -> None:  # fmt: skip
    """Visit every synapse at which something arrives before `t1`, and add what it transmits.

    Where `saved` is full, full[p] is set; called again with more room it goes on at spike at[p].
    """
    for p in prange(row_start.shape[0]):
        _stream(
            p, t1, Synapses(row_start, target, weight, delay, labels), Pending(pending, n_pending),
            ends[p], modes, first_column, sums, streamed,
            Plastic(memory, rule_params, history, remembered, forgotten, courses, jumps,
                    jumps_forgotten, own_course),
            saved[p], at, full,
        )  # fmt: skip


@kernel
def _stream(
    p: int, t1: float, synapses: Synapses, pending: Pending, ends: Ints, modes: Floats,
    first_column: int, sums: Floats, streamed: Ints, plastic: Plastic, saved: Floats, at: Ints,
    full: Ints,
) -> None:  # fmt: skip
    rows, n = pending.rows[p], pending.filled[p]
    full[p] = 0
    while at[p] < n:
        k = at[p]
        begin = int(rows[k, PENDING_CURSOR])
        end = due_end(p, rows[k], begin, t1, synapses)
        if streamed[p] + end - begin > saved.shape[0]:
            full[p] = 1
            break
        ends[k] = end
        _visit(begin, end, rows[k, PENDING_TIME], t1, synapses, modes, first_column, sums, plastic,
               saved[streamed[p] :])  # fmt: skip
        streamed[p] += end - begin
        at[p] = k + 1


@kernel
def _visit(
    begin: int, end: int, time: float, t1: float, synapses: Synapses, modes: Floats,
    first_column: int, sums: Floats, plastic: Plastic, saved: Floats,
) -> None:  # fmt: skip
    delay_step = 1 if synapses.delay.shape[0] > 1 else 0
    rule, first_row = int(synapses.labels[2]) // PORTS - 1, int(synapses.labels[3])
    for k in range(begin, end):
        if k + AHEAD < end:
            i = synapses.target[k + AHEAD]
            prefetch(plastic.history[i, plastic.remembered[i] - 1], 0)
        i = synapses.target[k]
        t = time + synapses.delay[k * delay_step]
        for column in range(plastic.memory.shape[1]):
            saved[k - begin, column] = plastic.memory[first_row + k, column]
        w = rules.arrive(rule, plastic, first_row + k, i, t, ())  # no rule here reads its target
        for m in range(modes.shape[0]):
            column = first_column + 2 * m + (1 if w < 0.0 else 0)
            sums[column, i] += w * faded(t1 - t, modes[m])


@loop(parallel=PARALLEL)
def undo(
    row_start: Ints, target: Ints, weight: Floats, delay: Floats, labels: Floats,
    pending: Floats, n_pending: Ints, ends: Ints, streamed: Ints, memory: Floats, saved: Floats,
    hot: Ints,
) -> None:  # fmt: skip
    """Put back the rows of synapses whose target is hot, the last visit first."""
    for p in prange(row_start.shape[0]):
        n = streamed[p]
        for k in range(n_pending[p] - 1, -1, -1):
            for j in range(ends[p, k] - 1, int(pending[p, k, PENDING_CURSOR]) - 1, -1):
                n -= 1
                if hot[target[j]] != COLD:
                    for column in range(memory.shape[1]):
                        memory[int(labels[3]) + j, column] = saved[p, n, column]
