"""LIFAlpha: the alpha-shaped current in closed form."""

from math import e, exp

import numpy as np
import pytest
from scipy.linalg import expm

from eventsim.models.neurons import lif_alpha
from eventsim.models.neurons.lif_alpha import Params, State


@pytest.mark.parametrize("tau_syn", [0.3, 2.0, 9.0, 10.0, 10.0 * (1 + 1e-9), 11.0, 60.0])
def test_passing_time_is_the_matrix_exponential(tau_syn: float) -> None:
    """Oracle: scipy's expm, for time constants apart, near and equal."""
    p, rng = Params(tau_syn=tau_syn, i_offset=40.0), np.random.default_rng(1)
    # in this order no triangle: for one, expm subtracts nearly equal exponentials
    m = np.zeros((4, 4))  # v, r, i_syn, 1
    m[0] = -1 / p.tau_m, 0.0, 1 / p.c_m, p.i_offset / p.c_m
    m[1, 1], m[2, 1:3] = -1 / tau_syn, (1.0, -1 / tau_syn)
    for _ in range(50):
        v, i, r, dt = rng.uniform([-10, -300, -200, 0], [14, 500, 200, 50]).tolist()
        expected = expm(m * dt) @ np.array([v, r, i, 1.0])
        s = lif_alpha.between(State(p.v_rest + v, i, r, 0.0, 0.0), 0.0, dt, p)
        assert s.v - p.v_rest == pytest.approx(expected[0], rel=1e-10, abs=1e-10)
        assert (s.r, s.i_syn) == pytest.approx(tuple(expected[1:3]), rel=1e-10, abs=1e-10)


def test_one_arrival_makes_a_current_that_peaks_at_its_weight() -> None:
    """Oracle: w e (t / tau) exp(-t / tau)."""
    p = Params()
    s = lif_alpha.on_spike(lif_alpha.initial(p, 0.0), 0.0, 100.0, p)
    for t in (0.5, p.tau_syn, 7.0):
        expected = 100.0 * e * t / p.tau_syn * exp(-t / p.tau_syn)
        assert lif_alpha.between(s, 0.0, t, p).i_syn == pytest.approx(expected, rel=1e-13)


def test_the_crossing_is_the_first_that_a_scan_finds() -> None:
    """Oracle: 800 points of every stretch, over hundreds of states; v = v_th at the crossing."""
    rng, found = np.random.default_rng(2), 0
    for _ in range(800):
        tau_m, tau_syn = rng.uniform([3, 0.5], [30, 30]).tolist()
        p = Params(tau_m=tau_m, tau_syn=tau_syn, i_offset=float(rng.uniform(-50, 300)))
        v, i, r = rng.uniform([-90, -900, -300], [-55.1, 900, 300]).tolist()
        s = State(v, i, r, 0.0, 0.0)
        due = lif_alpha.next_fire(s, 0.0, p)
        end = min(due, 300.0)
        scan = np.linspace(0.0, end * (1.0 - 1e-9), 800).tolist()
        assert not any(lif_alpha.fires(lif_alpha.between(s, 0.0, t, p), p) for t in scan)
        if due <= 300.0:
            found += 1
            assert lif_alpha.between(s, 0.0, due, p).v == pytest.approx(p.v_th, abs=1e-9)
    assert found > 150
