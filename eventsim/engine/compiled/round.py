"""What takes a population through a round of windows by sums: one kernel, and all that it reads."""

from collections.abc import Sequence
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from eventsim import profiling
from eventsim.engine.alike import alike
from eventsim.engine.buffers import VISITS_FULL, Floats, apart
from eventsim.engine.compiled.drive import Drive
from eventsim.engine.compiled.plastic_visits import PlasticVisits
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.kernels.rounds import (
    STAGE,
    STAGE_NAMES,
    WINDOW,
    Sums,
)
from eventsim.engine.repeated import Repeated


class Incoming(NamedTuple):
    """A projection with what its arrivals mean to the sums."""

    projection: CompiledProjection
    modes: Floats  # (modes, 2): see `fade`
    first_column: int
    sign: int  # of all its weights, 0 if they differ


class Noted(NamedTuple):
    """What the windows of a round have come to."""

    arrivals: float  # at synapses, in all windows; drives count for themselves
    stepped: float  # neurons, in all windows
    restless: bool  # whether anything might happen without an arrival
    due: Sequence[float]  # ms, when static projections are due, then those that are visited
    arrived: Sequence[float]  # of each drive, synapses that had arrivals, in all windows


class Round:
    """Calls the kernel, until all partitions are through."""

    def __init__(
        self, kernel: Any, population: CompiledPopulation, own: Sums, static: list[Incoming],
        visited: list[tuple[Incoming, PlasticVisits]], visit_kinds: list[int],
        drives: list[tuple[Drive, Incoming]], drive_kinds: list[int],
    ) -> None:  # fmt: skip
        self.kernel, self.profile = profiling.bare(kernel), profiling.current
        self.population, self.own = population, tuple(own)
        self.static, self.visited, self.drives = static, visited, drives
        self.visit_kinds, self.drive_kinds = visit_kinds, drive_kinds
        self.projections = [*static, *(i for i, _ in visited)]
        partitions = population.cells.bounds.size - 1
        self.standing, self.counted = apart(partitions, 3), apart(partitions, 2)
        self.noted = np.zeros(3 + len(self.projections) + len(drives))
        self.seen = np.zeros((len(drives), 1))
        self.made_of: list[Any] | None = None  # see `_things`

    def run(self, times: list[float], settled: float, *, marked: bool) -> Noted:
        """Take the population, whose states were `settled` last, through windows between `times`.

        Whether neurons are `marked` as sampled, or have arrivals in the inbox already, is known.
        """
        population = self.population
        for array in (self.standing, self.counted, population.progress.status):
            array[:] = 0
        for j, (drive, _) in enumerate(self.drives):
            drive.part_arrived[:] = 0
            self.seen[j] = drive.seen
        while self._go_on(np.array(times), settled, marked):
            population.help_on()
            if VISITS_FULL in population.progress.status:
                for _, visits in self.visited:
                    visits.make_room()
        arrivals, stepped, restless, *each = self.noted.tolist()
        n = len(self.projections)
        return Noted(arrivals, stepped, restless > 0.0, each[:n], each[n:])

    def _go_on(self, times: Floats, settled: float, marked: bool) -> bool:
        """Go on, or for a stage where somebody measures; return whether any partition is left.

        Buffers may have been replaced since it was called last.
        """
        population = self.population
        arguments = (
            times, settled, population.limit, marked, self.standing, self.counted, self.noted,
            tuple(population.cells), tuple(population.inbox), tuple(population.emitted),
            tuple(population.progress), tuple(population.probes), tuple(population.plastic),
            self.own, *self._things(),
        )  # fmt: skip
        left: bool
        if self.profile is None:
            left = self.call(False, *arguments)
        else:
            # that of the partition which is furthest behind
            _, stage = min(zip(*self.standing[:, [WINDOW, STAGE]].T.tolist(), strict=True))
            with self.profile.clock("rounds", STAGE_NAMES[stage]):
                left = self.call(True, *arguments)
        return left

    def _things(self) -> list[Any]:
        """Return what `Alike` holds of static projections, visited ones, visitors and drives.

        It is put together when any of it has been replaced since it was last.
        """
        made_of: list[Any] = [i.projection.synapses for i in self.projections]
        made_of += [i.projection.pending for i in self.projections]
        made_of += [visits.visits for _, visits in self.visited]
        made_of += [part for drive, _ in self.drives for part in (drive.wires, drive.rows)]
        if self.made_of is None or not all(map(is_, made_of, self.made_of)):
            self.made_of = made_of
            visitors = zip(self.visited, self.visit_kinds, strict=True)
            drives = zip(self.drives, self.drive_kinds, self.seen, strict=True)
            # kept: `alike` knows where these arrays are and does not hold them
            self.things = [
                _of_one_precision(things)
                for things in (
                    [_arriving(i) for i in self.static],
                    [_arriving(i) for i, _ in self.visited],
                    [_visitor(visits, kind) for (_, visits), kind in visitors],
                    [_driven(drive, i, kind, seen) for (drive, i), kind, seen in drives],
                )
            ]
            self.found = [part for things in self.things for part in alike(things)]
            self.call = Repeated(self.kernel.run)
        return self.found


def _arriving(incoming: Incoming) -> tuple[Any, ...]:
    """Return the arrays of `rounds.Arriving`."""
    projection, facts = incoming.projection, np.array([incoming.first_column, incoming.sign])
    return (*projection.synapses, *projection.pending, incoming.modes, facts, projection.part_due)


def _visitor(visits: PlasticVisits, kind: int) -> tuple[Any, ...]:
    """Return the arrays of `rounds.Visitor`."""
    facts = np.array([visits.projection.number, visits.alone, kind])
    return (*visits.lines, *visits.visits, facts)


def _driven(drive: Drive, incoming: Incoming, kind: int, seen: Floats) -> tuple[Any, ...]:
    """Return the arrays of `rounds.Drive`."""
    facts = np.array([incoming.first_column, incoming.sign, kind])
    labels, arrived, passed = drive.delivered()
    return (*drive.everything(), incoming.modes, facts, labels, seen, arrived, passed)


def _of_one_precision(things: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return arrays of one precision, copied where they differ: a kernel knows one for each."""
    precisions = [np.result_type(*arrays) for arrays in zip(*things, strict=True)]
    return [
        tuple(array.astype(to, copy=False) for array, to in zip(arrays, precisions, strict=True))
        for arrays in things
    ]
