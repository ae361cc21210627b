"""OUCurrent: an exact Ornstein-Uhlenbeck process at the spikes of any clock, on both engines."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from eventsim import AllToAll, Network, Sampled, Simulation
from eventsim.models import LIF, OUCurrent, PoissonSource, RegularSource
from eventsim.models.neurons import lif
from eventsim.models.synapses import ou_current

MEAN, SIGMA, TAU = 40.0, 100.0, 5.0  # pA, pA, ms
N, DURATION = 500, 1000.0
Values = NDArray[np.float64]


def sampled(clock: Any, cell: Any, size: int, duration: float, **options: Any) -> Any:
    """Return current and potential of cells under one clock, every ms, and their spikes.

    A sample is the limit from the left: the current is the one that has led to the potential.
    """
    net = Network(seed=2)
    net.add("clock", clock)
    net.add("cells", cell, size=size)
    noise = OUCurrent(mean=MEAN, sigma=SIGMA, tau=TAU)
    net.connect("clock", "cells", AllToAll(), 1.0, 1.0, port="current", plasticity=noise)
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
    current, v, _ = sampled(RegularSource(rate=1000.0), cell, N, DURATION)
    assert not current[:3].any()
    return current[3:], v[3:]


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
    current, v = free
    p = lif.Params()
    d, resistance = np.exp(-1.0 / p.tau_m), p.tau_m / p.c_m
    expected = v[:-1] * d + resistance * current[1:] * (1.0 - d)
    np.testing.assert_allclose(v[1:], expected, rtol=0, atol=1e-10)


def test_the_variance_of_a_free_membrane_is_that_of_filtered_steps(free: Any) -> None:
    """Oracle: the sum over all pairs of steps in closed form; within 2 % of continuous noise."""
    p = lif.Params()
    a, d, resistance = np.exp(-1.0 / TAU), np.exp(-1.0 / p.tau_m), p.tau_m / p.c_m
    steps = (1.0 - d) / (1.0 + d) * (1.0 + a * d) / (1.0 - a * d)
    assert steps == pytest.approx(TAU / (TAU + p.tau_m), rel=0.02)
    last = free[1][200::100]  # ten time constants on, five apart
    assert last.size >= 3500
    expected = (resistance * SIGMA) ** 2 * steps
    assert last.var() == pytest.approx(expected, rel=4.0 * (2.0 / last.size) ** 0.5)
    assert last.mean() == pytest.approx(resistance * MEAN, abs=4.0 * (expected / last.size) ** 0.5)


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
    cell = LIF(i_offset=180.0)
    runs = [
        sampled(PoissonSource(rate=500.0), cell, 3, 300.0, engine=engine)
        for engine in ("compiled", "reference")
    ]
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)
    assert runs[0][2][0].size > 10
