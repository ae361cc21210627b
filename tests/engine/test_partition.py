import numpy as np
import pytest

from eventsim import FixedTotal, Network, Uniform
from eventsim.engine.buffers import Ints, Synapses, apart
from eventsim.engine.compiled import partition
from eventsim.models import LIF
from eventsim.network import Projection


def cut(constant: bool, bounds: Ints) -> tuple[Projection, Synapses]:
    net = Network(seed=1)
    cells = net.add("cells", LIF, size=300)
    delay = 1.0 if constant else Uniform(1.0, 2.0)
    projection = net.connect(cells, cells, FixedTotal(1000), weight=Uniform(0, 1), delay=delay)
    return projection, partition.by_partition(projection.synapses, 0.0, bounds, np.zeros(4))


@pytest.mark.parametrize("portion", [7, 500, 1000, 1 << 20])
@pytest.mark.parametrize("constant", [True, False])
def test_each_partition_has_the_synapses_onto_its_targets_as_in_the_network(
    portion: int, constant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: a choice from the network's own rows."""
    monkeypatch.setattr(partition, "_PORTION", portion)
    bounds = np.array([0, 64, 256, 300])
    projection, found = cut(constant, bounds)
    given = projection.synapses
    part = np.searchsorted(bounds, given.target, side="right") - 1
    delays = np.broadcast_to(found.delay, given.count)
    for p in range(3):
        for source in range(300):
            row = np.arange(given.row_start[source], given.row_start[source + 1])
            expected = row[part[row] == p]
            here = slice(found.row_start[p, source], found.row_end[p, source])
            assert np.array_equal(found.target[here], given.target[expected])
            assert np.array_equal(found.weight[here], given.weight[expected])
            given_delays = np.broadcast_to(given.delay, given.count)
            assert np.array_equal(delays[here], given_delays[expected])


def test_rows_of_one_delay_are_read_where_they_lie() -> None:
    bounds = np.array([0, 64, 256, 300])
    for constant in (True, False):
        projection, found = cut(constant, bounds)
        assert np.shares_memory(found.target, projection.synapses.packed_target) == constant
        assert np.shares_memory(found.weight, projection.synapses.weight) == constant


@pytest.mark.parametrize("columns", [None, 1, 4, 8, 9, 16])
def test_what_is_counted_for_two_partitions_shares_no_line(columns: int | None) -> None:
    """A line of memory has 64 bytes; where the first begins nobody knows."""
    counted = apart(3, columns)
    assert not counted.any()
    begins = [counted[p:].__array_interface__["data"][0] for p in range(3)]
    last_of_each = [begin + 8 * ((columns or 1) - 1) for begin in begins]
    assert (np.subtract(begins[1:], last_of_each[:-1]) >= 64).all()
