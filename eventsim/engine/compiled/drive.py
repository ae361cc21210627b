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
from eventsim.network import Projection

_EVERY_TARGET = np.zeros(0, np.int8)


def can_drive(projection: Projection, outgoing: int) -> bool:
    """Whether a projection's arrivals may be written without a queue."""
    return (
        projection.source.model.is_source
        and outgoing == 1
        and projection.plasticity is None
        and bool((np.diff(projection.synapses.row_start) <= 1).all())
    )


class Drive:
    """A source that runs ahead: each state is valid at its last spike that has arrived.

    The states here are the drive's own; those of the source population itself stay behind until
    somebody asks for them (`sync`).
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
        edges = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        self.order = np.concatenate(  # by target within a partition: the order of the inbox
            [a + np.argsort(synapses.target[a:b], kind="stable") for a, b in pairwise(edges)]
        )  # fmt: skip
        self.delays = self._per_synapse(synapses.delay)
        self.numbers = self.order.astype(np.float64)
        self.fixed = (edges, sources[self.order], synapses.target[self.order])
        self.due, self.next_due = np.zeros((2, self.order.size))
        self.part_due = np.zeros(partitions)
        self.part_full = np.zeros(partitions, np.int64)
        self.reset()

    def _per_synapse(self, values: Floats) -> Floats:
        every = np.broadcast_to(np.asarray(values, np.float64), self.order.shape)
        return np.ascontiguousarray(every[self.order])

    def reset(self) -> None:
        """Take over the states of the source population."""
        self.states = self.source.cells.states.copy()
        self.next_states = self.states.copy()
        self.schedule()

    def schedule(self) -> None:
        """Look up when each synapse delivers next, and with which weight."""
        cells = self.source.cells
        self.weights = self._per_synapse(self.projection.synapses.weight)
        self.kernel.schedule(
            self.fixed[1], self.delays, self.states, cells.params, cells.table, self.due
        )
        self.earliest = float(self.due.min()) if self.due.size else inf

    def deliver(self, t1: float, hot: Ints = _EVERY_TARGET) -> None:
        """Write all arrivals before `t1` into the target's inbox; of hot targets only, if given."""
        cells = self.source.cells
        while True:
            inbox = self.target.inbox
            self.kernel.advance(
                t1, hot, *self.fixed, self.weights, self.delays, self.numbers,
                self.projection.synapses.labels, self.due,
                self.states, cells.params, cells.table,
                inbox.rows, inbox.tags, inbox.filled, self.part_due, self.part_full,
            )  # fmt: skip
            if not self.part_full.any():
                break
            self.target.make_room()
        self.earliest = float(self.part_due.min())

    def accumulate(self, t1: float, taus: Floats, first_column: int, sums: Floats) -> None:
        """Add all arrivals before `t1` to their targets' sums; `list_hot` must follow."""
        cells = self.source.cells
        self.kernel.accumulate(
            t1, *self.fixed, self.weights, self.delays, self.next_due,
            self.states, self.next_states, cells.params, cells.table, taus, first_column, sums,
        )  # fmt: skip

    def list_hot(self, t1: float, hot: Ints, any_hot: bool) -> None:
        """Write the accumulated arrivals of hot targets into the inbox, and move on."""
        if any_hot:
            self.deliver(t1, hot)
        self.due, self.next_due = self.next_due, self.due
        self.states, self.next_states = self.next_states, self.states
        self.earliest = float(self.due.min())

    def sync(self, t: float) -> tuple[Floats, Ints]:
        """Bring the source population itself to `t`; return the spikes that are still on their
        way then."""
        cells = self.source.cells
        cells.states[:] = self.states
        cells.due[:] = -inf
        cells.block_due[:] = -inf
        self.source.advance(t)
        return self.source.collect()

    def settle(self, t: float) -> None:
        """Hand the spikes that are on their way to the queue, so that the source may be changed."""
        self.projection.enqueue(*self.sync(t))
        self.states[:] = self.source.cells.states
