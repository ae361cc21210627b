"""A population that is settled once in several windows; see `eventsim.engine.kernels.stretch`."""

from collections.abc import Callable
from itertools import pairwise
from math import inf, log2, sqrt

import numpy as np

from eventsim.engine import bind
from eventsim.engine.buffers import Ints, apart
from eventsim.engine.compiled.drive import Drive
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.compiled.round import Incoming
from eventsim.engine.compiled.superposition import LONGEST, WINDOW_COST, Superposition
from eventsim.engine.kernels import stretch as stretch_kernel
from eventsim.engine.kernels.stretch import NEW
from eventsim.engine.kernels.superpose import COLD, WATCHED
from eventsim.engine.specialise import specialise
from eventsim.lasting import Arrays, Stored

LONGEST_STRETCH = 4.0  # ms: then sums are still far from rounding away what comes early


class Stretch:
    """The stretch that all `Stretched` populations share, so that there are times of rest.

    Whether it is left at such a time and taken up again must change no bit.
    """

    def __init__(self) -> None:
        self.end = inf  # ms; inf if none is under way

    def begin(self, paths: "list[Stretched]", start: float, until: float, window: float) -> None:
        """Begin a stretch if there is none."""
        if self.end == inf:
            self.end = _end_of(paths, start, until, window)
            for path in paths:
                if path.wanted(self.end):
                    path.turn(start, self.end)

    def turn(
        self, paths: "list[Stretched]", now: float, until: float, window: float,
        earliest: Callable[[], float],
    ) -> None:  # fmt: skip
        """End the stretch if that is now; go on with another if something happens before long.

        `earliest` says when. None begins if `until` is now.
        """
        if now == self.end:
            for path in paths:
                path.lengthen(window)
            self.end = _end_of(paths, now, until, window)
            for path in paths:
                if path.under_way:
                    path.turn(now, self.end)
            on = self.end > now and earliest() < now + window
            for path in paths:
                wanted = on and path.wanted(self.end)
                if wanted != path.under_way:
                    path.turn(now, self.end if wanted else now)
        if not any(path.under_way for path in paths):
            self.end = inf


def _end_of(paths: "list[Stretched]", start: float, until: float, window: float) -> float:
    """Return where a stretch ends: with a window, counted as windows are, so that none is cut."""
    end, last = start + window, start + min(path.length for path in paths)
    while end + 0.5 * window < last:
        end += window
    return min(end, until)


class Stretched(Superposition):
    """Takes one population through its windows, and settles it at the end of each stretch.

    Between two stretches all is as it is between two windows of a `Superposition`.
    """

    def __init__(
        self, population: CompiledPopulation, projections: list[CompiledProjection],
        drives: list[Drive],
    ) -> None:  # fmt: skip
        super().__init__(population, projections, drives)
        partitions = population.cells.bounds.size - 1
        self.streamed = apart(partitions)
        self.limits = np.full(self.sums.shape[1], inf)
        self.fresh = apart(partitions)
        self.watched = np.zeros(0, np.int64)  # sampled, but cold
        self.row = apart(partitions, self.summable.columns, float)
        self.end = inf  # ms, of the stretch under way
        self.length = LONGEST  # ms, of the next one
        self.hot_cost = 0.0  # ns, what stepping has cost in this stretch, by the model's figures

    def _listen_to(self, projections: list[CompiledProjection], drives: list[Drive]) -> None:
        super()._listen_to(projections, drives)
        ports = list(self.population.model.ports)
        self.modes = np.zeros((self.summable.columns // 2, 2))
        self.first_columns, self.last_columns = np.zeros((2, len(ports)), np.int64)
        for port, modes in self.summable.modes.items():
            first, number = self.summable.first_column(port), ports.index(port)
            last = first + 2 * len(modes)
            self.first_columns[number], self.last_columns[number] = first, last
            self.modes[first // 2 : last // 2] = self._modes(port)
        self.longest = min(LONGEST_STRETCH, float(self.modes[:, 0].min()))

    @property
    def under_way(self) -> bool:
        """Whether a stretch has begun and not ended."""
        return self.end < inf

    @property
    def next_event(self) -> float:
        """Before which nothing happens in a stretch that is under way, but for arrivals; ms."""
        return min(self.end, self.population.earliest) if self.under_way else inf

    def due(self, t1: float) -> bool:
        """Whether there is anything for this population before `t1`."""
        return super().due(t1) or self.next_event < t1

    def wanted(self, end: float) -> bool:
        """Whether a stretch up to `end` holds anything for this population."""
        return super().due(end)

    def _prepare_rounds(self) -> None:
        """Put the kernel together."""
        population = self.population
        self.kernel = specialise(
            stretch_kernel,
            model=bind.neuron_namespace(population.model),
            PARALLEL=population.cells.bounds.size > 2,
        )

    def run(self, times: list[float], forced: Ints, end: float) -> None:
        """Take the population through the windows between `times`.

        The neurons `forced` have arrivals in the inbox already; then there is one window. `end` is
        that of the stretch.
        """
        for start, t1 in pairwise(times):
            if forced.size or self.due(t1):
                self._run_window(start, t1, forced, end)

    def _run_window(self, start: float, t1: float, forced: Ints, end: float) -> None:
        population = self.population
        if not self.under_way:
            self.turn(start, end)
        self.arrivals, self.spikes = 0.0, 0.0
        due = [i for i in self.projections if i.projection.due < t1]
        for incoming in due:
            self._stream(incoming, self.end - self.settled, t1, self.end)
        if forced.size:
            self._force(forced)
        fresh = sum(self.fresh.tolist())
        self.n_hot = sum(self.counts[:, 0].tolist()) + fresh
        listed, outside = self.n_hot > 0 or population.watched, population.inbox.filled.copy()
        for incoming in due:
            self._list_hot(incoming.projection, listed)
        if fresh:
            self.kernel.part(
                self.settled, start, self.end, *population.cells, self.lanes, self.sums, self.used,
                self.modes, self.first_columns, self.last_columns, self.row, self.limits, self.hot,
                self.listed, self.counts, self.fresh, outside, *population.inbox,
            )  # fmt: skip
        if listed:
            population.advance(t1)
        size = population.population.size
        self.landed += self.arrivals * (1.0 - self.n_hot / size)
        per = self.summable
        self.hot_cost += self.n_hot * (per.hot_cost + per.hot_arrival_cost * self.arrivals / size)

    def _stream(self, incoming: Incoming, oldest: float, t1: float, end: float) -> None:
        """Sum the arrivals before `t1` as they are at `end`, when none is older than `oldest`."""
        projection = incoming.projection
        added: int = self.kernel.stream(
            oldest, t1, end, *projection.synapses, *projection.pending, incoming.modes,
            incoming.first_column, incoming.sign, self.sums, self.chunk, self.streamed,
            self.exciting, self.shares, self.population.cells.bounds, self.limits, self.hot,
            self.listed, self.counts, self.fresh,
        )  # fmt: skip
        self.arrivals += added
        # not those pending, which are counted once in each partition
        self.spikes += projection.rate * max(oldest, projection.longest_delay)

    def _list_hot(self, projection: CompiledProjection, listed: bool) -> None:
        """Write arrivals of hot neurons into the inbox, if any; move the pending spikes on."""
        full = True
        while full:
            full, projection.due = self.kernel.list_arrivals(
                *projection.synapses, *projection.pending, self.hot, listed, self.places,
                self.no_visits, self.done, *self.population.inbox, projection.part_due,
                projection.part_full,
            )  # fmt: skip
            if full:
                self.population.make_room()

    def _force(self, neurons: Ints) -> None:
        """Put neurons that have arrivals from outside among the fresh ones."""
        bounds = self.population.cells.bounds
        for i in np.unique(neurons).tolist():
            if self.hot[i] in (COLD, WATCHED):
                p = int(np.searchsorted(bounds, i, "right")) - 1
                self.listed[bounds[p] + self.counts[p, 0] + self.fresh[p]] = i
                self.hot[i] = NEW
                self.fresh[p] += 1

    def turn(self, t1: float, t2: float) -> None:
        """Settle all neurons at `t1`, and begin a stretch to `t2`; none begins if this is `t1`."""
        population = self.population
        self.kernel.turn(
            self.settled, t1, t2, *population.cells, self.lanes, self.sums, self.used,
            self.sum_places, self.limits, self.verdicts, self.hot, self.listed, self.counts,
        )  # fmt: skip
        self.windows += t1 > self.settled
        self.settled, self.end = t1, t2 if t2 > t1 else inf
        self.restless = bool(self.counts[:, 1].any())
        self.hot_cost = 0.0
        if population.watched or self.watched.size:
            self._watch()
        if self.under_way:
            self._weigh_excitation(t2 - t1)

    def _watch(self) -> None:
        """Let sampled neurons be stepped from their present states, whatever becomes of it."""
        due = self.population.cells.due
        before = self.watched[self.hot[self.watched] == WATCHED]
        self.hot[before], due[before] = COLD, inf
        neurons = self.population.probes.neurons
        self.watched = neurons[self.hot[neurons] == COLD]
        self.write_rows(self.watched)
        self.hot[self.watched], due[self.watched] = WATCHED, inf

    def _weigh_excitation(self, dt: float) -> None:
        """Find which sums are excitation over `dt`, and with which share."""
        model, linear = self.population.model, self.population.model.linear
        assert linear is not None
        step, found = linear.prepare(dt, model.params(*self.population.cells.params[0])), {}
        for column in np.flatnonzero(self.used).tolist():
            alone = [0.0] * self.summable.columns
            alone[column] = 1.0
            found[column] = linear.excitation(step, alone)
        self.exciting = np.array([c for c, share in found.items() if share != 0.0], np.int64)
        self.shares = np.array([share for share in found.values() if share != 0.0])

    def lengthen(self, window: float) -> None:
        """Come nearer to the length at which settling costs as much as stepping hot neurons."""
        if not self.under_way:
            return
        fixed = WINDOW_COST + self.summable.settle_cost * self.population.population.size
        ratio = sqrt(fixed / max(self.hot_cost, 1.0))
        wish = self.length * 2.0 ** min(max(int(log2(ratio)), -3), 1)
        self.length = min(max(wish, window), self.longest)

    def better_window(self, window: float) -> float:
        """Return a longer window: who is hot does not depend on it."""
        return 2.0 * window

    def lasting(self) -> Arrays:
        """Return what the last stretch leaves to the next; none is under way."""
        return {**super().lasting(), "length": np.array(self.length)}

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave; parameters and weights are restored already."""
        super().restore(stored)
        self.length = float(stored.array("length", float, least=0.0, most=self.longest))
