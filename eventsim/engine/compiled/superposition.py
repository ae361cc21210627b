"""A population whose arrivals are summed rather than sorted."""

from math import inf, log2, sqrt
from types import ModuleType
from typing import NamedTuple, TypeGuard

import numpy as np

from eventsim.engine import bind
from eventsim.engine.buffers import PORTS, Floats, Ints, apart
from eventsim.engine.compiled.drive import Drive
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.compiled.plastic_visits import PlasticVisits
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.kernels import superpose as superpose_kernel
from eventsim.engine.kernels.streaming import CHUNK
from eventsim.engine.rows import LANES
from eventsim.engine.specialise import specialise
from eventsim.lasting import Arrays, Stored
from eventsim.summable import Summable

DRIVE_PAYS_FROM = 0.15  # arrivals per neuron and window of which each drive must make more
TRIAL = 64  # windows after which a path must have proved worthwhile
LONGEST = 1.0  # ms: in longer windows too many neurons might fire

# What the choice of the window's length goes by, beside what the model says (benchmarks/paths.py):
# ns for a window itself, to look at a spike on its way
WINDOW_COST, SPIKE_COST = 50_000.0, 50.0


class Incoming(NamedTuple):
    """A projection with what its arrivals mean to the sums."""

    projection: CompiledProjection
    modes: Floats  # (modes, 2): see `fade`
    first_column: int
    sign: int  # of all its weights, 0 if they differ


def is_visited(projection: CompiledProjection) -> TypeGuard[PlasticProjection]:
    """Whether arrivals have to ask their synapses: not those of a frozen projection."""
    return isinstance(projection, PlasticProjection) and projection.synapses.labels[2] >= PORTS


def needed(summable: Summable, drives: int) -> float:
    """Return from how many arrivals for a neuron and window on summing pays."""
    return summable.pays_from + DRIVE_PAYS_FROM * drives


class Superposition:
    """Takes one population through its windows.

    Between two windows the states lie side by side, in blocks of lanes, and all are valid at the
    end of the last one. Their rows, which the ordered path and everybody else reads, are written
    for who is hot, for who is sampled, and when somebody asks.
    """

    def __init__(
        self, population: CompiledPopulation, projections: list[CompiledProjection],
        drives: list[Drive],
    ) -> None:  # fmt: skip
        self.population = population
        summable = population.model.summable
        assert summable is not None
        self.summable: Summable = summable
        # a drive's projection is here too: its queue is used when the source is changed in a run
        driving = [drive.projection for drive in drives]
        self._listen_to(projections + driving, drives)
        partitions = population.cells.bounds.size - 1
        self.kernel: ModuleType = specialise(
            superpose_kernel,
            model=bind.neuron_namespace(population.model),
            PARALLEL=partitions > 1,
        )
        self.visits = {
            i.projection: PlasticVisits(population, i.projection, len(i.modes))
            for i in self.projections
            if isinstance(i.projection, PlasticProjection)
        }
        self.no_visits = np.zeros((partitions, 0, 2))
        size = population.population.size
        blocks, columns = population.cells.block_due.size, len(summable.lane._fields)
        self.sums = np.zeros((summable.columns + 1, blocks * LANES))  # the last stays as it is
        self.lanes = np.zeros((blocks, columns, LANES))
        # what is in a row besides: the beginnings of a plan
        self.rest = summable.from_lane(summable.lane(*[0.0] * columns), LONGEST)[columns:]
        self.sum_places = apart(partitions, summable.columns)
        self.verdicts = np.zeros((partitions, LANES))
        self.hot = np.zeros(size, np.int8)
        self.listed = np.zeros(size, np.int32)
        self.chunk = np.zeros((partitions, CHUNK))
        self.places = np.zeros(self.chunk.shape, np.int64)
        self.counts = apart(partitions, 3)
        self.streamed = apart(partitions)
        self.done = apart(partitions)  # visits that have been listed
        self.arrivals, self.spikes = 0, 0.0  # streamed in the last window, by about so many spikes
        self.n_hot = 0  # neurons that had to be stepped in it
        self.windows, self.landed = 0, 0.0  # in all: windows, arrivals in them at cold neurons
        self.take_over()

    def take_over(self) -> None:
        """Go on from the rows, which are all valid at one time."""
        cells = self.population.cells
        at = np.arange(self.population.population.size)
        self.lanes[at // LANES, :, at % LANES] = cells.states[:, : self.lanes.shape[1]]
        self.settled = float(cells.states[:, -1].max(initial=0.0))  # ms, the end of the last window
        cells.due[:] = cells.block_due[:] = inf
        self.restless = True  # something might happen without an arrival

    def write_rows(self, neurons: Ints | slice = slice(None)) -> None:
        """Write the states of these neurons to their rows, as they are now."""
        cells = self.population.cells
        at, kept = np.arange(self.population.population.size)[neurons], self.lanes.shape[1]
        cells.states[at, :kept] = self.lanes[at // LANES, :, at % LANES]
        cells.states[at, kept:-1] = self.rest
        cells.states[at, -1] = self.settled

    def _listen_to(self, projections: list[CompiledProjection], drives: list[Drive]) -> None:
        """Note what arrives along which projection, and to which sums it is added."""
        self.projections = [self._incoming(p) for p in projections]
        self.drives = [(drive, self._incoming(drive.projection)) for drive in drives]
        used = {
            incoming.first_column + 2 * mode + negative
            for incoming in self.projections
            for mode in range(len(incoming.modes))
            for negative in (0, 1)
            if incoming.sign != (-1, 1)[negative]
        }
        self.used = np.isin(np.arange(self.summable.columns), list(used))

    def _incoming(self, projection: CompiledProjection) -> Incoming:
        port = self.population.model.ports[projection.projection.port]
        weight = projection.synapses.weight
        sign = 1 if weight.min(initial=0.0) >= 0.0 else -1 if weight.max() < 0.0 else 0
        if is_visited(projection):
            sign = 0  # it may change
        return Incoming(projection, self._modes(port), self.summable.first_column(port), sign)

    def _modes(self, port: str) -> Floats:
        """Return the modes of a port with their time constants in ms, (modes, 2): see `fade`."""
        names, parameters = self.population.model.parameter_names, self.population.cells.params[0]
        modes = [
            (inf if name is None else parameters[names.index(name)], power)
            for name, power in self.summable.modes[port]
        ]
        return np.array(modes, np.float64)

    def reset(self) -> None:
        """Begin anew: parameters, weights and states may have changed."""
        self.windows, self.landed = 0, 0.0
        self._listen_to([i.projection for i in self.projections], [d for d, _ in self.drives])
        self.restless = True
        for visits in self.visits.values():
            visits.stale = True

    def due(self, t1: float) -> bool:
        """Whether the window that ends at `t1` holds anything for this population."""
        return (
            self.restless
            or any(i.projection.due < t1 for i in self.projections)
            or any(drive.earliest < t1 for drive, _ in self.drives)
        )

    def run(self, start: float, t1: float, forced: Ints, end: float) -> None:
        """Take the population through the window from `start` to `t1`.

        The neurons `forced` have arrivals in the inbox already. `end` is that of the stretch.
        """
        population = self.population
        fired = population.emitted.filled.copy()
        self.arrivals, self.spikes = 0, 0.0
        drives = [pair for pair in self.drives if pair[0].earliest < t1]
        for drive, incoming in drives:
            drive.accumulate(t1, incoming.modes, incoming.first_column, incoming.sign, self.sums)
        due = [i for i in self.projections if i.projection.due < t1]
        for incoming in due:
            self._stream(incoming, t1 - start, t1, t1)
        probes, cells = population.probes, population.cells
        if population.watched:
            self.hot[probes.neurons] = superpose_kernel.WATCHED
        if forced.size:
            self.hot[forced] = superpose_kernel.FORCED
        hot, self.restless, sampled = self.kernel.settle(
            self.settled, t1, *cells, self.lanes, self.sums, self.used, self.sum_places,
            self.verdicts, self.hot, int(population.watched or forced.size > 0), self.listed,
            self.counts,
        )  # fmt: skip
        self.settled = t1
        self.windows += 1
        came = self.arrivals + sum(drive.about_arrived for drive, _ in drives)
        self.landed += came * (1.0 - hot / population.population.size)
        self.n_hot, listed = hot, hot + sampled > 0
        for incoming in due:
            if listed and is_visited(incoming.projection):
                self.visits[incoming.projection].undo(self.hot)
            self._list_hot(incoming.projection, listed)
        for drive, _ in drives:
            drive.deliver_hot(t1, self.hot, listed)
        if listed:
            population.advance(t1)
            for visits in self.visits.values():
                visits.hear(fired)
            self.kernel.rejoin(t1, *cells, self.lanes, self.hot, self.listed, self.counts)
        if population.watched:
            self.write_rows(probes.neurons)

    def _stream(self, incoming: Incoming, oldest: float, t1: float, end: float) -> None:
        """Sum the arrivals before `t1` as they are at `end`, when none is older than `oldest`."""
        projection = incoming.projection
        if is_visited(projection):
            self.arrivals += self.visits[projection].stream(
                oldest, t1, incoming.modes, incoming.first_column, self.sums
            )
        else:
            self.arrivals += self._add(incoming, oldest, t1, end)
        # not those pending, which are counted once in each partition
        self.spikes += projection.rate * max(oldest, projection.longest_delay)

    def _add(self, incoming: Incoming, oldest: float, t1: float, end: float) -> int:
        projection = incoming.projection
        added: int = self.kernel.stream(
            oldest, t1, end, *projection.synapses, *projection.pending, incoming.modes,
            incoming.first_column, incoming.sign, self.sums, self.chunk, self.streamed,
        )  # fmt: skip
        return added

    def _list_hot(self, projection: CompiledProjection, listed: bool) -> None:
        """Write arrivals of hot neurons into the inbox, if any; move the pending spikes on."""
        visits = self.no_visits
        self.done[:] = 0
        if is_visited(projection) and self.visits[projection].alone:
            visits = self.visits[projection].saved
        full = True
        while full:
            full, projection.due = self.kernel.list_hot(
                *projection.synapses, *projection.pending, self.hot, int(listed), self.places,
                visits, self.done, *self.population.inbox, projection.part_due,
                projection.part_full,
            )  # fmt: skip
            if full:
                self.population.make_room()

    def note_rates(self, duration: float) -> None:
        """Note how many spikes per ms were put on their way in the last `duration` ms."""
        for incoming in self.projections:
            incoming.projection.note_rate(duration)

    @property
    def under_way(self) -> bool:
        """Whether a stretch of several windows has begun and not ended."""
        return False

    @property
    def next_event(self) -> float:
        """Before which nothing happens in such a stretch, but for arrivals; ms."""
        return inf

    @property
    def worthwhile(self) -> bool:
        """Whether as much has landed as was expected, or it is too early to tell."""
        at_least = needed(self.summable, len(self.drives)) * self.population.population.size
        return self.windows < TRIAL or self.landed >= at_least * self.windows

    @property
    def work(self) -> int:
        """What the last window took, in arrivals on the ordered path."""
        return (self.arrivals + self.population.population.size) // 8

    def better_window(self, window: float) -> float:
        """Return a window nearer to where settling all neurons costs as much as stepping hot ones.

        Both follow from counts that the network determines; no clock is asked.
        """
        size, per = self.population.population.size, self.summable
        cost = self.n_hot * (per.hot_cost + per.hot_arrival_cost * self.arrivals / size)
        fixed = WINDOW_COST + per.settle_cost * size + SPIKE_COST * self.spikes
        ratio = sqrt(fixed / max(cost, 1.0))
        return float(window * 2.0 ** min(max(int(log2(ratio)), -3), 1))

    def lasting(self) -> Arrays:
        """Return what the last window leaves to the next."""
        counts = (
            self.arrivals, self.spikes, self.n_hot, self.restless, self.windows, self.landed
        )  # fmt: skip
        return {"counts": np.array(counts, np.float64)}

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave; parameters and weights are restored already."""
        self.reset()
        self.take_over()
        counts = stored.array("counts", float, 6, least=0.0).tolist()
        self.spikes, self.restless, self.landed = counts[1], counts[3] > 0.0, counts[5]
        self.arrivals, self.n_hot, self.windows = (int(counts[k]) for k in (0, 2, 4))
