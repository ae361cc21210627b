"""Arrivals one by one: spikes on their way along a projection whose delays change.

A spike on its way keeps its delay, so a cursor into synapses that are sorted by new delays can't
stand for what it still reaches. Each of its arrivals then goes on as a spike of its own.
"""

import numpy as np

from eventsim.engine.buffers import (
    PENDING_CURSOR,
    PENDING_DUE,
    PENDING_END,
    PENDING_SOURCE,
    PENDING_TIME,
    Floats,
    Ints,
    Pending,
    Synapses,
    grown,
)


def arrivals(synapses: Synapses, pending: Pending) -> tuple[Floats, Ints]:
    """Return when each arrival to come is due, and at which synapse, numbered as in `synapses`."""
    due, where = [np.zeros(0)], [np.zeros(0, np.int64)]
    for rows, filled in zip(pending.rows, pending.filled.tolist(), strict=True):
        spikes = rows[:filled]
        next_one = spikes[:, PENDING_CURSOR].astype(np.int64)
        left = spikes[:, PENDING_END].astype(np.int64) - next_one
        first = np.cumsum(left) - left  # where in the result each spike begins
        synapse = np.repeat(next_one - first, left) + np.arange(left.sum())
        then = np.repeat(spikes[:, PENDING_TIME], left) + synapses.delay[synapse]
        then[first] = spikes[:, PENDING_DUE]  # known already, and of a lone arrival only here
        due.append(then)
        where.append(synapse)
    return np.concatenate(due), np.concatenate(where)


def pending_arrivals(synapses: Synapses, pending: Pending, due: Floats, synapse: Ints) -> Pending:
    """Return, in the room of `pending`, these arrivals and nothing else."""
    partition = np.searchsorted(synapses.row_end[:, -1], synapse, side="right")
    most = int(np.bincount(partition, minlength=1).max())
    rows = pending.rows
    if most > rows.shape[1]:
        rows = grown(rows, 1, most)
    for p in range(len(rows)):
        here = partition == p
        n, at = int(here.sum()), synapse[here]
        rows[p, :n] = 0.0
        rows[p, :n, PENDING_TIME] = rows[p, :n, PENDING_DUE] = due[here]
        rows[p, :n, PENDING_SOURCE] = np.searchsorted(synapses.row_end[p], at, side="right")
        rows[p, :n, PENDING_CURSOR] = at
        rows[p, :n, PENDING_END] = at + 1
        pending.filled[p] = n
    return pending._replace(rows=rows)
