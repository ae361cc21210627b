"""Linear flow of two variables against the matrix exponential and a fine scan."""

import numpy as np
import pytest
from scipy.linalg import expm

from eventsim.models.neurons import adlif, resonate_and_fire
from eventsim.planar import Course, first_rise, height


def random_params(rng: np.random.Generator) -> adlif.Params:
    tau_m, tau_w, a = rng.uniform([2, 5, 0], [30, 300, 8]).tolist()
    return adlif.Params(tau_m=tau_m, tau_w=tau_w, a=a, i_offset=float(rng.uniform(-100, 100)))


def test_adaptation_passes_time_as_the_matrix_exponential_does() -> None:
    """Oracle: scipy's expm; oscillating, overdamped and critical cases."""
    rng = np.random.default_rng(1)
    cases = [random_params(rng) for _ in range(200)]
    cases.append(adlif.Params(tau_m=10.0, tau_w=100.0, a=2.025))  # critical
    for p in cases:
        v, w, dt = rng.uniform([-20, -5, 0], [20, 5, 60]).tolist()
        m = np.array([[-1 / p.tau_m, -1 / p.tau_m], [p.a / p.tau_w, -1 / p.tau_w]])
        drive = p.i_offset * p.tau_m / p.c_m / (1 + p.a)
        end = np.array([drive, p.a * drive])
        expected = end + expm(m * dt) @ (np.array([v, w]) - end)
        s = adlif.between(adlif.State(p.v_rest + v, w, 0.0), 0.0, dt, p)
        assert (s.v - p.v_rest, s.w) == pytest.approx(tuple(expected), rel=1e-9, abs=1e-9)


def test_the_oscillating_case_has_its_tabulated_values() -> None:
    """Oracle: tau_m 10, tau_w 100, a 60 from (0.8, 0.1), computed independently."""
    p = adlif.Params(tau_m=10.0, tau_w=100.0, a=60.0, v_rest=0.0, v_th=1.0, v_reset=0.0)
    table = {
        1: (0.69222612, 0.54607205),
        5: (0.08252398, 1.45394267),
        40: (-0.08242204, -0.05654249),
    }
    for t, values in table.items():
        s = adlif.between(adlif.State(0.8, 0.1, 0.0), 0.0, float(t), p)
        assert (s.v, s.w) == pytest.approx(values, abs=1e-8)


def test_inhibition_alone_makes_an_oscillating_cell_fire() -> None:
    """Oracle: after a jump of -2 the rebound peaks at 1.062652 after 11.347539 ms."""
    p = adlif.Params(tau_m=10.0, tau_w=100.0, a=60.0, v_rest=0.0, v_th=1.0, v_reset=0.0)
    s = adlif.on_spike(adlif.initial(p, 0.0), 0.0, -2.0, p)
    due = adlif.next_fire(s, 0.0, p)
    assert due < 11.347539
    assert adlif.between(s, 0.0, due, p).v == pytest.approx(1.0, abs=1e-12)
    assert adlif.next_fire(s, 0.0, p._replace(v_th=1.0626)) < 11.347539
    assert adlif.next_fire(s, 0.0, p._replace(v_th=1.0627)) == float("inf")


def test_the_first_rise_is_the_one_that_a_scan_finds() -> None:
    """Oracle: 20,000 points over 400 ms, for thousands of courses, oscillating and not."""
    rng, grid = np.random.default_rng(2), np.linspace(0.0, 400.0, 20_001)
    for _ in range(1500):
        level, even, odd = rng.uniform([-2, -5, -2], [1, 2, 2]).tolist()
        mean = -float(rng.uniform(0.005, 0.3))
        spread = float(rng.choice([-1.0, 0.9])) * float(rng.uniform(0, 1)) * mean**2 * 30
        c = Course(level, even, odd, mean, min(spread, 0.9 * mean**2))
        if c.spread < 0.0:
            nu = np.sqrt(-c.spread)
            modes = np.cos(nu * grid), np.sin(nu * grid) / nu
        else:
            d = np.sqrt(c.spread)
            modes = np.cosh(d * grid), np.sinh(d * grid) / d
        values = level + np.exp(mean * grid) * (even * modes[0] + odd * modes[1])
        above = np.flatnonzero(values >= 0.0)
        due = first_rise(c)
        if above.size:
            assert due <= grid[above[0]] + 1e-9
        if 0.0 < due < 400.0:
            assert height(due, c) == pytest.approx(0.0, abs=1e-9)


def test_jumps_at_the_period_of_a_resonator_add_up() -> None:
    """Oracle: after n unit jumps, v = (1 - q^n) / (1 - q), q = exp(-period/tau)."""
    p = resonate_and_fire.Params(v_th=9.0)
    s, q = resonate_and_fire.initial(p, 0.0), np.exp(-1.0)
    for n in range(1, 6):
        s = resonate_and_fire.on_spike(s, 50.0 * n, 1.0, p)
        assert s.v == pytest.approx((1 - q**n) / (1 - q), rel=1e-12)
        s = resonate_and_fire.between(s, 50.0 * n, 50.0, p)
    assert resonate_and_fire.State(*s).u == pytest.approx(0.0, abs=1e-12)
