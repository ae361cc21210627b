"""A source whose neurons have at most one synapse each writes its arrivals straight into the inbox.

Independent background input is the commonest load of all, and its spikes need no queue: what a
source will do is known for as long as one likes.
"""

from math import inf
from typing import TYPE_CHECKING, Any

from numba import njit, prange

from eventsim.engine.buffers import KIND, SOURCE, SYNAPSE, TARGET, TIME, VALUE, Floats, Ints
from eventsim.kernel import kernel

if TYPE_CHECKING:
    model: Any

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


@njit(cache=True, error_model="numpy")
def schedule(
    sources: Ints, delays: Floats, states: Floats, params: Floats, table: Floats, due: Floats
) -> None:
    """Write the time of each synapse's next arrival."""
    for k in range(sources.shape[0]):
        i = sources[k]
        p = model.load_params(params, table, i)
        s = model.load_state(states, i)
        due[k] = model.next_fire(s, states[i, model.N_STATE], p) + delays[k]


@njit(cache=True, parallel=PARALLEL, error_model="numpy")
def advance(
    t1: float, bounds: Ints, sources: Ints, targets: Ints, weights: Floats, delays: Floats,
    numbers: Floats, labels: Floats, due: Floats,
    states: Floats, params: Floats, table: Floats,
    rows: Floats, tags: Ints, filled: Ints, earliest: Floats, full: Ints,
) -> None:  # fmt: skip
    """Write all arrivals before `t1`; synapses bounds[p]:bounds[p + 1] belong to partition p."""
    for p in prange(bounds.shape[0] - 1):
        earliest[p] = _advance(
            p, t1, bounds, sources, targets, weights, delays, numbers, labels, due,
            states, params, table, rows[p], tags[p], filled, full,
        )  # fmt: skip


@kernel
def _advance(
    p: int, t1: float, bounds: Ints, sources: Ints, targets: Ints, weights: Floats, delays: Floats,
    numbers: Floats, labels: Floats, due: Floats,
    states: Floats, params: Floats, table: Floats,
    rows: Floats, tags: Ints, filled: Ints, full: Ints,
) -> float:  # fmt: skip
    n = filled[p]
    next_due = inf
    full[p] = 0
    for k in range(bounds[p], bounds[p + 1]):
        if due[k] < t1 and full[p] == 0:
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
