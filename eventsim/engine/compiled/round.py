"""What takes a population through a round of windows by sums: one kernel, and all that it reads."""

from collections.abc import Iterable, Sequence
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from eventsim import profiling
from eventsim.engine.buffers import VISITS_FULL, Floats, Ints, apart
from eventsim.engine.compiled.drive import Drive
from eventsim.engine.compiled.plastic_visits import PlasticVisits
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.kernels.rounds import (
    STAGE,
    STAGE_NAMES,
    WINDOW,
    Along,
    Driven,
    Sums,
    Visiting,
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
        visited: list[tuple[Incoming, PlasticVisits]], drives: list[tuple[Drive, Incoming]],
    ) -> None:  # fmt: skip
        self.kernel, self.profile = profiling.bare(kernel), profiling.current
        self.population, self.own = population, tuple(own)
        self.static, self.visited, self.drives = static, visited, drives
        self.projections = [*static, *(i for i, _ in visited)]
        partitions = population.cells.bounds.size - 1
        self.standing, self.counted = apart(partitions, 3), apart(partitions, 2)
        self.noted = np.zeros(3 + len(self.projections) + len(drives))
        self.made_of: list[Any] = []  # see `_fields`
        self.types: list[Any] = []

    def run(self, times: list[float], settled: float, *, marked: bool) -> Noted:
        """Take the population, whose states were `settled` last, through windows between `times`.

        Whether neurons are `marked` as sampled, or have arrivals in the inbox already, is known.
        """
        population = self.population
        for array in (self.standing, self.counted, population.progress.status):
            array[:] = 0
        for drive, _ in self.drives:
            drive.part_arrived[:] = 0
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
            self.own, *self._fields(), np.array([drive.seen for drive, _ in self.drives]),
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

    def _fields(self) -> tuple[Any, ...]:
        """Return what `rounds.Along`, twice, `Visiting` and `Driven` hold, but for what was seen.

        It is put together when any of it has been replaced since it was last.
        """
        made_of: list[Any] = [i.projection.synapses for i in self.projections]
        made_of += [i.projection.pending for i in self.projections]
        made_of += [visits.visits for _, visits in self.visited]
        made_of += [part for drive, _ in self.drives for part in (drive.wires, drive.rows)]
        if not (self.made_of and all(map(is_, made_of, self.made_of))):
            self.made_of = made_of
            self.fields = (
                *_along(self.static), *_along([i for i, _ in self.visited]), *self._visiting(),
                *self._driven(),
            )  # fmt: skip
            types = [_type(value) for field in self.fields for value in field]
            if types != self.types:
                self.types, self.call = types, Repeated(self.kernel.run)
        return self.fields

    def _visiting(self) -> tuple[Any, ...]:
        of = [visits for _, visits in self.visited]
        entries = ((*visits.lines, *visits.visits) for visits in of)
        return (
            *_by_field(entries, len(Visiting._fields) - 2),
            _numbers(visits.projection.number for visits in of),
            _numbers(visits.alone for visits in of),
        )

    def _driven(self) -> tuple[Any, ...]:
        of = self.drives
        entries = ((*drive.everything(), i.modes, *drive.delivered()) for drive, i in of)
        return (
            *_by_field(entries, len(Driven._fields) - 3),
            _numbers(i.first_column for _, i in of),
            _numbers(i.sign for _, i in of),
        )


def _along(incoming: list[Incoming]) -> tuple[Any, ...]:
    """Return what `rounds.Along` holds."""
    entries = (
        (*i.projection.synapses, *i.projection.pending, i.modes, i.projection.part_due)
        for i in incoming
    )
    return (
        *_by_field(entries, len(Along._fields) - 2),
        _numbers(i.first_column for i in incoming),
        _numbers(i.sign for i in incoming),
    )


def _by_field(entries: Iterable[tuple[Any, ...]], fields: int) -> list[tuple[Any, ...]]:
    """Return of each field what the entries have there."""
    return [_of_one_type(values) for values in zip(*entries, strict=True)] or [()] * fields


def _of_one_type(arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arrays among which a kernel can choose: of one precision, copied where they differ."""
    precision = np.result_type(*{array.dtype for array in arrays})
    return tuple(array.astype(precision, copy=False) for array in arrays)


def _numbers(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _type(value: Any) -> Any:
    """Return all that the type of an argument depends on, of an array or a number in one."""
    return (value.dtype, value.ndim, value.flags.num)
