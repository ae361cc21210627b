"""Operations on all weights of a target, from control events."""

import numpy as np
import pytest

from eventsim import AllToAll, FixedInDegree, Network, Simulation, Uniform
from eventsim.models import LIF, PoissonSource, STDPPair
from eventsim.models.plasticity.homeostasis import normalised, scaled
from eventsim.network import Projection


def projection(bounds: tuple[float, float] = (0.0, 5.0)) -> Projection:
    net = Network(seed=3)
    a, b = net.add("a", PoissonSource(rate=20.0), size=30), net.add("b", LIF, size=8)
    return net.connect(
        a, b, FixedInDegree(10), Uniform(0.0, 1.0), 1.0, plasticity=STDPPair(), bounds=bounds
    )


def test_normalised_weights_add_up_to_the_total_of_each_target() -> None:
    """Oracle: the sum over the synapses of each target, one by one; ratios within it stay."""
    p = projection()
    totals = np.arange(1.0, 9.0)
    weights = np.array(p.synapses.weight)
    new = normalised(p, weights, totals)
    for target in range(8):
        mine = p.synapses.target == target
        assert new[mine].sum() == pytest.approx(totals[target], rel=1e-12)
        assert np.ptp(new[mine] / weights[mine]) < 1e-12


def test_scaling_moves_every_target_towards_its_rate_by_its_own_factor() -> None:
    """Oracle: 1 + gain (rho - r) / rho; those at rho stay."""
    p = projection()
    weights, rates = np.array(p.synapses.weight), np.array([0, 5, 10, 20, 10, 10, 10, 10.0])
    factor = scaled(p, weights, rates, rho=10.0, gain=0.1) / weights
    expected = np.array([1.1, 1.05, 1.0, 0.9, 1.0, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(factor, expected[p.synapses.target], rtol=1e-12)


def test_normalisation_at_control_events_holds_the_sum_during_learning() -> None:
    """Oracle: the sum just after each event, on both engines; arrivals are summed, to rounding."""
    net = Network(seed=3)
    a, b = net.add("a", PoissonSource(rate=50.0), size=30), net.add("b", LIF(t_ref=1.0), size=8)
    p = net.connect(
        a, b, AllToAll(), Uniform(0.5, 1.5), 1.0, plasticity=STDPPair(a_plus=0.1), bounds=(0.0, 5.0)
    )
    seen = []
    for engine in ("compiled", "reference"):
        with Simulation(net, engine=engine) as sim:
            sim.every(50.0, lambda sim: sim.set_weights(p, normalised(p, sim.weights(p), 30.0)))
            sim.run(100.0 + 1e-9)
            seen.append(sim.weights(p))
            assert sim.spike_count("b") > 10
    np.testing.assert_allclose(*seen, rtol=1e-12)
    np.testing.assert_allclose(np.bincount(p.synapses.target, seen[0]), 30.0, rtol=1e-12)


def test_a_rate_that_is_not_positive_is_refused() -> None:
    p = projection()
    with pytest.raises(ValueError, match=r"scaling of 'a->b': rho must be > 0 Hz, got 0.0"):
        scaled(p, np.array(p.synapses.weight), 1.0, rho=0.0, gain=0.1)
