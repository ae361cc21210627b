"""Background input: a source with one synapse per neuron feeds its target without a queue."""

from itertools import pairwise
from math import inf, log
from typing import Any

import numpy as np

from eventsim.engine import bind
from eventsim.engine.buffers import Floats, Ints, apart
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.kernels import drive as drive_kernel
from eventsim.engine.kernels import waiting as waiting_kernel
from eventsim.engine.kernels.drive import BATCH, Rows, Scratch, Wires
from eventsim.engine.kernels.row_sums import ROW
from eventsim.engine.kernels.waiting import BLOCK, LISTED, WIRE, WIRE_WEIGHT, Waiting
from eventsim.engine.specialise import specialise
from eventsim.lasting import Arrays, Stored
from eventsim.model import always_spikes
from eventsim.network import Projection

MODES = 8  # time constants of one port, at most
CATCH_UP = 10.0  # ms of a source's spikes that are made and dropped at a time
ASKED = 1024  # sources whose next spikes tell the rate of all


def can_drive(projection: Projection, outgoing: int) -> bool:
    """Whether a projection's arrivals may be written without a queue."""
    return (
        projection.source.model.is_source
        and projection.source.model.spikes is always_spikes
        and outgoing == 1
        and projection.plasticity is None
        and not projection.changing_delays
        and bool((np.diff(projection.synapses.row_start) <= 1).all())
    )


class Drive:
    """A source that is looked up ahead of time, for its synapses alone.

    Where arrivals are summed, rows of those to come are kept; where they are delivered, each
    synapse waits for one. The source population itself stays behind until somebody asks for its
    states or its spikes.
    """

    def __init__(
        self, projection: CompiledProjection, source: CompiledPopulation, target: CompiledPopulation
    ) -> None:
        synapses = projection.synapses
        partitions = synapses.row_start.shape[0]
        self.projection, self.source, self.target = projection, source, target
        model = bind.neuron_namespace(source.model)
        self.kernel: Any = specialise(drive_kernel, model=model)
        self.waiting_kernel: Any = specialise(waiting_kernel, model=model, PARALLEL=partitions > 1)
        counts = synapses.row_end - synapses.row_start
        sources = np.concatenate([np.repeat(np.arange(row.size), row) for row in counts])
        self.bounds = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        parts = list(pairwise(self.bounds))
        self.order = np.concatenate(  # by target within a partition: the order of the inbox
            [a + np.argsort(synapses.target[a:b], kind="stable") for a, b in parts]
        )
        starts = [np.arange(a, b, BATCH) for a, b in parts]
        self.batches = np.concatenate([[0], np.cumsum([s.size for s in starts])])
        first = np.concatenate([*starts, self.bounds[-1:]])
        targets = synapses.target[self.order].astype(np.int64)
        self.wires = Wires(
            first,
            _are_neighbours(targets, first),
            sources[self.order],
            targets,
            np.empty(0),  # see `weigh`
            self._per_synapse(synapses.delay),
            self.order.astype(np.float64),
        )
        counts = np.diff(first)
        self.batch = np.repeat(np.arange(counts.size), counts)  # of each synapse
        self.place = np.arange(self.order.size) - first[self.batch]  # in it
        self.part_arrived, self.full, self.passed = (apart(partitions) for _ in range(3))
        self.begin()

    def _per_synapse(self, values: Floats) -> Floats:
        every = np.broadcast_to(np.asarray(values, np.float64), self.order.shape)
        return np.ascontiguousarray(every[self.order])

    def begin(self) -> None:
        """Begin at t = 0; `go_on` must follow."""
        self.rows: Rows | None = None  # if arrivals are summed
        self.waiting: Waiting | None = None  # if they are delivered
        self.seen = 0.0  # ms: what arrives before this has been delivered
        self.earliest = inf  # ms: nothing arrives before this
        self.weigh()

    def reset(self, t: float) -> None:
        """Take over the states of the source population, which are valid at `t`."""
        self.seen = t
        self.weigh()
        self._go_on_from(self._of_source(), sums=self.rows is not None)

    def weigh(self) -> None:
        """Take over the weights of the projection."""
        weights = self._per_synapse(self.projection.synapses.weight)
        self.wires = self.wires._replace(weights=weights)
        if self.waiting is not None:
            self.waiting.rows[:, WIRE_WEIGHT - WIRE] = weights

    def go_on(self, *, sums: bool) -> None:
        """Sum what arrives from now on, or deliver it."""
        if (self.rows if sums else self.waiting) is None:
            self._go_on_from(self._in_force(), sums=sums)

    def _go_on_from(self, states: Floats, *, sums: bool) -> None:
        """Go on from states, one for each synapse, whose next spikes are yet to be delivered."""
        self.rows = self.waiting = None
        if sums:
            self.rows = self._look_up(states)
        else:
            self.waiting = self._wait(states)
        self._note_earliest()

    def _look_up(self, states: Floats) -> Rows:
        """Return rows of the next arrivals."""
        batches, partitions, width = int(self.batches[-1]), self.full.size, states.shape[1]
        self.scratch = Scratch(
            np.empty((partitions, BATCH), np.uint32), np.empty((partitions, width, BATCH)),
            np.empty((partitions, ROW, BATCH)), np.empty((partitions, BATCH)),
            np.empty((partitions, MODES, BATCH)), np.empty((partitions, MODES, BATCH)),
        )  # fmt: skip
        rows = Rows(np.empty((batches, ROW, BATCH)), *np.zeros((3, batches, width, BATCH)))
        for held in (rows.after, rows.before, rows.later):
            held[self.batch, :, self.place] = states
        self.kernel.begin(self.seen, *self._with(rows))
        return rows

    def _wait(self, states: Floats) -> Waiting:
        """Return what each synapse waits for."""
        self._pass_arrived(1, states)
        first_block = np.concatenate([[0], np.cumsum(-(np.diff(self.bounds) // -BLOCK))])
        wires, cells = self.wires, self.source.cells
        facts = (wires.sources, wires.targets, wires.weights, wires.delays, wires.numbers)
        waiting = Waiting(
            self.bounds, first_block, np.empty(first_block[-1]), np.empty(self.order.size),
            np.column_stack([states, *facts]),
        )  # fmt: skip
        self.waiting_kernel.begin(*waiting, cells.params, cells.table)
        self.blocks, self.listed = np.empty((2, self.full.size, LISTED), np.int64)
        return waiting

    def _with(self, rows: Rows) -> tuple[Any, ...]:
        cells = self.source.cells
        return (*self.wires, *rows, cells.params, cells.table, *self.scratch)

    def everything(self) -> tuple[Any, ...]:
        """Return what it takes to sum the arrivals."""
        assert self.rows is not None
        return (self.batches, *self._with(self.rows))

    def delivered(self) -> tuple[Any, ...]:
        """Return what it takes to list those at hot neurons, and where they are counted."""
        return (self.projection.synapses.labels, self.part_arrived, self.passed)

    def _pass_arrived(self, number: int, states: Floats) -> None:
        """Pass over spikes, so many at a time, that have been delivered."""
        wires, cells = self.wires, self.source.cells
        self.kernel.pass_arrived(
            self.seen, number, wires.sources, wires.delays, states, cells.params, cells.table
        )

    def _note_earliest(self) -> None:
        """Note when the next arrival is due."""
        if self.waiting is not None:
            self.earliest = float(self.waiting.block_due.min(initial=inf))
        elif self.rows is not None:
            self.earliest = float(self.kernel.first_arrival(self.seen, self.rows.times))

    def _of_source(self) -> Floats:
        """Return the source population's own states, one for each synapse."""
        return self.source.cells.states[self.wires.sources]

    def _in_force(self) -> Floats:
        """Return states whose next spikes are yet to arrive; past windows don't matter to them."""
        if self.waiting is not None:
            return np.ascontiguousarray(self.waiting.rows[:, :-WIRE])
        if self.rows is None:
            return self._of_source()
        states = np.ascontiguousarray(self.rows.before[self.batch, :, self.place])
        self._pass_arrived(ROW, states)
        return states

    @property
    def expected_rate(self) -> float:
        """Spikes of a source per second, by the next row of some of them."""
        some, cells = slice(None, None, max(1, self.order.size // ASKED)), self.source.cells
        states = np.ascontiguousarray(self._in_force()[some])
        before = states[:, -1].sum()
        self.kernel.pass_row(self.wires.sources[some], states, cells.params, cells.table)
        return 1e3 * ROW * len(states) / max(float(states[:, -1].sum() - before), 1e-9)

    def end_round(self, t1: float, arrived: float) -> float:
        """Note that all before `t1` has been delivered; return about how much in a window.

        It follows from how many synapses had any, `arrived`.
        """
        n = self.wires.targets.size
        self._note_seen(t1, arrived)
        return n * log(n / max(n - arrived, 0.5))

    def _note_seen(self, t1: float, arrived: float) -> None:
        self.seen = self.earliest = t1
        if not arrived:  # then the next arrival may be far away
            self._note_earliest()

    def deliver(self, t1: float) -> None:
        """Write all arrivals before `t1` into the target's inbox."""
        assert self.waiting is not None
        cells, full = self.source.cells, True
        self.part_arrived[:] = 0
        while full:
            inbox = self.target.inbox
            full = self.waiting_kernel.deliver(
                t1, *self.waiting, cells.params, cells.table, self.blocks, self.listed,
                self.projection.synapses.labels, inbox.rows, inbox.tags, inbox.filled,
                self.part_arrived, self.full,
            )  # fmt: skip
            if full:
                self.target.make_room()
        self._note_seen(t1, sum(self.part_arrived.tolist()))

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
        states = stored.array("before", float, self.order.size, self.source.cells.states.shape[1])
        self.seen = stored.number("seen", least=0.0)
        self.weigh()
        states = states[self.projection.network_order(self.order)]
        self._go_on_from(states, sums=self.rows is not None)
        self.earliest = stored.number("earliest", least=0.0)


def _are_neighbours(targets: Ints, first: Ints) -> Ints:
    """Return for each batch whether its targets follow one another without gap, once each."""
    return np.array([(np.diff(targets[a:b]) == 1).all() for a, b in pairwise(first)], np.int8)
