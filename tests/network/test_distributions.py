from collections.abc import Callable
from math import log

import numpy as np
import pytest

from eventsim.network.distributions import Constant, LogNormal, Normal, Truncated, Uniform, draw


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize(
    ("distribution", "mean", "sd"),
    [
        (Constant(2.5), 2.5, 0.0),
        (Uniform(-65.0, -50.0), -57.5, 15.0 / 12**0.5),
        (Normal(3.0, 0.5), 3.0, 0.5),
        (LogNormal(3.0, 0.5), 3.0, 0.5),
        (Truncated(Uniform(0.0, 10.0), 2.0, 4.0), 3.0, 2.0 / 12**0.5),
        (Truncated(Normal(0.0, 1.0), low=0.0), (2 / np.pi) ** 0.5, (1 - 2 / np.pi) ** 0.5),
    ],
)
def test_moments_are_the_textbook_ones(distribution: Uniform, mean: float, sd: float) -> None:
    """Oracle: mean and sd of each law; the mean of n draws within five standard errors."""
    n = 40_000
    values = distribution.draw(n, rng())
    assert values.shape == (n,)
    assert values.mean() == pytest.approx(mean, abs=5 * sd / n**0.5)
    assert values.std() == pytest.approx(sd, rel=0.03)


def test_truncation_draws_again_and_does_not_clip() -> None:
    """Oracle: no value of a continuous law comes twice, so nothing sits on the bound."""
    values = Truncated(Normal(0.0, 1.0), -0.5, 0.5).draw(5000, rng())
    assert np.abs(values).max() < 0.5
    assert np.unique(values).size == 5000


@pytest.mark.parametrize(
    ("distribution", "whole"),
    [
        (Uniform(0.5, 5.0), lambda rng, n: rng.uniform(0.5, 5.0, n)),
        (Normal(3.0, 0.5), lambda rng, n: rng.normal(3.0, 0.5, n)),
        (LogNormal(1.0, 1.0), lambda rng, n: rng.lognormal(-0.5 * log(2), log(2) ** 0.5, n)),
        (Truncated(Normal(0.0, 1.0), low=0.0), lambda rng, n: truncated(rng, n)),
    ],
)
def test_portions_are_what_would_be_drawn_at_once(
    distribution: Uniform, whole: Callable[[np.random.Generator, int], np.ndarray]
) -> None:
    """Oracle: numpy asked for all of them, rounded to single precision afterwards."""
    n = 700_000
    values = draw(distribution, n, rng(), np.float32)
    assert values.dtype == np.float32
    assert np.array_equal(values, whole(rng(), n).astype(np.float32))


def truncated(rng: np.random.Generator, n: int) -> np.ndarray:
    """Rounds of as many normal numbers as are missing, 1,024 at least; positive ones are kept."""
    values = np.empty(0)
    while values.size < n:
        candidates = rng.normal(size=max(n - values.size, 1024))
        values = np.append(values, candidates[candidates >= 0.0])
    return values[:n]


def test_a_hopeless_truncation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"too few draws lie in \[50.0, inf\]"):
        Truncated(Normal(0.0, 1.0), low=50.0).draw(1, rng())


def test_draw_passes_scalars_and_arrays_through() -> None:
    given = np.arange(3.0)
    assert draw(0.1, 3, rng()) == 0.1
    assert draw(given, 3, rng()) is given


def test_a_constant_is_drawn_as_one_float() -> None:
    assert draw(Constant(2), 1000, rng()) == 2.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(np.nan), "Constant: value must be finite, got nan"),
        (lambda: Uniform(1.0, 0.5), "Uniform: high must be >= low (1.0), got 0.5"),
        (lambda: Uniform(0.0, np.inf), "Uniform: high must be finite, got inf"),
        (lambda: Normal(0.0, -1.0), "Normal: sd must be >= 0, got -1.0"),
        (lambda: LogNormal(0.0, 1.0), "LogNormal: mean must be > 0, got 0.0"),
        (lambda: LogNormal(1.0, -1.0), "LogNormal: sd must be >= 0, got -1.0"),
        (
            lambda: Truncated(Normal(0, 1), 1.0, 0.0),
            "Truncated: high must be >= low (1.0), got 0.0",
        ),
    ],
)
def test_bounds_out_of_order_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        make()  # type: ignore[operator]
    assert str(refusal.value) == message


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="Normal: mean must be a number, got 'x'"):
        Normal("x", 1.0)  # type: ignore[arg-type]
