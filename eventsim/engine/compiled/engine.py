"""The windows of the compiled engine.

No spike fired in a window shorter than the shortest delay can arrive in that window, so within one
every neuron goes its way alone. Windows begin at the next thing that happens: an empty stretch of
time costs nothing. How long they are changes no bit of the result, only the time it takes.
"""

from collections.abc import Iterator
from math import inf, ulp

import numba
import numpy as np

from eventsim.engine.base import Sink, Watch, first_synapse_numbers
from eventsim.engine.buffers import Floats, Ints
from eventsim.engine.compiled.drive import Drive, can_drive
from eventsim.engine.compiled.population import CompiledPopulation, partition_bounds
from eventsim.engine.compiled.projection import CompiledProjection, PlasticProjection
from eventsim.engine.external import External
from eventsim.network import Network

WINDOW_ARRIVALS = 65_536  # an inbox of this size stays in the cache
LONGEST_WINDOW = 100.0  # ms, where no delay sets a limit


class CompiledEngine:
    """See `eventsim.engine.base.Engine`."""

    def __init__(
        self, network: Network, sink: Sink, *, seed: int, max_rate: float, threads: int = 1
    ) -> None:
        self.network, self.sink, self.threads = network, sink, threads
        self.now = 0.0
        self.projections = self._compile_projections(threads)
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
        self.neurons = [p for p in self.populations if not p.model.is_source]
        self.lookahead = min(
            (float(p.synapses.delay.min()) for p in self.projections
             if p.count and not p.projection.source.model.is_source),
            default=inf,
        )  # fmt: skip
        self.longest = min(self.lookahead, LONGEST_WINDOW)
        self.window = min(self.longest, 1.0)

    def _compile_projections(self, threads: int) -> list[CompiledProjection]:
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
                compiled.append(PlasticProjection(projection, bounds, first, number))
        return compiled

    def advance(self, until: float) -> None:
        """Process every event before `until`."""
        if self.threads > 1:
            numba.set_num_threads(self.threads)
        if self.lookahead <= ulp(until):
            raise ValueError(
                f"the shortest delay, {self.lookahead:g} ms, is below the resolution of time "
                f"({ulp(until):g} ms) at {until:g} ms"
            )
        while self.now < until:
            start = max(self.now, self._earliest())
            end = min(start + self.window, until, *self._sample_horizons())
            if start < until:
                self._run_window(end)
            else:
                end = min(until, *self._sample_horizons(), inf)
                self._sample_only(end)
            self.now = end
            self.sink.tick(end)

    def _earliest(self) -> float:
        return min(
            min((p.due for p in self.projections), default=inf),
            min((d.earliest for d in self.drives), default=inf),
            min((e.due for e in self.external), default=inf),
            min((p.earliest for p in (*self.sources, *self.neurons)), default=inf),
        )

    def _sample_horizons(self) -> Iterator[float]:
        yield inf
        for population in self.neurons:
            if population.watched:
                yield population.sample_horizon

    def _run_window(self, end: float) -> None:
        for source in self.sources:
            if source.earliest < end:
                source.advance(end)
                self._send(source)
        arrivals = 0
        for projection in self.projections:
            if projection.due < end:
                target = self.populations[projection.projection.target.index]
                projection.deliver(end, target)
        for drive in self.drives:
            if drive.earliest < end:
                drive.deliver(end)
        for population in self.neurons:
            external = self.external[population.population.index]
            if external.due < end:
                self._insert(external, population, end)
            n = int(population.inbox.filled.sum())
            arrivals += n
            if n or population.watched or population.earliest < end:
                population.advance(end)
        for population in self.neurons:
            self._send(population)
        self._set_window(arrivals)

    def _sample_only(self, end: float) -> None:
        for population in self.neurons:
            if population.watched:
                population.advance(end)
                population.hand_over_samples(self.sink)

    def _send(self, population: CompiledPopulation) -> None:
        """Put the window's spikes on their way and hand them to the sink."""
        if population.watched:
            population.hand_over_samples(self.sink)
        times, neurons = population.collect()
        if times.size:
            for projection in self.projections:
                if projection.projection.source is population.population:
                    projection.enqueue(times, neurons)
            self.sink.spikes(population.population.index, times, neurons)

    def _insert(self, external: External, population: CompiledPopulation, end: float) -> None:
        times, neurons, weights, ports, first = external.take(end)
        while int(population.inbox.filled.max()) + times.size > population.inbox.rows.shape[1]:
            population.make_room()
        inbox = population.inbox
        population.spread.insert(
            times, neurons, weights, ports, first, population.cells.bounds, inbox.rows, inbox.tags,
            inbox.filled,
        )  # fmt: skip

    def _set_window(self, arrivals: int) -> None:
        """Aim at a cacheful of arrivals. This follows counts, never a clock, and changes no bit."""
        if arrivals > 2 * WINDOW_ARRIVALS:
            self.window = max(self.window / 2.0, self.longest / 1024.0)
        elif arrivals < WINDOW_ARRIVALS // 2:
            self.window = min(self.window * 2.0, self.longest)

    def emit_all(self, population: int) -> None:
        """Hand every spike of this population to the sink from now on."""
        for drive in [d for d in self.drives if d.source.population.index == population]:
            drive.settle(self.now)
            self.drives.remove(drive)
            self.sources.append(drive.source)

    def watch(self, population: int, watch: Watch | None) -> None:
        """Sample a population from now on, or no longer."""
        self.populations[population].watch(watch)

    def inject(
        self, population: int, port: int, times: Floats, neurons: Ints, weights: Floats
    ) -> None:
        """Add arrivals from outside the network."""
        self.external[population].add(port, times, neurons, weights)

    def states(self, population: int) -> Floats:
        """Return the states at now."""
        self._settle(population)
        return self.populations[population].states(self.now)

    def set_state(self, population: int, column: int, values: Floats) -> None:
        """Replace one state variable at now."""
        self._settle(population)
        compiled = self.populations[population]
        compiled.schedule(self.now)
        compiled.cells.states[:, column] = values
        self._reschedule(compiled)

    def set_parameters(self, population: int, parameters: Floats) -> None:
        """Replace the parameters from now on."""
        self._settle(population)
        compiled = self.populations[population]
        compiled.schedule(self.now)
        compiled.cells = compiled.cells._replace(params=parameters)
        self._reschedule(compiled)

    def _settle(self, population: int) -> None:
        for drive in self.drives:
            if drive.source.population.index == population:
                drive.settle(self.now)
                drive.schedule()

    def _reschedule(self, compiled: CompiledPopulation) -> None:
        compiled.schedule(self.now)
        for drive in self.drives:
            if drive.source is compiled:
                drive.schedule()

    def weights(self, projection: int) -> Floats:
        """Return the weights at now."""
        compiled = self.projections[projection]
        return compiled.weights(self.populations[compiled.projection.target.index])

    def set_weights(self, projection: int, values: Floats) -> None:
        """Replace the weights, from the next arrival on."""
        compiled = self.projections[projection]
        target = self.populations[compiled.projection.target.index]
        target.forget_history()  # what happened until now belongs to the old weights
        compiled.set_weights(values)
        for drive in self.drives:
            if drive.projection is compiled:
                drive.schedule()

    def reset(self, *, keep_weights: bool) -> None:
        """Go back to t = 0 and the initial state."""
        self.now = 0.0
        self.window = min(self.longest, 1.0)
        for population in self.populations:
            population.forget_history()
        for projection in self.projections:
            projection.reset()
            if not keep_weights:
                projection.reset_weights()
        for population in self.populations:
            population.cells = population.cells._replace(params=population.population.parameters)
            population.reset()
        for drive in self.drives:
            drive.schedule()
        self.external = [External() for _ in self.populations]
