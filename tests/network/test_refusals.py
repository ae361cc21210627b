"""What `add` and `connect` refuse: the type of the error and the whole message."""

from math import inf, nan
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import coo_array

from eventsim.models.modulators.modulator import Modulator
from eventsim.models.neurons.lif import LIF
from eventsim.models.plasticity.stdp_dopamine import STDPDopamine
from eventsim.models.plasticity.stdp_mixed import STDPMixed
from eventsim.models.plasticity.stdp_pair import STDPPair
from eventsim.models.plasticity.stdp_power_law import STDPPowerLaw
from eventsim.models.sources.poisson import PoissonSource
from eventsim.network import (
    AllToAll,
    Constant,
    DistanceDelay,
    DistanceDependent,
    FixedInDegree,
    FromArrays,
    FromGraph,
    FromSparse,
    Gaussian,
    Network,
    OneToOne,
    Uniform,
)

POPULATIONS: list[tuple[dict[str, Any], str]] = [
    ({"size": 0}, "population 'p': size must be >= 1, got 0"),
    ({"size": 2.0}, "population 'p': size must be a whole number, got 2.0"),
    ({"size": True}, "population 'p': size must be a whole number, got True"),
    ({"name": "exc"}, "network: there is already a population 'exc'"),
    (
        {"name": "a/b"},
        "network: the name of a population must not be empty or contain '/', got 'a/b'",
    ),
    ({"name": 3}, "network: the name of a population must be a string, got 3"),
    (
        {"model": "LIF"},
        "population 'p': model must be a neuron model, for example LIF(), got 'LIF'",
    ),
    (
        {"model": LIF(tau_n=1.0)},
        "population 'p': unknown parameter of LIF 'tau_n'; did you mean 'tau_m'?",
    ),
    ({"model": LIF(tau_m=-5.0)}, "population 'p': tau_m must be > 0 ms, got -5.0"),
    (
        {"model": LIF(tau_m=Uniform(-2.0, -1.0)), "size": 1},
        "population 'p': tau_m must be > 0 ms, got -1.",
    ),
    ({"initial": {"vv": 1.0}}, "population 'p': unknown state of LIF 'vv'; did you mean 'v'?"),
    ({"initial": {"v": nan}}, "population 'p': initial v must be finite, got nan"),
    (
        {"initial": {"v": [1.0, inf]}},
        "population 'p': initial v must be finite, got inf for 1 of 2 neurons (first: neuron 1)",
    ),
    (
        {"initial": {"v": [1.0, 2.0, 3.0]}},
        "population 'p': initial v must have one value for each of 2 neurons, got shape (3,)",
    ),
    (
        {"initial": {"v": "high"}},
        "population 'p': initial v must be a number or an array, got 'high'",
    ),
    (
        {"positions": np.zeros((3, 2))},
        "population 'p': positions must have shape (2, 1 to 3), got (3, 2)",
    ),
    ({"labels": ["a"]}, "population 'p': there must be 2 labels, got 1"),
    ({"labels": ["a", "a"]}, "population 'p': labels must differ, got 'a' more than once"),
]


def network() -> Network:
    net = Network(seed=1)
    net.add("exc", LIF, size=4)
    net.add("inh", LIF, size=3, labels=["a", "b", "c"])
    net.add("noise", PoissonSource, size=4)
    net.add("levels", Modulator, size=3)
    net.connect("exc", "exc", AllToAll(), 0.1, 1.0, name="taken")
    return net


@pytest.mark.parametrize(("change", "message"), POPULATIONS)
def test_add_refuses(change: dict[str, Any], message: str) -> None:
    given = {"name": "p", "model": LIF, "size": 2} | change
    with pytest.raises((TypeError, ValueError)) as refusal:
        network().add(**given)
    assert str(refusal.value).startswith(message)


def test_the_random_stream_of_a_source_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="unknown state of PoissonSource 'key'"):
        network().add("p", PoissonSource, initial={"key": 1.0})


PROJECTIONS: list[tuple[dict[str, Any], str]] = [
    ({"delay": 0.0}, "delay must be > 0 ms, got 0.0"),
    ({"delay": -1.0}, "delay must be > 0 ms, got -1.0"),
    ({"delay": nan}, "delay must be finite (ms), got nan"),
    ({"delay": inf}, "delay must be finite (ms), got inf"),
    ({"delay": None}, "delay is missing"),
    (
        {"delay": [1.0] * 5 + [0.0] * 7},
        "delay must be > 0 ms, got 0.0 for 7 of 12 edges (first: edge 5)",
    ),
    (
        {"delay": Constant(1e-60), "precision": "single"},
        "delay must be > 0 ms, got 1e-60",
    ),
    (
        {"delay": [1.0, 2.0]},
        "delay must have one value for each of 12 edges, got shape (2,)",
    ),
    ({"delay": "soon"}, "delay must be a number, an array or a distribution, got 'soon'"),
    ({"delay": DistanceDelay(1.0)}, "the source has no positions"),
    ({"weight": None}, "weight is missing"),
    ({"weight": nan}, "weight must be finite mV, got nan"),
    (
        {"weight": [nan] + [1.0] * 11},
        "weight must be finite mV, got nan for 1 of 12 edges (first: edge 0)",
    ),
    ({"weight": 1e200, "precision": "single"}, "weight must be finite mV, got 1e+200"),
    (
        {"weight": 2.0, "bounds": (0.0, 1.0)},
        "weight must be within the bounds [0, 1] mV, got 2.0",
    ),
    ({"bounds": (1.0, 0.0)}, "bounds must be (lowest, highest) in mV, got (1.0, 0.0)"),
    ({"bounds": (nan, 1.0)}, "bounds must be (lowest, highest) in mV, got (nan, 1.0)"),
    ({"bounds": 3.0}, "bounds must be two numbers, got 3.0"),
    ({"dendritic_delay": -0.5}, "dendritic_delay must be >= 0 ms, got -0.5"),
    ({"dendritic_delay": nan}, "dendritic_delay must be finite ms, got nan"),
    ({"port": "spikes"}, "unknown port of LIF 'spikes'; did you mean 'spike'?"),
    ({"precision": "half"}, "precision must be 'double' or 'single', got 'half'"),
    ({"rule": "all"}, "rule must be a connection rule, got 'all'"),
    (
        {"rule": FixedInDegree(5, multapses=False)},
        "in-degree 5 cannot be satisfied: there are only 4 partners to choose from",
    ),
    ({"rule": OneToOne()}, "one-to-one needs populations of equal size, got 4 and 3"),
    (
        {"rule": FromArrays([0, 4], [0, 0])},
        "source index must be from 0 to 3, got 4 for 1 of 2 edges (first: edge 1)",
    ),
    ({"rule": FromArrays([0], [-1])}, "target index must be from 0 to 2, got -1"),
    (
        {"rule": FromSparse(coo_array((3, 4)))},
        "matrix must have shape (4, 3) (sources, targets), got (3, 4)",
    ),
    (
        {"rule": FromGraph(nx.DiGraph([(0, "z")]))},
        "edge (0, 'z'): the target has no neuron 'z'",
    ),
    ({"rule": DistanceDependent(Gaussian(1.0))}, "the source has no positions"),
    ({"plasticity": "STDP"}, "plasticity must be a plasticity rule, got 'STDP'"),
    (
        {"plasticity": STDPPair(a_pls=1.0)},
        "unknown parameter of STDPPair 'a_pls'; did you mean 'a_plus'?",
    ),
    (
        {"plasticity": STDPPowerLaw(), "bounds": (-1.0, 1.0)},
        "the lowest weight under STDPPowerLaw must be >= 0 mV, got -1.0; give "
        "bounds=(lowest, highest)",
    ),
    (
        {"plasticity": STDPMixed(w_max=2.0), "bounds": (0.0, 3.0)},
        "the highest weight under STDPMixed must be <= w_max (2) mV, got 3.0; give "
        "bounds=(lowest, highest)",
    ),
    (
        {"plasticity": STDPMixed(), "bounds": (0.0, inf)},
        "the highest weight under STDPMixed must be finite mV, got inf; give "
        "bounds=(lowest, highest)",
    ),
    (
        {"plasticity": STDPDopamine(dopamine=("levels", ["a", "b", "c"]))},
        "modulator 'dopamine' of STDPDopamine: channels must be whole numbers, got ['a', 'b', 'c']",
    ),
    (
        {"plasticity": STDPDopamine(dopamine=("levels",))},
        "modulator 'dopamine' of STDPDopamine must be a population, or a pair of a population "
        "and channels, got ('levels',)",
    ),
    (
        {"plasticity": STDPDopamine(dopamine=("levels", [0, 1, 2], 3))},
        "modulator 'dopamine' of STDPDopamine must be a population, or a pair of a population "
        "and channels, got ('levels', [0, 1, 2], 3)",
    ),
]


@pytest.mark.parametrize(("change", "message"), PROJECTIONS)
def test_connect_refuses(change: dict[str, Any], message: str) -> None:
    given = {"rule": AllToAll(), "weight": 0.5, "delay": 1.0} | change
    with pytest.raises((TypeError, ValueError)) as refusal:
        network().connect("exc", "inh", **given)
    assert str(refusal.value) == f"projection 'exc->inh': {message}"


def test_nothing_arrives_at_a_source() -> None:
    with pytest.raises(
        ValueError,
        match="projection 'exc->noise': nothing can arrive at 'noise', PoissonSource is a source",
    ):
        network().connect("exc", "noise", AllToAll(), 0.1, 1.0)


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(ValueError, match="network: there is already a projection 'taken'"):
        network().connect("exc", "inh", AllToAll(), 0.1, 1.0, name="taken")


def test_populations_of_another_network_are_refused() -> None:
    net, other = network(), network()
    with pytest.raises(ValueError, match="population 'exc' belongs to another network"):
        net.connect(other.populations["exc"], "inh", AllToAll(), 0.1, 1.0)
    with pytest.raises(ValueError, match="unknown population 'ex'; did you mean 'exc'"):
        net.connect("ex", "inh", AllToAll(), 0.1, 1.0)
    with pytest.raises(TypeError, match="a population is needed, got 3"):
        net.connect(3, "inh", AllToAll(), 0.1, 1.0)  # type: ignore[arg-type]


def test_seeds_are_whole_and_not_negative() -> None:
    with pytest.raises(ValueError, match="network: seed must be >= 0, got -1"):
        Network(seed=-1)


def test_arrays_of_edges_are_checked() -> None:
    with pytest.raises(ValueError, match="pre and post must be equally long, got 2 and 1"):
        FromArrays([0, 1], [0])
    with pytest.raises(TypeError, match="pre must be a 1-D array of whole numbers, got float64"):
        FromArrays([0.5], [0])


def test_a_graph_with_half_of_its_weights_is_refused() -> None:
    g = nx.DiGraph()
    g.add_edge(0, 1, weight=1.0)
    g.add_edge(1, 2)
    net = Network()
    net.add("p", LIF, size=3)
    with pytest.raises(ValueError, match=r"edge \(1, 2\): attribute 'weight' is missing"):
        net.connect("p", "p", FromGraph(g), delay=1.0)
