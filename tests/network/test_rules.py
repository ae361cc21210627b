from collections import Counter

import numpy as np
import pytest

from eventsim.network.rules import (
    AllToAll,
    Bernoulli,
    ConnectionRule,
    Edges,
    Ends,
    FixedInDegree,
    FixedOutDegree,
    FixedTotal,
    OneToOne,
)

SAME = Ends(same=True)


def connect(
    rule: ConnectionRule, n_pre: int, n_post: int, ends: Ends = SAME, seed: int = 3
) -> Edges:
    return rule.connect(n_pre, n_post, np.random.default_rng(seed), ends)


def pairs(edges: Edges) -> list[tuple[int, int]]:
    return list(zip(edges[0].tolist(), edges[1].tolist(), strict=True))


def test_all_to_all_is_every_pair() -> None:
    assert pairs(connect(AllToAll(), 2, 3)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_all_to_all_without_autapses_leaves_out_the_diagonal() -> None:
    expected = [(i, j) for i in range(4) for j in range(4) if i != j]
    assert pairs(connect(AllToAll(autapses=False), 4, 4)) == expected


def test_one_to_one_is_the_diagonal() -> None:
    assert pairs(connect(OneToOne(), 3, 3)) == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("k", [0, 1, 7, 19])
def test_every_target_has_its_in_degree(k: int, multapses: bool) -> None:
    _, post = connect(FixedInDegree(k, multapses=multapses), 20, 30, Ends())
    assert np.bincount(post, minlength=30).tolist() == [k] * 30


@pytest.mark.parametrize("multapses", [True, False])
def test_every_source_has_its_out_degree(multapses: bool) -> None:
    pre, _ = connect(FixedOutDegree(6, multapses=multapses), 20, 30, Ends())
    assert np.bincount(pre, minlength=20).tolist() == [6] * 20


@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("n", [0, 1, 5, 150, 350])
def test_the_total_is_fixed(n: int, multapses: bool) -> None:
    pre, post = connect(FixedTotal(n, multapses=multapses), 20, 20)
    assert pre.size == post.size == n


@pytest.mark.parametrize(
    "rule",
    [
        FixedInDegree(19, multapses=False, autapses=False),
        FixedOutDegree(19, multapses=False, autapses=False),
        FixedTotal(380, multapses=False, autapses=False),
        Bernoulli(1.0, autapses=False),
    ],
)
def test_a_full_graph_without_autapses_is_all_pairs_but_the_diagonal(rule: ConnectionRule) -> None:
    """Oracle: the only graph that satisfies the rule."""
    assert sorted(pairs(connect(rule, 20, 20))) == [
        (i, j) for i in range(20) for j in range(20) if i != j
    ]


@pytest.mark.parametrize(
    "rule",
    [
        FixedInDegree(8, multapses=False),
        FixedOutDegree(8, multapses=False),
        FixedTotal(9, multapses=False),
        FixedTotal(150, multapses=False),
        FixedTotal(250, multapses=False),
        Bernoulli(0.4),
    ],
)
def test_without_multapses_no_pair_comes_twice(rule: ConnectionRule) -> None:
    for seed in range(20):
        assert max(Counter(pairs(connect(rule, 20, 20, seed=seed))).values()) == 1


@pytest.mark.parametrize(
    "rule",
    [
        FixedInDegree(40, autapses=False),
        FixedOutDegree(40, autapses=False),
        FixedTotal(800, autapses=False),
        Bernoulli(0.9, autapses=False),
    ],
)
def test_autapses_are_left_out_only_of_a_population_on_itself(rule: ConnectionRule) -> None:
    assert all(i != j for i, j in pairs(connect(rule, 20, 20)))
    assert any(i == j for i, j in pairs(connect(rule, 20, 20, Ends())))


@pytest.mark.parametrize(
    ("rule", "mean", "variance"),
    [
        (FixedInDegree(6), 0.3, 6 * 0.05 * 0.95),
        (FixedInDegree(6, multapses=False), 0.3, 0.21),
        (FixedOutDegree(3), 0.3, 3 * 0.1 * 0.9),
        (FixedOutDegree(3, multapses=False), 0.3, 0.21),
        (FixedTotal(60), 0.3, 60 * 0.005 * 0.995),
        (FixedTotal(60, multapses=False), 0.3, 0.21),
        (FixedTotal(120, multapses=False), 0.6, 0.24),
        (FixedTotal(2, multapses=False), 0.01, 0.0099),
        (Bernoulli(0.3), 0.3, 0.21),
        (Bernoulli(0.01), 0.01, 0.0099),
    ],
)
def test_every_pair_is_equally_likely(rule: ConnectionRule, mean: float, variance: float) -> None:
    """Oracle: binomial edges per pair, 2000 graphs; 5.5 sd for all 200 pairs is one in 10^5."""
    graphs = 2000
    seen = np.zeros((20, 10))
    for seed in range(graphs):
        np.add.at(seen, connect(rule, 20, 10, Ends(), seed), 1)
    assert np.abs(seen - graphs * mean).max() < 5.5 * (graphs * variance) ** 0.5 + 3.0


def test_bernoulli_draws_a_binomial_number_of_edges() -> None:
    """Oracle: mean and variance of B(10^4, 0.02) over 2000 graphs, within five standard errors."""
    counts = [connect(Bernoulli(0.02), 100, 100, Ends(), s)[0].size for s in range(2000)]
    mean, variance = 200.0, 196.0
    assert np.mean(counts) == pytest.approx(mean, abs=5 * (variance / 2000) ** 0.5)
    assert np.var(counts) == pytest.approx(variance, rel=5 * (2 / 2000) ** 0.5)


def test_bernoulli_costs_what_its_edges_cost() -> None:
    """Oracle: 10^12 pairs could not be visited; about 10^4 are expected."""
    pre, _ = connect(Bernoulli(1e-8), 1_000_000, 1_000_000)
    assert abs(pre.size - 10_000) < 5 * 100


def test_bernoulli_of_nothing_is_empty() -> None:
    assert pairs(connect(Bernoulli(0.0), 1000, 1000)) == []


def test_bernoulli_with_a_vanishing_probability_does_not_overflow() -> None:
    assert pairs(connect(Bernoulli(1e-300), 1000, 1000)) == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            FixedInDegree(21, multapses=False),
            "in-degree 21 cannot be satisfied: there are only 20 partners to choose from",
        ),
        (
            FixedInDegree(20, multapses=False, autapses=False),
            "in-degree 20 cannot be satisfied: there are only 19 partners to choose from",
        ),
        (
            FixedOutDegree(21, multapses=False),
            "out-degree 21 cannot be satisfied: there are only 20 partners to choose from",
        ),
        (
            FixedTotal(401, multapses=False),
            "401 edges asked for, but there are only 400 pairs",
        ),
    ],
)
def test_what_cannot_be_satisfied_is_refused(rule: ConnectionRule, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        connect(rule, 20, 20)
    assert str(refusal.value) == message


@pytest.mark.parametrize("rule", [FixedInDegree(1, autapses=False), FixedTotal(1, autapses=False)])
def test_a_lone_neuron_without_autapses_has_no_partner(rule: ConnectionRule) -> None:
    with pytest.raises(ValueError, match="only 0"):
        connect(rule, 1, 1)


def test_one_to_one_of_unequal_sizes_is_refused() -> None:
    with pytest.raises(ValueError, match="one-to-one needs populations of equal size, got 2 and 3"):
        connect(OneToOne(), 2, 3)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_0_to_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="Bernoulli: p must be"):
        Bernoulli(p)


def test_a_degree_must_be_a_whole_number() -> None:
    with pytest.raises(TypeError, match=r"FixedInDegree: k must be a whole number, got 2\.5"):
        FixedInDegree(2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="FixedOutDegree: k must be >= 0, got -1"):
        FixedOutDegree(-1)
