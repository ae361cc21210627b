"""Neurons that are integrated side by side do what each would do alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from eventsim import FixedInDegree, Network, OneToOne, Sampled, Simulation, Uniform
from eventsim.models import (
    AdEx,
    AdExClopath,
    Clopath,
    Modulator,
    PoissonSource,
    STDPDopamineNearest,
    STDPPair,
)

SIZE = 75  # more than there are lanes, and no multiple of a register


def network(**values: Any) -> Network:
    """Cells that excite one another, from silence to volleys that fire them at an arrival."""
    net = Network(seed=3)
    given = {"tau_syn_exc": 2.0, "i_offset": 700.0, "v_peak": -40.0, **values}
    cells = net.add("cells", AdEx(**given), size=SIZE, initial={"v": Uniform(-70.0, -41.0)})
    noise = net.add("noise", PoissonSource(rate=200.0), size=SIZE)
    net.connect(noise, cells, OneToOne(), weight=5.0, delay=1.0, port="exc")
    for port, delay in (("exc", 1.5), ("inh", Uniform(1.5, 4.0))):
        net.connect(cells, cells, FixedInDegree(40), weight=1.0, delay=delay, port=port)
    return net


def run(
    net: Network, script: Callable[[Simulation], object] | None = None, **options: Any
) -> tuple[Any, Any]:
    with Simulation(net, **options) as sim:
        recorder = sim.record()
        if script is not None:
            script(sim)
        sim.run(60.0)
        times, neurons = recorder.recording.spikes("cells")
        return np.column_stack([times, neurons]), sim.state("cells", "v")


@pytest.fixture(scope="module")
def compiled() -> tuple[Any, Any]:
    return run(network(rtol=1e-4, atol=1e-5))


def test_lanes_give_the_reference_engine_s_bits(compiled: Any) -> None:
    """Oracle: the reference engine, which knows no lanes."""
    spikes, v = run(network(rtol=1e-4, atol=1e-5), engine="reference")
    assert len(spikes) > 2 * SIZE
    np.testing.assert_array_equal(compiled[0], spikes)
    np.testing.assert_array_equal(compiled[1], v)


def test_a_row_of_equal_parameters_for_each_gives_the_same_bits(compiled: Any) -> None:
    """Oracle: the same cells in lanes that share their parameters."""
    spikes, v = run(network(rtol=np.full(SIZE, 1e-4), atol=1e-5))
    np.testing.assert_array_equal(compiled[0], spikes)
    np.testing.assert_array_equal(compiled[1], v)


def learning() -> Network:
    """Cells of many kinds whose synapses learn: by traces, by the potential, by dopamine."""
    net = Network(seed=5)
    cell = AdExClopath(
        a=np.linspace(0.0, 8.0, SIZE), tau_w=np.linspace(50.0, 150.0, SIZE), rtol=1e-4, atol=1e-5
    )
    cells = net.add("cells", cell, size=SIZE, initial={"v": Uniform(-70.0, -51.0)})
    noise = net.add("noise", PoissonSource(rate=1000.0), size=SIZE)
    net.connect(noise, cells, OneToOne(), weight=4.0, delay=1.0, port="spike")
    dopamine = net.add("dopamine", Modulator(tau=20.0, rest=0.1))
    rules = (
        STDPPair(a_plus=0.1, a_minus=0.1),
        Clopath(a_ltd=0.01, a_ltp=0.01),
        STDPDopamineNearest(dopamine=dopamine, a_plus=0.1, a_minus=0.1),
    )
    for k, rule in enumerate(rules):
        net.connect(
            cells, cells, FixedInDegree(10), weight=1.0, delay=Uniform(1.5, 4.0), port="spike",
            plasticity=rule, bounds=(0.0, 3.0), name=f"rule {k}",
        )  # fmt: skip
    return net


def test_synapses_of_neurons_in_lanes_learn_as_the_reference_engine_s() -> None:
    """Oracle: the reference engine; weights must have moved, both ways."""
    found = []
    for engine in ("compiled", "reference"):
        with Simulation(learning(), engine=engine) as sim:
            recorder = sim.record()
            sim.run(100.0)
            weights = [sim.weights(f"rule {k}") for k in range(3)]
            found.append((*recorder.recording.spikes("cells"), *weights))
    assert found[0][0].size > 2 * SIZE
    for weights in found[0][2:]:
        assert weights.min() < 0.9 < 1.1 < weights.max()
    for ours, reference in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, reference)


def test_parameters_of_one_s_own_given_during_the_run_count_from_then_on() -> None:
    """Oracle: the reference engine; shared before 20 ms, each its own current after."""

    def spread(sim: Simulation) -> None:
        currents = np.linspace(300.0, 1100.0, SIZE)
        sim.at(20.0, lambda sim: sim.set_parameters("cells", i_offset=currents))

    plain = run(network(rtol=1e-4, atol=1e-5), spread, engine="reference")
    seen = run(network(rtol=1e-4, atol=1e-5), spread)
    np.testing.assert_array_equal(seen[0], plain[0])
    np.testing.assert_array_equal(seen[1], plain[1])
    late = plain[0][plain[0][:, 0] > 20.0, 1]
    assert np.sum(late >= SIZE // 2) > 1.2 * np.sum(late < SIZE // 2)


def test_who_is_sampled_leaves_the_lanes_and_changes_no_bit(compiled: Any) -> None:
    with Simulation(network(rtol=1e-4, atol=1e-5)) as sim:
        recorder = sim.record(states={"cells": Sampled("v", 0.5, neurons=[0, 7, 40])})
        sim.run(60.0)
        times, neurons = recorder.recording.spikes("cells")
    np.testing.assert_array_equal(compiled[0], np.column_stack([times, neurons]))


def test_more_spikes_in_a_window_than_there_is_room_for_are_all_there() -> None:
    """Oracle: 3,000 cells above threshold at once fire once each, at the same time."""
    net = Network(seed=1)
    net.add("cells", AdEx(t_ref=5.0), size=3000)
    with Simulation(net) as sim:
        recorder = sim.record()
        sim.send("cells", np.full(3000, 5.0), np.arange(3000), 1000.0, port="exc")
        sim.run(7.0)
        times, neurons = recorder.recording.spikes("cells")
    np.testing.assert_array_equal(neurons, np.arange(3000))
    assert np.ptp(times) == 0.0
