"""Which neuron of which population gives a plasticity rule its modulators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.network.population import Population
from eventsim.network.synapses import Synapses
from eventsim.rule import Plasticity
from eventsim.suggest import unknown


class Modulation(NamedTuple):
    """One modulator of a projection."""

    population: Population
    channel: NDArray[np.int64]  # (target.size,) or (source.size, target.size)

    def read_by(self, source: NDArray[Any] | int, target: NDArray[Any] | int) -> NDArray[np.int64]:
        """Return which neuron of the population the synapses between these neurons read."""
        whose = self.channel[target] if self.channel.ndim == 1 else self.channel[source, target]
        return np.asarray(whose, np.int64)


def modulations(
    where: str, plasticity: Plasticity | None, target: Population, synapses: Synapses,
    populations: Mapping[str, Population],
) -> tuple[Modulation, ...]:  # fmt: skip
    """Look up the modulators of a rule, in the order in which it names them.

    Raises
    ------
    ValueError
        If one is missing, not in the network, not a modulator, or of the wrong size.
    """
    if plasticity is None:
        return ()
    found = []
    for name in plasticity.rule.modulators:
        here = f"{where}: modulator {name!r} of {plasticity.rule}"
        if name not in plasticity.modulators:
            raise ValueError(f"{here} is missing; give the population that it is read from")
        found.append(_modulation(here, plasticity.modulators[name], target, synapses, populations))
        if name in plasticity.rule.own:
            _check_own(here, found[-1], target)
        _check_order(here, found[-1], target)
    return tuple(found)


def _check_own(here: str, read: Modulation, target: Population) -> None:
    """Refuse another population, or another neuron of it, than the target itself."""
    if read.population is not target:
        raise ValueError(
            f"{here} must be the target itself, {target.name!r}, got {read.population.name!r}"
        )
    if read.channel.tolist() != list(range(target.size)):
        raise ValueError(f"{here} must be each target's own; give {target.name!r} without channels")


def _check_order(here: str, read: Modulation, target: Population) -> None:
    """Refuse what the engine would have to know before it is known."""
    if read.population is target and not target.model.silent:
        if read.channel.tolist() != list(range(target.size)):
            raise ValueError(
                f"{here}: synapses onto {target.name!r} may only read their own target"
            )
    elif target.model.course is not None and (
        target.model.silent or not read.population.model.silent
    ):
        raise ValueError(f"{here}: the target {target.name!r} is a modulator itself")


def check_reads(
    where: str, plasticity: Plasticity | None, target: Population, dendritic_delay: float
) -> None:
    """Refuse a rule that reads what its target does not have, or cannot know in time.

    Raises
    ------
    ValueError
        If the target has no such state variable, or there is a dendritic delay.
    """
    for name in () if plasticity is None else plasticity.rule.reads:
        assert plasticity is not None
        names = target.model.variables
        if name not in names:
            what = f"state variable of {target.model} (read by {plasticity.rule})"
            raise ValueError(f"{where}: {unknown(what, name, names)}")
        if dendritic_delay > 0.0:
            raise ValueError(
                f"{where}: dendritic_delay must be 0 ms where {plasticity.rule} reads {name!r} of "
                f"the target, got {dendritic_delay}"
            )


def _modulation(
    here: str, given: Any, target: Population, synapses: Synapses,
    populations: Mapping[str, Population],
) -> Modulation:  # fmt: skip
    if isinstance(given, tuple) and len(given) != 2:
        raise ValueError(
            f"{here} must be a population, or a pair of a population and channels, got {given!r}"
        )
    population, channel = given if isinstance(given, tuple) else (given, None)
    name = str(getattr(population, "name", population))
    if name not in populations:
        raise ValueError(f"{here}: {unknown('population', name, populations)}")
    population = populations[name]
    if population.model.course is None:
        raise ValueError(
            f"{here} must be a population of modulators, got {name!r} of {population.model}"
        )
    if channel is None:
        if population.size not in (1, target.size):
            raise ValueError(
                f"{here} must have size 1 or, like {target.name!r}, {target.size}; "
                f"{name!r} has {population.size}"
            )
        channel = np.arange(target.size) if population.size > 1 else np.zeros(target.size)
    return _checked(here, np.asarray(channel), population, synapses)


def _checked(
    here: str, given: NDArray[Any], population: Population, synapses: Synapses
) -> Modulation:
    n_pre, n_post = synapses.n_pre, synapses.n_post
    if given.dtype.kind not in "iuf":
        raise TypeError(f"{here}: channels must be whole numbers, got {given.tolist()!r}")
    if given.shape not in ((n_post,), (n_pre, n_post)):
        raise ValueError(
            f"{here}: channels must be one for each of {n_post} targets, or one for each pair of "
            f"{n_pre} sources and {n_post} targets, got shape {given.shape}"
        )
    read = Modulation(population, given.astype(np.int64))
    each = given if given.ndim == 1 else given[synapses.source, synapses.target]
    whole = each.astype(np.int64)
    wrong = np.flatnonzero((whole != each) | (whole < 0) | (whole >= population.size))
    if wrong.size:
        k = int(wrong[0])
        which = f"target {k}"
        if given.ndim == 2:
            which = f"the synapse from {synapses.source[k]} to {synapses.target[k]}"
        raise ValueError(
            f"{here}: channels must be from 0 to {population.size - 1}, got {each[k]} for {which}"
        )
    return read
