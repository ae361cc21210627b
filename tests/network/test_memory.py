"""How much memory synapses take, by the sizes of arrays and by tracemalloc: no clock, no RSS."""

import gc
import tracemalloc
from typing import Any

import numba
import numpy as np
import pytest

from eventsim import FixedInDegree, Network, Normal, Simulation, Truncated, Uniform
from eventsim.models import LIF, SpikeSource
from eventsim.network import Projection

N, K = 1_000, 2_000
DRAWN = Truncated(Normal(0.01, 0.005), low=0.0)
HETEROGENEOUS = {"weight": DRAWN, "delay": Uniform(1.0, 5.0)}
CONSTANT = {"weight": 0.01, "delay": 1.5}


def network(given: dict[str, Any], precision: str = "single", n: int = N, k: int = K) -> Network:
    net = Network(seed=1)
    source = net.add("source", SpikeSource([[0.5]] + [[]] * (n - 1)), size=n)
    cells = net.add("cells", LIF, size=n)
    net.connect(source, cells, FixedInDegree(k), **given, precision=precision, name="all")
    return net


def kept(projection: Projection) -> float:
    s = projection.synapses
    arrays = (s.row_start, s.target, s.weight, s.delay)
    return sum(array.nbytes for array in arrays) / s.count


@pytest.mark.parametrize(
    ("given", "precision", "bytes_each"),
    [
        (CONSTANT, "single", 4),
        (CONSTANT, "double", 4),
        (HETEROGENEOUS, "single", 12),
        (HETEROGENEOUS, "double", 20),
    ],
)
def test_a_synapse_is_a_target_and_what_is_not_the_same_for_all(
    given: dict[str, Any], precision: str, bytes_each: int
) -> None:
    """Oracle: the sizes of int32 and of the chosen floating-point type."""
    net = network(given, precision, k=200)
    assert bytes_each <= kept(net.projections["all"]) <= bytes_each + 0.1


@pytest.mark.parametrize(("given", "most"), [(CONSTANT, 12.5), (HETEROGENEOUS, 21.5)])
def test_building_needs_the_edges_and_one_column_more(given: dict[str, Any], most: float) -> None:
    """Oracle: 4 bytes for source, target, weight and delay of an edge, as many as are drawn, and 4
    for the column that is being sorted; half a byte to spare, and one for portions.
    """
    network(given, n=10, k=10)  # loads what is loaded once
    tracemalloc.start()
    try:
        net = network(given)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= most * net.synapse_count


@pytest.mark.parametrize("given", [CONSTANT, HETEROGENEOUS])
def test_a_run_keeps_nothing_for_each_synapse(given: dict[str, Any]) -> None:
    """Oracle: weights and delays that are read where they are; a tenth of a byte to spare."""
    Simulation(network(given, n=10, k=10), path="superposition").run(5.0)  # loads the kernels
    net = network(given)
    gc.collect()
    tracemalloc.start()
    try:
        sim = Simulation(net, path="superposition")
        for _ in range(2):
            sim.run(5.0)
            sim.reset()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    neurons = 2 * 1_000 * N  # bytes; a neuron is a few hundred, and so are what is on its way
    assert peak <= 0.1 * net.synapse_count + neurons


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_any_number_of_building_threads_gives_the_same_synapses(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: one thread."""
    built = []
    for count in (1, threads):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", count)
        built.append(network(HETEROGENEOUS).projections["all"].synapses)
    for name in ("row_start", "target", "weight", "delay"):
        assert np.array_equal(getattr(built[0], name), getattr(built[1], name)), name
