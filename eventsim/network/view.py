"""Some neurons of a population as an end of a projection: `net.connect(cells[:800], cells)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eventsim.network.checks import refuse_unless
from eventsim.network.rules import NOTHING_KNOWN, ConnectionRule, Edges, Ends

if TYPE_CHECKING:
    from eventsim.network.population import Population

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PopulationView:
    """Some neurons of a population; made by `population[...]`, for `Network.connect`.

    Parameters
    ----------
    population : Population
        Whose neurons they are.
    indices : ndarray of int32, shape (size,)
        Which: indices within the population, all different, in the order given.
    """

    population: Population
    indices: Indices

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self.indices.size

    def __getitem__(self, which: Any) -> PopulationView:
        """Return some of these: by a slice, by their places in this view, or by a mask."""
        where = f"view of {self.population.where}"
        return PopulationView(self.population, self.indices[chosen(where, which, self.size)])

    def __repr__(self) -> str:
        return f"<{self.size} of {self.population.size} neurons of {self.population.where}>"


def chosen(where: str, which: Any, size: int) -> Indices:
    """Return the indices that a slice, an index, several of them or a mask of shape (size,) choose.

    Raises
    ------
    TypeError
        If it is none of these.
    IndexError
        If there is no such neuron.
    ValueError
        If it chooses none, or one twice.
    """
    if isinstance(which, slice):
        indices = np.arange(size)[which]
    else:
        indices = np.atleast_1d(np.asarray(which))
        if indices.dtype == np.bool_ and indices.shape == (size,):
            indices = np.flatnonzero(indices)
    if indices.ndim != 1 or (indices.size and not np.issubdtype(indices.dtype, np.integer)):
        raise TypeError(
            f"{where}: choose neurons by a slice, whole numbers, or {size} booleans, got {which!r}"
        )
    if not indices.size:
        raise ValueError(f"{where}: {which!r} chooses none of its {size} neurons")
    outside = indices[(indices < -size) | (indices >= size)]
    if outside.size:
        raise IndexError(f"{where}: there is no neuron {outside[0]}, only 0 to {size - 1}")
    if np.unique(indices % size).size < indices.size:
        raise ValueError(f"{where}: a neuron can be chosen only once, got {which!r}")
    found: Indices = (indices % size).astype(np.int32)
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Among(ConnectionRule):
    """Connect some of the sources to some of the targets, by another rule.

    What `Network.connect` makes of a rule where an end is a `PopulationView`.

    Parameters
    ----------
    rule : ConnectionRule
        Who of these is connected to whom.
    sources, targets : ndarray of int32, 1-D, or None
        Indices within the two populations, all different; None means all.
    """

    rule: ConnectionRule
    sources: Indices | None = None
    targets: Indices | None = None

    def __repr__(self) -> str:
        ends = (("sources", self.sources), ("targets", self.targets))
        some = " and ".join(f"{n.size} {name}" for name, n in ends if n is not None)
        return f"{self.rule!r} among {some}"

    @property
    def weight(self) -> NDArray[np.float64] | None:
        """Those of the rule."""
        return self.rule.weight

    @property
    def delay(self) -> NDArray[np.float64] | None:
        """Those of the rule."""
        return self.rule.delay

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the edges, as indices within the populations (see `ConnectionRule.connect`).

        Raises
        ------
        ValueError
            If autapses are excluded and the two parts of a population overlap without being equal.
        """
        sources, targets = _all(self.sources, n_pre), _all(self.targets, n_post)
        same = ends.same and np.array_equal(sources, targets)
        if ends.same and not same and not getattr(self.rule, "autapses", True):
            both = np.intersect1d(sources, targets).size
            if both:
                raise ValueError(
                    f"autapses=False between {sources.size} and {targets.size} neurons of one "
                    f"population, {both} of them in both: connect those and the others one by one"
                )
        (x, y), (pre_labels, post_labels) = ends.positions, ends.labels
        inner = Ends(
            same,
            (None if x is None else x[sources], None if y is None else y[targets]),
            (_labels(pre_labels, sources), _labels(post_labels, targets)),
        )
        pre, post = self.rule.connect(sources.size, targets.size, rng, inner)
        return _within("source", sources, pre), _within("target", targets, post)


def among(source: Any, target: Any, rule: ConnectionRule) -> ConnectionRule:
    """Return the rule between two ends of a projection, either of which may be a view."""
    sources, targets = (
        end.indices if isinstance(end, PopulationView) else None for end in (source, target)
    )
    if (sources is None and targets is None) or not isinstance(rule, ConnectionRule):
        return rule  # what isn't a rule is refused by who knows the projection's name
    return Among(rule, sources, targets)


def _all(indices: Indices | None, size: int) -> Indices:
    return np.arange(size, dtype=np.int32) if indices is None else indices


def _labels(labels: list[Any] | None, indices: Indices) -> list[Any] | None:
    return None if labels is None else [labels[i] for i in indices]


def _within(end: str, indices: Indices, places: NDArray[Any]) -> Indices:
    """Return the indices at `places`; a rule of the user's may ask for places that there aren't."""
    if places.size and (places.min() < 0 or places.max() >= indices.size):
        holds = (places >= 0) & (places < indices.size)
        allowed = f"from 0 to {indices.size - 1}"
        refuse_unless("view", f"{end} index", allowed, places, holds, "edge", places.size)
    found: Indices = indices[places]
    return found
