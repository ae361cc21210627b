"""LIFExp: how it passes between events, function by function."""

from math import exp, isfinite

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from eventsim.models.neurons import lif_exp
from eventsim.models.neurons.lif_exp import Params, State


def random_states(rng: np.random.Generator, n: int) -> list[State]:
    low, high = [-80, 0, -900, -100, 0], [-51, 900, 0, 300, 8]
    return [State(*row) for row in rng.uniform(low, high, (n, 5)).tolist()]


def test_passing_time_agrees_with_numerical_integration() -> None:
    """Oracle: scipy's DOP853 at 1e-12."""
    p = Params(i_offset=30.0, tau_m=12.0, tau_syn_exc=3.0, tau_syn_inh=9.0)

    def slopes(t: float, y: list[float]) -> list[float]:
        drive = y[1] + y[2] + y[3] + p.i_offset
        return [
            -(y[0] - p.v_rest) / p.tau_m + drive / p.c_m,
            -y[1] / p.tau_syn_exc,
            -y[2] / p.tau_syn_inh,
            0.0,
        ]

    for s in random_states(np.random.default_rng(1), 20):
        s = s._replace(deaf_until=0.0)
        expected = solve_ivp(slopes, (0, 7), list(s[:4]), "DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
        assert lif_exp.between(s, 0.0, 7.0, p)[:4] == pytest.approx(expected, rel=1e-9)


def test_one_arrival_makes_the_textbook_postsynaptic_potential() -> None:
    """Oracle: w/c_m (tau_m tau_s)/(tau_m - tau_s) (exp(-t/tau_m) - exp(-t/tau_s))."""
    p, w, t = Params(), 100.0, 7.0
    s = lif_exp.between(lif_exp.on_exc(lif_exp.initial(p, 0.0), 0.0, w, p), 0.0, t, p)
    factor = w / p.c_m * p.tau_m * p.tau_syn_exc / (p.tau_m - p.tau_syn_exc)
    expected = factor * (exp(-t / p.tau_m) - exp(-t / p.tau_syn_exc))
    assert s.v - p.v_rest == pytest.approx(expected, rel=1e-12)


def test_equal_time_constants_give_the_alpha_shaped_potential() -> None:
    """Oracle: w/c_m t exp(-t/tau)."""
    p = Params(tau_m=10.0, tau_syn_exc=10.0)
    s = lif_exp.between(State(p.v_rest, 100.0, 0.0, 0.0, 0.0), 0.0, 7.0, p)
    assert s.v - p.v_rest == pytest.approx(100.0 / p.c_m * 7.0 * exp(-0.7), rel=1e-13)


@pytest.mark.parametrize("share", [1e-15, 1e-12, 1e-9, 1e-6])
def test_nearly_equal_time_constants_differ_as_little_as_they_should(share: float) -> None:
    """Oracle: the first-order change, tau dv/dtau, is at most 1 mV here; no noise."""
    s = State(-65.0, 100.0, -50.0, 0.0, 0.0)
    equal = Params(tau_m=10.0, tau_syn_exc=10.0, tau_syn_inh=10.0)
    near = equal._replace(tau_syn_exc=10.0 * (1 + share), tau_syn_inh=10.0 * (1 - share))
    change = lif_exp.between(s, 0.0, 7.0, near).v - lif_exp.between(s, 0.0, 7.0, equal).v
    assert abs(change) <= share + 3e-14


def test_passing_in_two_steps_equals_passing_in_one() -> None:
    """Oracle: the semigroup property, also across the end of the refractory period."""
    rng = np.random.default_rng(2)
    for s in random_states(rng, 300):
        tau_m, tau_exc, tau_inh, a, b = rng.uniform([2, 1, 1, 0, 0], [30, 40, 40, 9, 9]).tolist()
        p = Params(tau_m=tau_m, tau_syn_exc=tau_exc, tau_syn_inh=tau_inh)
        twice = lif_exp.between(lif_exp.between(s, 0.0, a, p), a, b, p)
        assert twice == pytest.approx(lif_exp.between(s, 0.0, a + b, p), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dt", [0.0, 1e-300, 1e-9, 1.0, 1e4, 1e7])
@pytest.mark.parametrize("tau_syn", [1e-3, 19.999999999999, 20.0, 1e6])
def test_nothing_overflows_over_any_stretch_of_time(dt: float, tau_syn: float) -> None:
    p = Params(tau_syn_exc=tau_syn, tau_syn_inh=tau_syn / 2)
    s = lif_exp.between(State(-65.0, 1e4, -1e4, 100.0, 0.0), 0.0, dt, p)
    assert all(isfinite(x) for x in s)


def test_v_waits_while_the_currents_go_on_in_the_refractory_period() -> None:
    p = Params()
    fired = lif_exp.on_fire(State(p.v_th, 300.0, -20.0, 10.0, 0.0), 10.0, p)
    s = lif_exp.between(fired, 10.0, 1.5, p)
    assert (s.v, s.i, s.deaf_until) == (p.v_reset, 10.0, 12.0)
    assert s.i_exc == pytest.approx(300.0 * exp(-1.5 / p.tau_syn_exc), rel=1e-15)
    assert s.i_inh == pytest.approx(-20.0 * exp(-1.5 / p.tau_syn_inh), rel=1e-15)


def test_v_moves_from_the_very_end_of_the_refractory_period() -> None:
    p = Params()
    fired = lif_exp.on_fire(State(p.v_th, 300.0, 0.0, 0.0, 0.0), 10.0, p)
    assert lif_exp.between(fired, 10.0, 2.0, p).v == p.v_reset
    assert lif_exp.between(fired, 10.0, 2.0 + 1e-9, p).v > p.v_reset


def test_an_arrival_in_the_refractory_period_still_counts() -> None:
    p = Params()
    s = lif_exp.on_fire(State(p.v_th, 0.0, 0.0, 0.0, 0.0), 10.0, p)
    for port, name in (("exc", "i_exc"), ("inh", "i_inh"), ("current", "i")):
        assert getattr(lif_exp.LIFExp.on_input[port](s, 10.5, -7.0, p), name) == -7.0


def test_the_ports_are_told_apart() -> None:
    assert lif_exp.LIFExp.ports == ("exc", "inh", "current")
    with pytest.raises(ValueError, match="say which port; LIFExp has exc, inh"):
        lif_exp.LIFExp.port_number(None, "projection 'a->b'")
