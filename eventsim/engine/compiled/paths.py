"""Which path each population takes: a rule on the network alone."""

from typing import NamedTuple

from eventsim.engine.compiled.drive import Drive
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.compiled.stretched import Stretched
from eventsim.engine.compiled.superposition import LONGEST, Superposition, is_visited, needed

FEWEST = 16  # neurons; for fewer a window costs more than all that happens in it
EXPECTED_RATE = 5.0  # Hz, of a neuron in a network that nobody has run yet
WINDOWS = 4  # in a stretch of the usual length: for fewer it costs more than it spares


class Summed(NamedTuple):
    """What a population hears, and how it is taken through its windows by sums."""

    kind: type[Superposition]
    projections: list[CompiledProjection]
    drives: list[Drive]

    def path(self, population: CompiledPopulation) -> Superposition:
        """Return what takes the population on."""
        return self.kind(population, self.projections, self.drives)


def summed(
    population: CompiledPopulation, projections: list[CompiledProjection], drives: list[Drive],
    lookahead: float, *, always: bool,
) -> Summed | None:  # fmt: skip
    """Return how a population is taken on by sums if it can and should be; None if not."""
    stretched = _can_stretch(population, projections, drives, lookahead)
    between = LONGEST if stretched else lookahead  # from one settling to the next, at most
    if not _is_worthwhile(population, projections, drives, between, always):
        return None
    return Summed(Stretched if stretched else Superposition, projections, drives)


def _can_stretch(
    population: CompiledPopulation, projections: list[CompiledProjection], drives: list[Drive],
    lookahead: float,
) -> bool:  # fmt: skip
    """Whether a population can be settled once in several windows, and windows are that short."""
    summable = population.model.summable
    return (
        lookahead * WINDOWS <= LONGEST
        and summable is not None
        and population.model.linear is not None
        and not drives
        and not any(map(is_visited, projections))
        and all(power == 0 for modes in summable.modes.values() for _, power in modes)
    )


def _is_worthwhile(
    population: CompiledPopulation, projections: list[CompiledProjection], drives: list[Drive],
    between: float, always: bool,
) -> bool:  # fmt: skip
    """Whether a population can and should take the superposition path.

    It can if its model is summable, its parameters are shared, nothing lands on a port that is not
    described, no delay changes, and no synapse reads its state or its course. It should if enough
    arrives `between` two times at which it is settled. With `always`, whatever can also should.
    """
    summable, given = population.model.summable, population.population
    incoming = projections + [drive.projection for drive in drives]
    if summable is None or not incoming or not has_shared_modes(population):
        return False
    if population.model.course is not None or any(p.projection.changing_delays for p in incoming):
        return False
    ports = [given.model.ports[p.projection.port] for p in incoming]
    plastic = [p for p in projections if isinstance(p, PlasticProjection)]
    reads = any(map(is_visited, plastic)) and any(p.rule.reads for p in plastic)
    if reads or not all(port in summable.modes for port in ports):
        return False
    if always or given.size < FEWEST:
        return always
    rate = EXPECTED_RATE * sum(p.count for p in projections) / given.size
    rate += sum(drive.expected_rate for drive in drives)
    expected = rate * 1e-3 * min(between, LONGEST)
    return expected >= needed(summable, len(drives))


def has_shared_modes(population: CompiledPopulation) -> bool:
    """Whether one set of time constants describes all neurons, as their parameters are now."""
    summable, parameters = population.model.summable, population.cells.params
    return (
        summable is not None
        and len(parameters) == 1
        and bool(summable.admits(population.model.params(*parameters[0])))
    )
