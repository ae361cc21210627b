"""The arrays that the compiled engine's loops work on, and what lies in them.

In Python these are tuples of arrays; a kernel takes the arrays one by one, or plain tuples of them
(nothing else can be cached across processes), and puts the same tuples together inside. First axis
P: one slice per partition of the targets, so that threads never share what they write.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.engine.rule_layout import RuleLayout

Floats = NDArray[np.float64]
Ints = NDArray[Any]

BURST_BIN = 10.0  # ms, over which the runaway limit counts spikes
BLOCK = 64  # neurons whose due times share one lower bound; partitions consist of whole blocks

# columns of Inbox.rows and of Emitted.rows; the first three are the total order at one target
TIME, SOURCE, SYNAPSE, VALUE = 0, 1, 2, 3
# further columns of Inbox.rows, at plastic synapses: what a visit in storage order has transmitted
# already, or nan; the weight before that visit; from CARRIED on what `Pending` has there, but for
# the time of the last arrival in place of the spike's
GIVEN, KEPT, CARRIED = 4, 5, 6
# columns of Inbox.tags; kind = port + PORTS * (number of the plastic projection + 1, or 0)
TARGET, KIND = 0, 1
PORTS = 64
LINE = 8  # numbers in a line of memory
ROOM = 64  # entries of a buffer that has grown, at least

# columns of Pending.rows: when it was fired and by whom, the synapse that it reaches next, when,
# and where its row ends; when a window is summed, how far it comes and when it goes on; what it
# carries to plastic synapses
PENDING_TIME, PENDING_SOURCE, PENDING_CURSOR, PENDING_DUE, PENDING_END = range(5)
PENDING_STOP, PENDING_NEXT, PENDING_CARRIED = range(5, 8)

# what a window's sums say of a neuron: it might fire without another arrival, or in the window
CALM, RESTLESS, MAY_FIRE = 0.0, 1.0, 2.0


class Cells(NamedTuple):
    """The neurons of one population."""

    states: Floats  # (n, n_state + 1): the state, and the time at which it is valid
    params: Floats  # (1 or n, n_params)
    table: Floats
    due: Floats  # (n,) ms, lower bound of the next spike without an arrival
    block_due: Floats  # (ceil(n / BLOCK),) lower bound of `due` in a block
    bounds: Ints  # (P + 1,) first neuron of each partition
    bursts: Floats  # (n, 2) number of the 10 ms bin of the last spike, spikes in it


class Inbox(NamedTuple):
    """Arrivals of one window at one population, and the room to sort them in."""

    rows: Floats  # (P, capacity, 4+): TIME, SOURCE, SYNAPSE, VALUE (weight, or row of a synapse)
    tags: Ints  # (P, capacity, 2): TARGET, KIND
    filled: Ints  # (P,)
    order: Ints  # (P, capacity) row numbers, by target and then by the total order
    when: Floats  # (P, capacity) their times
    scratch: Ints  # (P, capacity)
    end: Ints  # (n,) end of a target's stretch of `order`; 0: not visited; -1: visited, no arrival
    work: Ints  # (n,) neurons to visit, from bounds[p]
    begin: Ints  # (n,) begin of the stretch of each of them


class Emitted(NamedTuple):
    """Spikes fired in one window by one population."""

    rows: Floats  # (P, capacity, 3): TIME, neuron, 0
    filled: Ints  # (P,)


class Progress(NamedTuple):
    """How far each partition has come in the window; a full buffer interrupts it."""

    stage: Ints  # (P, 4): listed, neurons to visit, next of them, next arrival of that one
    status: Ints  # (P,) see below
    trouble: Floats  # (P, 2): neuron and time, where the status is an error


DONE, SPIKES_FULL, HISTORY_FULL, COURSE_FULL, INBOX_FULL, VISITS_FULL = range(6)
NOT_FINITE, RUNAWAY = 6, 7


class Probes(NamedTuple):
    """Neurons whose state is sampled, and the samples of the present window."""

    neurons: Ints  # (n_probes,)
    slot: Ints  # (n,) number of the probe, or -1
    clock: Floats  # (2,): time of sample 0, interval; ms
    taken: Ints  # (n_probes + 1,) samples taken of each; the last entry: first sample in `values`
    values: Floats  # (capacity, n_probes, n_state)


class Plastic(NamedTuple):
    """Plastic synapses onto one population; `rule_layout` says what lies where."""

    memory: Floats  # (n_synapses, width)
    params: Floats  # (n_rules, width)
    history: Floats  # (n, capacity, width) spikes; the first has been replayed to all
    remembered: Ints  # (n,) entries in use
    courses: Floats  # (n_modulators, capacity, 4) jumps: since when, then the level, rest and tau
    jumps: Ints  # (n_modulators,) entries in use
    jumps_forgotten: Ints  # (n_modulators,)
    own_course: int  # the row of the population's own first neuron, if it is a modulator itself


class Pending(NamedTuple):
    """Spikes on their way along one projection."""

    rows: Floats  # (P, capacity, 5+): time, source, next synapse, when that is due, end of its row
    filled: Ints  # (P,)


class Lines(NamedTuple):
    """What visits in storage order need of the targets, where the weight is all a synapse keeps."""

    rows: Floats  # (n, width) see `bind_traces`
    refs: Floats  # (P,) ms, what everything there that fades is relative to; nan: write it anew
    spans: Floats  # (2,) ms: how long that may stay, and how far before it a spike may be there
    taus: Floats  # (n_traces,) ms, of the presynaptic traces, then the postsynaptic ones
    # (P, n_traces + modes + 2, CHUNK) for each arrival of a chunk: what the presynaptic traces of a
    # line multiply, the postsynaptic ones, and what the weight counts for at the window's end; in
    # the last rows the source's traces as the spike arrives, and the time to the window's end
    factors: Floats


class Visits(NamedTuple):
    """The visits in storage order to a projection's plastic synapses in the present window."""

    at: Ints  # (P,) next pending spike
    streamed: Ints  # (P,) visits so far
    # (P, capacity, width) of each: the weight before and after it, or the synapse's row before it
    saved: Floats
    done: Ints  # (P,) visits gone through again for arrivals of hot neurons


class Synapses(NamedTuple):
    """One projection: synapses by partition, then source, then delay; see `by_partition`."""

    row_start: Ints  # (P, n_pre) first synapse of each source
    row_end: Ints  # (P, n_pre) behind the last one
    target: Ints  # (n,) uint16 or int32
    weight: NDArray[Any]  # (n,) or (1,): one constant
    delay: NDArray[Any]  # (n,) or (1,)
    labels: Floats  # (4,): first global source index, first synapse number, kind, first row


def inbox_width(layouts: Sequence[RuleLayout]) -> int:
    """Return the number of columns of the inbox of a population that these rules are onto."""
    if not layouts:
        return VALUE + 1
    return CARRIED + max(layout.carried for layout in layouts)


def apart(partitions: int, columns: int | None = None, dtype: Any = np.int64) -> NDArray[Any]:
    """Return zeros, (partitions,), or (partitions, at least so many columns).

    Those of two partitions share no line of memory: a line that two threads write to goes to and
    fro between them.
    """
    width = -((columns or 1) // -LINE) * LINE + LINE  # for nobody knows where a line begins
    values = np.zeros((partitions, width), dtype)
    return values[:, 0] if columns is None else values


def aligned(shape: Sequence[int], dtype: Any = np.float64) -> NDArray[Any]:
    """Return zeros that begin with a line of memory: rows of 4 or 8 numbers lie in one each."""
    size, itemsize = prod(shape), np.dtype(dtype).itemsize
    line = 8 * LINE // itemsize
    room = np.zeros(size + line, dtype)
    first = -(room.ctypes.data // itemsize) % line
    return room[first : first + size].reshape(shape)


def grown(array: NDArray[Any], axis: int, capacity: int) -> NDArray[Any]:
    """Return a copy with at least `capacity` entries along `axis`, doubled until it fits."""
    shape = list(array.shape)
    while shape[axis] < capacity:
        shape[axis] = max(2 * shape[axis], ROOM)
    larger = aligned(shape, array.dtype)
    larger[tuple(slice(0, n) for n in array.shape)] = array
    return larger
