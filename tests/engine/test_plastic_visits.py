"""Visits in storage order, where the weight is all that a synapse keeps.

The oracle is the reference engine, to 1e-9: what a visit reads there is written relative to a time
that moves on, holds two spikes of the target, and is taken back where the target fires.
"""

from typing import Any

import numpy as np
import pytest

from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.engine.compiled.population import HISTORY
from eventsim.models import LIF, PoissonSource, SpikeSource, STDPPair, STDPTriplet
from runs import agreed, assert_close, outcome

BOUNDS = (0.0, 2.0)


def network(rule: Any, delay: Any, rate: float = 900.0, **cell: float) -> Network:
    """Noisy cells that excite one another, and 20 slow sources with multapses onto them."""
    net = Network(seed=8)
    noise = net.add("noise", PoissonSource(rate=rate), size=70)
    slow = net.add("slow", PoissonSource(rate=6.0), size=20)
    cells = net.add("cells", LIF(**cell), size=70, initial={"v": Uniform(-65.0, -50.0)})
    net.connect(noise, cells, OneToOne(), weight=3.0, delay=1.0)
    given = {"plasticity": rule, "bounds": BOUNDS}
    net.connect(cells, cells, FixedInDegree(8), 0.5, delay, name="fast", **given)
    net.connect(slow, cells, FixedInDegree(25, multapses=True), 0.5, delay, name="slow", **given)
    return net


@pytest.mark.parametrize("delay", [1.5, Uniform(0.6, 5.0)], ids=["one delay", "many delays"])
def test_visits_agree_over_many_times_of_reference_and_many_spikes_of_a_target(delay: Any) -> None:
    """Traces of 1 and 2 ms: a time of reference lasts 100 ms, and a source is silent for longer."""
    rule = STDPPair(a_plus=0.04, a_minus=0.02, tau_plus=1.0, tau_minus=2.0)
    net = network(rule, delay, t_ref=0.3)
    seen = agreed(net, 450.0)
    assert seen.count("cells") > 1500  # 50 Hz: ten spikes between two arrivals from a slow source
    assert len(set(seen.weights["fast"])) > 300
    assert len(set(seen.weights["slow"])) > 500
    with Simulation(net, path="superposition") as sim:
        path = next(iter(sim.engine.superposed.values()))  # type: ignore[attr-defined]
        assert all(
            visits.alone and visits.lines.spans[0] == 100.0 for visits in path.visits.values()
        )


def test_visits_agree_for_a_rule_with_several_traces_on_both_sides() -> None:
    rule = STDPTriplet(a2_plus=0.01, a3_plus=0.02, a2_minus=0.01, a3_minus=0.01)
    seen = agreed(network(rule, Uniform(0.6, 5.0)), 200.0)
    assert len(set(seen.weights["slow"])) > 800


def test_visits_agree_where_a_script_sets_freezes_and_resets() -> None:
    """Weights replaced, one projection frozen for a while, and a state begun anew."""

    def meddle(sim: Simulation) -> None:
        sim.at(30.0, lambda sim: sim.set_weights("slow", 0.7))
        sim.at(60.0, lambda sim: sim.freeze("fast"))
        sim.at(90.3, lambda sim: sim.unfreeze("fast"))
        sim.at(110.0, lambda sim: sim.reset_state())

    net = network(STDPPair(a_plus=0.05, a_minus=0.06), Uniform(0.6, 5.0))
    plain = outcome(net, 170.0, engine="reference", script=meddle)
    assert_close(outcome(net, 170.0, path="superposition", script=meddle), plain)


@pytest.mark.parametrize("path", ["ordered", "superposition"])
def test_weights_are_read_right_while_spikes_are_on_their_way(path: str) -> None:
    """Oracle: the reference engine; each synapse has heard its source's last spike, or not yet."""

    def readings(**options: Any) -> list[list[float]]:
        read: list[list[float]] = []
        with Simulation(net, **options) as sim:
            sim.every(7.3, lambda sim: read.append(sim.weights("fast").tolist()))
            sim.run(80.0)
        return read

    net = network(STDPPair(a_plus=0.05, a_minus=0.06), Uniform(0.6, 5.0), rate=1500.0)
    seen, plain = readings(path=path), readings(engine="reference")
    assert len(seen) >= 10
    np.testing.assert_allclose(seen, plain, rtol=0.0 if path == "ordered" else 1e-9)


def test_a_synapse_of_a_rule_of_traces_keeps_eight_bytes() -> None:
    net = network(STDPTriplet(), 1.5)
    with Simulation(net) as sim:
        plastic = sim.engine.populations[2].plastic  # type: ignore[attr-defined]
        assert plastic.memory.nbytes == 8 * sum(
            net.projections[p].synapses.count for p in ("fast", "slow")
        )


def test_a_visit_finds_every_spike_of_its_target_whatever_happened_since() -> None:
    """Oracle: the sum over all pairs, 1e-12; a spike 90 s ago, and one at the arrival itself.

    More spikes than a history holds come between two arrivals: it is cut, and stays as it was.
    """
    rule = STDPPair(a_plus=0.01, a_minus=0.02, tau_plus=20.0, tau_minus=30.0)
    arrivals = np.array([10.0, 90_000.0, 90_010.0])
    burst, late = np.arange(12.0, 162.0, 1.5), np.array([89_990.0, 90_000.0, 90_005.0])
    fired = np.concatenate([burst, late])
    net = Network()
    source = net.add("pre", SpikeSource(arrivals - 0.5))
    cell = net.add("post", LIF(v_th=1e12, t_ref=0.0))
    net.connect(source, cell, AllToAll(), 0.5, 0.5, plasticity=rule, bounds=(-5.0, 5.0))
    with Simulation(net, path="superposition") as sim:
        sim.send("post", fired, np.zeros(fired.size, int), 1e13)
        sim.run(90_020.0)
        seen = sim.weights("pre->post")[0]
        plastic = sim.engine.populations[cell.index].plastic  # type: ignore[attr-defined]
        assert plastic.history.shape[1] == HISTORY
    lags = arrivals[:, np.newaxis] - fired
    up, down = np.exp(lags[lags <= 0.0] / 20.0), np.exp(-lags[lags > 0.0] / 30.0)
    assert seen == pytest.approx(0.5 + 0.01 * up.sum() - 0.02 * down.sum(), rel=1e-12)
