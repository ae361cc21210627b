"""OUCurrent: an exact Ornstein-Uhlenbeck process at the spikes of any clock, on both engines."""

from typing import Any

import numpy as np
import pytest
from clocked_noise import (
    DECAY,
    RESISTANCE,
    P,
    assert_engines_agree,
    assert_followed,
    from_the_first_value,
)
from scipy import stats

from eventsim.models import OUCurrent, PoissonSource
from eventsim.models.synapses import ou_current

MEAN, SIGMA, TAU = 40.0, 100.0, 5.0  # pA, pA, ms
N, DURATION = 500, 1000.0
NOISE = OUCurrent(mean=MEAN, sigma=SIGMA, tau=TAU)


@pytest.fixture(scope="module")
def free() -> Any:
    """Current and potential of cells that never fire; the clock ticks every ms from 2 ms on."""
    return from_the_first_value(NOISE, N, DURATION)


def test_the_current_is_stationary_from_the_first_value_on(free: Any) -> None:
    """Oracle: the normal distribution, Kolmogorov-Smirnov over the cells; their mean, 4 errors."""
    current, _ = free
    for k in (0, 1, 50, -1):
        assert stats.kstest(current[k], "norm", (MEAN, SIGMA)).pvalue > 0.001
        assert current[k].mean() == pytest.approx(MEAN, abs=4.0 * SIGMA / N**0.5)


@pytest.mark.parametrize("lag", [0, 1, 4, 10, 40])
def test_the_autocovariance_decays_with_tau(free: Any, lag: int) -> None:
    """Oracle: sigma^2 exp(-lag / tau); four standard errors, from the scatter of the cells."""
    current, _ = free
    products = (current[lag:] - MEAN) * (current[: len(current) - lag] - MEAN)
    each = products.mean(axis=0)
    expected = SIGMA**2 * np.exp(-lag / TAU)
    assert each.mean() == pytest.approx(expected, abs=4.0 * each.std() / N**0.5)


def test_a_free_membrane_follows_the_current_exactly(free: Any) -> None:
    """Oracle: v <- v d + R i (1 - d) over each ms, to rounding."""
    assert_followed(*free)


def test_the_variance_of_a_free_membrane_is_that_of_filtered_steps(free: Any) -> None:
    """Oracle: the sum over all pairs of steps in closed form; within 2 % of continuous noise."""
    a, d = np.exp(-1.0 / TAU), DECAY
    steps = (1.0 - d) / (1.0 + d) * (1.0 + a * d) / (1.0 - a * d)
    assert steps == pytest.approx(TAU / (TAU + P.tau_m), rel=0.02)
    last = free[1][200::100]  # ten time constants on, five apart
    assert last.size >= 3500
    expected = (RESISTANCE * SIGMA) ** 2 * steps
    assert last.var() == pytest.approx(expected, rel=4.0 * (2.0 / last.size) ** 0.5)
    assert last.mean() == pytest.approx(RESISTANCE * MEAN, abs=4.0 * (expected / last.size) ** 0.5)


def test_an_irregular_clock_finds_the_same_process() -> None:
    """Oracle: innovations over the intervals are standard normal and independent."""
    p = ou_current.Params(MEAN, SIGMA, TAU)
    waits = np.random.default_rng(3).exponential(6.0, 4000)
    s, values = ou_current.State(key=77.0), []
    for wait in waits.tolist():
        _, s = ou_current.on_pre(1.0, ou_current.between(s, 0.0, wait, p), 0.0, None, p)
        values.append(s.x)
    x, kept = np.array(values) - MEAN, np.exp(-waits[1:] / TAU)
    innovations = (x[1:] - kept * x[:-1]) / (SIGMA * np.sqrt(1.0 - kept**2))
    assert stats.kstest(innovations, "norm").pvalue > 0.001
    assert abs(np.corrcoef(innovations[1:], innovations[:-1])[0, 1]) < 4.0 / 4000**0.5
    assert abs(np.corrcoef(innovations, x[:-1])[0, 1]) < 4.0 / 4000**0.5


def test_both_engines_draw_the_same_noise_to_the_last_bit() -> None:
    """Oracle: the reference engine; cells that fire, under an irregular clock."""
    assert_engines_agree(NOISE, PoissonSource(rate=500.0))
