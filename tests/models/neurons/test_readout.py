"""Readout: a leaky sum of its input that never fires."""

import numpy as np
import pytest

from eventsim.models.neurons import readout


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
