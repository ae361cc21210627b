"""A source whose neurons have at most one synapse each, each with the one arrival that is next.

For targets whose arrivals are not summed (see `eventsim.engine.kernels.drive`): few synapses have
anything for a window, and they lie anywhere. So all that one needs lies together, and only what is
due is looked at; when it has been delivered the source fires again.
"""

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from numba import prange

from eventsim.engine.buffers import Floats, Ints
from eventsim.engine.kernels.drive import write_arrival
from eventsim.engine.kernels.partitions import any_of
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model

BLOCK = 8  # synapses that share a bound of what is due: a line of memory
LISTED = 256  # blocks, and synapses, whose memory is asked for at a time
WIRE = 5  # numbers that tell of a synapse: of them the first is ...
WIRE_SOURCE, WIRE_TARGET, WIRE_WEIGHT, WIRE_DELAY, WIRE_NUMBER = range(WIRE)

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line


class Waiting(NamedTuple):
    """The synapses by partition and then by target."""

    bounds: Ints  # (partitions + 1,) first synapse of each partition
    first_block: Ints  # (partitions + 1,) its first block
    block_due: Floats  # (blocks,) ms, a time before which nothing of a block arrives
    due: Floats  # (n,) ms, the next arrival
    rows: Floats  # (n, n_state + 1 + WIRE) state before that spike, and its time; then the wire


@loop()
def begin(
    bounds: Ints, first_block: Ints, block_due: Floats, due: Floats, rows: Floats, params: Floats,
    table: Floats,
) -> None:  # fmt: skip
    """Note what is due, from the states in `rows`: those at the last spikes that have arrived."""
    waiting = Waiting(bounds, first_block, block_due, due, rows)
    block_due[:] = inf
    for part in range(bounds.shape[0] - 1):
        for k in range(bounds[part], bounds[part + 1]):
            p = model.load_params(params, table, int(_wire(rows[k], WIRE_SOURCE)))
            s, last = model.load_state(rows, k), rows[k, model.N_STATE]
            due[k] = model.next_fire(s, last, p) + _wire(rows[k], WIRE_DELAY)
            _note(part, k, waiting)


@kernel
def _wire(row: Floats, which: int) -> float:
    return float(row[model.N_STATE + 1 + which])


@kernel
def _note(part: int, k: int, waiting: Waiting) -> None:
    """Let its block know of what synapse k waits for."""
    block = waiting.first_block[part] + (k - waiting.bounds[part]) // BLOCK
    waiting.block_due[block] = min(waiting.block_due[block], waiting.due[k])


@loop(parallel=PARALLEL)
def deliver(
    t1: float, bounds: Ints, first_block: Ints, block_due: Floats, due: Floats, rows: Floats,
    params: Floats, table: Floats, blocks: Ints, listed: Ints, labels: Floats, inbox: Floats,
    tags: Ints, filled: Ints, arrived: Ints, full: Ints,
) -> bool:  # fmt: skip
    """Write the arrivals before `t1` into the inbox; count in `arrived` the synapses with any.

    Return whether that is full in any partition; called again with more room it goes on.
    """
    for part in prange(bounds.shape[0] - 1):
        full[part] = _deliver_part(
            part, t1, Waiting(bounds, first_block, block_due, due, rows), params, table,
            blocks[part], listed[part], labels, inbox[part], tags[part], filled[part : part + 1],
            arrived,
        )  # fmt: skip
    return any_of(full)


@kernel
def _deliver_part(
    part: int, t1: float, waiting: Waiting, params: Floats, table: Floats, blocks: Ints,
    listed: Ints, labels: Floats, inbox: Floats, tags: Ints, filled: Ints, arrived: Ints,
) -> int:  # fmt: skip
    full = 0
    low, high = waiting.first_block[part], waiting.first_block[part + 1]
    for begin in range(low, high, LISTED):
        n = _list_blocks(begin, min(begin + LISTED, high), t1, part, waiting, blocks)
        at = 0
        while at < n:
            found, at = _list_due(at, n, t1, part, waiting, blocks, listed)
            arrived[part] += found
            for one in range(found):
                k = listed[one]
                if full == 0:
                    full = _deliver(k, t1, waiting, params, table, labels, inbox, tags, filled)
                _note(part, k, waiting)
    return full


@kernel
def _list_blocks(begin: int, end: int, t1: float, part: int, waiting: Waiting, blocks: Ints) -> int:
    """List the blocks in which something is due, ask for their times, return their number."""
    n = 0
    for block in range(begin, end):
        blocks[n] = block  # in any case: a store is cheaper than a wrong guess
        n += 1 if waiting.block_due[block] < t1 else 0
    for one in range(n):
        prefetch(waiting.due, _first_of(blocks[one], part, waiting))
    return n


@kernel
def _first_of(block: int, part: int, waiting: Waiting) -> int:
    """Return the first synapse of a block."""
    return int(waiting.bounds[part] + (block - waiting.first_block[part]) * BLOCK)


@kernel
def _list_due(
    at: int, n: int, t1: float, part: int, waiting: Waiting, blocks: Ints, listed: Ints
) -> tuple[int, int]:
    """List the synapses of blocks from number `at` on that are due, and ask for their rows.

    Return how many there are, and the block to go on at.
    """
    found = 0
    while at < n and found + BLOCK <= LISTED:
        block, earliest = blocks[at], inf
        begin = _first_of(block, part, waiting)
        for k in range(begin, min(begin + BLOCK, waiting.bounds[part + 1])):
            if waiting.due[k] < t1:
                listed[found] = k
                found += 1
                prefetch(waiting.rows[k], 0)
                prefetch(waiting.rows[k], waiting.rows.shape[1] - 1)
            else:
                earliest = min(earliest, waiting.due[k])
        waiting.block_due[block] = earliest  # those on the list will lower it
        at += 1
    return found, at


@kernel
def _deliver(
    k: int, t1: float, waiting: Waiting, params: Floats, table: Floats, labels: Floats,
    inbox: Floats, tags: Ints, filled: Ints,
) -> int:  # fmt: skip
    """Deliver one synapse's arrivals before `t1`; return 1 if there was no room for all."""
    row, due, n = waiting.rows[k], waiting.due[k], filled[0]
    source = _wire(row, WIRE_SOURCE)
    p = model.load_params(params, table, int(source))
    s, last = model.load_state(waiting.rows, k), row[model.N_STATE]
    while due < t1 and n < inbox.shape[0]:
        n = write_arrival(
            n, due, source, _wire(row, WIRE_NUMBER), _wire(row, WIRE_WEIGHT),
            _wire(row, WIRE_TARGET), labels, inbox, tags,
        )  # fmt: skip
        s, last = model.take_spike(s, last, p)
        due = model.next_fire(s, last, p) + _wire(row, WIRE_DELAY)
    model.store_state(waiting.rows, k, s, last)
    waiting.due[k] = due
    filled[0] = n
    return 1 if due < t1 else 0
