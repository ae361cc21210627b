"""UniformCurrent: independent uniform values at the spikes of a clock, on both engines."""

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
    sampled,
)
from scipy import stats

from eventsim import AllToAll, Network
from eventsim.models import LIF, RegularSource, UniformCurrent

LOW, HIGH = -60.0, 140.0  # pA
N, DURATION = 500, 1000.0
NOISE = UniformCurrent(low=LOW, high=HIGH)


@pytest.fixture(scope="module")
def free() -> Any:
    """Current and potential of cells that never fire; the clock ticks every ms from 2 ms on."""
    return from_the_first_value(NOISE, N, DURATION)


def test_every_value_is_uniform_between_its_bounds(free: Any) -> None:
    """Oracle: the uniform distribution, Kolmogorov-Smirnov over cells and over time."""
    current, _ = free
    assert LOW - 1e-9 <= current.min() < LOW + 0.1
    assert HIGH - 0.1 < current.max() <= HIGH + 1e-9
    for values in (current[0], current[-1], current[:, 0], current[:, -1]):
        assert stats.kstest(values, "uniform", (LOW, HIGH - LOW)).pvalue > 0.001


def test_values_are_independent_in_time_and_between_cells(free: Any) -> None:
    """Oracle: correlations of 0, four standard errors of their mean."""
    z = (free[0] - 0.5 * (LOW + HIGH)) / ((HIGH - LOW) / 12.0**0.5)
    for products in (z[1:] * z[:-1], z[7:] * z[:-7], z[:, 1:] * z[:, :-1]):
        assert abs(products.mean()) < 4.0 / products.size**0.5


def test_a_free_membrane_follows_it_exactly_and_varies_as_under_white_noise(free: Any) -> None:
    """Oracles: v <- v d + R i (1 - d) over each ms; the variance of those steps in closed form."""
    assert_followed(*free)
    last = free[1][200::100]  # ten time constants apart
    variance = RESISTANCE**2 * (HIGH - LOW) ** 2 / 12.0 * (1.0 - DECAY) / (1.0 + DECAY)
    white = (HIGH - LOW) ** 2 / 12.0 * 1.0 / (2.0 * P.tau_m) * RESISTANCE**2
    assert variance == pytest.approx(white, rel=1e-3)
    assert last.var() == pytest.approx(variance, rel=4.0 * (2.0 / last.size) ** 0.5)


def test_the_weight_scales_it() -> None:
    """Oracle: the same draws at weight 1, times the weight; 1e-12."""
    one, _, _ = sampled(NOISE, LIF(), 3, 50.0)
    half, _, _ = sampled(NOISE, LIF(), 3, 50.0, weight=0.5)
    assert one[5:].any()
    np.testing.assert_allclose(half, 0.5 * one, rtol=0, atol=1e-12)


def test_both_engines_draw_the_same_noise_to_the_last_bit() -> None:
    """Oracle: the reference engine; cells that fire."""
    assert_engines_agree(NOISE)


def test_bounds_the_wrong_way_round_are_refused() -> None:
    """Oracle: the literal message."""
    net = Network()
    net.add("clock", RegularSource(rate=1000.0))
    net.add("cells", LIF())
    wrong = UniformCurrent(low=5.0, high=1.0)
    with pytest.raises(ValueError, match=r"high must be >= low \(5\) pA, got 1"):
        net.connect("clock", "cells", AllToAll(), 1.0, 1.0, port="current", plasticity=wrong)
