"""The total order of events: what comes first at one time, on both engines."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from eventsim import AllToAll, FromArrays, Network, Sampled, Simulation
from eventsim.model import NeuronModel
from eventsim.models import LIF, SpikeSource, STDPPair

ENGINES = ["compiled", "reference"]
engines = pytest.mark.parametrize("engine", ENGINES)
STEP = STDPPair(a_plus=1.0, a_minus=2.0, tau_plus=1e12, tau_minus=1e12)  # x and y count spikes

log: list[tuple[Any, ...]] = []


class Params(NamedTuple):
    number: float = 0.0


class State(NamedTuple):
    v: float


def between(s: State, t: float, dt: float, p: Params) -> State:
    return s


def on_spike(s: State, t: float, w: float, p: Params) -> State:
    log.append(("arrival", t, p.number, w))
    return State(s.v + w)


def fires(s: State, p: Params) -> bool:
    log.append(("test", p.number, s.v))
    return s.v >= 3.0


def next_fire(s: State, t: float, p: Params) -> float:
    return max(t, 6.0) if s.v >= 2.0 else float("inf")


def on_fire(s: State, t: float, p: Params) -> State:
    log.append(("fires", t, p.number))
    return State(0.0)


LOGGING = NeuronModel(
    name="Logging",
    params=Params,
    state=State,
    initial=lambda p, key: State(0.0),
    between=between,
    on_input={"spike": on_spike},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
)


def test_events_of_one_instant_come_by_phase_target_and_source_with_one_test_per_target() -> None:
    """Oracle: a literal list; two sources and a send reach two neurons at 5 ms, one crosses at 6.

    Connections are made, and the sources numbered, against the order in which things must happen.
    """
    net = Network()
    cells = net.add("cells", LOGGING(number=np.array([0.0, 1.0])), size=2)
    late = net.add("late", SpikeSource([[3.0], [4.0, 5.0]]), size=2)
    net.connect(late, cells, FromArrays([1, 1, 0], [1, 0, 1]), weight=[0.5, 1.0, 0.25],
                delay=[1.0, 1.0, 2.0])  # fmt: skip
    log.clear()
    with Simulation(net, engine="reference") as sim:
        sim.record(states={"cells": Sampled("v", every=5.0)})
        sim.send("cells", [5.0, 5.0], [1, 0], [0.125, 1.0])
        sim.at(5.0, lambda sim: log.append(("control", sim.now)))
        sim.run(7.0)
    assert log == [
        ("control", 5.0),
        ("arrival", 5.0, 0.0, 1.0),
        ("arrival", 5.0, 0.0, 1.0),
        ("test", 0.0, 2.0),
        ("arrival", 5.0, 1.0, 0.125),
        ("arrival", 5.0, 1.0, 0.25),
        ("arrival", 5.0, 1.0, 0.5),
        ("test", 1.0, 0.875),
        ("arrival", 6.0, 0.0, 1.0),
        ("test", 0.0, 3.0),
        ("fires", 6.0, 0.0),
        ("arrival", 6.0, 1.0, 0.5),
        ("test", 1.0, 1.375),
    ]


def pair_of_inputs(first: float, second: float) -> Network:
    """Two sources that reach one neuron at 2 ms with these weights (mV)."""
    net = Network()
    source = net.add("source", SpikeSource([[1.0], [0.5]]), size=2)
    cell = net.add("cell", LIF)
    rule = FromArrays([0, 1], [0, 0])
    net.connect(source, cell, rule, weight=[first, second], delay=[1.0, 1.5])
    return net


@engines
@pytest.mark.parametrize("weights", [(20.0, -20.0), (-20.0, 20.0)])
def test_excitation_and_inhibition_of_one_instant_cancel(
    engine: str, weights: tuple[float, float]
) -> None:
    """Oracle: the sum is below threshold, whichever is delivered first."""
    with Simulation(pair_of_inputs(*weights), engine=engine) as sim:
        sim.run(5.0)
        assert sim.spike_count("cell") == 0
        assert sim.state("cell", "v")[0] == -65.0


@engines
def test_two_inputs_of_one_instant_fire_once_together(engine: str) -> None:
    """Oracle: either alone is below threshold; both together are above, and make one spike."""
    with Simulation(pair_of_inputs(40.0, 40.0), engine=engine) as sim:
        recorder = sim.record()
        sim.run(5.0)
        assert recorder.recording.spikes("cell")[0].tolist() == [2.0]
    with Simulation(pair_of_inputs(8.0, 8.0), engine=engine) as sim:
        recorder = sim.record()
        sim.run(5.0)
        assert recorder.recording.spikes("cell")[0].tolist() == [2.0]


@engines
def test_a_sample_is_the_limit_from_the_left(engine: str) -> None:
    """Oracle: v is at rest in the sample at the very time of an arrival, above it in the next."""
    with Simulation(pair_of_inputs(4.0, 4.0), engine=engine) as sim:
        recorder = sim.record(states={"cell": Sampled("v", every=1.0)})
        sim.run(4.0)
        v = recorder.recording.states("cell").values[:, 0]
    assert v[:3].tolist() == [-65.0] * 3
    assert v[3] == pytest.approx(-65.0 + 8.0 * np.exp(-1.0 / 20.0), rel=1e-12)


@engines
def test_a_sample_at_a_spike_shows_the_state_before_the_reset(engine: str) -> None:
    """Oracle: v_th - 1 mV, set just before; the spike comes with the arrival at 2 ms."""
    with Simulation(pair_of_inputs(8.0, 8.0), engine=engine) as sim:
        recorder = sim.record(states={"cell": Sampled("v", every=1.0)})
        sim.at(2.0, lambda sim: sim.set_state("cell", v=-51.0))
        sim.run(3.0)
        assert recorder.recording.states("cell").values[2, 0] == -51.0
        assert sim.state("cell", "v")[0] == -65.0


@engines
def test_what_a_control_event_does_is_in_force_for_arrivals_of_that_instant(engine: str) -> None:
    """Oracle: the threshold raised at 2 ms stops the spike of 2 ms, and one sent then counts."""
    net = pair_of_inputs(8.0, 8.0)
    with Simulation(net, engine=engine) as sim:
        sim.at(2.0, lambda sim: sim.set_parameters("cell", v_th=-40.0))
        sim.run(3.0)
        assert sim.spike_count("cell") == 0
    with Simulation(pair_of_inputs(4.0, 4.0), engine=engine) as sim:
        sim.at(2.0, lambda sim: sim.send("cell", 2.0, 0, 8.0))
        sim.run(3.0)
        assert sim.spike_count("cell") == 1


@engines
def test_a_crossing_due_at_the_time_of_an_arrival_comes_after_it(engine: str) -> None:
    """Oracle: inhibition that arrives at the very time of the crossing prevents it."""
    alone = Network()
    alone.add("cell", LIF(i_offset=200.0))
    with Simulation(alone, engine=engine) as sim:
        recorder = sim.record()
        sim.run(100.0)
        crossing = recorder.recording.spikes("cell")[0][0]
    for when, fires in ((crossing, 0), (np.nextafter(crossing, 100.0), 1)):
        with Simulation(alone, engine=engine) as sim:
            sim.send("cell", when, 0, -1.0)
            sim.run(crossing + 0.1)
            assert sim.spike_count("cell") == fires


def coincidence(weight: float) -> Network:
    """A plastic synapse whose arrivals at 2 and 4 ms may fire its target."""
    net = Network()
    source, cell = net.add("source", SpikeSource([1.0, 3.0])), net.add("cell", LIF(t_ref=0.0))
    net.connect(source, cell, AllToAll(), weight=weight, delay=1.0, plasticity=STEP)
    return net


@engines
def test_on_pre_comes_before_on_post_at_equal_times(engine: str) -> None:
    """Oracle: the arrival that fires its target is paired as pre before post: w + a_plus.

    The other order would give w - a_minus at the first arrival.
    """
    with Simulation(coincidence(20.0), engine=engine) as sim:
        sim.run(2.5)
        assert sim.spike_count("cell") == 1
        assert sim.weights("source->cell")[0] == pytest.approx(20.0 + 1.0, rel=1e-9)


@engines
def test_an_arrival_transmits_the_weight_after_its_own_on_pre(engine: str) -> None:
    """Oracle: v jumps by w - a_minus, where the target had fired once before."""
    with Simulation(coincidence(8.0), engine=engine) as sim:
        sim.send("cell", 1.0, 0, 16.0)
        sim.run(2.0)
        assert sim.spike_count("cell") == 1
        sim.run(1e-9)
        assert sim.state("cell", "v")[0] == pytest.approx(-65.0 + 6.0, rel=1e-9)
        assert sim.weights("source->cell")[0] == pytest.approx(6.0, rel=1e-9)
