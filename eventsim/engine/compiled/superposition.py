"""A population whose arrivals are summed rather than sorted."""

from math import inf, log2, sqrt
from types import ModuleType
from typing import Any, TypeGuard

import numpy as np

from eventsim.engine import bind
from eventsim.engine.buffers import PORTS, Floats, Ints, apart
from eventsim.engine.choice import by_number, told_apart
from eventsim.engine.compiled.drive import Drive
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.compiled.plastic_visits import PlasticVisits
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.compiled.round import Incoming, Round
from eventsim.engine.kernels import rounds
from eventsim.engine.kernels import superpose as superpose_kernel
from eventsim.engine.kernels.rounds import Sums
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
        self.visits = {
            i.projection: PlasticVisits(population, i.projection, len(i.modes))
            for i in self.projections
            if isinstance(i.projection, PlasticProjection)
        }
        self.no_visits = np.zeros((partitions, 0, 2))
        self.kernels: dict[Any, Any] = {}  # by what is visited, which may be frozen in a run
        size = population.population.size
        blocks, columns = population.cells.block_due.size, len(summable.lane._fields)
        self.sums = np.zeros((summable.columns + 1, blocks * LANES))  # the last stays as it is
        self.lanes = np.zeros((blocks, columns, LANES))
        # what is in a row besides: the beginnings of a plan
        nothing = summable.lane(*[0.0] * columns)
        self.rest = np.array(summable.from_lane(nothing, LONGEST)[columns:], np.float64)
        self.sum_places = apart(partitions, summable.columns)
        self.verdicts = np.zeros((partitions, LANES))
        self.hot = np.zeros(size, np.int8)
        self.listed = np.zeros(size, np.int32)
        self.chunk = np.zeros((partitions, CHUNK))
        self.places = np.zeros(self.chunk.shape, np.int64)
        self.counts = apart(partitions, 3)
        self.done = apart(partitions)
        # streamed in a window of the last round, by about so many spikes
        self.arrivals, self.spikes = 0.0, 0.0
        self.n_hot = 0.0  # neurons that had to be stepped in one of them
        self.windows, self.landed = 0, 0.0  # in all: windows, arrivals in them at cold neurons
        self.take_over()
        self._prepare_rounds()

    def _prepare_rounds(self) -> None:
        """Put together what takes the population through a round, as it hears now."""
        own = Sums(
            self.lanes, self.rest, self.sums, self.used, self.sum_places, self.verdicts, self.hot,
            self.listed, self.counts, self.chunk, self.places, self.no_visits, self.done,
        )  # fmt: skip
        static = [i for i in self.projections if not is_visited(i.projection)]
        visited = [
            (i, self.visits[i.projection]) for i in self.projections if is_visited(i.projection)
        ]
        visits, visit_kinds = told_apart([visits.kernel for _, visits in visited])
        drives, drive_kinds = told_apart([drive.kernel for drive, _ in self.drives])
        self.round = Round(
            self._kernel(bool(static), tuple(visits), tuple(drives)), self.population, own, static,
            visited, visit_kinds, self.drives, drive_kinds,
        )  # fmt: skip

    def _kernel(
        self, static: bool, visits: tuple[ModuleType, ...], drives: tuple[ModuleType, ...]
    ) -> Any:
        """Return the kernel that visits and drives so; there are `static` projections or not."""
        key = static, visits
        if key not in self.kernels:
            model = bind.neuron_namespace(self.population.model)
            self.kernels[key] = specialise(
                rounds,
                superpose=specialise(superpose_kernel, model=model),
                population=self.population.kernel,
                visits=by_number("visits", visits, "refer", "stream", "undo", "hear"),
                drives=by_number("drives", drives, "accumulate", "deliver_hot"),
                PARALLEL=self.population.cells.bounds.size > 2,
                STATIC=static,
                VISITED=bool(visits),
                DRIVEN=bool(drives),
            )
        return self.kernels[key]

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
            visits.forget_lines()
        self._prepare_rounds()

    def due(self, t1: float) -> bool:
        """Whether the window that ends at `t1` holds anything for this population."""
        return (
            self.restless
            or any(i.projection.due < t1 for i in self.projections)
            or any(drive.earliest < t1 for drive, _ in self.drives)
        )

    def run(self, times: list[float], forced: Ints, end: float) -> None:
        """Take the population through the windows between `times`.

        The neurons `forced` have arrivals in the inbox already; then there is one window. `end` is
        that of the stretch.
        """
        if forced.size:
            self.hot[forced] = superpose_kernel.FORCED
        marked = self.population.watched or forced.size > 0
        noted = self.round.run(times, self.settled, marked=marked)
        window, windows = times[1] - times[0], len(times) - 1
        self.arrivals, self.n_hot = noted.arrivals / windows, noted.stepped / windows
        self.spikes = 0.0
        for (projection, *_), due in zip(self.round.projections, noted.due, strict=True):
            projection.due = due
            # not those pending, which are counted once in each partition
            self.spikes += projection.rate * max(window, projection.longest_delay)
        came = self.arrivals
        for (drive, _), arrived in zip(self.drives, noted.arrived, strict=True):
            came += drive.end_round(times[-1], arrived / windows)
        self.restless, self.settled = noted.restless, times[-1]
        self.windows += windows
        self.landed += came * windows * (1.0 - self.n_hot / self.population.population.size)
        self.population.has_reached(self.settled)

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
        return int(self.arrivals + self.population.population.size) // 8

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
        self.arrivals, self.spikes, self.n_hot = counts[:3]
        self.restless, self.windows, self.landed = counts[3] > 0.0, int(counts[4]), counts[5]
