"""Connection rules: who is connected to whom.

A rule is a frozen dataclass with `connect(n_pre, n_post, rng, ends)`, which returns the edges'
sources and targets. Two words recur. An *autapse* is an edge from a neuron to itself, possible only
where a population is connected to itself. A *multapse* is a second edge between the same two
neurons. Both are allowed by default, as in NEST; `autapses=False` and `multapses=False` exclude
them.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eventsim.network.checks import number, whole_number

Edges = tuple[NDArray[Any], NDArray[Any]]

# Edges drawn at a time where a whole int64 temporary would outgrow the result.
_BLOCK = 1 << 20


class Ends(NamedTuple):
    """What a rule may know of the two populations beyond their sizes."""

    same: bool = False  # a population connected to itself
    positions: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None] = (None, None)
    labels: tuple[list[Any] | None, list[Any] | None] = (None, None)


NOTHING_KNOWN = Ends()


@dataclass(frozen=True)
class ConnectionRule:
    """The base of all rules; a rule of your own overrides `connect`.

    Rules that read edges from data also override `weight` and `delay`: what `Network.connect` uses
    where the user gives none.
    """

    @property
    def weight(self) -> NDArray[np.float64] | None:
        """One weight per edge, if the rule brings them."""
        return None

    @property
    def delay(self) -> NDArray[np.float64] | None:
        """One delay in ms per edge, if the rule brings them."""
        return None

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the edges.

        Parameters
        ----------
        n_pre, n_post : int
            Population sizes.
        rng : numpy.random.Generator
            The only source of randomness; equal state gives equal edges.
        ends : Ends
            Whether both populations are the same one; their positions and labels.

        Returns
        -------
        pre, post : ndarray of an integer type, shape (n_edges,)
            Edge endpoints. Their order is the order in which weights and delays are given or drawn.

        Raises
        ------
        ValueError
            If the rule cannot be satisfied.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class AllToAll(ConnectionRule):
    """Connect every source to every target; edges are sorted by source, then target."""

    autapses: bool = True

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return all pairs (see `ConnectionRule.connect`)."""
        skip = ends.same and not self.autapses
        columns = n_post - skip
        pre = np.repeat(np.arange(n_pre, dtype=np.int32), columns)
        post = np.tile(np.arange(columns, dtype=np.int32), n_pre)
        return pre, _without_self(post, pre) if skip else post


@dataclass(frozen=True)
class OneToOne(ConnectionRule):
    """Connect neuron i of the source to neuron i of the target; both must have the same size."""

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the pairs (i, i) (see `ConnectionRule.connect`)."""
        if n_pre != n_post:
            raise ValueError(
                f"one-to-one needs populations of equal size, got {n_pre} and {n_post}"
            )
        both = np.arange(n_pre, dtype=np.int32)
        return both, both


@dataclass(frozen=True)
class FixedInDegree(ConnectionRule):
    """Give every target `k` sources chosen uniformly; edges are sorted by target."""

    k: int
    autapses: bool = True
    multapses: bool = True

    def __post_init__(self) -> None:
        whole_number("FixedInDegree", "k", self.k)

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return `k` edges per target (see `ConnectionRule.connect`)."""
        skip = ends.same and not self.autapses
        post, pre = _fixed_degree("in-degree", n_post, n_pre, self.k, self.multapses, skip, rng)
        return pre, post


@dataclass(frozen=True)
class FixedOutDegree(ConnectionRule):
    """Give every source `k` targets chosen uniformly; edges are sorted by source."""

    k: int
    autapses: bool = True
    multapses: bool = True

    def __post_init__(self) -> None:
        whole_number("FixedOutDegree", "k", self.k)

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return `k` edges per source (see `ConnectionRule.connect`)."""
        skip = ends.same and not self.autapses
        return _fixed_degree("out-degree", n_pre, n_post, self.k, self.multapses, skip, rng)


@dataclass(frozen=True)
class FixedTotal(ConnectionRule):
    """Draw `n` edges uniformly among all pairs."""

    n: int
    autapses: bool = True
    multapses: bool = True

    def __post_init__(self) -> None:
        whole_number("FixedTotal", "n", self.n)

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return `n` edges (see `ConnectionRule.connect`)."""
        skip = ends.same and not self.autapses
        pairs = n_pre * (n_post - skip)
        if self.n > pairs and not (self.multapses and pairs):
            raise ValueError(f"{self.n} edges asked for, but there are only {pairs} pairs")
        if self.n == 0:
            return _pair(np.empty(0, dtype=np.int64), 1, False)
        if self.multapses:
            return _pair(rng.integers(pairs, size=self.n), n_post - skip, skip)
        return _pair(_distinct(pairs, self.n, rng), n_post - skip, skip)


@dataclass(frozen=True)
class Bernoulli(ConnectionRule):
    """Connect every pair independently with probability `p`; sorted by source, then target.

    Notes
    -----
    The gaps between successive edges are geometric: the cost is that of the edges, not the pairs.
    """

    p: float
    autapses: bool = True

    def __post_init__(self) -> None:
        if not 0.0 <= number("Bernoulli", "p", self.p) <= 1.0:
            raise ValueError(f"Bernoulli: p must be >= 0 and <= 1, got {self.p}")

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the pairs that were drawn (see `ConnectionRule.connect`)."""
        if self.p == 1.0:
            return AllToAll(self.autapses).connect(n_pre, n_post, rng, ends)
        skip = ends.same and not self.autapses
        columns = n_post - skip
        pairs = n_pre * columns
        last, parts = -1, [_pair(np.empty(0, dtype=np.int64), 1, False)]
        while self.p > 0.0 and last < pairs:
            expected = (pairs - last) * self.p
            block = min(_BLOCK, int(expected + 4.0 * expected**0.5) + 16)
            # a gap beyond the end is as good as any other there, and cannot overflow the sum
            gaps = np.minimum(rng.geometric(self.p, block), pairs + 1)
            chosen = last + np.cumsum(gaps)
            last = int(chosen[-1])
            parts.append(_pair(chosen[chosen < pairs], columns, skip))
        return np.concatenate([p for p, _ in parts]), np.concatenate([q for _, q in parts])


def _fixed_degree(
    what: str, n_from: int, n_to: int, k: int, multapses: bool, skip: bool, rng: Generator
) -> Edges:
    """Give each of `n_from` neurons `k` partners among `n_to`, itself excluded if `skip`."""
    choices = n_to - skip
    if k > choices and not (multapses and choices):
        raise ValueError(
            f"{what} {k} cannot be satisfied: there are only {choices} partners to choose from"
        )
    one = np.repeat(np.arange(n_from, dtype=np.int32), k)
    if multapses:
        other = rng.integers(max(choices, 1), size=one.size, dtype=np.int32)
    else:
        other = np.empty(one.size, dtype=np.int32)
        for row in range(n_from):
            partners = rng.choice(choices, k, replace=False, shuffle=False)
            other[row * k : (row + 1) * k] = partners
    return one, _without_self(other, one) if skip else other


def _without_self(other: NDArray[Any], one: NDArray[Any]) -> NDArray[Any]:
    """Map indices of 'all but oneself' to indices of all: those from oneself on move up by one."""
    other += other >= one
    return other


def _pair(flat: NDArray[np.int64], columns: int, skip: bool) -> Edges:
    """Split the row-major index of a pair into its two ends."""
    pre, post = np.empty(flat.size, np.int32), np.empty(flat.size, np.int32)
    for first in range(0, flat.size, _BLOCK):
        part = slice(first, first + _BLOCK)
        pre[part], post[part] = np.divmod(flat[part], columns)
    return pre, _without_self(post, pre) if skip else post


def _distinct(n: int, k: int, rng: Generator) -> NDArray[np.int64]:
    """Return `k` distinct numbers below `n`, uniformly, in increasing order, at a cost of O(k)."""
    if 2 * k > n:
        kept = np.ones(n, dtype=np.bool_)
        kept[_distinct(n, n - k, rng)] = False
        return np.flatnonzero(kept)
    # Drawing until k differ is uniform by symmetry; each round asks for the deficit, never more.
    if 64 * k > n:
        taken = np.zeros(n, dtype=np.bool_)
        missing = k
        while missing:
            taken[rng.integers(n, size=missing)] = True
            missing = k - int(np.count_nonzero(taken))
        return np.flatnonzero(taken)
    chosen = np.unique(rng.integers(n, size=k))
    while chosen.size < k:
        chosen = np.union1d(chosen, rng.integers(n, size=k - chosen.size))
    return chosen
