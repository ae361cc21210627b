"""Readouts: leaky sums of their input that never fire."""

import numpy as np
import pytest
from scipy.linalg import expm

from eventsim.models.neurons import readout, readout_double_exp


def test_regular_input_sums_to_the_geometric_series() -> None:
    """Oracle: after n inputs every T ms, v = w (1 - q**n) / (1 - q), q = exp(-T/tau_m)."""
    p, w, T, n = readout.Params(), 0.5, 3.0, 40
    s = readout.initial(p, 0.0)
    rest = s.v
    for k in range(n):
        s = readout.on_spike(readout.between(s, k * T, T, p), (k + 1) * T, w, p)
    q = np.exp(-T / p.tau_m)
    assert s.v - rest == pytest.approx(w * (1 - q**n) / (1 - q), rel=1e-12)


def test_no_input_makes_it_fire() -> None:
    p = readout.Params()
    s = readout.on_spike(readout.initial(p, 0.0), 1.0, 1e6, p)
    assert not readout.Readout.fires(s, p)
    assert readout.Readout.next_fire(s, 1.0, p) == np.inf


@pytest.mark.parametrize(("tau_rise", "tau_decay"), [(2.0, 20.0), (20.0, 2.0), (7.0, 7.0)])
def test_a_potential_that_rises_and_decays_is_the_matrix_exponential(
    tau_rise: float, tau_decay: float
) -> None:
    """Oracle: scipy's expm of the equations; the peak of one arrival's potential is its weight."""
    p = readout_double_exp.Params(tau_rise, tau_decay)
    s = readout_double_exp.on_spike(readout_double_exp.initial(p, 0.0), 0.0, 3.0, p)
    course = [readout_double_exp.between(s, 0.0, dt, p).v for dt in np.arange(0.0, 60.0, 0.01)]
    assert max(course) == pytest.approx(3.0, rel=1e-6)
    s = readout_double_exp.on_spike(readout_double_exp.between(s, 0.0, 4.3, p), 4.3, -1.0, p)
    rates = np.array([[-1.0 / tau_decay, 1.0], [0.0, -1.0 / tau_rise]])
    for dt in (0.1, 3.0, 50.0):
        np.testing.assert_allclose(
            readout_double_exp.between(s, 4.3, dt, p), expm(dt * rates) @ s, rtol=1e-12
        )
