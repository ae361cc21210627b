"""Projections: the synapses from one population to another, and the checks at their door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eventsim.network.checks import number, refuse_unless
from eventsim.network.distance import DistanceDelay
from eventsim.network.distributions import draw
from eventsim.network.modulation import Modulation, check_reads, modulations
from eventsim.network.population import Population
from eventsim.network.rules import ConnectionRule, Ends
from eventsim.network.synapses import Synapses
from eventsim.rule import Plasticity, Rule

PRECISIONS = {"double": np.float64, "single": np.float32}

_PORTION = 1 << 20  # edges that are checked at a time


@dataclass(frozen=True, eq=False)
class Request:
    """What was asked of `Network.connect`, not yet checked; its fields are explained there."""

    source: Population
    target: Population
    rule: ConnectionRule
    weight: Any
    delay: Any
    port: str | None
    plasticity: Plasticity | Rule | None
    bounds: tuple[float, float]
    dendritic_delay: float
    precision: str
    changing_delays: bool

    @property
    def ends(self) -> Ends:
        """What a rule may know of the two populations."""
        source, target = self.source, self.target
        return Ends(
            source is target,
            (source.positions, target.positions),
            (source.labels, target.labels),
        )


@dataclass(frozen=True, eq=False)
class Projection:
    """The synapses from one population to another; made by `Network.connect`.

    Parameters
    ----------
    name : str
        By default 'source->target', for the second such projection 'source->target#2'.
    index : int
        Its place in the order of connecting.
    source, target : Population
        The two ends.
    port : int
        Number of the receptor, in the order of `target.model.ports`.
    plasticity : Plasticity or None
        The rule that changes the weights.
    modulators : tuple of Modulation
        The populations whose levels the rule reads, in its order.
    bounds : tuple of float
        Lowest and highest weight, in the unit of the port.
    dendritic_delay : float
        From the synapse to the soma, in ms.
    changing_delays : bool
        Whether delays may change in a run; each synapse then has one of its own.
    rule : ConnectionRule
        Who is connected to whom, as given.
    synapses : Synapses
        The result.
    """

    name: str
    index: int
    source: Population
    target: Population
    port: int
    plasticity: Plasticity | None
    modulators: tuple[Modulation, ...]
    bounds: tuple[float, float]
    dendritic_delay: float
    changing_delays: bool
    rule: ConnectionRule
    synapses: Synapses

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"projection {self.name!r}"

    def __repr__(self) -> str:
        return f"<{self.where}: {self.synapses.count} synapses>"


def project(
    name: str, index: int, asked: Request, rngs: Sequence[Generator],
    populations: Mapping[str, Population],
) -> Projection:  # fmt: skip
    """Check a request and build its synapses; `rngs` are for edges, weights and delays.

    Raises
    ------
    TypeError, ValueError
        As `Network.connect` says.
    """
    where = f"projection {name!r}"
    target = asked.target
    if not isinstance(asked.rule, ConnectionRule):
        raise TypeError(f"{where}: rule must be a connection rule, got {asked.rule!r}")
    if target.model.is_source:
        raise ValueError(
            f"{where}: nothing can arrive at {target.name!r}, {target.model} is a source"
        )
    if asked.precision not in PRECISIONS:
        raise ValueError(
            f"{where}: precision must be 'double' or 'single', got {asked.precision!r}"
        )
    plasticity = _plasticity(where, asked.plasticity)
    port = target.model.port_number(asked.port, where)
    unit = target.model.units.get(target.model.ports[port], "")
    bounds = _bounds(where, asked.bounds, unit)
    if plasticity is not None:
        plasticity.check_bounds(where, bounds, unit)
    dendritic_delay = number(where, "dendritic_delay", asked.dendritic_delay, " ms")
    if dendritic_delay < 0.0:
        raise ValueError(f"{where}: dendritic_delay must be >= 0 ms, got {dendritic_delay}")
    check_reads(where, plasticity, target, dendritic_delay)
    synapses = _synapses(where, asked, unit, bounds, rngs)
    return Projection(
        name=name,
        index=index,
        source=asked.source,
        target=target,
        port=port,
        plasticity=plasticity,
        modulators=modulations(where, plasticity, target, synapses, populations),
        bounds=bounds,
        dendritic_delay=dendritic_delay,
        changing_delays=bool(asked.changing_delays),
        rule=asked.rule,
        synapses=synapses,
    )


def _synapses(
    where: str, asked: Request, unit: str, bounds: tuple[float, float], rngs: Sequence[Generator]
) -> Synapses:
    n_pre, n_post, rule = asked.source.size, asked.target.size, asked.rule
    dtype = PRECISIONS[asked.precision]
    try:
        pre, post = rule.connect(n_pre, n_post, rngs[0], asked.ends)
        weight = rule.weight if asked.weight is None else asked.weight
        delay = rule.delay if asked.delay is None else asked.delay
        if isinstance(delay, DistanceDelay):
            delay = delay.along(pre, post, asked.ends, dtype)
        weight = draw(weight, pre.size, rngs[1], dtype)
        delay = draw(delay, pre.size, rngs[2], dtype)
    except (ValueError, TypeError) as problem:
        raise type(problem)(f"{where}: {problem}") from None
    _check_indices(where, "source index", pre, n_pre)
    _check_indices(where, "target index", post, n_post)
    weight = _weights(where, weight, pre.size, bounds, f" {unit}".rstrip(), dtype)
    if asked.plasticity is not None and weight.size == 1:
        weight = np.full(pre.size, weight[0])
    delay = _delays(where, delay, pre.size, dtype)
    if asked.changing_delays and delay.size == 1:
        delay = np.full(pre.size, delay[0])
    columns = [post, weight, delay]
    del post, weight, delay  # the list alone holds them, and is emptied as they are sorted
    return Synapses.from_columns(n_pre, n_post, pre, columns)


def _weights(
    where: str, given: Any, count: int, bounds: tuple[float, float], unit: str, dtype: Any
) -> NDArray[Any]:
    weights = _per_edge(where, "weight", given, count, dtype)
    low, high = bounds
    allowed = f"within the bounds [{low:g}, {high:g}]{unit}"
    stored = _stored(weights, dtype)
    _refuse_unless(where, "weight", f"finite{unit}", weights, stored, np.isfinite, count)
    _refuse_unless(
        where, "weight", allowed, weights, weights, lambda w: (w >= low) & (w <= high), count
    )
    return stored


def _delays(where: str, given: Any, count: int, dtype: Any) -> NDArray[Any]:
    delays = _per_edge(where, "delay", given, count, dtype)
    stored = _stored(delays, dtype)
    _refuse_unless(where, "delay", "finite (ms)", delays, stored, np.isfinite, count)
    _refuse_unless(where, "delay", "> 0 ms", delays, stored, lambda d: d > 0.0, count)
    return stored


def _refuse_unless(
    where: str, name: str, allowed: str, values: NDArray[Any], stored: NDArray[Any],
    holds: Callable[[NDArray[Any]], NDArray[np.bool_]], count: int,
) -> None:  # fmt: skip
    """Raise unless `holds` is true of all that is `stored`, which is looked at in portions."""
    portions = (stored[k : k + _PORTION] for k in range(0, stored.size, _PORTION))
    if not all(holds(portion).all() for portion in portions):
        refuse_unless(where, name, allowed, values, holds(stored), "edge", count)


def _stored(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    # what overflows or vanishes in single precision is refused afterwards, by value
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(dtype, copy=False)


def _per_edge(where: str, name: str, given: Any, count: int, dtype: Any) -> NDArray[Any]:
    """Return what was given as numbers: as they are stored if they are so already, else double."""
    if given is None:
        raise ValueError(f"{where}: {name} is missing")
    try:
        as_stored = isinstance(given, np.ndarray) and given.dtype == dtype
        values = np.asarray(given, dtype=dtype if as_stored else np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"{where}: {name} must be a number, an array or a distribution, got {given!r}"
        ) from None
    if values.ndim > 0 and values.shape != (count,):
        raise ValueError(
            f"{where}: {name} must have one value for each of {count} edges, got shape "
            f"{values.shape}"
        )
    return values.reshape(-1)


def _check_indices(where: str, name: str, indices: NDArray[Any], size: int) -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        holds = (indices >= 0) & (indices < size)
        allowed = f"from 0 to {size - 1}"
        refuse_unless(where, name, allowed, indices, holds, "edge", indices.size)


def _plasticity(where: str, given: Plasticity | Rule | None) -> Plasticity | None:
    plasticity = given() if isinstance(given, Rule) else given
    if plasticity is None:
        return None
    if not isinstance(plasticity, Plasticity):
        raise TypeError(f"{where}: plasticity must be a plasticity rule, got {given!r}")
    plasticity.resolve(where)
    return plasticity


def _bounds(where: str, given: tuple[float, float], unit: str) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in given)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: bounds must be two numbers, got {given!r}") from None
    if not low <= high:
        allowed = f"(lowest, highest) in {unit}" if unit else "(lowest, highest)"
        raise ValueError(f"{where}: bounds must be {allowed}, got ({low}, {high})")
    return low, high
