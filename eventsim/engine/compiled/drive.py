"""Background input: a source with one synapse per neuron feeds its target without a queue."""

from itertools import pairwise
from math import inf, log
from typing import Any

import numpy as np

from eventsim.engine import bind
from eventsim.engine.buffers import Floats, Ints
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.kernels import drive as drive_kernel
from eventsim.engine.kernels.drive import BATCH, BLOCK, LISTED, Nexts, Rows, Scratch, Wires
from eventsim.engine.kernels.row_sums import ROW
from eventsim.engine.specialise import specialise
from eventsim.lasting import Arrays, Stored
from eventsim.model import always_spikes
from eventsim.network import Projection

MODES = 8  # time constants of one port, at most
CATCH_UP = 10.0  # ms of a source's spikes that are made and dropped at a time


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
        self.kernel: Any = specialise(
            drive_kernel, model=bind.neuron_namespace(source.model), PARALLEL=partitions > 1
        )
        counts = np.diff(synapses.row_start, axis=1)
        sources = np.concatenate([np.repeat(np.arange(row.size), row) for row in counts])
        bounds = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        self.order = np.concatenate(  # by target within a partition: the order of the inbox
            [a + np.argsort(synapses.target[a:b], kind="stable") for a, b in pairwise(bounds)]
        )
        starts = [np.arange(a, b, BATCH) for a, b in pairwise(bounds)]
        self.batches = np.concatenate([[0], np.cumsum([s.size for s in starts])])
        first = np.concatenate([*starts, bounds[-1:]])
        targets = synapses.target[self.order].astype(np.int64)
        self.wires = Wires(
            first,
            _are_neighbours(targets, first),
            sources[self.order],
            targets,
            np.empty(0),
            self._per_synapse(synapses.delay),
            self.order.astype(np.float64),
        )
        counts = np.diff(first)
        self.batch = np.repeat(np.arange(counts.size), counts)  # of each synapse
        self.place = np.arange(self.order.size) - first[self.batch]  # in it
        width, n = source.cells.states.shape[1], self.order.size
        states = np.zeros((3, counts.size, width, BATCH))
        self.rows = Rows(np.empty((counts.size, ROW, BATCH)), *states)
        self.scratch = Scratch(
            np.empty((partitions, BATCH), np.uint32), np.empty((partitions, width, BATCH)),
            np.empty((partitions, ROW, BATCH)), np.empty((partitions, BATCH)),
            np.empty((partitions, MODES, BATCH)), np.empty((partitions, MODES, BATCH)),
        )  # fmt: skip
        self.nexts = Nexts(
            np.empty(n), np.empty((self.batches[-1], BATCH // BLOCK)), np.empty(n, np.int8)
        )
        self.listed = np.empty((partitions, LISTED, 2), np.int64)
        self.arrived, self.full, self.at = np.zeros((3, partitions), np.int64)
        self.reset()

    def _per_synapse(self, values: Floats) -> Floats:
        every = np.broadcast_to(np.asarray(values, np.float64), self.order.shape)
        return np.ascontiguousarray(every[self.order])

    def reset(self, t: float = 0.0) -> None:
        """Take over the states of the source population, which are valid at `t`."""
        cells = self.source.cells
        self.seen = t  # ms: what arrives before this has been delivered
        self._begin(cells.states[self.wires.sources])
        self.note_due()
        self.weigh()

    def _begin(self, states: Floats) -> None:
        """Look up rows from these states, one for each synapse."""
        for held in (self.rows.after, self.rows.before, self.rows.later):
            held[self.batch, :, self.place] = states
        self.kernel.begin(self.seen, *self._everything)

    @property
    def _everything(self) -> tuple[Any, ...]:
        cells = self.source.cells
        return (*self.wires, *self.rows, cells.params, cells.table, *self.scratch)

    def note_due(self) -> None:
        """Note when the next arrival of each synapse is due, and the first of all."""
        self.kernel.note_due(self.seen, self.wires.first, self.rows.times, *self.nexts)
        self.earliest = float(self.nexts.block_due.min(initial=inf))

    @property
    def expected_rate(self) -> float:
        """Spikes of a source per second, by those that have been looked up first."""
        last = self.rows.after[self.batch, -1, self.place]
        return 1e3 * ROW * int(last.size) / max(float(last.sum()), 1e-9)

    @property
    def about_arrived(self) -> float:
        """About how many arrivals were accumulated last, by how many synapses had none."""
        n = self.wires.targets.size
        return n * log(n / max(n - sum(self.arrived.tolist()), 0.5))

    def weigh(self) -> None:
        """Take over the weights of the projection."""
        weights = self._per_synapse(self.projection.synapses.weight)
        self.wires = self.wires._replace(weights=weights)

    def begin_sums(self) -> None:
        """Go on by `accumulate`, perhaps after `deliver`, which has no use for `later` states."""
        self.rows.later[:] = self.rows.before

    def accumulate(
        self, t1: float, modes: Floats, first_column: int, sign: int, sums: Floats
    ) -> None:
        """Add all arrivals before `t1` to their targets' sums; `deliver_hot` must follow.

        `sign` is that of all weights, 0 if they differ.
        """
        self.kernel.accumulate(
            self.seen, t1, self.batches, *self._everything, modes, first_column, sign, sums,
            self.arrived,
        )  # fmt: skip

    def deliver_hot(self, t1: float, hot: Ints, any_hot: bool) -> None:
        """Write what has been accumulated into the target's inbox where the target is hot."""
        self.at[:] = self.wires.first[self.batches[:-1]]
        full = any_hot
        while full:
            inbox = self.target.inbox
            self.kernel.deliver_hot(
                self.seen, t1, self.batches, *self._everything, self.projection.synapses.labels,
                inbox.rows, inbox.tags, inbox.filled, self.at, self.full, hot,
            )  # fmt: skip
            full = self._make_room_if_full()
        self.seen = self.earliest = t1
        if not any(self.arrived.tolist()):  # then the next arrival may be far away
            self.note_due()

    def deliver(self, t1: float) -> None:
        """Write all arrivals before `t1` into the target's inbox."""
        self.at[:] = self.batches[:-1]
        full = True
        while full:
            inbox = self.target.inbox
            self.kernel.deliver(
                t1, self.batches, *self._everything, *self.nexts,
                self.projection.synapses.labels, inbox.rows, inbox.tags, inbox.filled, self.listed,
                self.at, self.full,
            )  # fmt: skip
            full = self._make_room_if_full()
        self.seen, self.earliest = t1, float(self.nexts.block_due.min(initial=inf))

    def _make_room_if_full(self) -> bool:
        full = any(self.full.tolist())
        if full:
            self.target.make_room()
        return full

    def sync(self, t: float) -> None:
        """Bring the source population itself to `t`; its spikes on the way are known already."""
        while self.source.reached < t:
            self.source.advance(min(self.source.reached + CATCH_UP, t))
            self.source.collect()

    def settle(self, t: float) -> None:
        """Hand the spikes that are on their way at `t` to the queue: the source may change then."""
        cells, n = self.source.cells, 0
        before = self._in_force()
        while True:
            times, neurons = np.empty(n), np.empty(n, np.int64)
            n = self.kernel.on_the_way(
                self.seen, t, self.wires.sources, self.wires.delays, before,
                cells.params, cells.table, times, neurons,
            )  # fmt: skip
            if n == times.size:
                break
        order = np.lexsort((neurons, times))
        self.projection.enqueue(times[order], neurons[order])
        self.sync(t)

    def _in_force(self) -> Floats:
        """Return the states before the rows in force, which do not depend on past windows."""
        states = np.ascontiguousarray(self.rows.before[self.batch, :, self.place])
        cells = self.source.cells
        self.kernel.to_row_in_force(
            self.seen, self.wires.sources, self.wires.delays, states, cells.params, cells.table
        )
        return states

    def lasting(self) -> Arrays:
        """Return the states from which spikes are looked up, by synapse in the network's order."""
        place = np.argsort(self.projection.network_order(self.order))
        return {
            "before": self._in_force()[place],
            "seen": np.array(self.seen),
            "earliest": np.array(self.earliest),
        }  # fmt: skip

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave; the projection has its weights already."""
        before = stored.array("before", float, self.order.size, self.rows.before.shape[1])
        self.seen = stored.number("seen", least=0.0)
        self._begin(before[self.projection.network_order(self.order)])
        self.note_due()
        self.earliest = stored.number("earliest", least=0.0)
        self.weigh()


def _are_neighbours(targets: Ints, first: Ints) -> Ints:
    """Return for each batch whether its targets follow one another without gap, once each."""
    return np.array([(np.diff(targets[a:b]) == 1).all() for a, b in pairwise(first)], np.int8)
