"""Distributions for parameters, initial states, weights and delays.

A distribution is a frozen dataclass with `draw(n, rng)`; anything with such a method will do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, log, log1p, sqrt
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eventsim.network.checks import number

FloatArray = NDArray[np.float64]

# Numbers drawn at a time where they are stored as something smaller than they are drawn: 2 MB.
_PORTION = 1 << 18

# Candidates drawn at least per round, and rounds, before a truncation is refused as hopeless.
_BATCH, _ROUNDS = 1024, 1000


@runtime_checkable
class Distribution(Protocol):
    """Anything that draws numbers."""

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` numbers."""
        ...


@runtime_checkable
class InPortions(Protocol):
    """A distribution that gives the numbers of `draw` portion by portion, if asked."""

    def portions(self, n: int, rng: Generator) -> Iterator[FloatArray]:
        """Yield `n` numbers in all."""
        ...


def draw(value: Any, n: int, rng: Generator, dtype: Any = np.float64) -> Any:
    """Turn a distribution into `n` numbers; pass anything else through.

    Parameters
    ----------
    value : object
        A distribution, or a scalar or array that is returned as it is.
    n : int
        How many numbers.
    rng : numpy.random.Generator
        The only source of randomness.
    dtype : {float64, float32}
        What a distribution of this file is stored as; it is drawn in double precision.

    Returns
    -------
    float, ndarray of shape (n,), or `value` itself
        `Constant` gives its one float, so that it is stored once.
    """
    if isinstance(value, Constant):
        return float(value.value)
    if not isinstance(value, InPortions):
        return value.draw(n, rng) if isinstance(value, Distribution) else value
    numbers = np.empty(n, dtype)
    filled = 0
    with np.errstate(over="ignore", under="ignore"):  # infinite or zero then, and refused as such
        for portion in value.portions(n, rng):
            numbers[filled : filled + portion.size] = portion
            filled += portion.size
    return numbers


class OneByOne:
    """Numbers that are drawn one after the other: n and then m of them are n + m."""

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` independent numbers."""
        raise NotImplementedError

    def portions(self, n: int, rng: Generator) -> Iterator[FloatArray]:
        """Yield them portion by portion."""
        for first in range(0, n, _PORTION):
            yield self.draw(min(_PORTION, n - first), rng)


@dataclass(frozen=True)
class Constant:
    """The same value for all."""

    value: float

    def __post_init__(self) -> None:
        number("Constant", "value", self.value)

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` times the value."""
        return np.full(n, float(self.value))


@dataclass(frozen=True)
class Uniform(OneByOne):
    """Uniform on [low, high).

    Raises
    ------
    ValueError
        If `high` < `low`.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        number("Uniform", "low", self.low)
        number("Uniform", "high", self.high)
        if self.high < self.low:
            raise ValueError(f"Uniform: high must be >= low ({self.low}), got {self.high}")

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` independent numbers."""
        return rng.uniform(self.low, self.high, n)


@dataclass(frozen=True)
class Normal(OneByOne):
    """Gaussian with mean `mean` and standard deviation `sd`.

    Raises
    ------
    ValueError
        If `sd` < 0.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        number("Normal", "mean", self.mean)
        if number("Normal", "sd", self.sd) < 0.0:
            raise ValueError(f"Normal: sd must be >= 0, got {self.sd}")

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` independent numbers."""
        return rng.normal(self.mean, self.sd, n)


@dataclass(frozen=True)
class LogNormal(OneByOne):
    """Lognormal with mean `mean` and standard deviation `sd` of the variable itself.

    Not of its logarithm: that has variance ln(1 + sd^2 / mean^2) and mean ln(mean) minus half of
    this variance.

    Raises
    ------
    ValueError
        If `mean` <= 0 or `sd` < 0.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if number("LogNormal", "mean", self.mean) <= 0.0:
            raise ValueError(f"LogNormal: mean must be > 0, got {self.mean}")
        if number("LogNormal", "sd", self.sd) < 0.0:
            raise ValueError(f"LogNormal: sd must be >= 0, got {self.sd}")

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` independent numbers."""
        variance = log1p((self.sd / self.mean) ** 2)
        return rng.lognormal(log(self.mean) - 0.5 * variance, sqrt(variance), n)


@dataclass(frozen=True)
class Truncated:
    """`distribution` conditioned on [low, high]: what falls outside is drawn again, not clipped.

    Raises
    ------
    ValueError
        If `high` < `low`; when drawing, if fewer than about one draw in a million lies inside.

    Examples
    --------
    >>> import numpy as np
    >>> weight = Truncated(Normal(mean=0.1, sd=0.05), low=0.0)
    >>> bool((weight.draw(1000, np.random.default_rng(1)) >= 0.0).all())
    True
    """

    distribution: Distribution
    low: float = -np.inf
    high: float = np.inf

    def __post_init__(self) -> None:
        if not isinstance(self.distribution, Distribution):
            raise TypeError(f"Truncated: {self.distribution!r} is not a distribution")
        if isnan(self.low) or isnan(self.high) or self.high < self.low:
            raise ValueError(f"Truncated: high must be >= low ({self.low}), got {self.high}")

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return `n` independent numbers."""
        numbers: FloatArray = draw(self, n, rng)
        return numbers

    def portions(self, n: int, rng: Generator) -> Iterator[FloatArray]:
        """Yield them portion by portion."""
        missing = n
        for _ in range(_ROUNDS):
            for candidates in self._candidates(max(missing, _BATCH), rng):
                inside = candidates[(candidates >= self.low) & (candidates <= self.high)][:missing]
                missing -= inside.size
                yield inside
            if missing == 0:
                return
        raise ValueError(f"{self}: too few draws lie in [{self.low}, {self.high}]")

    def _candidates(self, n: int, rng: Generator) -> Iterator[FloatArray]:
        if isinstance(self.distribution, OneByOne):
            yield from self.distribution.portions(n, rng)
        else:
            yield self.distribution.draw(n, rng)
