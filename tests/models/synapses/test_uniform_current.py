"""UniformCurrent: independent uniform values at the spikes of a clock, on both engines."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from eventsim import AllToAll, Network, Sampled, Simulation
from eventsim.models import LIF, RegularSource, UniformCurrent
from eventsim.models.neurons import lif

LOW, HIGH = -60.0, 140.0  # pA
N, DURATION = 500, 1000.0
Values = NDArray[np.float64]


def sampled(cell: Any, size: int, duration: float, weight: float = 1.0, **options: Any) -> Any:
    """Return current and potential of cells under one clock, every ms, and their spikes.

    A sample is the limit from the left: the current is the one that has led to the potential.
    """
    net = Network(seed=3)
    net.add("clock", RegularSource(rate=1000.0))
    net.add("cells", cell, size=size)
    noise = UniformCurrent(low=LOW, high=HIGH)
    net.connect("clock", "cells", AllToAll(), weight, 1.0, port="current", plasticity=noise)
    with Simulation(net, **options) as sim:
        recorder = sim.record(states={"cells": Sampled(["i", "v"], every=1.0)})
        sim.run(duration)
        recording = recorder.recording
        current, v = (recording.states("cells", name).values for name in ("i", "v"))
        return current, v, recording.spikes("cells")


@pytest.fixture(scope="module")
def free() -> tuple[Values, Values]:
    """Current and potential of cells that never fire; the clock ticks every ms from 2 ms on."""
    cell = LIF(v_th=1e9, v_rest=0.0, v_reset=0.0)
    current, v, _ = sampled(cell, N, DURATION)
    assert not current[:3].any()
    return current[3:], v[3:]


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
    current, v = free
    p = lif.Params()
    d, resistance = np.exp(-1.0 / p.tau_m), p.tau_m / p.c_m
    expected = v[:-1] * d + resistance * current[1:] * (1.0 - d)
    np.testing.assert_allclose(v[1:], expected, rtol=0, atol=1e-10)
    last = v[200::100]  # ten time constants apart
    variance = resistance**2 * (HIGH - LOW) ** 2 / 12.0 * (1.0 - d) / (1.0 + d)
    white = (HIGH - LOW) ** 2 / 12.0 * 1.0 / (2.0 * p.tau_m) * resistance**2
    assert variance == pytest.approx(white, rel=1e-3)
    assert last.var() == pytest.approx(variance, rel=4.0 * (2.0 / last.size) ** 0.5)


def test_the_weight_scales_it() -> None:
    """Oracle: the same draws at weight 1, times the weight; 1e-12."""
    one, _, _ = sampled(LIF(), 3, 50.0)
    half, _, _ = sampled(LIF(), 3, 50.0, weight=0.5)
    assert one[5:].any()
    np.testing.assert_allclose(half, 0.5 * one, rtol=0, atol=1e-12)


def test_both_engines_draw_the_same_noise_to_the_last_bit() -> None:
    """Oracle: the reference engine; cells that fire."""
    cell = LIF(i_offset=180.0)
    runs = [sampled(cell, 3, 300.0, engine=engine) for engine in ("compiled", "reference")]
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)
    assert runs[0][2][0].size > 10


def test_bounds_the_wrong_way_round_are_refused() -> None:
    """Oracle: the literal message."""
    net = Network()
    net.add("clock", RegularSource(rate=1000.0))
    net.add("cells", LIF())
    wrong = UniformCurrent(low=5.0, high=1.0)
    with pytest.raises(ValueError, match=r"high must be >= low \(5\) pA, got 1"):
        net.connect("clock", "cells", AllToAll(), 1.0, 1.0, port="current", plasticity=wrong)
