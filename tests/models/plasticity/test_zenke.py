"""The orchestrated rule: against scipy and sums over all pairs, and what its control is for."""

import re

import numpy as np
import pytest
from driven import Times, every, pair_network, trains, weights
from scipy.integrate import solve_ivp

from eventsim.combine import combined
from eventsim.models import STDPZenke, TsodyksMarkram
from eventsim.models.plasticity.zenke import Params, State, flow

WIDE = (-1e3, 1e3)  # mV; no weight of these tests comes near
RULE = {"a": 0.01, "delta": 0.002, "tau_con": 500.0}  # fast enough to matter within seconds


def consolidated(c: float, w: float, dt: float, p: Params) -> float:
    """Return the consolidated weight `dt` later, by DOP853 at rtol 1e-12."""

    def change(t: float, y: Times) -> Times:
        return (w - y - p.p_con * y * (p.w_p / 2.0 - y) * (p.w_p - y)) / p.tau_con

    return float(solve_ivp(change, (0.0, dt), [c], "DOP853", rtol=1e-12, atol=1e-14).y[0, -1])


@pytest.mark.parametrize("bounds", [WIDE, (0.2, 0.6)], ids=["wide", "bounded"])
def test_the_orchestrated_rule_is_the_walk_over_all_pairs_with_scipy_between(
    bounds: tuple[float, float],
) -> None:
    """Oracle: at every spike sums over all earlier ones; c by DOP853 at rtol 1e-12; 1e-9."""
    arrivals, fired = trains()
    p = Params(**RULE)
    (seen,) = weights(pair_network(STDPZenke(**RULE), arrivals, 0.4, bounds), fired)
    w, c, now, met = 0.4, 0.0, 0.0, 0
    for t, side in sorted([(t, 0) for t in arrivals] + [(t, 1) for t in fired]):
        c, now = consolidated(c, w, t - now, p) if t > now else c, t
        pre = arrivals[arrivals < t] if side == 0 else arrivals[arrivals <= t]
        x, y, z = every(t - pre, 20.0), every(t - fired[fired < t], 20.0), 0.0
        z = every(t - fired[fired < t], 100.0)
        free = w + (p.delta - p.a * y if side == 0 else p.a * x * z - p.beta * (w - c) * y**3)
        w = min(max(free, bounds[0]), bounds[1])
        met += w != free
    assert (met > 50) == (bounds != WIDE)
    assert seen == pytest.approx(w, rel=1e-9)
    assert abs(c) > 0.01


@pytest.mark.parametrize("dt", [1.0, 1e3, 1e6, 1e7])
def test_a_consolidated_weight_falls_into_one_of_two_wells(dt: float) -> None:
    """Oracle: DOP853 at rtol 1e-12, from either side of the ridge between them, up to 3 hours."""
    p = Params()
    for c in (-0.1, 0.2, 0.3, 0.9):
        w, s = flow(0.25, State(c), 0.0, dt, None, p)
        assert w == 0.25
        assert s.c == pytest.approx(consolidated(c, 0.25, dt, p), rel=1e-10, abs=1e-11)
    if dt == 1e7:
        low, high = (flow(0.25, State(c), 0.0, dt, None, p)[1].c for c in (0.2, 0.3))
        assert low < 0.2 < 0.3 < high


def test_without_the_pull_of_the_target_a_weight_runs_away() -> None:
    """Oracle: the control of the paper; fast firing potentiates without end if beta is 0."""
    arrivals, fired = trains()
    held = weights(pair_network(STDPZenke(a=0.02), arrivals, 0.4, WIDE), fired)
    free = weights(pair_network(STDPZenke(a=0.02, beta=0.0), arrivals, 0.4, WIDE), fired)
    assert free[0] > 3.0 * abs(held[0])


@pytest.mark.parametrize("w", [-1e6, -3.0, 1.5, 40.0, 1e6])
def test_the_consolidated_weight_follows_a_large_weight_in_few_steps(w: float) -> None:
    """Oracle: DOP853 at rtol 1e-12; at 1e6 a bound on the slope at w itself asks for 1e13 steps."""
    p = Params()
    for c, dt in ((0.0, 1.0), (0.3, 1e3), (-5.0, 1e3)):
        seen = flow(w, State(c), 0.0, dt, None, p)[1].c
        assert seen == pytest.approx(consolidated(c, w, dt, p), rel=1e-9, abs=1e-11)


def test_a_target_that_fires_fast_drives_the_weight_to_its_bounds_and_the_run_ends() -> None:
    """Oracle: the bounds; 250 Hz, where the pull overshoots."""
    fired = np.arange(1.0, 1000.0, 4.0)
    net = pair_network(STDPZenke(), np.arange(0.75, 1000.0, 50.0), 0.4, (-1e4, 1e4))
    (seen,) = weights(net, fired)
    assert abs(seen) == 1e4


def test_bounds_that_do_not_hold_a_weight_are_refused() -> None:
    message = (
        "projection 'pre->post': the lowest weight under STDPZenke must be finite mV, got -inf; "
        "give bounds=(lowest, highest)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        pair_network(STDPZenke(), np.array([1.0]), 0.4)
    both = combined(STDPZenke(), TsodyksMarkram())
    with pytest.raises(ValueError, match="highest weight under STDPZenke must be finite mV"):
        pair_network(both, np.array([1.0]), 0.4, (0.0, np.inf))
