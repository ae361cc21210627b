"""The windows of the compiled engine.

No spike fired in a window shorter than the shortest delay can arrive in that window, so within one
every neuron goes its way alone. Windows begin at the next thing that happens: an empty stretch of
time costs nothing. How long they are changes no bit of the result, only the time it takes.
"""

from math import inf, ulp

import numba
import numpy as np

from eventsim.engine.base import SimulationError, Sink, Watch, first_synapse_numbers
from eventsim.engine.buffers import Floats, Ints
from eventsim.engine.compiled import whole
from eventsim.engine.compiled.drive import Drive, can_drive
from eventsim.engine.compiled.modulation import Modulation
from eventsim.engine.compiled.paths import Summed, has_shared_modes, summed
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.compiled.population import CompiledPopulation, partition_bounds
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.compiled.stretched import Stretch, Stretched
from eventsim.engine.compiled.superposition import LONGEST, Superposition
from eventsim.engine.external import External
from eventsim.lasting import Arrays, Stored
from eventsim.network import Network

THREADS_FROM = 2_000  # arrivals' worth of work in the last window: about 50 us
WINDOW_ARRIVALS = 65_536  # an inbox of this size stays in the cache
LONGEST_WINDOW = 100.0  # ms, where no delay sets a limit
ROUND = 8  # windows at most between two looks at the clock
NOBODY: Ints = np.zeros(0, np.int64)


class CompiledEngine:
    """See `eventsim.engine.base.Engine`."""

    def __init__(
        self, network: Network, sink: Sink, *, seed: int, max_rate: float, threads: int = 1,
        path: str = "auto",
    ) -> None:  # fmt: skip
        self.network, self.sink, self.threads = network, sink, threads
        self.now = 0.0
        self.projections = self._compile_projections(threads, seed)
        self.populations = [
            CompiledPopulation(
                population,
                [p for p in self.projections
                 if isinstance(p, PlasticProjection) and p.projection.target is population],
                seed=seed, partitions=threads, max_rate=max_rate,
            )
            for population in network.populations.values()
        ]  # fmt: skip
        self.external = [External() for _ in self.populations]
        self.drives: list[Drive] = []
        for projection in self.projections:
            source = projection.projection.source
            outgoing = sum(p.projection.source is source for p in self.projections)
            if can_drive(projection.projection, outgoing):
                target = self.populations[projection.projection.target.index]
                self.drives.append(Drive(projection, self.populations[source.index], target))
        driven = {drive.source for drive in self.drives}
        self.sources = [p for p in self.populations if p.model.is_source and p not in driven]
        self.observed: list[CompiledPopulation] = []  # driving sources whose spikes are wanted
        self.neurons = [p for p in self.populations if not p.model.is_source]
        # modulators first, and of these those that read none
        self.neurons.sort(key=lambda p: (p.model.course is None, not p.model.silent))
        self.modulation = Modulation(self.populations)
        self._note_courses()
        self.lookahead = self.built_lookahead = self._shortest_delay()
        self.path = path
        self.superposed: dict[CompiledPopulation, Superposition] = {}
        self._superpose()
        self.longest = min(self.lookahead, LONGEST if self.superposed else LONGEST_WINDOW)
        self.window = min(self.longest, 1.0)
        self.work = 0  # of a window of the last round, in arrivals
        self.stretch = Stretch()
        self.reached = 0.0  # ms, the end of the last window
        self.active = 0  # threads that kernels use

    def _shortest_delay(self) -> float:
        return min(
            (float(p.synapses.delay.min()) for p in self.projections
             if p.count and not p.projection.source.model.is_source),
            default=inf,
        )  # fmt: skip

    def _superpose(self) -> None:
        """Choose the populations whose arrivals are summed rather than sorted."""
        found = {population: self._summed(population) for population in self.neurons}
        self.take_paths({p: by_sums.path(p) for p, by_sums in found.items() if by_sums is not None})

    def take_paths(self, superposed: dict[CompiledPopulation, Superposition]) -> None:
        """Let these populations go along these paths, and the others along the ordered one."""
        self.superposed = superposed
        for drive in self.drives:
            drive.go_on(sums=drive.target in superposed)

    def _summed(self, population: CompiledPopulation) -> Summed | None:
        """Return what a population hears if it can and should take the superposition path now."""
        if self.path == "ordered":
            return None
        drives = [d for d in self.drives if d.target is population]
        driving = [d.projection for d in drives]
        given = population.population
        onto = [p for p in self.projections if p.projection.target is given and p not in driving]
        always = self.path == "superposition"
        # a checkpoint must lead to the same paths, whatever delays are by then
        return summed(population, onto, drives, self.built_lookahead, always=always)

    def _compile_projections(self, threads: int, seed: int) -> list[CompiledProjection]:
        numbers = first_synapse_numbers(self.network)
        plastic_onto: dict[int, int] = {}
        compiled: list[CompiledProjection] = []
        for projection, first in zip(self.network.projections.values(), numbers, strict=True):
            bounds = partition_bounds(projection.target.size, threads)
            if projection.plasticity is None:
                compiled.append(CompiledProjection(projection, bounds, first))
            else:
                number = plastic_onto.get(projection.target.index, 0)
                plastic_onto[projection.target.index] = number + 1
                compiled.append(PlasticProjection(projection, bounds, first, number, seed))
        return compiled

    def advance(self, until: float, pause: float = inf) -> None:
        """Process every event before `until`, or up to the first boundary at or after `pause`."""
        if self.lookahead <= ulp(until):
            raise ValueError(
                f"the shortest delay, {self.lookahead:g} ms, is below the resolution of time "
                f"({ulp(until):g} ms) at {until:g} ms"
            )
        self.active = 0  # others may have set the number of threads since
        if not self.superposed:  # then no cut changes a bit
            until = min(until, pause)
        called_back = False
        while self.now < until and (self._under_way or (self.now < pause and not called_back)):
            start = min(self._next_start(), until)
            if pause < start and not self._under_way:
                start = pause
            elif start < min(until, self.stretch.end):
                self._sample_up_to(start)
                self._make_room(start)
                stretched = self._stretched()
                if stretched:
                    self.stretch.begin(stretched, start, until, self.window)
                self.now = self.reached = self._run_round(start, min(until, self.stretch.end))
                called_back = self.sink.tick(self.now) or called_back
                self._end_stretch(until, stop=called_back or self.now >= pause)
                self._leave_what_does_not_pay()
                continue
            self._sample_up_to(start)
            self._advance_sources(self.observed, start)
            self.now = start
            self.sink.tick(start)
            self._end_stretch(until, stop=self.now >= pause)

    def _stretched(self) -> list[Stretched]:
        return [path for path in self.superposed.values() if isinstance(path, Stretched)]

    @property
    def _under_way(self) -> bool:
        return self.stretch.end < inf

    def _next_start(self) -> float:
        """Return when the next window begins: later than now if nothing is due for a while."""
        earliest = self._earliest()
        if earliest > self.now:
            own = (path.next_event for path in self.superposed.values())
            earliest = min(earliest, *own) if self.superposed else earliest
        # a gap shorter than a window would part one stretch from the next
        gap = self.window if self.reached == self.now and self._stretched() else 0.0
        return self.now if earliest < self.now + gap else max(self.now, earliest)

    def _end_stretch(self, until: float, *, stop: bool) -> None:
        """End the stretch if that is now, and go on with another unless the engine is to stop."""
        if self._under_way:
            until = self.now if stop else until
            self.stretch.turn(self._stretched(), self.now, until, self.window, self._earliest)

    def _make_room(self, start: float) -> None:
        """Cut what is remembered for plastic synapses before it takes too much room."""
        self.modulation.make_room(start)
        for population in self.neurons:
            population.make_room_for_history(start)

    def _earliest(self) -> float:
        if any(path.restless for path in self.superposed.values()):
            return -inf
        earliest = min(
            min((p.due for p in self.projections), default=inf),
            min((d.earliest for d in self.drives), default=inf),
            min((e.due for e in self.external), default=inf),
        )
        if earliest > self.now:  # else nobody needs to look at every neuron
            earliest = min(
                earliest,
                min((p.earliest for p in self.sources), default=inf),
                min((p.earliest for p in self.neurons if p not in self.superposed), default=inf),
            )
        return earliest

    def _sample_up_to(self, t: float) -> None:
        """Take the samples of an empty stretch of time, piece by piece."""
        watched = [p for p in self.neurons if p.watched]
        at = self.now
        while watched and at < t:
            at = min(at + self.longest, t)
            for population in watched:
                population.advance(at)
                population.hand_over_samples(self.sink)

    def _note_courses(self) -> None:
        for population in self.modulation.modulators:
            population.note_courses(self.now)

    def _run_round(self, start: float, until: float) -> float:
        """Run windows as long as none hears what another one fired; return the end of the last.

        What was fired is sent when all are over. On the ordered path there is one window, as it may
        be cut anywhere.
        """
        times = self._windows(start, until)
        self._use_threads()
        self._advance_sources(self.sources + self.observed, times[-1])
        arrivals, error = 0, None
        for population in self.neurons:
            try:
                arrivals += self._run(population, times)
            except SimulationError as found:
                # the others go on up to the window in which it was, or another one in one of them
                error, times = found, [t for t in times if t <= found.time]
            if population.watched:
                population.hand_over_samples(self.sink)
        if error is not None:
            self._send_all(before=times[-1])
            raise error
        self._send_all()
        end = times[-1]
        for path in self.superposed.values():
            path.note_rates(end - start)
        self._set_window(arrivals / (len(times) - 1))
        return end

    def _windows(self, start: float, until: float) -> list[float]:
        """Return where the windows of a round begin and end."""
        until, times = min(start + self.longest, until), [start]
        outside = min((external.due for external in self.external), default=inf)
        while times[-1] < until and len(times) <= (ROUND if self.superposed else 1):
            # what is left over is shared out: a window of rounding errors costs like any other
            left = until - times[-1]
            end = until if left < 1.5 * self.window else times[-1] + self.window
            if outside >= end or len(times) == 1:
                times.append(end)
            if outside < end:  # goes to the inbox, where there is room for one window
                break
        return times

    def _run(self, population: CompiledPopulation, times: list[float]) -> int:
        """Take a population through the windows between `times`.

        Return how many arrivals went the ordered way; those that are summed its path counts.
        """
        arrivals, end = 0, times[-1]
        path = self.superposed.get(population)
        if path is None:
            for t1 in times[1:]:
                self._insert(population, t1)
                arrivals += self._run_ordered(population, t1)
        elif len(times) > 1:
            forced = self._insert(population, end)
            if forced.size or path.due(end):
                path.run(times, forced, self.stretch.end)
            if population.watched and population.reached < end:  # for its samples
                population.advance(end)
        return arrivals

    def _use_threads(self) -> None:
        """Use all threads, or for a handful of arrivals one that does all partitions."""
        if self.threads > 1:
            threads = self.threads if self.work > THREADS_FROM else 1
            if threads != self.active:
                numba.set_num_threads(threads)
                self.active = threads

    def _leave_what_does_not_pay(self) -> None:
        """Let populations to which less arrives than was expected go along the ordered path."""
        if self.path != "auto":
            return
        for population, path in list(self.superposed.items()):
            if not path.worthwhile and (not path.under_way or path.settled == self.now):
                path.write_rows()
                population.bring_to(self.now)
                population.schedule(self.now)
                self._leave(population)

    def _leave(self, population: CompiledPopulation) -> None:
        """Let a population, whose states are of now, go on along the ordered path."""
        self.take_paths({p: path for p, path in self.superposed.items() if p is not population})

    def _advance_sources(self, sources: list[CompiledPopulation], end: float) -> None:
        for source in sources:
            if source.earliest < end:
                source.advance(end)
                if source.watched:
                    source.hand_over_samples(self.sink)
                self._send(source)

    def _run_ordered(self, population: CompiledPopulation, end: float) -> int:
        """Deliver and step; return the number of arrivals."""
        for projection in self.projections:
            if projection.due < end and projection.projection.target is population.population:
                projection.deliver(end, population)
        for drive in self.drives:
            if drive.earliest < end and drive.target is population:
                drive.deliver(end)
        arrivals: int = sum(population.inbox.filled.tolist())
        if arrivals or population.watched or population.earliest < end:
            population.advance(end)
        return arrivals

    def _send_all(self, before: float = inf) -> None:
        """Send what neurons have fired before that time."""
        for population in self.neurons:
            self._send(population, before)

    def _send(self, population: CompiledPopulation, before: float = inf) -> None:
        """Put spikes on their way and hand them to the sink."""
        times, neurons = population.collect()
        if before < inf:
            n = np.searchsorted(times, before)
            times, neurons = times[:n], neurons[:n]
        if times.size:
            if population not in self.observed:  # a drive has delivered them already
                for projection in self.projections:
                    if projection.projection.source is population.population:
                        projection.enqueue(times, neurons)
            self.sink.spikes(population.population.index, times, neurons)

    def _insert(self, population: CompiledPopulation, end: float) -> Ints:
        """Put the arrivals from outside into the inbox; return whose they are."""
        external = self.external[population.population.index]
        if not external.due < end:
            return NOBODY
        times, neurons, weights, ports, first = external.take(end)
        while max(population.inbox.filled.tolist()) + times.size > population.inbox.rows.shape[1]:
            population.make_room()
        inbox = population.inbox
        population.spread.insert(
            times, neurons, weights, ports, first, population.cells.bounds, inbox.rows, inbox.tags,
            inbox.filled,
        )  # fmt: skip
        return neurons

    def _set_window(self, arrivals: float) -> None:
        """Choose the next window by counts, which the network determines, never by a clock.

        On the ordered path aim at a cacheful of arrivals; the superposition paths say what they
        would rather have. The shortest wish is granted.
        """
        self.work = int(arrivals) + sum(path.work for path in self.superposed.values())
        wishes = [path.better_window(self.window) for path in self.superposed.values()]
        if arrivals > 2 * WINDOW_ARRIVALS:
            wishes.append(self.window / 2.0)
        elif arrivals >= WINDOW_ARRIVALS // 2:
            wishes.append(self.window)
        wish = min(wishes, default=2.0 * self.window)
        self.window = max(min(wish, self.longest), self.longest / 1024.0)

    def emit_all(self, population: int) -> None:
        """Hand every spike of this population to the sink from now on."""
        for drive in self.drives:
            if drive.source.population.index == population and drive.source not in self.observed:
                drive.sync(self.now)
                self.observed.append(drive.source)

    def watch(self, population: int, watch: Watch | None) -> None:
        """Sample a population from now on, or no longer."""
        self._written(population).watch(watch, self.longest)

    def inject(
        self, population: int, port: int, times: Floats, neurons: Ints, weights: Floats
    ) -> None:
        """Add arrivals from outside the network."""
        self.external[population].add(port, times, neurons, weights)

    def states(self, population: int) -> Floats:
        """Return the states at now."""
        for drive in self._drives_from(population):
            drive.sync(self.now)
        return self._written(population).states(self.now)

    def _written(self, population: int) -> CompiledPopulation:
        """Return a population whose states are in their rows."""
        compiled = self.populations[population]
        if compiled in self.superposed:
            self.superposed[compiled].write_rows()
        return compiled

    def set_state(self, population: int, column: int, values: Floats) -> None:
        """Replace one state variable at now."""
        compiled = self._still(population)
        compiled.cells.states[:, column] = values
        self._go_on(compiled)

    def set_parameters(self, population: int, parameters: Floats) -> None:
        """Replace the parameters from now on."""
        compiled = self._still(population)
        compiled.cells = compiled.cells._replace(params=parameters)
        self._go_on(compiled)

    def _drives_from(self, population: int) -> list[Drive]:
        return [d for d in self.drives if d.source.population.index == population]

    def _still(self, population: int) -> CompiledPopulation:
        """Bring a population's states to now, so that they may be changed."""
        for drive in self._drives_from(population):
            drive.settle(self.now)
        compiled = self._written(population)
        compiled.bring_to(self.now)
        return compiled

    def _go_on(self, compiled: CompiledPopulation) -> None:
        """Take up a population whose states or parameters were changed."""
        compiled.schedule(self.now)
        compiled.note_courses(self.now)
        for drive in self._drives_from(compiled.population.index):
            drive.reset(self.now)
        if compiled in self.superposed:
            if has_shared_modes(compiled):
                self.superposed[compiled].take_over()
                self.superposed[compiled].reset()
            else:
                self._leave(compiled)

    def weights(self, projection: int) -> Floats:
        """Return the weights at now."""
        compiled = self.projections[projection]
        return compiled.weights(self.populations[compiled.projection.target.index], self.now)

    def set_weights(self, projection: int, values: Floats) -> None:
        """Replace the weights, from the next arrival on."""
        compiled = self.projections[projection]
        self._bring_up_to_date(compiled)  # what happened until now belongs to the old weights
        compiled.set_weights(values)
        for drive in self.drives:
            drive.weigh()
        for path in self.superposed.values():
            path.reset()

    def delays(self, projection: int) -> Floats:
        """Return the delays, in the order of the projection's synapses."""
        return self.projections[projection].delays

    def set_delays(self, projection: int, values: Floats) -> None:
        """Replace the delays of the spikes that are fired from now on."""
        self.projections[projection].set_delays(values)
        self.note_delays()

    def note_delays(self) -> None:
        """Take over the shortest delay as it is now."""
        self.lookahead = self._shortest_delay()
        # for good: samples have room for no longer windows
        self.longest = min(self.longest, self.lookahead)
        self.window = min(self.window, self.longest)

    def _bring_up_to_date(self, projection: CompiledProjection) -> None:
        """Let plastic synapses see all that happened before now."""
        if isinstance(projection, PlasticProjection):
            target = self.populations[projection.projection.target.index]
            target.bring_up_to_date(projection, self.now, settle=True)

    def freeze(self, projection: int, frozen: bool) -> None:
        """Stop plasticity from now on, or let it go on."""
        compiled = self.projections[projection]
        assert isinstance(compiled, PlasticProjection)
        self._bring_up_to_date(compiled)
        compiled.freeze(frozen)
        self._choose_path(self.populations[compiled.projection.target.index])

    def _choose_path(self, population: CompiledPopulation) -> None:
        """Let a population change its path if what lands on it has become static, or plastic."""
        path, by_sums = self.superposed.get(population), self._summed(population)
        if path is None and by_sums is None:
            return
        if path is not None and by_sums is not None and by_sums.kind is type(path):
            path.reset()
            return
        self._still(population.population.index)
        if by_sums is None:
            self._leave(population)
        else:
            self.take_paths({**self.superposed, population: by_sums.path(population)})
            # for good: samples have room for no longer windows
            self.longest = min(self.longest, LONGEST)
            self.window = min(self.window, self.longest)
        self._go_on(population)

    def reset_state(self) -> None:
        """Give neurons and synapses their initial states at now; nothing is on its way."""
        for projection in self.projections:
            self._bring_up_to_date(projection)
        for drive in self.drives:
            drive.settle(self.now)  # what is on its way is then in the queue, and goes with it
        for population in self.populations:
            population.forget_all()
            if not population.model.is_source:
                population.begin(self.now, population.next_keys())
            elif population.model.course is not None:
                population.bring_to(self.now)
        for projection in self.projections:
            projection.begin(self.now)
        for population in self.neurons:
            self._go_on(population)
        self._note_courses()
        for drive in self.drives:
            drive.reset(self.now)

    def reset(self, *, keep_weights: bool) -> None:
        """Go back to t = 0 and the initial state."""
        for projection in self.projections:
            self._bring_up_to_date(projection)
            projection.reset()
            if not keep_weights:
                projection.reset_synapses()
        for population in self.populations:
            population.cells = population.cells._replace(params=population.population.parameters)
            population.reset()
        self.note_delays()
        self.now = self.reached = 0.0
        self.stretch = Stretch()
        self.window = min(self.longest, 1.0)
        self._note_courses()
        for drive in self.drives:
            drive.begin()
        self.observed = []
        self._superpose()
        self.external = [External() for _ in self.populations]

    def lasting(self) -> Arrays:
        """Return everything that the future depends on, whatever the number of threads."""
        for path in self.superposed.values():
            path.write_rows()
        return whole.lasting(self)

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave."""
        whole.restore(self, stored)
