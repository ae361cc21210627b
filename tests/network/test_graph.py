import re
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from eventsim.models.neurons.lif import LIF
from eventsim.models.plasticity.stdp_pair import STDPPair
from eventsim.models.sources.poisson import PoissonSource
from eventsim.models.sources.spike_source import SpikeSource
from eventsim.network import AllToAll, FixedInDegree, Network, Normal, Uniform

MODELS = {"LIF": LIF, "PoissonSource": PoissonSource, "SpikeSource": SpikeSource}


def assert_same(a: Network, b: Network) -> None:
    """Compare everything the engines read."""
    assert list(a.populations) == list(b.populations)
    assert list(a.projections) == list(b.projections)
    for p, q in zip(a.populations.values(), b.populations.values(), strict=True):
        assert (p.model, p.size) == (q.model, q.size)
        assert np.array_equal(p.parameters, q.parameters)
        assert np.array_equal(p.table, q.table)
        assert p.initial.keys() == q.initial.keys()
        assert all(np.array_equal(p.initial[k], q.initial[k]) for k in p.initial)
        assert (p.positions is None) == (q.positions is None)
        assert p.positions is None or np.array_equal(p.positions, q.positions)
    for s, t in zip(a.projections.values(), b.projections.values(), strict=True):
        assert (s.port, s.plasticity, s.bounds) == (t.port, t.plasticity, t.bounds)
        n = s.synapses.count
        for name in ("row_start", "target"):
            assert np.array_equal(getattr(s.synapses, name), getattr(t.synapses, name))
        for name in ("weight", "delay"):
            one, other = getattr(s.synapses, name), getattr(t.synapses, name)
            assert np.array_equal(np.broadcast_to(one, n), np.broadcast_to(other, n))


def small() -> Network:
    net = Network(seed=4)
    net.add("noise", PoissonSource(rate=20.0), size=3)
    v = Uniform(-65, -50)
    net.add("exc", LIF(tau_m=Uniform(8, 12)), 6, {"v": v}, positions=np.arange(12.0).reshape(6, 2))
    net.add("inh", LIF, size=2)
    net.connect("exc", "inh", AllToAll(), weight=0.1, delay=Uniform(1, 2), port="current")
    net.connect("exc", "inh", FixedInDegree(3), weight=Normal(1, 0.1), delay=1.5)
    net.connect("noise", "exc", FixedInDegree(2), weight=0.5, delay=0.25)
    return net


def test_the_blueprint_gives_the_same_network_back() -> None:
    """Oracle: the network that was written, bit for bit, draws included."""
    net = small()
    net.connect("inh", "exc", AllToAll(), -0.1, 1.0, plasticity=STDPPair, bounds=(-1.0, 0.0))
    assert_same(net, Network.from_networkx(net.to_networkx(), seed=4))


def test_the_graph_of_neurons_gives_the_same_network_back() -> None:
    net = small()
    back = Network.from_networkx(net.to_networkx(neurons=True), models=MODELS)
    assert_same_but_names(net, back)


def test_graphml_gives_the_same_network_back(tmp_path: Path) -> None:
    net = small()
    nx.write_graphml(net.to_networkx(neurons=True), tmp_path / "net.graphml")
    graph = nx.read_graphml(tmp_path / "net.graphml", node_type=int, force_multigraph=True)
    assert_same_but_names(net, Network.from_networkx(graph, models=MODELS))


def assert_same_but_names(net: Network, back: Network) -> None:
    """Compare neurons and synapses; projections of neurons are named and ordered afresh."""
    assert net.size == back.size
    for p, q in zip(net.populations.values(), back.populations.values(), strict=True):
        assert (p.name, p.model) == (q.name, q.model)
        full = np.broadcast_to(p.parameters, (p.size, p.parameters.shape[1]))
        assert np.array_equal(full, np.broadcast_to(q.parameters, full.shape))
        assert all(np.array_equal(p.initial[k], q.initial[k]) for k in p.initial)
        assert p.positions is None or np.array_equal(p.positions, q.positions)
    assert sorted(synapses(net)) == sorted(synapses(back))


def synapses(net: Network) -> list[tuple[Any, ...]]:
    found = []
    for p in net.projections.values():
        s = p.synapses
        weight, delay = (np.broadcast_to(x, s.count).tolist() for x in (s.weight, s.delay))
        ends = (s.source.tolist(), s.target.tolist())
        rows = zip(*ends, weight, delay, strict=True)
        found += [(p.source.name, p.target.name, p.port, *row) for row in rows]
    return found


def test_any_generator_of_networkx_will_do() -> None:
    """Oracle: the adjacency of the graph itself, both ways."""
    graph = nx.watts_strogatz_graph(50, 4, 0.2, seed=1)
    net = Network.from_networkx(graph, model=LIF(tau_m=10.0), weight=0.5, delay=Uniform(1, 5))
    s = net.projections["LIF->LIF"].synapses
    assert {frozenset(e) for e in zip(s.source.tolist(), s.target.tolist(), strict=True)} == {
        frozenset(e) for e in graph.edges
    }
    assert s.count == 2 * graph.number_of_edges()
    assert net.populations["LIF"].labels == list(range(50))
    assert net.populations["LIF"].parameters.shape[0] == 1


def test_positions_of_geometric_graphs_are_kept() -> None:
    graph = nx.random_geometric_graph(20, 0.4, seed=1)
    net = Network.from_networkx(graph, model=LIF, weight=0.5, delay=1.0)
    expected = [graph.nodes[n]["pos"] for n in graph]
    assert np.array_equal(net.populations["LIF"].positions, expected)


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_undirected_edges_go_both_ways_and_parallel_ones_are_kept(kind: type) -> None:
    """Oracle: the edges counted by hand."""
    graph = kind([("a", "b"), ("a", "b"), ("b", "b")])
    net = Network.from_networkx(graph, model=LIF, weight=1.0, delay=1.0)
    s = net.projections["LIF->LIF"].synapses
    ways = [(0, 1)] if graph.is_directed() else [(0, 1), (1, 0)]
    expected = ways * (2 if graph.is_multigraph() else 1) + [(1, 1)]
    assert list(zip(s.source.tolist(), s.target.tolist(), strict=True)) == sorted(expected)


def test_nodes_with_the_same_model_and_parameter_names_become_one_population() -> None:
    graph = nx.DiGraph()
    graph.add_node("a", model="LIF", tau_m=10.0)
    graph.add_node("s", model="PoissonSource", rate=5.0)
    graph.add_node("b", model=LIF(tau_m=20.0))
    graph.add_node("c", model=LIF)
    graph.add_node("d", model=LIF, population="special", initial_v=-60.0)
    graph.add_edge("s", "a", weight=1.0, delay=2.0)
    graph.add_edge("s", "b", weight=1.0, delay=2.0, port="current")
    net = Network.from_networkx(graph, models=MODELS)
    assert {p.name: p.labels for p in net.populations.values()} == {
        "LIF": ["a", "b"],
        "PoissonSource": ["s"],
        "LIF#2": ["c"],
        "special": ["d"],
    }
    assert net.populations["LIF"].parameters[:, 0].tolist() == [10.0, 20.0]
    assert net.populations["special"].initial == {"v": -60.0}
    assert [p.port for p in net.projections.values()] == [0, 1]


def test_sources_with_tables_of_their_own_become_populations_of_their_own() -> None:
    graph = nx.DiGraph()
    graph.add_node(0, model=SpikeSource([1.0, 2.0]))
    graph.add_node(1, model="SpikeSource", times=[3.0])
    net = Network.from_networkx(graph, models=MODELS)
    tables = [p.table.tolist() for p in net.populations.values()]
    assert tables == [[1.0, 2.0], [3.0]]
    assert_same(net, Network.from_networkx(net.to_networkx(neurons=True)))


def test_blueprint_nodes_may_carry_parameters() -> None:
    graph = nx.DiGraph()
    graph.add_node("exc", size=5, model="LIF", tau_m=10.0)
    graph.add_edge("exc", "exc", rule=AllToAll(), weight=1.0)
    net = Network.from_networkx(graph, models=MODELS, delay=2.0)
    assert net.populations["exc"].parameters[0, 0] == 10.0
    assert net.min_delay == 2.0


def test_an_edge_without_an_attribute_takes_the_default() -> None:
    graph = nx.DiGraph()
    graph.add_edge(0, 1, weight=3.0)
    graph.add_edge(0, 2)
    net = Network.from_networkx(graph, model=LIF, weight=1.0, delay=2.0)
    assert net.projections["LIF->LIF"].synapses.weight.tolist() == [3.0, 1.0]


def path(**edge: Any) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from("ab", model="LIF")
    graph.add_edge("a", "b", **edge)
    return graph


def node(**attributes: Any) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("a", **attributes)
    return graph


def blueprint(**edge: Any) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("a", model=LIF, size=2)
    graph.add_edge("a", "a", **edge)
    return graph


def half_sized() -> nx.DiGraph:
    graph = node(model="LIF", size=3)
    graph.add_node("b", model="LIF")
    return graph


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.Graph(), "network: the graph has no nodes"),
        ([1, 2], "network: a networkx graph is needed, got list"),
        (node(), "node 'a' has no model; give it as a node attribute or as model="),
        (node(model="LIG"), "node 'a': unknown model 'LIG'; did you mean 'LIF'?"),
        (node(model=3), "node 'a': model must be a neuron model or its name, got 3"),
        (
            node(model="LIF", tau_n=1.0),
            "node 'a': unknown parameter of LIF 'tau_n'; did you mean 'tau_m'? "
            "(or name it in ignore=)",
        ),
        (half_sized(), "node 'b' has no size, but node 'a' has: all or none"),
        (
            path(delay=1.0),
            "edge ('a', 'b') has no weight; give it as an edge attribute or as weight=",
        ),
        (
            path(weight=1.0),
            "edge ('a', 'b') has no delay; give it as an edge attribute or as delay=",
        ),
        (path(weight="x", delay=1.0), "edge ('a', 'b'): weight must be a number, got 'x'"),
        (
            path(weight=1.0, dealy=1.0),
            "edge ('a', 'b'): unknown attribute 'dealy'; did you mean 'delay'? "
            "(or name it in ignore=)",
        ),
        (path(weight=1.0, delay=0.0), "projection 'LIF->LIF': delay must be > 0 ms, got 0.0"),
        (blueprint(), "edge ('a', 'a') has no rule"),
        (
            blueprint(rule=AllToAll(), wieght=1.0),
            "edge ('a', 'a'): unknown attribute 'wieght'; did you mean 'weight'?",
        ),
    ],
)
def test_from_networkx_refuses(graph: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match="^" + re.escape(message) + "$"):
        Network.from_networkx(graph, models=MODELS)


def test_attributes_that_are_not_for_the_simulation_can_be_ignored() -> None:
    graph = nx.karate_club_graph()
    net = Network.from_networkx(graph, model=LIF, delay=1.0, ignore=["club"])
    assert net.size == 34


def test_a_population_name_cannot_stand_for_two_models() -> None:
    graph = nx.DiGraph()
    graph.add_node("a", model="LIF", population="p")
    graph.add_node("b", model="PoissonSource", population="p")
    with pytest.raises(ValueError, match="node 'b': differs from other nodes of population 'p'"):
        Network.from_networkx(graph, models=MODELS)


def test_labels_that_clash_between_populations_are_refused_when_written() -> None:
    net = Network()
    net.add("p", LIF, size=1, labels=["a"])
    net.add("q", LIF, size=1, labels=["a"])
    with pytest.raises(ValueError, match="population 'q': 'a' also names another neuron"):
        net.to_networkx(neurons=True)
