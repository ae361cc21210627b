"""Domains of astrocytes: who listens to which synapses and acts on them, on both engines."""

from typing import Any

import networkx as nx
import numpy as np
import pytest

from eventsim import Network, OneToOne, Simulation
from eventsim.models import LIF, AstrocyteSTDP, LiRinzel, Modulator, SpikeSource
from eventsim.network import Domains, domains


def wiring() -> Any:
    """Two sources, two targets; each source's synapses lie in different domains."""
    graph = nx.DiGraph()
    for source, target, astrocyte in (("a", "x", "near"), ("a", "y", "far"), ("b", "y", "near")):
        graph.add_edge(source, target, astrocyte=astrocyte, weight=0.5, delay=1.0)
    return graph


def network() -> tuple[Network, Domains]:
    net = Network(seed=2)
    spikes = [np.arange(5.0, 900.0, 25.0), np.arange(9.0, 900.0, 60.0)]
    pre = net.add("pre", SpikeSource(spikes), size=2, labels=["a", "b"])
    post = net.add("post", LIF(t_ref=1.0), size=2, labels=["x", "y"])
    glia = net.add("glia", LiRinzel(ip3_rest=0.3), size=2, labels=["near", "far"])
    signal = net.add("signal", Modulator(tau=100.0, rest=0.15), size=2)
    wired = domains(wiring(), pre, post, glia)
    net.connect(pre, glia, wired.listens, weight=0.02, delay=1.0, port="spike")
    net.connect(glia, signal, OneToOne(), weight=0.3, delay=5.0)
    net.connect(
        pre, post, wired.synapses, plasticity=AstrocyteSTDP(astrocyte=(signal, wired.acts)),
        name="synapses",
    )  # fmt: skip
    return net, wired


def test_an_astrocyte_hears_each_synapse_of_its_domain_once_and_acts_on_it() -> None:
    """Oracle: the graph, edge by edge."""
    net, wired = network()
    assert wired.acts.tolist() == [[0, 1], [-1, 0]]
    heard = net.projections["pre->glia"].synapses
    assert list(zip(heard.source, heard.target, strict=True)) == [(0, 0), (0, 1), (1, 0)]
    synapses = net.projections["synapses"].synapses
    assert list(zip(synapses.source, synapses.target, strict=True)) == [(0, 0), (0, 1), (1, 1)]


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_synapses_of_one_target_in_two_domains_are_depressed_by_their_own_astrocyte(
    engine: str,
) -> None:
    """Oracle: by hand. Both sources arrive at y 1 ms after it fired; levels are set by script."""
    net, _ = network()
    with Simulation(net, engine=engine) as sim:
        sim.set_state("signal", level=[0.4, 0.7])
        sim.send("post", 5.0, 1, 100.0)  # y fires; the arrivals are at 6 and 10 ms
        sim.run(11.0)
        share = np.exp(-np.array([1.0, 5.0]) / 10.0)
        faded = 0.15 + (np.array([0.7, 0.4]) - 0.15) * np.exp(-np.array([6.0, 10.0]) / 100.0)
        after = 0.5 - 0.1 * share * faded
        np.testing.assert_allclose(sim.weights("synapses"), [0.5, *after], rtol=1e-12)


def outcome(engine: str) -> tuple[list[float], list[float], int]:
    net, _ = network()
    with Simulation(net, engine=engine) as sim:
        recorder = sim.record()
        sim.send("post", np.tile(np.arange(8.0, 8000.0, 20.0), 2), np.repeat([0, 1], 400), 100.0)
        sim.run(8000.0)
        released = recorder.recording.spikes("glia")[0]
        return sim.weights("synapses").tolist(), released.tolist(), sim.spike_count("post")


def test_both_engines_agree_on_astrocytes_that_release_onto_their_own_synapses() -> None:
    """Oracle: the reference engine, to the last bit; calcium oscillates and is read."""
    plain = outcome("reference")
    assert outcome("compiled") == plain
    assert len(plain[1]) >= 2
    assert len(set(plain[0])) == 3


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        (("a", "x", {}), r"edge \('a', 'x'\): attribute 'astrocyte' is missing"),
        (("a", "z", {"astrocyte": "near"}), r"population 'post' has no neuron 'z'"),
        (("a", "x", {"astrocyte": "nar"}), r"population 'glia' has no neuron 'nar'"),
    ],
)
def test_a_graph_that_leaves_a_synapse_without_its_astrocyte_is_refused(
    edge: Any, message: str
) -> None:
    net, _ = network()
    graph = nx.DiGraph()
    graph.add_edge(edge[0], edge[1], **edge[2])
    with pytest.raises(ValueError, match=message):
        domains(graph, *(net.populations[name] for name in ("pre", "post", "glia")))


def test_two_synapses_of_one_pair_in_two_domains_are_refused() -> None:
    net, _ = network()
    graph: Any = nx.MultiDiGraph()
    graph.add_edge("a", "x", astrocyte="near")
    graph.add_edge("a", "x", astrocyte="far")
    with pytest.raises(ValueError, match=r"are in the domains of two astrocytes"):
        domains(graph, *(net.populations[name] for name in ("pre", "post", "glia")))


def test_a_synapse_without_a_channel_of_its_modulator_is_refused() -> None:
    net, wired = network()
    rule = AstrocyteSTDP(astrocyte=("signal", np.full((2, 2), -1)))
    with pytest.raises(ValueError, match=r"from 0 to 1, got -1 for the synapse from 0 to 0"):
        net.connect("pre", "post", wired.synapses, plasticity=rule)
