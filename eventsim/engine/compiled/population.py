"""One population in the compiled engine: its arrays, and the kernels specialised for it."""

from collections.abc import Callable
from math import ceil, inf
from types import ModuleType

import numpy as np

from eventsim.engine import bind, bind_rule
from eventsim.engine.base import SimulationError, Sink, Watch, not_finite, runaway
from eventsim.engine.buffers import (
    BLOCK,
    BURST_BIN,
    COURSE_FULL,
    DONE,
    HISTORY_FULL,
    INBOX_FULL,
    NOT_FINITE,
    RUNAWAY,
    SPIKES_FULL,
    Cells,
    Emitted,
    Floats,
    Inbox,
    Ints,
    Plastic,
    Probes,
    Progress,
    aligned,
    apart,
    grown,
    inbox_width,
)
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.kernels import population as population_kernel
from eventsim.engine.kernels import spread, sweep
from eventsim.engine.rule_layout import LAYOUT, POST, SWEPT, RuleLayout, different
from eventsim.engine.specialise import specialise
from eventsim.engine.tryout import try_out
from eventsim.engine.tryout_rule import try_out_rule
from eventsim.lasting import Arrays, Stored
from eventsim.model import no_plan
from eventsim.network import Population
from eventsim.random import neuron_keys, next_keys

SOURCE_LIMIT = 1e8  # Hz: what a source may give; neurons have the simulation's max_rate
ARRIVALS, SPIKES = 1024, 256  # in one window, for which there is room at first
HISTORY = 64  # spikes of a target that are kept before all its synapses are brought up to date


class CompiledPopulation:
    """The neurons of one population, and what is on its way to them in the present window."""

    def __init__(
        self, population: Population, plastic: list[PlasticProjection], *, seed: int,
        partitions: int, max_rate: float,
    ) -> None:  # fmt: skip
        self.population = population
        self.model = population.model
        self.plastic_projections = plastic
        self.max_rate = SOURCE_LIMIT if self.model.is_source else max_rate
        self.limit = self.max_rate * BURST_BIN * 1e-3  # spikes in a bin
        table = population.table
        try_out(f"population {population.name!r}", self.model, population.parameters[0], table)
        for projection in plastic:
            try_out_rule(projection.projection)
        layouts = different(p.layout for p in plastic)
        self.rules = bind_rule.rules_namespace(layouts, self.model.state_names)
        self.kernel: ModuleType = specialise(
            population_kernel,
            model=bind.neuron_namespace(self.model),
            rules=self.rules,
            PARALLEL=partitions > 1,
            QUIET_FIRST=self.model.plan is no_plan and self.model.course is None,
            ABREAST=self.model.quick is not None and self.model.course is None,
        )
        self.spread: ModuleType = specialise(spread, PARALLEL=partitions > 1)
        if plastic:
            self.sweep: ModuleType = specialise(sweep, rules=self.rules)
        n = population.size
        self.keys = neuron_keys(seed, population.index, n)
        self.cells = Cells(
            states=aligned((n, len(self.model.state_names) + 1)),
            params=population.parameters,
            table=population.table,
            due=np.zeros(n),
            block_due=np.zeros(ceil(n / BLOCK)),
            bounds=partition_bounds(n, partitions),
            bursts=np.zeros((n, 2)),
        )
        self.inbox = Inbox(
            rows=aligned((partitions, ARRIVALS, inbox_width(layouts))),
            tags=np.zeros((partitions, ARRIVALS, 2), np.int32),
            filled=apart(partitions),
            order=np.zeros((partitions, ARRIVALS), np.int32),
            when=np.zeros((partitions, ARRIVALS)),
            scratch=np.zeros((partitions, ARRIVALS), np.int32),
            end=np.zeros(n, np.int32),
            work=np.zeros(n, np.int32),
            begin=np.zeros(n, np.int32),
        )
        self.emitted = Emitted(np.zeros((partitions, SPIKES, 3)), apart(partitions))
        self.progress = Progress(
            apart(partitions, 4), apart(partitions), apart(partitions, 2, float)
        )
        self.plastic = self._lay_out_plastic(plastic, layouts)
        self.longest_dendrite = max((p.projection.dendritic_delay for p in plastic), default=0.0)
        self.grow_courses: Callable[[], None]  # of a modulator; set by `Modulation`
        self.times, self.neurons = np.zeros(SPIKES), np.zeros(SPIKES, np.int64)
        self.orders = np.zeros((2, SPIKES), np.int64)
        self.watch(None)
        self.reset()

    def _lay_out_plastic(
        self, projections: list[PlasticProjection], layouts: list[RuleLayout]
    ) -> Plastic:
        width = max((layout.width for layout in layouts), default=1)
        first_row, post = 0, 1
        memory = np.zeros((sum(p.count for p in projections), width))
        params = np.zeros((len(projections), max((p.params.size for p in projections), default=1)))
        for projection, own in zip(projections, params, strict=True):
            projection.attach(memory, own, first_row)
            own[[LAYOUT, POST]] = layouts.index(projection.layout), post
            first_row += projection.count
            post += projection.layout.remembered
        n = self.population.size if projections else 0
        return Plastic(
            memory, params, np.zeros((n, HISTORY, post)), np.ones(n, np.int64),
            np.zeros((0, 1, 4)), np.zeros(0, np.int64), np.zeros(0, np.int64), 0,
        )  # fmt: skip

    def hear(self, courses: Floats, jumps: Ints, forgotten: Ints, first: int) -> None:
        """Take the room for the courses of all modulators; one's own are from row `first` on."""
        self.plastic = self.plastic._replace(
            courses=courses, jumps=jumps, jumps_forgotten=forgotten, own_course=first
        )

    @property
    def _own_courses(self) -> slice:
        first = self.plastic.own_course
        return slice(first, first + self.population.size)

    def reset(self) -> None:
        """Go back to the initial state at t = 0."""
        self.cells.bursts[:] = 0.0
        for array in (self.inbox.filled, self.inbox.end, self.progress.stage, self.emitted.filled):
            array[:] = 0
        self.forget_all()
        self.begin(0.0, self.keys)
        self.reached = 0.0  # ms, the end of the last window
        self._earliest: float | None = None
        self.schedule(0.0)

    def begin(self, t: float, keys: Floats) -> None:
        """Take the initial states, with a random stream each, at `t`; `schedule` must follow."""
        cells = self.cells
        self.kernel.initialise(keys, cells.states, cells.params, cells.table)
        for name, value in self.population.initial.items():
            cells.states[:, self.model.state_names.index(name)] = value
        cells.states[:, -1] = t

    def next_keys(self) -> Floats:
        """Return the random streams that follow the present ones."""
        names = self.model.state_names
        present = self.cells.states[:, names.index("key")] if "key" in names else self.keys
        return next_keys(present)

    def forget_all(self) -> None:
        """Forget what was kept for plastic synapses: spikes, and the course of a modulator.

        A course must be noted before a synapse asks for it.
        """
        self.plastic.history[:] = 0.0
        self.plastic.remembered[:] = 1
        self.longest_history = 1
        if self.model.course is not None:
            self.plastic.jumps[self._own_courses] = 0
            self.plastic.jumps_forgotten[self._own_courses] = 0

    def bring_to(self, t: float) -> None:
        """Bring every state to `t`."""
        cells = self.cells
        cells.states[:, :-1] = self.states(t)
        cells.states[:, -1] = t

    def schedule(self, t: float) -> None:
        """Plan and bound the next spikes from the states, which are valid at `t`."""
        cells = self.cells
        self.kernel.schedule(t, cells.states, cells.params, cells.table, cells.due)
        if not np.isfinite(cells.states).all():
            neuron = int(np.flatnonzero(~np.isfinite(cells.states).all(axis=1))[0])
            raise self._error(neuron, t, too_fast=False)
        padded = np.full(cells.block_due.size * BLOCK, inf)
        padded[: cells.due.size] = cells.due
        cells.block_due[:] = padded.reshape(-1, BLOCK).min(axis=1)
        self._earliest = None

    def states(self, t: float) -> Floats:
        """Return the states as they are at `t`, changing nothing."""
        cells = self.cells
        out = np.empty((self.population.size, len(self.model.state_names)))
        self.kernel.look(t, cells.states, cells.params, cells.table, out)
        return out

    def watch(self, watch: Watch | None, longest_window: float = 1.0) -> None:
        """Sample these neurons from now on; there is room for the samples of one window."""
        neurons = np.array([] if watch is None else watch.neurons, np.int64)
        slot = np.full(self.population.size, -1, np.int32)
        slot[neurons] = np.arange(neurons.size)
        clock = np.array([inf, 1.0] if watch is None else [watch.start, watch.interval])
        capacity = 0 if watch is None else ceil(longest_window / watch.interval) + 2
        self.probes = Probes(
            neurons, slot, clock, np.zeros(neurons.size + 1, np.int64),
            np.zeros((capacity, neurons.size, len(self.model.state_names))),
        )  # fmt: skip

    @property
    def earliest(self) -> float:
        """A lower bound of the next spike without an arrival, ms."""
        if self._earliest is None:  # since it was asked for last, something has happened
            self._earliest = float(self.cells.block_due.min())
        return self._earliest

    @property
    def watched(self) -> bool:
        """Whether any neuron is sampled."""
        return self.probes.neurons.size > 0

    def make_room(self) -> None:
        """Double the inbox."""
        capacity = self.inbox.rows.shape[1] + 1
        self.inbox = self.inbox._replace(
            **{
                name: grown(getattr(self.inbox, name), 1, capacity)
                for name in ("rows", "tags", "order", "when", "scratch")
            }
        )

    def advance(self, t1: float) -> None:
        """Take the population through the window up to `t1`; spikes are left in `emitted`."""
        while self.kernel.advance(
            t1, self.limit, *self.cells, *self.inbox, *self.emitted, *self.progress, *self.probes,
            *self.plastic,
        ):  # fmt: skip
            self.help_on()
        self.has_reached(t1)

    def has_reached(self, t1: float) -> None:
        """Note that all is done up to `t1`."""
        self.reached, self._earliest = t1, None

    def help_on(self) -> None:
        """Make room where partitions lack it; raise the first error when no other goes on."""
        status = self.progress.status
        if SPIKES_FULL in status:
            capacity = self.emitted.rows.shape[1] + 1
            self.emitted = self.emitted._replace(rows=grown(self.emitted.rows, 1, capacity))
        if HISTORY_FULL in status:  # synapses can be swept only between two rounds
            history = grown(self.plastic.history, 1, self.plastic.history.shape[1] + 1)
            self.plastic = self.plastic._replace(history=history)
        if COURSE_FULL in status:
            self.grow_courses()
        if INBOX_FULL in status:
            self.make_room()
        failed = np.flatnonzero(status >= NOT_FINITE)
        if failed.size and np.isin(status, (DONE, NOT_FINITE, RUNAWAY)).all():
            p = failed[np.argmin(self.progress.trouble[failed, 1])]
            neuron, time = self.progress.trouble[p, :2]
            error = self._error(int(neuron), float(time), status[p] == RUNAWAY)
            status[:] = DONE
            raise error

    def _error(self, neuron: int, time: float, too_fast: bool) -> SimulationError:
        cells, model = self.cells, self.model
        s = model.state(*cells.states[neuron, :-1].tolist())
        if not too_fast:
            return not_finite(self.population, neuron, time, s)
        values = cells.params[neuron if len(cells.params) > 1 else 0].tolist()
        p = model.params(*values, *((cells.table,) if "table" in model.fields else ()))
        return runaway(self.population, neuron, time, self.max_rate, s, p)

    def forget_history(self, until: float) -> None:
        """Bring every plastic synapse up to `until`; keep the targets' spikes that are needed."""
        for projection in self.plastic_projections:
            self.bring_up_to_date(projection, until)
        plastic, lag = self.plastic, 2.0 * self.longest_dendrite
        self.kernel.forget(plastic.history, plastic.remembered, until, lag)
        self.longest_history = int(plastic.remembered.max(initial=1))
        capacity = plastic.history.shape[1]
        if self.longest_history > capacity // 2:  # or this would be done all the time
            self.plastic = plastic._replace(history=grown(plastic.history, 1, capacity + 1))

    def make_room_for_history(self, now: float) -> None:
        """Cut the targets' histories if one of them is nearly full."""
        if self.longest_history > self.plastic.history.shape[1] * 3 // 4:
            self.forget_history(now)

    def bring_up_to_date(
        self, projection: PlasticProjection, until: float, *, settle: bool = False
    ) -> None:
        """Let a projection's synapses see what happened before `until`, the present.

        `settle` brings weights that move by themselves to `until`.
        """
        self._sweep(projection, self.plastic, until, settle)
        projection.params[SWEPT] = until

    def up_to_date(self, projection: PlasticProjection, now: float) -> Floats:
        """Return a copy of the memory in which a projection has seen what happened before now."""
        plastic = self.plastic._replace(memory=self.plastic.memory.copy())
        self._sweep(projection, plastic, now, True)
        return plastic.memory

    def _sweep(
        self, projection: PlasticProjection, plastic: Plastic, until: float, settle: bool
    ) -> None:
        for p, pending in enumerate(projection.pending.rows):
            self.sweep.sweep(
                projection.number, p, until, settle, projection.sources, *projection.by_source(p),
                *projection.synapses, pending, *plastic,
            )  # fmt: skip

    def note_courses(self, t: float) -> None:
        """Note the course of every modulator from `t` on."""
        if self.model.course is None:
            return
        if self.plastic.jumps[self._own_courses].max() >= self.plastic.courses.shape[1]:
            self.grow_courses()
        cells, plastic = self.cells, self.plastic
        self.kernel.note_courses(
            t, cells.states, cells.params, cells.table, plastic.courses, plastic.jumps,
            plastic.own_course,
        )  # fmt: skip

    def forget_course(self, until: float, lag: float) -> None:
        """Drop the jumps that no synapse needs any more."""
        plastic, own = self.plastic, self._own_courses
        before = plastic.jumps[own].copy()
        self.kernel.forget(plastic.courses[own], plastic.jumps[own], until, lag)
        plastic.jumps_forgotten[own] += before - plastic.jumps[own]

    def collect(self) -> tuple[Floats, Ints]:
        """Return the window's spikes sorted by (time, neuron), and empty the buffers."""
        total = sum(self.emitted.filled.tolist())
        if total == 0:
            return self.times[:0], self.neurons[:0]
        if total > self.times.size:
            self.times, self.neurons = grown(self.times, 0, total), grown(self.neurons, 0, total)
            self.orders = grown(self.orders, 1, total)
        if total > self.emitted.rows.shape[1]:  # all partitions are brought together in the first
            self.emitted = self.emitted._replace(rows=grown(self.emitted.rows, 1, total))
        self.spread.collect(*self.emitted, *self.orders, self.times, self.neurons)
        if self.plastic_projections:
            kept = self.plastic.remembered[self.neurons[:total]]
            self.longest_history = max(self.longest_history, int(kept.max()))
        return self.times[:total], self.neurons[:total]

    def lasting(self) -> Arrays:
        """Return everything that the next window goes by; buffers are empty between two."""
        cells, plastic, probes = self.cells, self.plastic, self.probes
        return {
            "states": cells.states, "params": cells.params, "due": cells.due,
            "block_due": cells.block_due, "bursts": cells.bursts,
            "reached": np.array(self.reached), "earliest": np.array(self.earliest),
            "history": plastic.history, "remembered": plastic.remembered,
            "probes": probes.neurons, "clock": probes.clock, "taken": probes.taken[-1],
        }  # fmt: skip

    def restore(self, stored: Stored, longest_window: float) -> None:
        """Take back what `lasting` gave."""
        cells, n = self.cells, self.population.size
        params = stored.array("params", float, None, cells.params.shape[1])
        if len(params) not in (1, n):
            raise ValueError(f"'params' must have 1 or {n} rows, got {len(params)}")
        self.cells = cells._replace(params=params)
        for name in ("states", "due", "block_due", "bursts"):
            array = getattr(cells, name)
            array[:] = stored.array(name, float, *array.shape)
        self.reached, self._earliest = stored.number("reached"), stored.number("earliest")
        _, capacity, columns = self.plastic.history.shape
        targets = self.plastic.remembered.size
        history = stored.array("history", float, targets, None, columns)
        if history.shape[1] < capacity:
            raise ValueError(f"'history' must have room for {capacity} spikes")
        self.plastic = self.plastic._replace(history=history)
        most = history.shape[1]
        self.plastic.remembered[:] = stored.array("remembered", int, targets, least=1, most=most)
        self.longest_history = int(self.plastic.remembered.max(initial=1))
        neurons = stored.array("probes", int, None, least=0, most=n - 1)
        start, interval = stored.array("clock", float, 2, least=0.0).tolist()
        self.watch(Watch(neurons, start, interval) if neurons.size else None, longest_window)
        self.probes.taken[:] = stored.whole("taken", least=0)

    def check_plastic(self) -> None:
        """Refuse synapses that have seen jumps which are not there."""
        plastic = self.plastic
        for projection in self.plastic_projections:
            for column in projection.layout.modulators:
                # the channel is its own: `restore` has put it
                channel = projection.memory[:, column + 1].astype(np.int64)
                following = projection.memory[:, column] - plastic.jumps_forgotten[channel]
                if not ((following >= 1) & (following <= plastic.jumps[channel])).all():
                    name = projection.projection.name
                    raise ValueError(f"projection {name!r}: a synapse is ahead of its modulator")

    def hand_over_samples(self, sink: Sink) -> None:
        """Give the window's samples to the sink."""
        taken = self.probes.taken  # as many of each, but where an error has ended a round
        first, last = int(taken[-1]), int(taken[:-1].min())
        if last > first:
            sink.samples(self.population.index, self.probes.values[: last - first])
            taken[-1] = last


def partition_bounds(n: int, partitions: int) -> Ints:
    """Return the first neuron of each partition, and n; partitions consist of whole blocks."""
    step = ceil(ceil(n / BLOCK) / partitions) * BLOCK
    return np.minimum(np.arange(partitions + 1) * step, n)
