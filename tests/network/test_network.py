import networkx as nx
import numpy as np
import pytest
from scipy.sparse import coo_array

from eventsim.models.neurons.lif import LIF
from eventsim.models.plasticity.stdp_pair import STDPPair
from eventsim.network import (
    AllToAll,
    Constant,
    DistanceDelay,
    FixedInDegree,
    FromArrays,
    FromGraph,
    FromSparse,
    Network,
    Normal,
    Projection,
    Uniform,
)


def two() -> Network:
    net = Network(seed=1)
    net.add("exc", LIF(tau_m=Uniform(8.0, 12.0)), size=40, initial={"v": Uniform(-65, -50)})
    net.add("inh", LIF, size=10)
    return net


def arrays(p: Projection) -> list[list[float]]:
    s = p.synapses
    return [a.tolist() for a in (s.row_start, s.target, s.weight, s.delay)]


def test_populations_follow_each_other() -> None:
    net = two()
    assert [(p.name, p.index, p.first, p.size) for p in net.populations.values()] == [
        ("exc", 0, 0, 40),
        ("inh", 1, 40, 10),
    ]


def test_parameters_and_initial_states_are_drawn_per_neuron() -> None:
    exc, inh = two().populations.values()
    tau_m = exc.parameters[:, exc.model.parameter_names.index("tau_m")]
    assert exc.parameters.shape == (40, 7)
    assert inh.parameters.shape == (1, 7)
    assert np.unique(tau_m).size == 40
    assert tau_m.min() >= 8.0
    assert np.shape(exc.initial["v"]) == (40,)
    assert inh.initial == {}


def test_projections_are_named_after_their_ends() -> None:
    net = two()
    for _ in range(3):
        net.connect("exc", "inh", AllToAll(), 0.1, 1.0)
    net.connect("inh", "inh", AllToAll(), 0.1, 1.0, name="mine")
    assert list(net.projections) == ["exc->inh", "exc->inh#2", "exc->inh#3", "mine"]


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    def build(seed: int) -> list[list[float]]:
        net = Network(seed)
        net.add("a", LIF, size=30)
        return arrays(net.connect("a", "a", FixedInDegree(5), Normal(1, 0.1), Uniform(1, 2)))

    assert build(1) == build(1)
    assert build(1) != build(2)


def test_a_random_delay_leaves_edges_and_weights_as_they_were() -> None:
    """Oracle: the network with one constant delay, its edges sorted alike."""

    def build(delay: Uniform | float) -> list[tuple[int, int, float]]:
        net = two()
        s = net.connect("exc", "exc", FixedInDegree(5), Normal(1, 0.1), delay).synapses
        return sorted(zip(s.source.tolist(), s.target.tolist(), s.weight.tolist(), strict=True))

    assert build(1.0) == build(Uniform(1.0, 2.0))


def test_what_is_added_later_leaves_earlier_draws_as_they_were() -> None:
    def build(more: bool) -> list[list[float]]:
        net = two()
        if more:
            net.add("other", LIF(tau_m=Uniform(8, 12)), size=5)
        return arrays(net.connect("exc", "inh", FixedInDegree(5), Normal(1, 0.1), Uniform(1, 2)))

    assert build(False) == build(True)


def test_given_weights_stay_with_their_edges() -> None:
    net = two()
    rule = FromArrays([1, 0, 1], [2, 1, 0])
    s = net.connect("exc", "inh", rule, weight=[1.0, 2.0, 3.0], delay=[2.0, 1.0, 3.0]).synapses
    assert s.row_start.tolist()[:4] == [0, 1, 3, 3]
    assert s.target.tolist() == [1, 2, 0]
    assert s.weight.tolist() == [2.0, 1.0, 3.0]
    assert s.delay.tolist() == [1.0, 2.0, 3.0]


def test_constants_are_stored_once_unless_plasticity_needs_its_own() -> None:
    net = two()
    fixed = net.connect("exc", "inh", AllToAll(), Constant(0.1), 1.5).synapses
    plastic = net.connect("exc", "inh", AllToAll(), 0.1, 1.5, plasticity=STDPPair).synapses
    assert (fixed.weight.size, fixed.delay.size) == (1, 1)
    assert (plastic.weight.size, plastic.delay.size) == (400, 1)
    assert net.projections["exc->inh#2"].plasticity == STDPPair()


def test_single_precision_is_stored_on_request() -> None:
    s = two().connect("exc", "inh", AllToAll(), 0.1, Uniform(1, 2), precision="single").synapses
    assert s.weight.dtype == s.delay.dtype == np.float32


def test_the_lookahead_is_the_shortest_delay() -> None:
    net = two()
    assert (net.min_delay, net.max_delay) == (np.inf, 0.0)
    net.connect("exc", "inh", AllToAll(), 0.1, 1.5)
    net.connect("inh", "exc", FromArrays([0, 1], [0, 1]), 0.1, [0.5, 7.0])
    assert (net.min_delay, net.max_delay) == (0.5, 7.0)


def test_delays_proportional_to_distance() -> None:
    """Oracle: |i - j| / velocity for neurons on a line."""
    net = Network()
    line = net.add("line", LIF, size=5, positions=np.arange(5.0))
    rule = AllToAll(autapses=False)
    s = net.connect(line, line, rule, 1.0, DistanceDelay(velocity=0.5)).synapses
    assert s.delay.tolist() == (np.abs(s.source - s.target) / 0.5).tolist()


def test_a_sparse_matrix_brings_its_weights() -> None:
    net = two()
    matrix = coo_array(([3.0, -4.0], ([0, 2], [1, 9])), shape=(40, 10))
    s = net.connect("exc", "inh", FromSparse(matrix), delay=1.0).synapses
    assert s.source.tolist() == [0, 2]
    assert s.target.tolist() == [1, 9]
    assert s.weight.tolist() == [3.0, -4.0]


def test_a_graph_brings_its_weights_and_delays() -> None:
    net = Network()
    cells = net.add("cells", LIF, size=3, labels=["a", "b", "c"])
    g = nx.Graph()
    g.add_edge("a", "c", weight=2.0, delay=1.0)
    g.add_edge("b", "b", weight=5.0, delay=3.0)
    s = net.connect(cells, cells, FromGraph(g)).synapses
    assert s.source.tolist() == [0, 1, 2]
    assert s.target.tolist() == [2, 1, 0]
    assert s.weight.tolist() == [2.0, 5.0, 2.0]
    assert s.delay.tolist() == [1.0, 3.0, 1.0]


@pytest.mark.parametrize(("port", "number"), [(None, 0), ("spike", 0), ("current", 1)])
def test_ports_are_numbered_in_the_order_of_the_model(port: str | None, number: int) -> None:
    assert two().connect("exc", "inh", AllToAll(), 0.1, 1.0, port=port).port == number


def test_a_network_that_refused_something_is_as_it_was() -> None:
    net = two()
    with pytest.raises(ValueError, match="delay must be > 0 ms"):
        net.connect("exc", "inh", AllToAll(), 0.1, 0.0)
    with pytest.raises(TypeError, match="unknown parameter"):
        net.add("third", LIF(tau=1.0), size=3)
    assert (list(net.populations), list(net.projections)) == (["exc", "inh"], [])
    assert list(net.graph) == ["exc", "inh"]
