import numpy as np
import pytest

from eventsim import FixedTotal, Network, Uniform
from eventsim.engine.buffers import apart
from eventsim.engine.compiled import partition
from eventsim.models import LIF


@pytest.mark.parametrize("portion", [7, 500, 1000, 1 << 20])
@pytest.mark.parametrize("constant", [True, False])
def test_synapses_lie_by_partition_and_within_each_as_in_the_network(
    portion: int, constant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: a stable sort of all synapses by the partition of their targets."""
    monkeypatch.setattr(partition, "_PORTION", portion)
    net = Network(seed=1)
    cells = net.add("cells", LIF, size=300)
    delay = 1.0 if constant else Uniform(1.0, 2.0)
    projection = net.connect(cells, cells, FixedTotal(1000), weight=Uniform(0, 1), delay=delay)
    bounds = np.array([0, 64, 256, 300])
    given = projection.synapses
    cut = partition.by_partition(projection, bounds, np.zeros(4))
    part = np.searchsorted(bounds, given.target, side="right") - 1
    order = np.argsort(part, kind="stable")
    assert np.array_equal(cut.target, given.target[order])
    assert np.array_equal(cut.weight, given.weight[order])
    assert np.array_equal(cut.delay, given.delay if constant else given.delay[order])
    for p, starts in enumerate(cut.row_start):
        first = np.count_nonzero(part < p)
        for source in range(300):
            row = slice(given.row_start[source], given.row_start[source + 1])
            assert starts[source + 1] - starts[source] == np.count_nonzero(part[row] == p)
        assert starts[0] == first


@pytest.mark.parametrize("columns", [None, 1, 4, 8, 9, 16])
def test_what_is_counted_for_two_partitions_shares_no_line(columns: int | None) -> None:
    """A line of memory has 64 bytes; where the first begins nobody knows."""
    counted = apart(3, columns)
    assert not counted.any()
    begins = [counted[p:].__array_interface__["data"][0] for p in range(3)]
    last_of_each = [begin + 8 * ((columns or 1) - 1) for begin in begins]
    assert (np.subtract(begins[1:], last_of_each[:-1]) >= 64).all()
