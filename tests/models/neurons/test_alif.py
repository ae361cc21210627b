"""ALIF: an adaptive threshold, in closed form."""

from math import exp, inf

import numpy as np
import pytest

from eventsim.models.neurons import alif
from eventsim.models.neurons.alif import Params, State


def test_the_crossing_solves_its_equation_and_is_the_first() -> None:
    """Oracle: v = v_th + theta there, and a scan of 4,000 points finds no earlier one."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(400):
        tau_m, tau_a = rng.uniform([5, 5], [40, 400]).tolist()
        p = Params(tau_m=tau_m, tau_a=tau_a, i_offset=float(rng.uniform(0, 300)))
        v, theta = rng.uniform([-75, 0], [-40, 25]).tolist()
        s = State(v, theta, 0.0, 0.0)
        due = alif.next_fire(s, 0.0, p)
        assert (due == 0.0) == alif.fires(s, p)
        if due == 0.0:
            continue
        for t in np.linspace(0.0, min(due, 2000.0), 4001)[:-1].tolist():
            assert not alif.fires(alif.between(s, 0.0, t, p), p)
        if 0.0 < due < inf:
            found += 1
            at = alif.between(s, 0.0, due, p)
            assert at.v - p.v_th - at.theta == pytest.approx(0.0, abs=1e-10)
    assert found > 50


def test_the_threshold_rises_by_beta_and_decays() -> None:
    p = Params()
    s = alif.between(alif.on_fire(State(-50.0, 1.0, 0.0, 0.0), 10.0, p), 10.0, 30.0, p)
    assert s.theta == pytest.approx((1.0 + p.beta) * exp(-30.0 / p.tau_a), rel=1e-14)


def test_a_lower_threshold_alone_makes_a_waiting_cell_fire() -> None:
    """Oracle: v stands at -48; the threshold -50 + 10 exp(-t/tau_a) comes down to it."""
    p = Params(v_rest=-48.0, v_reset=-60.0)
    due = alif.next_fire(State(-48.0, 10.0, 0.0, 0.0), 0.0, p)
    assert due == pytest.approx(p.tau_a * np.log(5.0), rel=1e-12)


def test_the_refractory_period_ignores_spikes_but_not_time() -> None:
    p = Params()
    s = alif.on_fire(State(-50.0, 0.0, 0.0, 0.0), 5.0, p)
    assert alif.on_spike(s, 6.0, 30.0, p) == s
    assert alif.between(s, 5.0, 1.0, p).v == p.v_reset
    assert alif.between(s, 5.0, 1.0, p).theta < s.theta
