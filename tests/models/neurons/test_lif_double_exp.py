"""LIFDoubleExp: currents that rise and decay, in closed form."""

from math import exp, inf
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from eventsim.models.neurons import lif_alpha, lif_double_exp, lif_exp
from eventsim.models.neurons.lif_double_exp import Params, State

TAUS = [(0.5, 5.0, 1.0, 10.0), (5.0, 0.5, 3.0, 3.0), (20.0, 20.0, 20.0, 20.0),
        (20.0 * (1 + 1e-9), 20.0, 2.0, 2.0 * (1 + 1e-12)), (0.1, 200.0, 7.0, 30.0)]  # fmt: skip


def params(taus: tuple[float, ...], **values: float) -> Params:
    names = ("tau_rise_exc", "tau_decay_exc", "tau_rise_inh", "tau_decay_inh")
    return Params(**dict(zip(names, taus, strict=True)), **values)


def matrix(p: Params) -> Any:
    """Return the flow of (v, r_exc, i_exc, r_inh, i_inh, 1), not a triangle: expm keeps digits."""
    m = np.zeros((6, 6))
    m[0] = -1 / p.tau_m, 0, 1 / p.c_m, 0, 1 / p.c_m, p.i_offset / p.c_m
    m[1, 1], m[2, 1:3] = -1 / p.tau_rise_exc, (1.0, -1 / p.tau_decay_exc)
    m[3, 3], m[4, 3:5] = -1 / p.tau_rise_inh, (1.0, -1 / p.tau_decay_inh)
    return m


@pytest.mark.parametrize("taus", TAUS, ids=str)
def test_passing_time_is_the_matrix_exponential(taus: tuple[float, ...]) -> None:
    """Oracle: scipy's expm, for time constants apart, near and equal."""
    p, rng = params(taus, i_offset=40.0), np.random.default_rng(1)
    for _ in range(40):
        v, ie, re, ii, ri, dt = rng.uniform(
            [-10, -300, -200, -300, -200, 0], [14, 500, 200, 100, 50, 50]
        ).tolist()
        expected = expm(matrix(p) * dt) @ np.array([v, re, ie, ri, ii, 1.0])
        s = lif_double_exp.between(State(p.v_rest + v, ie, re, ii, ri, 0.0, 0.0), 0.0, dt, p)
        seen = (s.v - p.v_rest, s.r_exc, s.i_exc, s.r_inh, s.i_inh)
        assert seen == pytest.approx(tuple(expected[:5]), rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("taus", TAUS, ids=str)
def test_one_arrival_makes_a_current_that_peaks_at_its_weight(taus: tuple[float, ...]) -> None:
    """Oracle: the largest of 20,000 samples."""
    p = params(taus)
    for port, name in (("exc", "i_exc"), ("inh", "i_inh")):
        s = lif_double_exp.LIFDoubleExp.on_input[port](lif_double_exp.initial(p, 0.0), 0.0, 80.0, p)
        currents = [
            getattr(lif_double_exp.between(s, 0.0, t, p), name)
            for t in np.linspace(0.0, 40.0, 20_000).tolist()
        ]
        assert max(currents) == pytest.approx(80.0, rel=2e-3 if min(taus) < 1.0 else 1e-6)
        assert max(currents) <= 80.0 * (1 + 1e-14)


def test_equal_time_constants_are_the_alpha_shaped_neuron() -> None:
    """Oracle: LIFAlpha, over 40 ms of random arrivals."""
    p = params((3.0, 3.0, 3.0, 3.0))
    q = lif_alpha.Params(tau_m=p.tau_m, v_rest=p.v_rest, tau_syn=3.0)
    s, a, rng = lif_double_exp.initial(p, 0.0), lif_alpha.initial(q, 0.0), np.random.default_rng(4)
    for w in rng.uniform(-90, 90, 20).tolist():
        s = lif_double_exp.between(lif_double_exp.on_exc(s, 0.0, w, p), 0.0, 2.0, p)
        a = lif_alpha.between(lif_alpha.on_spike(a, 0.0, w, q), 0.0, 2.0, q)
    assert (s.v, s.i_exc, s.r_exc) == pytest.approx((a.v, a.i_syn, a.r), rel=1e-12)


def test_without_a_rise_it_is_the_neuron_with_exponential_currents() -> None:
    """Oracle: LIFExp; a rise of 1e-9 ms changes what follows by as little."""
    p = params((1e-9, 5.0, 1e-9, 10.0))
    s = lif_double_exp.on_exc(lif_double_exp.initial(p, 0.0), 0.0, 100.0, p)
    s = lif_double_exp.between(lif_double_exp.on_inh(s, 0.0, -30.0, p), 0.0, 7.0, p)
    q = lif_exp.Params()
    e = lif_exp.between(lif_exp.State(q.v_rest, 100.0, -30.0, 0.0, 0.0), 0.0, 7.0, q)
    assert (s.v, s.i_exc, s.i_inh) == pytest.approx((e.v, e.i_exc, e.i_inh), rel=1e-7)


def test_the_crossing_is_the_first_that_a_scan_finds() -> None:
    """Oracle: 2,000 points of every stretch of a thousand states; v = v_th at the crossing.

    v is a sum of exponentials, so all points of a stretch come from one product of matrices.
    """
    rng, found = np.random.default_rng(2), 0
    low, high = [-90, -900, -900, -900, -900], [-50.1, 900, 900, 900, 900]
    for k in range(1000):
        taus = np.exp(rng.uniform(np.log(0.3), np.log(40.0), 4)).tolist()
        if k % 3 == 0:
            taus[1], taus[3] = taus[0], taus[2]
        p = params(
            tuple(taus), tau_m=float(rng.uniform(3, 30)), i_offset=float(rng.uniform(-50, 200))
        )
        v, ie, re, ii, ri = rng.uniform(low, high).tolist()
        s = State(v, ie, re, ii, ri, 0.0, 0.0)
        due = lif_double_exp.next_fire(s, 0.0, p)
        assert lif_double_exp.safe_until(s, 0.0, p) <= due
        end = min(due, 300.0)
        assert scan(p, s, end * (1.0 - 1e-9)).max() < p.v_th + 1e-9
        if due <= 300.0:
            found += 1
            assert lif_double_exp.between(s, 0.0, due, p).v == pytest.approx(p.v_th, abs=1e-8)
    assert found > 250


def scan(p: Params, s: State, end: float, n: int = 2000) -> Any:
    """Return v at n + 1 times from 0 to `end`, by repeated squaring of the flow."""
    step = expm(matrix(p) * (end / n))
    y = np.array([[s.v - p.v_rest, s.r_exc, s.i_exc, s.r_inh, s.i_inh, 1.0]]).T
    while y.shape[1] <= n:
        y = np.concatenate([y, step @ y], axis=1)
        step = step @ step
    return y[0, : n + 1] + p.v_rest


def test_a_threshold_at_the_very_top_of_the_course_is_found_or_missed_by_a_hair() -> None:
    """Oracle: the maximum of a fine scan, a nanovolt above and below the threshold."""
    rng, p = np.random.default_rng(3), params((0.7, 6.0, 2.0, 9.0))
    for _ in range(50):
        re, ri = rng.uniform([300, -200], [2000, 200]).tolist()
        s = State(p.v_rest, 0.0, re, 0.0, ri, 0.0, 0.0)
        near = scan(p, s, 60.0)
        top = 60.0 * int(near.argmax()) / (near.size - 1)
        fine = [
            lif_double_exp.between(s, 0.0, t, p).v for t in np.linspace(top - 0.03, top + 0.03, 601)
        ]
        peak = max(fine)
        assert lif_double_exp.next_fire(s, 0.0, p._replace(v_th=peak + 1e-6)) == inf
        assert lif_double_exp.next_fire(s, 0.0, p._replace(v_th=peak - 1e-6)) <= top + 0.03


def test_v_waits_while_the_currents_go_on_in_the_refractory_period() -> None:
    p = Params()
    fired = lif_double_exp.on_fire(State(p.v_th, 300.0, 40.0, -20.0, 0.0, 10.0, 0.0), 10.0, p)
    s = lif_double_exp.between(fired, 10.0, 1.5, p)
    assert (s.v, s.i, s.deaf_until) == (p.v_reset, 10.0, 12.0)
    assert s.r_exc == pytest.approx(40.0 * exp(-1.5 / p.tau_rise_exc), rel=1e-15)
    assert s.i_inh == pytest.approx(-20.0 * exp(-1.5 / p.tau_decay_inh), rel=1e-15)
