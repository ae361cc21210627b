"""Background input: a source with at most one synapse per neuron, not recorded, feeds the inbox."""

from math import inf
from types import ModuleType

import numpy as np

from eventsim.engine import bind
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.buffers import Floats
from eventsim.engine.kernels import drive as drive_kernel
from eventsim.engine.specialise import specialise
from eventsim.network import Projection


def can_drive(projection: Projection, outgoing: int) -> bool:
    """Whether a projection's arrivals may be written without a queue."""
    return (
        projection.source.model.is_source
        and outgoing == 1
        and projection.plasticity is None
        and bool((np.diff(projection.synapses.row_start) <= 1).all())
    )


class Drive:
    """The source's states are ahead of the clock: each is valid at the neuron's last emission."""

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
            [a + np.argsort(synapses.target[a:b], kind="stable") for a, b in
             zip(edges[:-1], edges[1:], strict=True)]
        )  # fmt: skip
        self.delays = self._per_synapse(synapses.delay)
        self.numbers = self.order.astype(np.float64)
        self.fixed = (edges, sources[self.order], synapses.target[self.order])
        self.due = np.zeros(self.order.size)
        self.part_due = np.zeros(partitions)
        self.part_full = np.zeros(partitions, np.int64)
        self.schedule()

    def _per_synapse(self, values: Floats) -> Floats:
        every = np.broadcast_to(np.asarray(values, np.float64), self.order.shape)
        return np.ascontiguousarray(every[self.order])

    def schedule(self) -> None:
        """Look up when each synapse delivers next, and with which weight."""
        cells = self.source.cells
        self.weights = self._per_synapse(self.projection.synapses.weight)
        self.kernel.schedule(
            self.fixed[1], self.delays, cells.states, cells.params, cells.table, self.due
        )
        self.earliest = float(self.due.min()) if self.due.size else inf

    def deliver(self, t1: float) -> None:
        """Write all arrivals before `t1` into the target's inbox."""
        cells = self.source.cells
        while True:
            inbox = self.target.inbox
            self.kernel.advance(
                t1, *self.fixed, self.weights, self.delays, self.numbers,
                self.projection.synapses.labels, self.due,
                cells.states, cells.params, cells.table,
                inbox.rows, inbox.tags, inbox.filled, self.part_due, self.part_full,
            )  # fmt: skip
            if not self.part_full.any():
                break
            self.target.make_room()
        self.earliest = float(self.part_due.min())

    def settle(self, t: float) -> None:
        """Put what is emitted before `t` but arrives after it into the queue, as any source does."""
        self.source.cells.due[:] = -inf
        self.source.cells.block_due[:] = -inf
        self.source.advance(t)
        self.projection.enqueue(*self.source.collect())
