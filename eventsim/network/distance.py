"""Space: connection probabilities and delays that depend on the distance between neurons.

Positions are arrays of shape (size, d), d = 1 to 3, in any one unit of length; distances are
Euclidean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eventsim.network.checks import number
from eventsim.network.rules import NOTHING_KNOWN, ConnectionRule, Edges, Ends

FloatArray = NDArray[np.float64]

# Pairs (or edges) whose distances are held at a time: 8 MB per array.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Gaussian:
    """Probability p0 exp(-d^2 / (2 sigma^2)) at distance d; sigma is a length, p0 in [0, 1]."""

    sigma: float
    p0: float = 1.0

    def __post_init__(self) -> None:
        _check_profile("Gaussian", "sigma", self.sigma, self.p0)

    def __call__(self, distance: FloatArray) -> FloatArray:
        """Return the probability at each distance."""
        return self.p0 * np.exp(-0.5 * (distance / self.sigma) ** 2)


@dataclass(frozen=True)
class Exponential:
    """Probability p0 exp(-d / length) at distance d; p0 in [0, 1]."""

    length: float
    p0: float = 1.0

    def __post_init__(self) -> None:
        _check_profile("Exponential", "length", self.length, self.p0)

    def __call__(self, distance: FloatArray) -> FloatArray:
        """Return the probability at each distance."""
        return self.p0 * np.exp(-distance / self.length)


@dataclass(frozen=True)
class DistanceDependent(ConnectionRule):
    """Connect every pair independently with a probability that depends on its distance.

    Parameters
    ----------
    probability : callable
        Distances (ndarray of float64) to probabilities of the same shape: `Gaussian`,
        `Exponential`, or any vectorised function.
    autapses : bool
        Whether a neuron may connect to itself (at distance 0).

    Notes
    -----
    All pairs are visited, in blocks of sources, so memory is bounded. Edges are sorted by source,
    then target.
    """

    probability: Callable[[FloatArray], FloatArray]
    autapses: bool = True

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the pairs that were drawn (see `ConnectionRule.connect`)."""
        x, y = both_positions(ends)
        rows = max(1, _BLOCK // n_post)
        parts: list[Edges] = []
        for first in range(0, n_pre, rows):
            block = x[first : first + rows]
            p = self._probabilities(distance(block[:, None, :], y[None, :, :]))
            if ends.same and not self.autapses:
                own = np.arange(len(block))
                p[own, first + own] = 0.0
            pre, post = np.nonzero(rng.random(p.shape) < p)
            parts.append(((pre + first).astype(np.int32), post.astype(np.int32)))
        return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])

    def _probabilities(self, distances: FloatArray) -> FloatArray:
        p = np.array(self.probability(distances), dtype=np.float64)
        if p.shape != distances.shape:
            raise ValueError(
                f"the probability must have the shape of the distances {distances.shape}, "
                f"got {p.shape}"
            )
        wrong = ~((p >= 0.0) & (p <= 1.0))
        if wrong.any():
            at = np.flatnonzero(wrong)[0]
            raise ValueError(
                f"the probability must be >= 0 and <= 1, got {p.flat[at]} at distance "
                f"{distances.flat[at]:g}"
            )
        return p


@dataclass(frozen=True)
class DistanceDelay:
    """Delay in ms of `offset` plus the distance over `velocity` (length per ms).

    Raises
    ------
    ValueError
        If `velocity` <= 0 or `offset` < 0.
    """

    velocity: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        if number("DistanceDelay", "velocity", self.velocity) <= 0.0:
            raise ValueError(f"DistanceDelay: velocity must be > 0 per ms, got {self.velocity}")
        if number("DistanceDelay", "offset", self.offset) < 0.0:
            raise ValueError(f"DistanceDelay: offset must be >= 0 ms, got {self.offset}")

    def along(
        self, pre: NDArray[Any], post: NDArray[Any], ends: Ends, dtype: Any = np.float64
    ) -> NDArray[Any]:
        """Return the delay in ms of each edge from `pre` to `post`, stored as `dtype`.

        Raises
        ------
        ValueError
            If a population has no positions, or they differ in dimension.
        """
        x, y = both_positions(ends)
        delay = np.empty(pre.size, dtype)
        for first in range(0, pre.size, _BLOCK):
            part = slice(first, first + _BLOCK)
            delay[part] = self.offset + distance(x[pre[part]], y[post[part]]) / self.velocity
        return delay


def distance(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the Euclidean distance along the last axis."""
    total: FloatArray = np.zeros(np.broadcast_shapes(x.shape, y.shape)[:-1])
    for axis in range(x.shape[-1]):
        total += (x[..., axis] - y[..., axis]) ** 2
    return np.sqrt(total, out=total)


def both_positions(ends: Ends) -> tuple[FloatArray, FloatArray]:
    """Return the positions of both ends, or refuse."""
    x, y = ends.positions
    if x is None or y is None:
        raise ValueError(f"the {'source' if x is None else 'target'} has no positions")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"positions differ in dimension: {x.shape[1]} and {y.shape[1]}")
    return x, y


def _check_profile(where: str, name: str, length: float, p0: float) -> None:
    if number(where, name, length) <= 0.0:
        raise ValueError(f"{where}: {name} must be > 0, got {length}")
    if not 0.0 <= number(where, "p0", p0) <= 1.0:
        raise ValueError(f"{where}: p0 must be >= 0 and <= 1, got {p0}")
