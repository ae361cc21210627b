"""The compiled engine against the reference engine: the same spikes and weights.

`runs.agreed` compares the ordered path bit by bit, and the superposition path within 1e-9.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventsim import (
    AllToAll,
    Bernoulli,
    FixedInDegree,
    FixedTotal,
    FromArrays,
    Network,
    Normal,
    OneToOne,
    Simulation,
    Uniform,
)
from eventsim.engine.compiled import population, projection
from eventsim.models import (
    LIF,
    LIFAlpha,
    LIFDoubleExp,
    LIFExp,
    LIFExpDeadTime,
    PoissonSource,
    PoissonSteps,
    SpikeSource,
    STDPPair,
    replay,
)
from eventsim.network import Population
from generated import DELAYS, PAIR, SOFT, networks
from runs import agreed, barely_grown

pytestmark = pytest.mark.filterwarnings("error")


def background(net: Network, target: Population, rate: float, weight: float, **to: Any) -> None:
    """Give every neuron a Poisson source of its own."""
    name = f"noise of {target.name}"
    source = net.add(name, PoissonSource(rate=rate), size=target.size)
    net.connect(source, target, OneToOne(), weight=weight, delay=1.0, **to)


def two_populations(**parameters: Any) -> tuple[Network, Population, Population]:
    net = Network(seed=5)
    exc = net.add("exc", LIF(**parameters), size=80, initial={"v": Uniform(-65.0, -50.0)})
    inh = net.add("inh", LIF(tau_m=10.0, **parameters), size=20)
    background(net, exc, 900.0, 2.0)
    background(net, inh, 900.0, 2.0)
    return net, exc, inh


def test_engines_agree_on_random_graphs_with_delays_from_a_tenth_to_twenty_ms() -> None:
    """Oracle: the reference engine; several projections join the same two populations."""
    net, exc, inh = two_populations()
    net.connect(exc, exc, Bernoulli(0.1), weight=Normal(0.5, 0.2), delay=DELAYS)
    net.connect(exc, inh, FixedInDegree(10), weight=1.0, delay=DELAYS)
    net.connect(exc, inh, FixedTotal(100), weight=0.3, delay=0.7)
    net.connect(inh, exc, FixedInDegree(5), weight=-2.0, delay=Uniform(0.1, 3.0))
    seen = agreed(net, 200.0)
    assert seen.count("exc") > 300
    assert seen.count("inh") > 100


def test_engines_agree_on_autapses_and_multapses() -> None:
    """Oracle: the reference engine; ten synapses from each neuron to itself, some of one delay."""
    net, exc, _ = two_populations()
    i = np.repeat(np.arange(exc.size), 10)
    delay = np.tile([1.0, 1.0, 0.3, 2.5, 2.5, 2.5, 4.0, 7.0, 7.0, 20.0], exc.size)
    net.connect(exc, exc, FromArrays(i, i), weight=0.6, delay=delay)
    assert agreed(net, 150.0).count("exc") > 300


def test_engines_agree_where_most_arrivals_coincide() -> None:
    """Oracle: the reference engine; whole-number times, delays and weights meet all the time."""
    net = Network(seed=2)
    rng = np.random.default_rng(2)
    trains = [np.flatnonzero(rng.random(200) < 0.15).astype(float) for _ in range(30)]
    clock = net.add("clock", SpikeSource(trains), size=30)
    cells = net.add("cells", LIF(t_ref=3.0), size=40)
    net.connect(clock, cells, FixedInDegree(20), weight=4.0, delay=2.0)
    whole = rng.integers(1, 6, size=800).astype(float)
    weights = rng.integers(-3, 5, size=800).astype(float)
    net.connect(cells, cells, FixedInDegree(20), weight=weights, delay=whole)
    assert agreed(net, 200.0).count("cells") > 200


@pytest.mark.parametrize("rules", [(PAIR, None), (PAIR, SOFT)], ids=["pair", "pair and soft"])
def test_engines_agree_on_plastic_weights_that_reach_their_bounds(rules: tuple[Any, Any]) -> None:
    """Oracle: the reference engine."""
    net, exc, inh = two_populations()
    net.connect(exc, exc, FixedInDegree(20), 0.4, DELAYS, plasticity=rules[0], bounds=(0.0, 0.8))
    net.connect(inh, exc, FixedInDegree(5), -1.0, 1.0, plasticity=rules[1], bounds=(-2.0, 0.0))
    seen = agreed(net, 300.0)
    weights = seen.weights["exc->exc"]
    assert {0.0, 0.8} <= set(weights)
    assert len(set(weights)) > 100


def test_engines_agree_on_plastic_synapses_whose_spikes_and_arrivals_coincide() -> None:
    """Oracle: the reference engine; every arrival fires its target, at whole milliseconds."""
    net = Network(seed=3)
    clock = net.add("clock", SpikeSource([[1.0, 5.0, 9.0, 30.0], [1.0, 5.0, 6.0, 30.0]]), size=2)
    cells = net.add("cells", LIF(t_ref=1.0), size=6)
    net.connect(clock, cells, AllToAll(), weight=20.0, delay=1.0, plasticity=PAIR)
    net.connect(cells, cells, AllToAll(), weight=16.0, delay=2.0, plasticity=SOFT, bounds=(0, 20))
    assert agreed(net, 60.0).count("cells") > 40


@pytest.mark.parametrize("tau_syn", [10.0, 3.0], ids=["tau_syn = tau_m", "tau_syn < tau_m"])
def test_engines_agree_on_exponential_currents(tau_syn: float) -> None:
    """Oracle: the reference engine; most crossings lie between arrivals and are searched."""
    net = Network(seed=4)
    cells = net.add("cells", LIFExp(tau_m=10.0, tau_syn_exc=tau_syn, tau_syn_inh=tau_syn), size=40)
    background(net, cells, 1000.0, 240.0 / tau_syn + 40.0, port="exc")
    net.connect(cells, cells, FixedInDegree(8), weight=40.0, delay=DELAYS, port="exc")
    net.connect(cells, cells, FixedInDegree(8), weight=-50.0, delay=2.0, port="inh")
    assert agreed(net, 150.0).count("cells") > 100


def test_engines_agree_on_plastic_exponential_currents() -> None:
    """Oracle: the reference engine; plastic and static synapses on two ports."""
    net = Network(seed=4)
    cells = net.add("cells", LIFExp(), size=40)
    background(net, cells, 900.0, 60.0, port="exc")
    rule = STDPPair(a_plus=5.0, a_minus=4.0)
    net.connect(
        cells, cells, FixedInDegree(8), 40.0, DELAYS, "exc", plasticity=rule, bounds=(0, 80)
    )
    net.connect(cells, cells, FixedInDegree(8), weight=-50.0, delay=2.0, port="inh")
    seen = agreed(net, 150.0)
    assert seen.count("cells") > 100
    assert len(set(seen.weights["cells->cells"])) > 50


@pytest.mark.parametrize(
    ("model", "ports"),
    [
        (LIFAlpha, ("spike", "spike")),
        (LIFDoubleExp, ("exc", "inh")),
        (LIFExpDeadTime, ("spike", "spike")),
    ],
)
def test_engines_agree_on_currents_of_many_shapes(model: Any, ports: tuple[str, str]) -> None:
    """Oracle: the reference engine; delays alike and different, a port of either sign, a drive."""
    net = Network(seed=4)
    cells = net.add("cells", model(), size=40, initial={"v": Uniform(-70.0, -56.0)})
    exc, inh = ports
    background(net, cells, 1500.0, 90.0, port=exc)
    net.connect(cells, cells, FixedInDegree(8), weight=40.0, delay=DELAYS, port=exc)
    net.connect(cells, cells, FixedInDegree(8), weight=-50.0, delay=2.0, port=inh)
    rule = {"plasticity": STDPPair(a_plus=5.0, a_minus=4.0), "bounds": (0, 80)}
    net.connect(cells, cells, FixedInDegree(4), 40.0, DELAYS, exc, name="learning", **rule)
    with Simulation(net, path="superposition") as sim:
        assert sim.engine.superposed  # type: ignore[attr-defined]
    assert agreed(net, 150.0).count("cells") > 100


@pytest.mark.parametrize("model", [LIF, LIFExp])
def test_engines_agree_on_constant_and_stepped_currents(model: Any) -> None:
    """Oracle: the reference engine; some neurons fire by themselves, others only during steps."""

    def stimulate(sim: Simulation) -> None:
        sim.step_current("cells", [10.0, 60.0, 61.5], [60.0, 40.0, 0.0])
        sim.step_current("cells", [20.0, 80.0], [150.0, 0.0], neurons=[0, 3, 5])
        sim.every(25.0, lambda sim: sim.send("cells", sim.now + 0.3, [1, 2], 3.0, port=port))

    port = model.ports[0]
    net = Network(seed=4)
    offsets = np.linspace(0.0, 400.0, 30)
    cells = net.add("cells", model(i_offset=offsets), size=30)
    net.connect(cells, cells, FixedInDegree(5), weight=1.0, delay=DELAYS, port=port)
    seen = agreed(net, 120.0, script=stimulate)
    assert {3, 29} <= set(seen.spikes["cells"][1])
    assert 1 not in seen.spikes["cells"][1]


def test_engines_agree_on_every_kind_of_source() -> None:
    """Oracle: the reference engine; sources with one synapse each, with many, and recorded ones."""
    net = Network(seed=6)
    cells = net.add("cells", LIF, size=70)
    steps = PoissonSteps([5.0, 40.0, 70.0], [[500.0, 0.0, 40.0 * k] for k in range(70)])
    alone = net.add("alone", steps, size=70)
    fanned = net.add("fanned", PoissonSource(rate=Uniform(0.0, 150.0)), size=20)
    given = net.add("given", SpikeSource([[0.0, 33.3, 99.99], [33.3], []]), size=3)
    net.connect(alone, cells, OneToOne(), weight=3.0, delay=Uniform(0.1, 20.0))
    net.connect(fanned, cells, FixedInDegree(6), weight=2.0, delay=DELAYS)
    net.connect(given, cells, AllToAll(), weight=7.0, delay=0.5)
    for recorded in ({}, {"spikes": ["cells", "alone", "fanned", "given"]}):
        assert agreed(net, 50.0, 70.0, record=recorded).count("cells") > 100


def test_engines_agree_on_the_replay_of_a_recording() -> None:
    """Oracle: the reference engine; the replayed spikes are those recorded, delayed by 1 ms."""
    net, exc, _ = two_populations()
    with Simulation(net) as sim:
        recording = sim.record(spikes=["exc"]).recording
        sim.run(50.0)
        again = Network()
        source = again.add("source", replay(recording, "exc"), size=exc.size)
        times, neurons = recording.spikes("exc")
    relay = again.add("relay", LIF(t_ref=0.0), size=exc.size)
    again.connect(source, relay, OneToOne(), weight=20.0, delay=1.0)
    assert agreed(again, 60.0).spikes["relay"] == ((times + 1.0).tolist(), neurons.tolist())


def test_engines_agree_on_weights_and_delays_stored_in_single_precision() -> None:
    """Oracle: the reference engine; weights set during the run are rounded like those given."""
    net, exc, inh = two_populations()
    for rule in (None, PAIR):
        net.connect(exc, inh, FixedInDegree(10), 0.3, DELAYS, plasticity=rule, precision="single")

    def set_weights(sim: Simulation) -> None:
        for name in ("exc->inh", "exc->inh#2"):
            sim.at(30.0, lambda sim, name=name: sim.set_weights(name, 0.7))

    seen = agreed(net, 100.0, script=set_weights)
    assert seen.weights["exc->inh"] == [float(np.float32(0.7))] * 200


TIMES = st.sampled_from([0.0, 0.05, 1.0, 2.0, 11.25, 17.3, 23.0])


@given(
    net=networks(),
    cut=st.sampled_from([0.0, 1.0, 17.3]),
    sent=st.lists(st.tuples(TIMES, st.floats(0.0, 0.999), st.sampled_from([-1.0, 0.1, 1.0]))),
    stepped=st.sampled_from([None, 0.0, 5.5, 11.25]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_engines_agree_on_generated_networks(
    net: Network, cut: float, sent: list[tuple[float, float, float]], stepped: float | None
) -> None:
    """Oracle: the reference engine; spikes and a current come from outside, the run is cut."""
    a = net.populations["a"]
    port, scale = ("exc", 300.0) if a.model is LIFExp else ("spike", 6.0)

    def script(sim: Simulation) -> None:
        for t, which, w in sorted(sent):
            sim.send("a", t, int(which * a.size), w * scale, port=port)
        if stepped is not None:
            sim.step_current("a", [stepped, stepped + 3.0], [150.0, 0.0])

    agreed(net, cut, 30.0 - cut, script=script)


@given(net=networks(sizes=(20, 40)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_engines_agree_where_no_buffer_has_more_room_than_was_needed_once(net: Network) -> None:
    """Oracle: the reference engine. Kernels stop in the middle of neurons, and go on there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "ROOM", 1)
        for size in ("ARRIVALS", "SPIKES"):
            patch.setattr(population, size, 1)
        for module in (population, projection):
            patch.setattr(module, "grown", barely_grown)
        agreed(net, 30.0)
