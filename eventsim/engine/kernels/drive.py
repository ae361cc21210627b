"""A source whose neurons have at most one synapse each feeds its target without a queue.

Independent background input is the commonest load of all, and what a source will do is known for
as long as one likes. So each synapse has its source's next spikes in a row of `times`, and `next`
says which of them arrives first; `states` are valid at the last spike of a row.
"""

from math import exp, inf
from typing import TYPE_CHECKING

from numba import prange

from eventsim.engine.buffers import KIND, SOURCE, SYNAPSE, TARGET, TIME, VALUE, Floats, Ints
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

LANES = 8  # spikes that are looked up together: a 512-bit register's worth

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


@loop(parallel=PARALLEL)
def look_ahead(
    t1: float, bounds: Ints, sources: Ints, delays: Floats, times: Floats, next: Ints,
    states: Floats, params: Floats, table: Floats, short: Ints,
) -> None:  # fmt: skip
    """Have in each row all spikes that arrive before `t1`, and one more.

    Where a row is too short for them, short[p] is set.
    """
    for p in prange(bounds.shape[0] - 1):
        short[p] = 0
        for k in range(bounds[p], bounds[p + 1]):
            row = times[k]
            if row[row.shape[0] - 1] + delays[k] < t1:
                _refill(k, sources[k], row, next, states, params, table)
                if row[row.shape[0] - 1] + delays[k] < t1:
                    short[p] = 1


@kernel
def _refill(
    k: int, i: int, row: Floats, next: Ints, states: Floats, params: Floats, table: Floats
) -> None:
    """Drop spikes that have arrived, whole lanes of them; move the others up; look up new ones."""
    dropped = next[k] // LANES * LANES
    kept = row.shape[0] - dropped
    for j in range(kept):
        row[j] = row[dropped + j]
    next[k] -= dropped
    p = model.load_params(params, table, i)
    s, t = model.load_state(states, k), states[k, model.N_STATE]
    for first in range(kept, row.shape[0], LANES):
        s, t = model.ahead(s, t, row[first : first + LANES], p)
    model.store_state(states, k, s, t)


@loop(parallel=PARALLEL)
def accumulate(
    t1: float, bounds: Ints, targets: Ints, weights: Floats, delays: Floats, times: Floats,
    next: Ints, upto: Ints, taus: Floats, first_column: int, sums: Floats,
) -> None:  # fmt: skip
    """Add all arrivals before `t1` to their targets' sums; `upto` says how far each row came."""
    for p in prange(bounds.shape[0] - 1):
        for m in range(taus.shape[0]):
            rate = 1.0 / taus[m]
            for k in range(bounds[p], bounds[p + 1]):
                j = next[k]
                total = 0.0
                while times[k, j] + delays[k] < t1:
                    total += exp((times[k, j] + delays[k] - t1) * rate)
                    j += 1
                upto[k] = j
                column = first_column + 2 * m + (1 if weights[k] < 0.0 else 0)
                sums[targets[k], column] += weights[k] * total


@loop(parallel=PARALLEL)
def deliver(
    t1: float, bounds: Ints, targets: Ints, weights: Floats, delays: Floats, times: Floats,
    next: Ints, upto: Ints, sources: Ints, numbers: Floats, labels: Floats, hot: Ints,
    rows: Floats, tags: Ints, filled: Ints, earliest: Floats, full: Ints,
) -> None:  # fmt: skip
    """Write all arrivals before `t1` into the inbox, and move on.

    If `hot` is not empty, those of cold targets have been accumulated: there `upto` is the place to
    go on from.

    Where the inbox is full, full[p] is set; called again with more room it goes on.
    """
    for p in prange(bounds.shape[0] - 1):
        earliest[p] = _deliver(
            p, t1, bounds, targets, weights, delays, times, next, upto, sources, numbers, labels,
            hot, rows[p], tags[p], filled, full,
        )  # fmt: skip


@kernel
def _deliver(
    p: int, t1: float, bounds: Ints, targets: Ints, weights: Floats, delays: Floats, times: Floats,
    next: Ints, upto: Ints, sources: Ints, numbers: Floats, labels: Floats, hot: Ints,
    rows: Floats, tags: Ints, filled: Ints, full: Ints,
) -> float:  # fmt: skip
    n = filled[p]
    earliest = inf
    full[p] = 0
    for k in range(bounds[p], bounds[p + 1]):
        j = next[k]
        if hot.shape[0] > 0 and hot[targets[k]] == 0:
            j = upto[k]
        while times[k, j] + delays[k] < t1:
            if n >= rows.shape[0]:
                full[p] = 1
                break
            rows[n, TIME] = times[k, j] + delays[k]
            rows[n, SOURCE] = labels[0] + sources[k]
            rows[n, SYNAPSE] = labels[1] + numbers[k]
            rows[n, VALUE] = weights[k]
            tags[n, TARGET] = targets[k]
            tags[n, KIND] = int(labels[2])
            n += 1
            j += 1
        next[k] = j
        earliest = min(earliest, times[k, j] + delays[k])
    filled[p] = n
    return earliest
