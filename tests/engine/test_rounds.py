"""A round of windows in one kernel: stage by stage, out of room, and with any number of threads.

The oracle is the same round that nothing stops, to the last bit; that one has the reference engine.
"""

from typing import Any

import numpy as np
import pytest

from eventsim import FixedInDegree, Network, OneToOne, Uniform, profiling
from eventsim.engine import buffers
from eventsim.engine.compiled import plastic_visits, population, projection
from eventsim.engine.compiled.round import STAGE_NAMES
from eventsim.engine.compiled.superposition import Superposition
from eventsim.engine.kernels.rounds import STAGES
from eventsim.engine.repeated import Repeated
from eventsim.kernel import loop
from eventsim.models import LIF, PoissonSource, STDPPair, TsodyksMarkram
from runs import Outcome, agreed, barely_grown, outcome


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four windows of 1/8 ms to a round."""
    monkeypatch.setattr(Superposition, "better_window", lambda self, window: 0.125)


def network() -> Network:
    """Cells with everything that a round can hold: two plastic projections, of which one keeps a
    state, static ones with one delay and with many, one of them from a source, and two drives."""
    net = Network(seed=11)
    cells = net.add("cells", LIF(t_ref=0.3), size=150, initial={"v": Uniform(-65.0, -50.0)})
    for name, rate in (("noise", 1500.0), ("more noise", 400.0)):
        noise = net.add(name, PoissonSource(rate=rate), size=150)
        net.connect(noise, cells, OneToOne(), weight=2.0, delay=1.0)
    slow = net.add("slow", PoissonSource(rate=20.0), size=40)
    many = Uniform(0.5, 4.0)
    net.connect(cells, cells, FixedInDegree(6), -0.4, many, name="static")
    net.connect(slow, cells, FixedInDegree(9), 0.6, 0.7, name="one delay")
    pair = {"plasticity": STDPPair(a_plus=0.02, a_minus=0.01), "bounds": (0.0, 2.0)}
    net.connect(cells, cells, FixedInDegree(8), 0.5, many, name="alone", **pair)
    depressed = {"plasticity": TsodyksMarkram(use=0.5)}
    net.connect(cells, cells, FixedInDegree(4), 0.9, many, name="depressed", **depressed)
    return net


def run(net: Network, **options: Any) -> Outcome:
    """Run along the superposition path."""
    return outcome(net, 40.0, path="superposition", **options)


@pytest.mark.usefixtures("short_windows")
def test_a_round_holds_everything_with_any_number_of_threads() -> None:
    """Oracle: the reference engine, and one thread."""
    net = network()
    assert agreed(net, 40.0).count("cells") > 200
    assert run(net, threads=2) == run(net)


@pytest.mark.usefixtures("short_windows")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_round_that_lacks_room_goes_on_where_it_stopped(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everywhere there is room for one entry at first, and then for no more than is needed."""
    net = network()
    plain = run(net)
    grew: list[int] = []
    monkeypatch.setattr(projection, "ROOM", 1)
    for size in ("ARRIVALS", "SPIKES"):
        monkeypatch.setattr(population, size, 1)
    for module in (population, projection, plastic_visits):
        monkeypatch.setattr(module, "grown", barely_grown)
    help_on = population.CompiledPopulation.help_on
    monkeypatch.setattr(
        population.CompiledPopulation, "help_on",
        lambda self: grew.extend(self.progress.status.tolist()) or help_on(self),
    )  # fmt: skip
    assert run(net, threads=threads) == plain
    assert {buffers.SPIKES_FULL, buffers.INBOX_FULL, buffers.VISITS_FULL} <= set(grew)


@pytest.mark.usefixtures("short_windows")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_profile_sees_every_stage_and_changes_no_bit(threads: int) -> None:
    net = network()
    with profiling.profile() as where:
        profiled = run(net, threads=threads)
    assert profiled == run(net, threads=threads)
    assert len(STAGE_NAMES) == STAGES
    assert all(where.calls["rounds", name] > 100 for name in STAGE_NAMES)


def test_a_kernel_whose_types_are_known_gives_the_same() -> None:
    """Oracle: the kernel, and a closed form."""

    @loop()
    def scaled_sum(by: float, values: Any) -> float:
        total = 0.0
        for value in values[0]:
            total += by * value
        return total

    repeated = Repeated(scaled_sum)
    for n in (3, 5, 0):
        values = (np.arange(n, dtype=float), np.zeros(1))
        assert repeated(0.5, values) == scaled_sum(0.5, values) == n * (n - 1) / 4
