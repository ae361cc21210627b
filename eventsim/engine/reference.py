"""The executable specification: one sorted list of events, taken one by one.

No windows and no shortcuts. The compiled engine must agree with it spike by spike.
"""

from collections import defaultdict
from math import floor, inf, isfinite
from typing import Any

import numpy as np
from sortedcontainers import SortedKeyList

from eventsim.engine import reference_whole
from eventsim.engine.base import Sink, Watch, first_synapse_numbers, not_finite, runaway
from eventsim.engine.buffers import BURST_BIN, Floats, Ints
from eventsim.engine.synapse import Arrival, Synapse
from eventsim.events import Event, Phase, order
from eventsim.lasting import Arrays, Stored
from eventsim.network import Network, Population, Projection
from eventsim.random import neuron_keys, next_keys, synapse_keys
from eventsim.rule import Course


class Cell:
    """One neuron: its state, the time at which it is valid, and its next own crossing."""

    def __init__(self, population: Population, index: int, key: float) -> None:
        self.population, self.index, self.model = population, index, population.model
        self.number = population.first + index
        self.key = key
        self.receivers = list(population.model.on_input.values())
        self.reset()

    def reset(self) -> None:
        """Go back to the initial state at t = 0."""
        self.set_parameters(self.population.parameters)
        self.burst = (-1.0, 0)
        self.crossing: Event | None = None
        self.begin(0.0, self.key)

    def begin(self, t: float, key: float) -> None:
        """Take the initial state, with a random stream, at `t`."""
        state = self.model.initial(self.p, key)
        given = {
            name: float(np.broadcast_to(value, self.population.size)[self.index])
            for name, value in self.population.initial.items()
        }
        self.s = self.model.plan(state._replace(**given), t, self.p)
        self.valid = t

    def set_parameters(self, matrix: Floats) -> None:
        """Take this neuron's row of the population's parameters."""
        row = matrix[self.index if len(matrix) > 1 else 0].tolist()
        table = (self.population.table,) if "table" in self.model.fields else ()
        self.p = self.model.params(*row, *table)

    def at(self, t: float) -> Any:
        """Return the state at `t`, changing nothing."""
        if t <= self.valid:
            return self.s
        return self.model.between(self.s, self.valid, t - self.valid, self.p)

    def move_to(self, t: float) -> None:
        """Pass to `t` with no event."""
        if t > self.valid:
            self.s, self.valid = self.at(t), t


class ReferenceEngine:
    """See `eventsim.engine.base.Engine`."""

    def __init__(self, network: Network, sink: Sink, *, seed: int, max_rate: float) -> None:
        self.network, self.sink, self.max_rate = network, sink, max_rate
        self.populations = list(network.populations.values())
        self.cells = [
            Cell(population, i, key)
            for population in self.populations
            for i, key in enumerate(neuron_keys(seed, population.index, population.size).tolist())
        ]
        self.synapses: list[list[Synapse]] = []
        self.outgoing: dict[int, list[Synapse]] = defaultdict(list)
        self.plastic_onto: dict[int, list[Synapse]] = defaultdict(list)
        self.readers: dict[int, list[tuple[Synapse, str]]] = defaultdict(list)  # of a modulator
        numbers = first_synapse_numbers(network)
        for projection, first in zip(network.projections.values(), numbers, strict=True):
            self._connect(projection, first, seed)
        self.watches: dict[int, Watch] = {}
        self._begin()

    def _connect(self, projection: Projection, first: int, seed: int) -> None:
        csr = projection.synapses
        keys = synapse_keys(seed, projection.index, csr.count).tolist()
        sources = np.repeat(np.arange(csr.n_pre), np.diff(csr.row_start)).tolist()
        targets = (projection.target.first + csr.target.astype(np.int64)).tolist()
        synapses = [
            Synapse(projection, k, first + k, source, target, key)
            for k, (source, target, key) in enumerate(zip(sources, targets, keys, strict=True))
        ]
        self.synapses.append(synapses)
        for synapse in synapses:
            self.outgoing[synapse.source].append(synapse)
            if projection.plasticity is not None:
                self.plastic_onto[synapse.target].append(synapse)
                self._listen(synapse)

    def _listen(self, synapse: Synapse) -> None:
        target = synapse.target - synapse.projection.target.first
        source = synapse.source - synapse.projection.source.first
        for name, read in zip(synapse.rule.modulators, synapse.projection.modulators, strict=True):
            neuron = read.population.first + int(read.read_by(source, target))
            self.readers[neuron].append((synapse, name))

    def _begin(self) -> None:
        self.now = 0.0
        self.queue = SortedKeyList(key=order)
        self.injected = 0
        self.fired: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for cell in self.cells:
            self._schedule(cell)
            self._tell(cell)
        for population, watch in self.watches.items():
            self._schedule_sample(population, watch, 0)

    def _replan(self, cell: Cell) -> None:
        """Everything at this instant has happened: prepare for the time after it."""
        cell.s = cell.model.plan(cell.s, cell.valid, cell.p)
        self._schedule(cell)

    def _schedule(self, cell: Cell) -> None:
        """Ask for the next crossing, in place of the one asked for before."""
        self._refuse_not_finite(cell)
        if cell.crossing is not None:
            self.queue.remove(cell.crossing)
        t = cell.model.next_fire(cell.s, cell.valid, cell.p)
        cell.crossing = Event(t, Phase.CROSSING, cell.number) if t < inf else None
        if cell.crossing is not None:
            self.queue.add(cell.crossing)

    def advance(self, until: float, pause: float = inf) -> None:
        """Process every event before `until`, or before `pause`: where it stops is no matter."""
        until = min(until, pause)
        try:
            while self.queue and self.queue[0].time < until:
                if self.sink.tick(self.queue[0].time):
                    until = self.queue[0].time
                    break
                event = self.queue.pop(0)
                if event.phase is Phase.SAMPLE:
                    self._sample(event)
                elif event.phase is Phase.ARRIVAL:
                    self._arrive(event)
                elif event.phase is Phase.BACK:
                    synapse, (fired, state) = event.content
                    synapse.on_post(fired, state)
                elif event.phase is Phase.JUMP:
                    synapse, what = event.content
                    synapse.on_jump(event.time, *what)
                else:
                    cell = self.cells[event.target]
                    cell.crossing = None
                    cell.move_to(event.time)
                    if cell.model.spikes(cell.s, event.time, cell.p):
                        self._fire(cell, event.time)
                    self._jump(cell, event.time)
                    self._replan(cell)
            self.now = until
        finally:
            self._hand_over()

    def _arrive(self, event: Event) -> None:
        """Deliver all arrivals of this instant at this neuron, then test its threshold."""
        t, cell = event.time, self.cells[event.target]
        together = [event]
        while self.queue and self.queue[0][:3] == event[:3]:
            together.append(self.queue.pop(0))
        cell.move_to(t)
        before = cell.s
        for arrival in together:
            if isinstance(arrival.content, Arrival):
                synapse, fired = arrival.content
                w, port = synapse.on_pre(t, fired, before), synapse.projection.port
            else:
                w, port = arrival.content
            cell.s = cell.receivers[port](cell.s, t, w, cell.p)
        self._refuse_not_finite(cell)
        if cell.model.fires(cell.s, cell.p):
            self._fire(cell, t)
        self._jump(cell, t)
        self._replan(cell)

    def _fire(self, cell: Cell, t: float) -> None:
        self._check_rate(cell, t)
        self.fired[cell.population.index].append((t, cell.index))
        for synapse in self.plastic_onto[cell.number]:
            if synapse.lag == 0.0:
                synapse.on_post(t, cell.s)
            else:
                heard = self._at_synapse(t + synapse.lag, Phase.BACK, synapse, (t, cell.s))
                self.queue.add(heard)
        cell.s = cell.model.on_fire(cell.s, t, cell.p)
        for synapse in self.outgoing[cell.number]:
            self.queue.add(
                Event(synapse.due(t), Phase.ARRIVAL, synapse.target, synapse.source,
                      synapse.number, Arrival(synapse, t))
            )  # fmt: skip

    def _courses(self, cell: Cell) -> list[tuple[Synapse, str, Course]]:
        """Return who reads this cell, by which name, and what."""
        if cell.model.course is None:
            return []
        course = cell.model.course(cell.s, cell.p)
        return [(synapse, name, course) for synapse, name in self.readers[cell.number]]

    def _jump(self, cell: Cell, t: float) -> None:
        """Tell the synapses that read this cell of its course from `t` on."""
        for synapse, name, course in self._courses(cell):
            event = self._at_synapse(t + 0.5 * synapse.lag, Phase.JUMP, synapse, (name, course))
            self.queue.add(event)

    def _at_synapse(self, t: float, phase: Phase, synapse: Synapse, what: Any) -> Event:
        content = (synapse, what)
        return Event(t, phase, synapse.target, synapse.source, synapse.number, content)

    def _check_rate(self, cell: Cell, t: float) -> None:
        if cell.model.is_source:
            return
        number = floor(t / BURST_BIN)
        cell.burst = (number, cell.burst[1] + 1 if cell.burst[0] == number else 1)
        if cell.burst[1] > self.max_rate * BURST_BIN * 1e-3:
            raise runaway(cell.population, cell.index, t, self.max_rate, cell.s, cell.p)

    def _refuse_not_finite(self, cell: Cell) -> None:
        if not all(isfinite(x) for x in cell.s):
            raise not_finite(cell.population, cell.index, cell.valid, cell.s)

    def _hand_over(self) -> None:
        for population, spikes in self.fired.items():
            times, neurons = zip(*sorted(spikes), strict=True)
            self.sink.spikes(population, np.array(times), np.array(neurons, np.int64))
        self.fired.clear()

    def emit_all(self, population: int) -> None:
        """Nothing to do: every spike is handed over."""

    def watch(self, population: int, watch: Watch | None) -> None:
        """Sample a population from now on, or no longer."""
        for event in [e for e in self.queue if e.phase is Phase.SAMPLE]:
            if event.content[0] == population:
                self.queue.remove(event)
        self.watches.pop(population, None)
        if watch is not None:
            self.watches[population] = watch
            self._schedule_sample(population, watch, 0)

    def _schedule_sample(self, population: int, watch: Watch, k: int) -> None:
        first = self.populations[population].first
        t = watch.start + k * watch.interval
        self.queue.add(Event(t, Phase.SAMPLE, first, content=(population, watch, k)))

    def _sample(self, event: Event) -> None:
        population, watch, k = event.content
        first = self.populations[population].first
        rows = [self.cells[first + i].at(event.time) for i in watch.neurons]
        self.sink.samples(population, np.array(rows, dtype=np.float64)[np.newaxis])
        self._schedule_sample(population, watch, k + 1)

    def inject(
        self, population: int, port: int, times: Floats, neurons: Ints, weights: Floats
    ) -> None:
        """Add arrivals from outside the network."""
        first = self.populations[population].first
        for t, neuron, w in zip(times.tolist(), neurons.tolist(), weights.tolist(), strict=True):
            self.injected += 1
            content = (w, port)
            self.queue.add(Event(t, Phase.ARRIVAL, first + neuron, -1, self.injected, content))

    def states(self, population: int) -> Floats:
        """Return the states at now."""
        return np.array([cell.at(self.now) for cell in self._cells_of(population)])

    def set_state(self, population: int, column: int, values: Floats) -> None:
        """Replace one state variable at now."""
        for cell, value in zip(self._cells_of(population), values.tolist(), strict=True):
            cell.move_to(self.now)
            cell.s = cell.s._replace(**{cell.s._fields[column]: value})
            self._replan(cell)
            self._jump(cell, self.now)

    def set_parameters(self, population: int, parameters: Floats) -> None:
        """Replace the parameters from now on."""
        for cell in self._cells_of(population):
            cell.move_to(self.now)
            cell.set_parameters(parameters)
            self._replan(cell)
            self._jump(cell, self.now)

    def _cells_of(self, population: int) -> list[Cell]:
        first = self.populations[population].first
        return self.cells[first : first + self.populations[population].size]

    def weights(self, projection: int) -> Floats:
        """Return the weights at now."""
        return np.array([synapse.weight_at(self.now) for synapse in self.synapses[projection]])

    def set_weights(self, projection: int, values: Floats) -> None:
        """Replace the weights, from the next arrival on."""
        synapses = self.synapses[projection]
        for synapse, w in zip(synapses, np.broadcast_to(values, len(synapses)), strict=True):
            synapse.settle(self.now)
            synapse.w = float(w)

    def delays(self, projection: int) -> Floats:
        """Return the delays."""
        return np.array([synapse.delay for synapse in self.synapses[projection]])

    def set_delays(self, projection: int, values: Floats) -> None:
        """Replace the delays of the spikes that are fired from now on."""
        for synapse, delay in zip(self.synapses[projection], values.tolist(), strict=True):
            synapse.delay = delay

    def freeze(self, projection: int, frozen: bool) -> None:
        """Stop plasticity, or let it go on."""
        for synapse in self.synapses[projection]:
            synapse.settle(self.now)
            synapse.frozen = frozen

    def reset_state(self) -> None:
        """Give neurons and synapses their initial states at now; nothing is on its way."""
        for event in [e for e in self.queue if _on_its_way(e)]:
            self.queue.remove(event)
        for synapses in self.synapses:
            for synapse in synapses:
                synapse.settle(self.now)
                synapse.begin(self.now)
        for cell in self.cells:
            if not cell.model.is_source:
                present = np.array([getattr(cell.s, "key", cell.key)])
                cell.begin(self.now, next_keys(present).item())
                self._schedule(cell)
            elif cell.model.course is not None:
                cell.move_to(self.now)
            self._tell(cell)

    def _tell(self, cell: Cell) -> None:
        """Let the synapses that read this cell know its course, at once."""
        for synapse, name, course in self._courses(cell):
            synapse.levels[name] = (self.now + 0.5 * synapse.lag, course)

    def reset(self, *, keep_weights: bool) -> None:
        """Go back to t = 0 and the initial state."""
        for synapses in self.synapses:
            for synapse in synapses:
                synapse.settle(self.now)
                synapse.reset()
                if not keep_weights:
                    synapse.w, synapse.delay = synapse.first_weight, synapse.first_delay
        for cell in self.cells:
            cell.reset()
        self._begin()

    def lasting(self) -> Arrays:
        """Return everything that the future depends on."""
        return reference_whole.lasting(self)

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave."""
        reference_whole.restore(self, stored)


def _on_its_way(event: Event) -> bool:
    """Tell whether something is on its way along a synapse."""
    return event.phase in (Phase.BACK, Phase.JUMP) or isinstance(event.content, Arrival)
