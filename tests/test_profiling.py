"""Where the time goes: who is counted, and that nothing is when nobody asks."""

import time

from eventsim import Network, OneToOne, Simulation, profiling
from eventsim.models import LIF, PoissonSource


def driven() -> Network:
    net = Network(seed=1)
    cells = net.add("cells", LIF(), size=20)
    noise = net.add("noise", PoissonSource(rate=2000.0), size=20)
    net.connect(noise, cells, OneToOne(), weight=1.0, delay=1.0)
    return net


def test_a_profile_counts_kernels_and_parts_of_the_work() -> None:
    with profiling.profile() as where, Simulation(driven()) as sim:
        sim.run(20.0)
    assert where.calls["rounds", "step"] > 0
    assert {"build", "drive", "update", "sort", "other"} <= set(where.parts)
    assert sum(where.seconds.values()) <= sum(where.parts.values())
    assert "rounds.step" in where.table()


def test_parts_within_parts_are_counted_once() -> None:
    """Oracle: the clock around everything."""
    where = profiling.Profile()
    start = time.process_time()
    with where.part("outer"):
        spend()
        with where.part("inner"):
            spend()
    total = time.process_time() - start
    assert where.parts["outer"] > 0.0
    assert where.parts["inner"] > 0.0
    assert where.parts["outer"] + where.parts["inner"] <= total


def test_kernels_are_handed_out_bare_when_nobody_measures() -> None:
    with profiling.profile():
        Simulation(driven()).close()
    with Simulation(driven()) as sim:
        assert isinstance(sim.engine.populations[0].kernel, type(time))  # type: ignore[attr-defined]


def spend() -> None:
    """Take some CPU time."""
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass
