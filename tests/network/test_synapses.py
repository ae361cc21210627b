from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventsim.models.neurons.lif import LIF
from eventsim.network import FixedInDegree, Network, Uniform
from eventsim.network.synapses import Synapses

Edge = tuple[int, int, float, float]

# few distinct values, so that ties in delay and target are the normal case
edges_of_five_by_four = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 3),
        st.sampled_from([-1.0, 0.1, 2.0]),
        st.sampled_from([0.5, 1.0, 1.5]),
    ),
    max_size=40,
)


def build(edges: list[Edge], dtype: type = np.float64) -> Synapses:
    pre, post = (np.array([e[k] for e in edges], dtype=np.int64) for k in (0, 1))
    weight, delay = (np.array([e[k] for e in edges], dtype=dtype) for k in (2, 3))
    return Synapses.build(5, 4, pre, post, weight, delay)


def rows(s: Synapses) -> list[Edge]:
    columns = (s.source, s.target, s.weight, s.delay)
    return list(zip(*(c.tolist() for c in columns), strict=True))


@given(edges_of_five_by_four)
@settings(deadline=None)
def test_rows_are_the_edges_sorted_by_source_delay_target_and_order_given(
    edges: list[Edge],
) -> None:
    """Oracle: Python's stable sort of the list of edges."""
    synapses = build(edges)
    synapses._check()
    assert rows(synapses) == sorted(edges, key=lambda e: (e[0], e[3], e[1]))


@given(edges_of_five_by_four, st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_constant_is_stored_once(edges: list[Edge], weight_is_constant: bool) -> None:
    """Oracle: the same edges with the constant written out."""
    pre, post = (np.array([e[k] for e in edges], dtype=np.int32) for k in (0, 1))
    one = np.array([1.5])
    each = np.array([e[3] for e in edges])
    weight, delay = (one, each) if weight_is_constant else (each, one)
    stored = Synapses.build(5, 4, pre, post, weight, delay)
    n = len(edges)
    full = Synapses.build(5, 4, pre, post, np.broadcast_to(weight, n), np.broadcast_to(delay, n))
    stored._check()
    assert (stored.weight if weight_is_constant else stored.delay).size == 1
    assert np.array_equal(stored.target, full.target)
    assert np.array_equal(np.broadcast_to(stored.weight, n), full.weight)
    assert np.array_equal(np.broadcast_to(stored.delay, n), full.delay)


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.float32, np.float64]))
@settings(max_examples=20, deadline=None)
def test_long_rows_keep_their_invariants(seed: int, dtype: type) -> None:
    """Oracle: `_check`, a lexsort of the whole."""
    rng = np.random.default_rng(seed)
    n = 3000
    s = Synapses.build(
        7,
        50,
        rng.integers(7, size=n),
        rng.integers(50, size=n),
        rng.normal(size=n).astype(dtype),
        rng.integers(1, 200, size=n).astype(dtype),
    )
    s._check()
    assert (s.count, s.n_pre, s.n_post) == (n, 7, 50)
    assert s.weight.dtype == s.delay.dtype == dtype
    assert s.target.dtype == np.int32
    assert s.row_start.dtype == np.int64


@pytest.mark.parametrize(
    "delay",
    [
        lambda rng, n: rng.uniform(0.5, 5.0, n),
        lambda rng, n: rng.lognormal(0.0, 3.0, n),
        lambda rng, n: np.where(rng.random(n) < 0.99, rng.uniform(1.0, 1.001, n), 100.0),
        lambda rng, n: 0.1 * rng.integers(1, 15, n),
        lambda rng, n: 5e-324 * rng.integers(1, 9, n),
        lambda rng, n: 1e308 * rng.random(n),
    ],
    ids=["spread out", "skewed", "crowded", "on a grid", "smallest", "largest"],
)
def test_rows_are_sorted_however_their_delays_are_spread(
    delay: Callable[[np.random.Generator, int], np.ndarray],
) -> None:
    """Oracle: `_check`, a lexsort of the whole."""
    rng = np.random.default_rng(5)
    n = 5000
    columns = rng.integers(4, size=n), rng.integers(50, size=n), np.ones(1)
    Synapses.build(4, 50, *columns, delay(rng, n))._check()


def test_no_edges_make_empty_rows() -> None:
    s = Synapses.build(3, 2, np.empty(0, np.int32), np.empty(0, np.int32), np.ones(1), np.ones(1))
    assert s.row_start.tolist() == [0, 0, 0, 0]
    assert s.count == 0


def test_the_arrays_given_are_left_as_they_were() -> None:
    post, delay = np.array([1, 0]), np.array([2.0, 1.0])
    s = Synapses.build(1, 2, np.array([0, 0]), post, np.ones(1), delay)
    s.weight[0] = 5.0
    assert post.tolist() == [1, 0]
    assert delay.tolist() == [2.0, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize(("delay", "most"), [(1.5, 4.1), (Uniform(0.5, 5.0), 12.1)])
def test_fifteen_million_synapses_take_four_bytes_each_and_eight_for_a_delay(
    delay: float | Uniform, most: float
) -> None:
    """Oracle: the sizes of what must be kept. benchmarks/build.py has the times."""
    net = Network(seed=1)
    exc, inh = net.add("exc", LIF, size=10_000), net.add("inh", LIF, size=2_500)
    for target in (exc, inh):
        net.connect(exc, target, FixedInDegree(1_000), weight=0.1, delay=delay)
        net.connect(inh, target, FixedInDegree(250), weight=-0.5, delay=delay)
    parts = [p.synapses for p in net.projections.values()]
    kept = sum(
        s.row_start.nbytes + s.target.nbytes + s.weight.nbytes + s.delay.nbytes for s in parts
    )
    assert kept <= most * net.synapse_count
    assert net.synapse_count == 15_625_000
