"""Some neurons of a population as the end of a projection."""

from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.random import Generator

from eventsim import (
    AllToAll,
    DistanceDelay,
    DistanceDependent,
    FixedInDegree,
    FromArrays,
    FromGraph,
    Network,
    OneToOne,
)
from eventsim.models import LIF
from eventsim.network import Population, PopulationView, Projection
from eventsim.network.rules import NOTHING_KNOWN, ConnectionRule, Edges, Ends

Pairs = list[tuple[int, int]]


def cells(size: int = 10, **options: Any) -> tuple[Network, Population]:
    net = Network(seed=1)
    return net, net.add("cells", LIF(), size=size, **options)


def pairs(projection: Projection) -> Pairs:
    synapses = projection.synapses
    pre = np.repeat(np.arange(projection.source.size), np.diff(synapses.row_start))
    return sorted(zip(pre.tolist(), synapses.target.tolist(), strict=True))


@pytest.mark.parametrize(
    ("which", "indices"),
    [
        (slice(7, None), [7, 8, 9]),
        (slice(None, None, -4), [9, 5, 1]),
        (3, [3]),
        (-1, [9]),
        ([4, -9], [4, 1]),
        (np.arange(10) > 7, [8, 9]),
    ],
)
def test_neurons_are_chosen_as_in_numpy(which: Any, indices: list[int]) -> None:
    assert cells()[1][which].indices.tolist() == indices


def test_a_view_of_a_view_counts_within_it() -> None:
    view = cells()[1][4:][[0, -1]]
    assert view.indices.tolist() == [4, 9]
    assert repr(view) == "<2 of 10 neurons of population 'cells'>"


def test_a_population_is_its_neurons_one_by_one() -> None:
    assert [view.indices.tolist() for view in cells(3)[1]] == [[0], [1], [2]]


def test_only_the_chosen_are_connected() -> None:
    net, all_cells = cells()
    made = net.connect(all_cells[:2], all_cells[[9, 5, 0]], AllToAll(), 1.0, 1.0)
    assert pairs(made) == [(0, 0), (0, 5), (0, 9), (1, 0), (1, 5), (1, 9)]
    assert pairs(net.connect(all_cells, all_cells[4], AllToAll(), 1.0, 1.0)) == [
        (i, 4) for i in range(10)
    ]


def test_weights_keep_the_order_of_the_rule() -> None:
    net, all_cells = cells()
    view = all_cells[[7, 3]]
    made = net.connect(view, view, FromArrays([0, 1], [1, 0]), [0.5, 2.0], 1.0)
    assert pairs(made) == [(3, 7), (7, 3)]
    assert made.synapses.weight.tolist() == [2.0, 0.5]


def test_autapses_are_left_out_where_both_ends_are_one() -> None:
    net, all_cells = cells()
    view = all_cells[3:7]
    made = pairs(net.connect(view, view, AllToAll(autapses=False), 1.0, 1.0))
    assert made == [(i, j) for i in range(3, 7) for j in range(3, 7) if i != j]
    apart = net.connect(all_cells[:5], all_cells[5:], AllToAll(autapses=False), 1.0, 1.0)
    assert apart.synapses.count == 25


def test_places_and_labels_are_those_of_the_chosen() -> None:
    net, all_cells = cells(positions=np.arange(10.0), labels=list("abcdefghij"))
    near = DistanceDependent(lambda d: (d == 1.0).astype(np.float64))
    made = net.connect(all_cells[:3], all_cells[2:], near, 1.0, DistanceDelay(0.5))
    assert pairs(made) == [(1, 2), (2, 3)]
    assert made.synapses.delay.tolist() == [2.0, 2.0]
    graph = nx.DiGraph([("c", "j")])
    assert pairs(net.connect(all_cells[1:], all_cells[5:], FromGraph(graph), 1.0, 1.0)) == [(2, 9)]


def test_the_blueprint_knows_the_view() -> None:
    net, all_cells = cells()
    net.connect(all_cells[:8], all_cells, FixedInDegree(3), 1.0, 1.0)
    again = Network.from_networkx(net.to_networkx(), seed=1).projections["cells->cells"]
    assert pairs(again) == pairs(net.projections["cells->cells"])
    assert repr(again.rule) == ("FixedInDegree(k=3, autapses=True, multapses=True) among 8 sources")


@pytest.mark.parametrize(
    ("which", "error", "message"),
    [
        (20, IndexError, "there is no neuron 20, only 0 to 9"),
        (slice(5, 2), ValueError, "chooses none of its 10 neurons"),
        ([1, 1], ValueError, "can be chosen only once"),
        ("a", TypeError, "choose neurons by a slice, whole numbers, or 10 booleans, got 'a'"),
        ([True], TypeError, "choose neurons by"),
        (1.5, TypeError, "choose neurons by"),
    ],
)
def test_what_chooses_no_neurons_is_refused(
    which: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=rf"population 'cells': .*{message}"):
        cells()[1][which]


def test_no_autapses_between_parts_that_overlap_are_refused() -> None:
    net, all_cells = cells()
    with pytest.raises(ValueError, match=r"'cells->cells': autapses=False .* 8 of them in both"):
        net.connect(all_cells[:8], all_cells, FixedInDegree(3, autapses=False), 1.0, 1.0)


@dataclass(frozen=True)
class Outside(ConnectionRule):
    """A rule of a user's that forgets how many there are."""

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        return np.array([0]), np.array([n_post])


def test_wrong_rules_are_refused_as_without_views() -> None:
    net, all_cells = cells()
    with pytest.raises(TypeError, match="'cells->cells': rule must be a connection rule, got 3"):
        net.connect(all_cells[:2], all_cells, 3, 1.0, 1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'cells->cells': view: target index must be from 0 to 2"):
        net.connect(all_cells, all_cells[:3], Outside(), 1.0, 1.0)
    with pytest.raises(ValueError, match="equal size, got 3 and 2"):
        net.connect(all_cells[:3], all_cells[:2], OneToOne(), 1.0, 1.0)
    other: PopulationView = cells()[1][:3]
    with pytest.raises(ValueError, match="population 'cells' belongs to another network"):
        net.connect(other, all_cells, AllToAll(), 1.0, 1.0)
