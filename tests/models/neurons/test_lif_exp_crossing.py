"""LIFExp: when it reaches threshold. Nothing is missed, nothing is early, bits agree."""

from math import exp, inf, log, sqrt

import numba
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from eventsim.models.neurons import lif_exp
from eventsim.models.neurons.lif_exp import Params, State

GRID = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 2000), np.arange(1.0, 400.0, 0.02)])


def textbook_v(s: State, x: float | NDArray[np.float64], p: Params) -> NDArray[np.float64]:
    """The potential `x` ms after `s`, deaf time apart, by the formula for distinct constants."""
    v_inf = p.v_rest + (s.i + p.i_offset) * p.tau_m / p.c_m
    v = v_inf + (s.v - v_inf) * np.exp(-x / p.tau_m)
    for current, tau in ((s.i_exc, p.tau_syn_exc), (s.i_inh, p.tau_syn_inh)):
        factor = current / p.c_m * p.tau_m * tau / (p.tau_m - tau)
        v += factor * (np.exp(-x / p.tau_m) - np.exp(-x / tau))
    return np.asarray(v)


def scanned_crossing(s: State, p: Params) -> float:
    """First crossing by a scan of GRID, refined by brentq; `s` is past its deaf time."""
    above = textbook_v(s, GRID, p) >= p.v_th
    if not above.any():
        return inf
    k = int(np.argmax(above))
    return float(
        brentq(lambda x: float(textbook_v(s, x, p)) - p.v_th, *GRID[k - 1 : k + 1], xtol=1e-13)
    )


def random_case(rng: np.random.Generator) -> tuple[State, Params]:
    """Any signs of both currents, v_inf on both sides of threshold."""
    tau_m, tau_exc, tau_inh = rng.uniform([5, 1, 1], [30, 15, 40]).tolist()
    v, i = rng.uniform([-80, -100], [-50.001, 220]).tolist()
    exc, inh = (rng.normal(0.0, 1.0, 2) * 10.0 ** rng.uniform(1, 4)).tolist()
    return State(v, exc, inh, i, 0.0), Params(tau_m=tau_m, tau_syn_exc=tau_exc, tau_syn_inh=tau_inh)


def test_random_courses_cross_where_a_fine_scan_says() -> None:
    """Oracle: scan and brentq on the textbook formula, allowing for 1e-11 mV of noise."""
    rng, found = np.random.default_rng(1), 0
    for _ in range(3000):
        s, p = random_case(rng)
        x, expected = lif_exp.next_fire(s, 0.0, p), scanned_crossing(s, p)
        if x == expected == inf or (expected == inf and x > GRID[-1]):
            continue
        found += 1
        if expected == inf:  # a touch between two points of the scan
            assert float(textbook_v(s, x, p)) == pytest.approx(p.v_th, abs=1e-11)
            continue
        slope = float(textbook_v(s, x + 1e-6, p) - textbook_v(s, x - 1e-6, p)) / 2e-6
        assert x == pytest.approx(expected, rel=0, abs=1e-9 + 1e-11 / abs(slope))
    assert found > 500


def test_the_weight_that_just_reaches_threshold_is_the_one_whose_peak_touches_it() -> None:
    """Oracle: the peak of the course at the weight bisected on whether it fires at all."""
    rng = np.random.default_rng(2)
    for _ in range(60):
        _, p = random_case(rng)
        inh = float(rng.uniform(-600, 0))
        low, high = 0.0, 1e5
        for _ in range(80):
            middle = 0.5 * (low + high)
            fires = lif_exp.next_fire(State(-62.0, middle, inh, 60.0, 0.0), 0.0, p) < inf
            low, high = (low, middle) if fires else (middle, high)
        s = State(-62.0, high, inh, 60.0, 0.0)
        top = GRID[np.argmax(textbook_v(s, GRID, p))]
        peak = -minimize_scalar(
            lambda x: -float(textbook_v(s, x, p)),  # noqa: B023 - called at once
            bounds=(max(top - 0.05, 0.0), top + 0.05),
            method="bounded",
            options={"xatol": 1e-10},
        ).fun
        assert peak == pytest.approx(p.v_th, rel=0, abs=1e-11)


@pytest.mark.parametrize("t0", [0.0, 1e7])
def test_one_postsynaptic_potential_crosses_at_its_closed_form(t0: float) -> None:
    """Oracle: with tau_m = 2 tau_s, q = exp(-x/tau_m) solves a (q - q**2) = height."""
    p = Params(tau_m=20.0, tau_syn_exc=10.0)
    height = p.v_th - p.v_rest
    for excess in (1e-6, 1e-3, 0.1, 3.0):
        a = 4.0 * height * (1.0 + excess)
        w = a * p.c_m * (1.0 / p.tau_syn_exc - 1.0 / p.tau_m)
        q = 0.5 * (1.0 + sqrt(1.0 - 4.0 * height / a))
        fired = lif_exp.next_fire(State(p.v_rest, w, 0.0, 0.0, 0.0), t0, p)
        assert fired == pytest.approx(t0 - p.tau_m * log(q), rel=0, abs=1e-9)


@pytest.mark.parametrize("tau_syn", [1.0, 5.0, 20.0, 80.0])
def test_a_potential_just_below_threshold_never_fires_and_just_above_does(tau_syn: float) -> None:
    """Oracle: the closed form of the peak; at tau_syn = tau_m it is w tau/(e c_m)."""
    p = Params(tau_syn_exc=tau_syn)
    top = (
        p.tau_m
        if tau_syn == p.tau_m
        else log(tau_syn / p.tau_m) * p.tau_m * tau_syn / (tau_syn - p.tau_m)
    )
    critical = (p.v_th - p.v_rest) * p.c_m / (p.tau_m * exp(-top / tau_syn))
    if tau_syn == p.tau_m:
        critical = (p.v_th - p.v_rest) * p.c_m * exp(1.0) / p.tau_m
    below = State(p.v_rest, critical * (1 - 1e-12), 0.0, 0.0, 0.0)
    above = below._replace(i_exc=critical * (1 + 1e-12))
    assert lif_exp.next_fire(below, 0.0, p) == inf
    assert lif_exp.next_fire(above, 0.0, p) == pytest.approx(top, abs=1e-3)


@pytest.mark.parametrize("t0", [0.0, 1e7])
def test_a_current_step_fires_at_its_closed_form(t0: float) -> None:
    """Oracle: tau_m log((v_inf - v) / (v_inf - v_th)), also for a drive just above threshold."""
    p = Params()
    for i in (187.5 + 1e-9, 188.0, 300.0, 1e5):
        v_inf = p.v_rest + i * p.tau_m / p.c_m
        latency = p.tau_m * log((v_inf - p.v_rest) / (v_inf - p.v_th))
        s = lif_exp.on_current(lif_exp.initial(p, 0.0), t0, i, p)
        assert lif_exp.next_fire(s, t0, p) == pytest.approx(t0 + latency, rel=0, abs=1e-9)


def test_intervals_under_a_constant_current_have_their_closed_form() -> None:
    """Oracle: t_ref + tau_m log((v_inf - v_reset) / (v_inf - v_th))."""
    p = Params(i_offset=400.0, v_reset=-60.0)
    v_inf = p.v_rest + 400.0 * p.tau_m / p.c_m
    interval = p.t_ref + p.tau_m * log((v_inf - p.v_reset) / (v_inf - p.v_th))
    s, t, times = lif_exp.initial(p, 0.0), 0.0, []
    for _ in range(20):
        fired = lif_exp.next_fire(s, t, p)
        s, t = lif_exp.on_fire(lif_exp.between(s, t, fired - t, p), fired, p), fired
        times.append(t)
    assert np.diff(times) == pytest.approx(interval, rel=0, abs=1e-9)


@pytest.mark.parametrize("inh", [0.0, -1e-200, -300.0])
def test_a_level_exactly_at_threshold_is_never_reached_from_below(inh: float) -> None:
    p = Params(tau_m=10.0, c_m=100.0, v_rest=0.0, v_reset=0.0, v_th=15.0, i_offset=150.0)
    for tau_inh in (1.0, 10.0, 100.0):
        q = p._replace(tau_syn_inh=tau_inh)
        assert lif_exp.next_fire(State(0.0, 0.0, inh, 0.0, 0.0), 0.0, q) == inf


def test_of_two_rises_the_first_that_reaches_threshold_counts() -> None:
    """A fast hump, a dip by slow inhibition, then the climb to a level above threshold."""
    p = Params(tau_m=5.0, tau_syn_exc=1.0, tau_syn_inh=40.0)
    level = 16.0 * p.c_m / p.tau_m
    high = State(-60.0, 8000.0, -700.0, level, 0.0)
    low = high._replace(i_exc=2000.0)
    for s in (high, low):
        x = lif_exp.next_fire(s, 0.0, p)
        assert x == pytest.approx(scanned_crossing(s, p), rel=0, abs=1e-9)
    assert lif_exp.next_fire(high, 0.0, p) < 2.0
    assert lif_exp.next_fire(low, 0.0, p) > 50.0


def test_in_the_refractory_period_the_search_starts_at_its_end() -> None:
    """Oracle: the same question put to the state passed on to the end of the period."""
    rng = np.random.default_rng(3)
    for _ in range(500):
        s, p = random_case(rng)
        deaf = s._replace(deaf_until=float(rng.uniform(0, 6)))
        end = lif_exp.between(deaf, 0.0, deaf.deaf_until, p)
        expected = lif_exp.next_fire(end, deaf.deaf_until, p)
        if expected < inf:
            assert lif_exp.next_fire(deaf, 0.0, p) == pytest.approx(expected, abs=1e-9)
            assert lif_exp.next_fire(deaf, 0.0, p) >= deaf.deaf_until


def test_above_threshold_it_fires_at_once_or_when_the_deaf_time_ends() -> None:
    p = Params()
    assert lif_exp.next_fire(State(-49.0, -500.0, 0.0, 0.0, 0.0), 3.0, p) == 3.0
    assert lif_exp.next_fire(State(-49.0, 0.0, 0.0, 0.0, 4.5), 3.0, p) == 4.5


def test_the_bound_never_lies_after_the_crossing_and_neither_before_now() -> None:
    """Compared bit by bit, also from states a rounding error away from the crossing."""
    rng = np.random.default_rng(4)
    for k in range(3000):
        s, p = random_case(rng)
        s = s if k % 3 else s._replace(i_exc=0.0, i_inh=0.0, i=abs(s.i))
        t = 0.0
        for share in (0.5, 0.99, 1.0 - 1e-9, 1.0 - 1e-15):
            fired = lif_exp.next_fire(s, t, p)
            assert t <= lif_exp.safe_until(s, t, p) <= fired
            if fired == inf:
                break
            s, t = lif_exp.between(s, t, share * (fired - t), p), t + share * (fired - t)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def compiled(s: State, p: Params) -> tuple[float, float, float]:
    fired, safe = lif_exp.next_fire(s, 1.0, p), lif_exp.safe_until(s, 1.0, p)
    return fired, safe, lif_exp.between(s, 1.0, 2.7, p).v


def test_compiled_functions_give_the_bits_of_the_plain_ones() -> None:
    rng = np.random.default_rng(5)
    for k in range(2000):
        s, p = random_case(rng)
        s = s._replace(deaf_until=1.7 * (k % 2))
        assert compiled(s, p) == compiled.py_func(s, p)


@pytest.mark.parametrize("tau_syn", [1e-3, 20.0, np.nextafter(20.0, 21.0), 1e6])
def test_extreme_inputs_give_an_answer_without_an_arithmetic_error(tau_syn: float) -> None:
    for size in (5e-324, 1e-200, 1e-3, 1e12):
        for exc, inh in ((size, -size), (-size, size), (size, size), (size, -0.999 * size)):
            for tau_inh in (tau_syn, 2 * tau_syn, np.nextafter(tau_syn, 1e9)):
                p = Params(tau_syn_exc=tau_syn, tau_syn_inh=float(tau_inh))
                s = State(-65.0, exc, inh, 187.0, 0.0)
                assert lif_exp.next_fire(s, 1e7, p) >= lif_exp.safe_until(s, 1e7, p) >= 1e7


def test_absurd_currents_that_cancel_do_not_bring_the_crossing_before_the_bound() -> None:
    """With v_inf at -4e18 mV even the distance from threshold is lost to rounding."""
    p = Params(tau_m=1e6, tau_syn_exc=1e-6, tau_syn_inh=1.0)
    s = State(-65.0, 1e15, 1e3, -1e15, 0.0)
    assert lif_exp.next_fire(s, 1e7, p) >= lif_exp.safe_until(s, 1e7, p) > 1e7
