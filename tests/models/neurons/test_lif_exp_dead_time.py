"""LIFExpDeadTime: its closed form, its dead time, and LIFExp, which it is without one."""

import numpy as np
import pytest
from scipy.linalg import expm

from eventsim.models import LIFExp, LIFExpDeadTime
from eventsim.models.neurons import lif_exp
from eventsim.models.neurons import lif_exp_dead_time as lif
from walk import noise, walk

P = lif.Params(tau_m=63.5, c_m=1.0, v_rest=0.0, v_th=20.0, v_reset=0.0, t_ref=3.0, tau_syn=1.0)


@pytest.mark.parametrize("tau_syn", [0.3, 1.0, 63.0, 63.5, 63.5 * (1 + 1e-9), 64.0, 400.0])
def test_passing_time_is_the_matrix_exponential(tau_syn: float) -> None:
    """Oracle: scipy's expm, for time constants apart, near and equal; in the dead time too."""
    p, rng = P._replace(tau_syn=tau_syn), np.random.default_rng(1)
    m = np.array([[-1 / p.tau_m, 1 / p.c_m], [0.0, -1 / tau_syn]])
    for _ in range(50):
        v, i, dt = rng.uniform([-30, -40, 0], [25, 40, 50]).tolist()
        s = lif.between(lif.State(v, i, 10.0), 0.0, dt, p)
        assert s[:2] == pytest.approx(tuple(expm(m * dt) @ [v, i]), rel=1e-10, abs=1e-10)


def test_the_crossing_is_the_first_that_a_scan_finds() -> None:
    """Oracle: 800 points of every stretch, over hundreds of states; v = v_th at the crossing, or
    above it at the end of the dead time."""
    rng, found, late = np.random.default_rng(2), 0, 0
    for _ in range(800):
        tau_m, tau_syn = rng.uniform([3, 0.3], [60, 60]).tolist()
        p = P._replace(tau_m=tau_m, tau_syn=tau_syn)
        v, blocked = rng.uniform([-30, 0], [22, 6]).tolist()
        # enough to bring v near to threshold, or not quite
        i = float(rng.uniform(-0.2, 3.0)) * 20.0 / min(tau_m, tau_syn)
        s = lif.State(v, i, blocked)
        due = lif.next_fire(s, 0.0, p)
        assert due >= blocked
        end = min(due, 300.0)
        scan = np.linspace(blocked, end * (1.0 - 1e-9), 800).tolist() if end > blocked else []
        assert not any(lif.between(s, 0.0, t, p).v >= p.v_th for t in scan)
        if due <= 300.0:
            found += 1
            reached = lif.between(s, 0.0, due, p).v
            late += due == blocked
            assert reached >= p.v_th if due == blocked else reached == pytest.approx(20.0, abs=1e-9)
    assert min(found - late, late) > 60


@pytest.mark.parametrize("tau_syn", [1.0, 5.0, 90.0])
def test_without_a_dead_time_it_is_the_neuron_with_exponential_currents(tau_syn: float) -> None:
    """Oracle: LIFExp, whose crossings are searched in another way; 1e-9 ms."""
    p = P._replace(t_ref=0.0, tau_syn=tau_syn)
    shared = {name: value for name, value in p._asdict().items() if name != "tau_syn"}
    q = lif_exp.Params(**shared, tau_syn_exc=tau_syn, tau_syn_inh=tau_syn)
    arrivals = noise({"exc": (900.0, 6.0), "inh": (500.0, -6.0)}, 300.0)
    arrivals = [(t, port, w / min(tau_syn, 20.0)) for t, port, w in arrivals]
    expected = walk(LIFExp, q, arrivals, 300.0).spikes
    seen = walk(LIFExpDeadTime, p, [(t, "spike", w) for t, _, w in arrivals], 300.0).spikes
    np.testing.assert_allclose(seen, expected, rtol=0.0, atol=1e-9)
    assert len(seen) > 20


def in_small_steps(arrivals: list[tuple[float, float]], until: float, dt: float) -> list[float]:
    """A program of the two equations and the dead time in steps of `dt`; return the spikes."""
    v, i, last, spikes, k = 0.0, 0.0, -9.0, [], 0
    for step in range(1, round(until / dt)):
        while k < len(arrivals) and arrivals[k][0] < step * dt:
            i += arrivals[k][1]
            k += 1
        v += dt * (i / P.c_m - v / P.tau_m)
        i -= dt * i / P.tau_syn
        if v >= P.v_th and step * dt - last >= P.t_ref - 0.5 * dt:
            v, last = P.v_reset, step * dt
            spikes.append(last)
    return spikes


def test_potential_and_current_go_on_in_the_dead_time() -> None:
    """Oracle: a program in steps of 0.0005 ms; spikes within 0.02 ms, of which some wait for the
    end of the dead time."""
    arrivals = noise({"exc": (1500.0, 9.0), "inh": (900.0, -9.0)}, 150.0, seed=5)
    expected = in_small_steps([(t, w) for t, _, w in arrivals], 150.0, 0.0005)
    seen = walk(LIFExpDeadTime, P, [(t, "spike", w) for t, _, w in arrivals], 150.0).spikes
    np.testing.assert_allclose(seen, expected, rtol=0.0, atol=0.02)
    assert np.sum(np.abs(np.diff(seen) - P.t_ref) < 1e-9) > 3
    assert len(seen) > 20
