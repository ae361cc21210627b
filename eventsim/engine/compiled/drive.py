"""Background input: a source with one synapse per neuron feeds its target without a queue."""

from itertools import pairwise
from math import inf
from types import ModuleType

import numpy as np

from eventsim.engine import bind
from eventsim.engine.buffers import Floats, Ints
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.kernels import drive as drive_kernel
from eventsim.engine.specialise import specialise
from eventsim.model import always_spikes
from eventsim.network import Projection

LOOK_AHEAD = 16  # spikes of each source that are looked up at a time
CATCH_UP = 10.0  # ms of a source's spikes that are made and dropped at a time

_EVERY_TARGET = np.zeros(0, np.int8)


def can_drive(projection: Projection, outgoing: int) -> bool:
    """Whether a projection's arrivals may be written without a queue."""
    return (
        projection.source.model.is_source
        and projection.source.model.spikes is always_spikes
        and outgoing == 1
        and projection.plasticity is None
        and bool((np.diff(projection.synapses.row_start) <= 1).all())
    )


class Drive:
    """A source that is looked up ahead of time, for its synapses alone.

    The source population itself stays behind until somebody asks for its states or its spikes.
    """

    def __init__(
        self, projection: CompiledProjection, source: CompiledPopulation, target: CompiledPopulation
    ) -> None:
        synapses = projection.synapses
        partitions = synapses.row_start.shape[0]
        self.projection, self.source, self.target = projection, source, target
        self.kernel: ModuleType = specialise(
            drive_kernel, model=bind.neuron_namespace(source.model), PARALLEL=partitions > 1
        )
        counts = np.diff(synapses.row_start, axis=1)
        sources = np.concatenate([np.repeat(np.arange(row.size), row) for row in counts])
        self.bounds = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        self.order = np.concatenate(  # by target within a partition: the order of the inbox
            [a + np.argsort(synapses.target[a:b], kind="stable") for a, b in pairwise(self.bounds)]
        )
        self.sources, self.targets = sources[self.order], synapses.target[self.order]
        self.delays = self._per_synapse(synapses.delay)
        self.numbers = self.order.astype(np.float64)
        self.part_due = np.zeros(partitions)
        self.part_full = np.zeros(partitions, np.int64)
        self.reset()

    def _per_synapse(self, values: Floats) -> Floats:
        every = np.broadcast_to(np.asarray(values, np.float64), self.order.shape)
        return np.ascontiguousarray(every[self.order])

    def reset(self) -> None:
        """Take over the states of the source population."""
        self.states = self.source.cells.states[self.sources]
        self.times = np.full((self.sources.size, LOOK_AHEAD), -inf)
        self.next = np.full(self.sources.size, LOOK_AHEAD)  # nothing looked up yet
        self.upto = self.next.copy()
        self.earliest = -inf if self.sources.size else inf
        self.weigh()

    def weigh(self) -> None:
        """Take over the weights of the projection."""
        self.weights = self._per_synapse(self.projection.synapses.weight)

    def look_ahead(self, t1: float) -> None:
        """Look up every spike that arrives before `t1`."""
        cells = self.source.cells
        while True:
            self.kernel.look_ahead(
                t1, self.bounds, self.sources, self.delays, self.times, self.next,
                self.states, cells.params, cells.table, self.part_full,
            )  # fmt: skip
            if not any(self.part_full.tolist()):
                return
            # room is made in front: what is there keeps its distance from the end of the row
            room = self.times.shape[1]
            self.times = np.concatenate([np.zeros_like(self.times), self.times], axis=1)
            self.next += room
            self.upto += room

    def accumulate(self, t1: float, taus: Floats, first_column: int, sums: Floats) -> None:
        """Add all arrivals before `t1` to their targets' sums; `deliver` must follow."""
        self.look_ahead(t1)
        self.kernel.accumulate(
            t1, self.bounds, self.targets, self.weights, self.delays, self.times,
            self.next, self.upto, taus, first_column, sums,
        )  # fmt: skip

    def deliver(self, t1: float, hot: Ints = _EVERY_TARGET) -> None:
        """Write all arrivals before `t1` into the target's inbox; of hot targets only, if given."""
        self.look_ahead(t1)
        while True:
            inbox = self.target.inbox
            self.kernel.deliver(
                t1, self.bounds, self.targets, self.weights, self.delays, self.times, self.next,
                self.upto, self.sources, self.numbers, self.projection.synapses.labels, hot,
                inbox.rows, inbox.tags, inbox.filled, self.part_due, self.part_full,
            )  # fmt: skip
            if not any(self.part_full.tolist()):
                break
            self.target.make_room()
        self.earliest = min(self.part_due.tolist())

    def sync(self, t: float) -> None:
        """Bring the source population itself to `t`; its spikes on the way are known already."""
        while self.source.reached < t:
            self.source.advance(min(self.source.reached + CATCH_UP, t))
            self.source.collect()

    def settle(self, t: float) -> None:
        """Hand the spikes that are on their way at `t` to the queue: the source may change then."""
        self.look_ahead(np.nextafter(t, inf) + float(self.delays.max()))
        on_the_way = self.times < t
        on_the_way &= np.arange(self.times.shape[1]) >= self.next[:, np.newaxis]
        k, _ = np.nonzero(on_the_way)
        times, neurons = self.times[on_the_way], self.sources[k]
        order = np.lexsort((neurons, times))
        self.projection.enqueue(times[order], neurons[order])
        self.sync(t)
