"""A source whose neurons have at most one synapse each writes its arrivals straight into the inbox.

Independent background input is the commonest load of all, and its spikes need no queue: what a
source will do is known for as long as one likes.
"""

from math import exp, inf
from typing import TYPE_CHECKING

from numba import prange

from eventsim.engine.buffers import KIND, SOURCE, SYNAPSE, TARGET, TIME, VALUE, Floats, Ints
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


@loop()
def schedule(
    sources: Ints, delays: Floats, states: Floats, params: Floats, table: Floats, due: Floats
) -> None:
    """Write the time of each synapse's next arrival."""
    for k in range(sources.shape[0]):
        i = sources[k]
        p = model.load_params(params, table, i)
        s = model.load_state(states, i)
        due[k] = model.next_fire(s, states[i, model.N_STATE], p) + delays[k]


@loop(parallel=PARALLEL)
def advance(
    t1: float, hot: Ints, bounds: Ints, sources: Ints, targets: Ints, weights: Floats,
    delays: Floats, numbers: Floats, labels: Floats, due: Floats,
    states: Floats, params: Floats, table: Floats,
    rows: Floats, tags: Ints, filled: Ints, earliest: Floats, full: Ints,
) -> None:  # fmt: skip
    """Write all arrivals before `t1`, or only those of hot targets if `hot` is not empty.

    Synapses bounds[p]:bounds[p + 1] belong to partition p.
    """
    for p in prange(bounds.shape[0] - 1):
        earliest[p] = _advance(
            p, t1, hot, bounds, sources, targets, weights, delays, numbers, labels, due,
            states, params, table, rows[p], tags[p], filled, full,
        )  # fmt: skip


@kernel
def _advance(
    p: int, t1: float, hot: Ints, bounds: Ints, sources: Ints, targets: Ints, weights: Floats,
    delays: Floats, numbers: Floats, labels: Floats, due: Floats,
    states: Floats, params: Floats, table: Floats,
    rows: Floats, tags: Ints, filled: Ints, full: Ints,
) -> float:  # fmt: skip
    n = filled[p]
    next_due = inf
    full[p] = 0
    for k in range(bounds[p], bounds[p + 1]):
        wanted = hot.shape[0] == 0 or hot[targets[k]] != 0
        if due[k] < t1 and wanted and full[p] == 0:
            i = sources[k]
            parameters = model.load_params(params, table, i)
            s = model.load_state(states, i)
            valid = states[i, model.N_STATE]
            while due[k] < t1:
                if n >= rows.shape[0]:
                    full[p] = 1
                    break
                rows[n, TIME] = due[k]
                rows[n, SOURCE] = labels[0] + i
                rows[n, SYNAPSE] = labels[1] + numbers[k]
                rows[n, VALUE] = weights[k]
                tags[n, TARGET] = targets[k]
                tags[n, KIND] = int(labels[2])
                n += 1
                fired = model.next_fire(s, valid, parameters)
                s = model.on_fire(model.between(s, valid, fired - valid, parameters), fired,
                                  parameters)  # fmt: skip
                valid = fired
                due[k] = model.next_fire(s, valid, parameters) + delays[k]
            model.store_state(states, i, s, valid)
        next_due = min(next_due, due[k])
    filled[p] = n
    return next_due


@loop(parallel=PARALLEL)
def accumulate(
    t1: float, bounds: Ints, sources: Ints, targets: Ints, weights: Floats, delays: Floats,
    next_due: Floats, states: Floats, next_states: Floats, params: Floats,
    table: Floats, taus: Floats, first_column: int, sums: Floats,
) -> None:  # fmt: skip
    """Add all arrivals before `t1` to their targets' sums.

    Where the sources have come to goes to `next_due` and `next_states`: the arrivals of a neuron
    that turns out hot are drawn once more, by `list_hot`.
    """
    for p in prange(bounds.shape[0] - 1):
        for k in range(bounds[p], bounds[p + 1]):
            _accumulate(k, t1, sources[k], targets[k], weights[k], delays[k], next_due, states,
                        next_states, params, table, taus, first_column, sums)  # fmt: skip


@kernel
def _accumulate(
    k: int, t1: float, i: int, target: int, weight: float, delay: float,
    next_due: Floats, states: Floats, next_states: Floats, params: Floats, table: Floats,
    taus: Floats, first_column: int, sums: Floats,
) -> None:  # fmt: skip
    parameters = model.load_params(params, table, i)
    s = model.load_state(states, i)
    valid = states[i, model.N_STATE]
    sign = 1 if weight < 0.0 else 0
    fires = model.next_fire(s, valid, parameters)
    while fires + delay < t1:
        for m in range(taus.shape[0]):
            age = t1 - (fires + delay)
            sums[target, first_column + 2 * m + sign] += weight * exp(-age / taus[m])
        s = model.on_fire(model.between(s, valid, fires - valid, parameters), fires, parameters)
        valid = fires
        fires = model.next_fire(s, valid, parameters)
    next_due[k] = fires + delay
    model.store_state(next_states, i, s, valid)
