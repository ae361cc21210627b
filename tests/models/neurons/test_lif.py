"""LIF with delta input, function by function."""

from math import exp, inf, log, nextafter

import numpy as np
import pytest

from eventsim.models.neurons import lif
from eventsim.models.neurons.lif import Params, State


def test_regular_input_sums_to_the_geometric_series() -> None:
    """Oracle: after n inputs every T ms, v - v_rest = w (1 - q**n) / (1 - q), q = exp(-T/tau_m)."""
    p, w, interval, n = Params(v_th=1e9), 0.5, 3.0, 40
    s = State(p.v_rest, 0.0, 0.0)
    for k in range(n):
        s = lif.on_spike(lif.between(s, k * interval, interval, p), (k + 1) * interval, w, p)
    q = exp(-interval / p.tau_m)
    assert s.v - p.v_rest == pytest.approx(w * (1 - q**n) / (1 - q), rel=1e-12)


@pytest.mark.parametrize("t0", [0.0, 1e7])
def test_the_first_spike_of_a_current_step_has_its_closed_form(t0: float) -> None:
    """Oracle: t0 + tau_m log(RI / (RI - (v_th - v_rest))), to half an ulp of t0."""
    p = Params()
    s = lif.on_current(State(p.v_rest, 0.0, 0.0), t0, 300.0, p)
    drive = 300.0 * p.tau_m / p.c_m
    latency = p.tau_m * log(drive / (drive - 15.0))
    assert lif.next_fire(s, t0, p) == pytest.approx(t0 + latency, rel=0, abs=1e-9)


def test_intervals_under_a_constant_current_have_their_closed_form() -> None:
    """Oracle: t_ref + tau_m log((v_inf - v_reset) / (v_inf - v_th))."""
    p = Params(i_offset=400.0, v_reset=-60.0)
    s, t = State(p.v_rest, 0.0, 0.0), 0.0
    v_inf = p.v_rest + 400.0 * p.tau_m / p.c_m
    interval = p.t_ref + p.tau_m * log((v_inf - p.v_reset) / (v_inf - p.v_th))
    times = []
    for _ in range(20):
        fired = lif.next_fire(s, t, p)
        s, t = lif.on_fire(lif.between(s, t, fired - t, p), fired, p), fired
        times.append(t)
    assert np.diff(times) == pytest.approx(interval, rel=0, abs=1e-9)


def test_a_current_that_leads_exactly_to_threshold_never_fires() -> None:
    p = Params(tau_m=10.0, c_m=100.0, v_rest=0.0, v_reset=0.0, v_th=15.0, i_offset=150.0)
    assert lif.next_fire(State(0.0, 0.0, 0.0), 0.0, p) == inf
    assert lif.next_fire(State(0.0, 0.001, 0.0), 0.0, p) < inf


def test_a_neuron_that_starts_above_threshold_fires_at_once() -> None:
    p = Params()
    assert lif.next_fire(State(-49.0, 0.0, 0.0), 3.0, p) == 3.0
    assert lif.next_fire(State(-49.0, 0.0, 4.0), 3.0, p) == 4.0


def test_an_arrival_in_the_refractory_period_is_lost_and_at_its_end_counts() -> None:
    p = Params()
    s = lif.on_fire(State(p.v_th, 0.0, 0.0), 10.0, p)
    assert lif.on_spike(s, nextafter(12.0, 0.0), 5.0, p) == s
    assert lif.on_spike(s, 12.0, 5.0, p).v == p.v_reset + 5.0


def test_passing_in_two_steps_equals_passing_in_one() -> None:
    """Oracle: the semigroup property, also across the end of the refractory period."""
    p, rng = Params(i_offset=200.0), np.random.default_rng(1)
    for v, deaf, a, b in rng.uniform([-80, 0, 0, 0], [-51, 8, 9, 9], (200, 4)).tolist():
        s = State(v, 50.0, deaf)
        twice = lif.between(lif.between(s, 1.0, a, p), 1.0 + a, b, p)
        assert twice.v == pytest.approx(lif.between(s, 1.0, a + b, p).v, rel=1e-12)


def test_the_next_spike_never_lies_before_now() -> None:
    """Stepping close to the crossing and asking again: rounding must not send time backwards."""
    p, rng = Params(i_offset=300.0), np.random.default_rng(2)
    for v, share in rng.uniform([-80, 0.999999], [-50, 1], (500, 2)).tolist():
        s = State(v, 0.0, 0.0)
        dt = share * lif.next_fire(s, 0.0, p)
        assert lif.next_fire(lif.between(s, 0.0, dt, p), dt, p) >= dt
