"""Which path the compiled engine takes: a rule on the network and on counts, never on a clock."""

import numpy as np
import pytest

from eventsim import FixedInDegree, Network, OneToOne, Simulation, SimulationError, Uniform
from eventsim.engine.compiled import CompiledEngine
from eventsim.engine.compiled.superposition import Superposition
from eventsim.models import LIF, Clopath, PoissonSource, SpikeSource, STDPPair
from eventsim.models import AdExClopath as Cell
from runs import assert_close, outcome, sampled_v


def busy(rate: float, size: int = 60) -> Network:
    """LIF neurons with independent input at `rate` Hz and sparse connections among them."""
    net = Network(seed=3)
    cells = net.add("cells", LIF(v_th=-55.0), size=size, initial={"v": Uniform(-65.0, -56.0)})
    noise = net.add("noise", PoissonSource(rate=rate), size=size)
    net.connect(noise, cells, OneToOne(), weight=1.5, delay=1.0)
    net.connect(cells, cells, FixedInDegree(8), weight=0.3, delay=Uniform(1.0, 4.0))
    return net


def engine_of(sim: Simulation) -> CompiledEngine:
    """Return the engine, which must be the compiled one."""
    assert isinstance(sim.engine, CompiledEngine)
    return sim.engine


def test_much_input_is_summed_and_little_is_stepped_through() -> None:
    for rate, summed in ((5000.0, True), (20.0, False)):
        with Simulation(busy(rate)) as sim:
            assert bool(engine_of(sim).superposed) == summed


def test_a_handful_of_neurons_is_stepped_through() -> None:
    for size, summed in ((15, False), (16, True)):
        with Simulation(busy(5000.0, size)) as sim:
            assert bool(engine_of(sim).superposed) == summed


def test_who_gets_less_than_was_expected_goes_on_along_the_ordered_path() -> None:
    """Oracle: the reference engine, to 1e-9 ms, across the change of paths.

    The drive keeps rows while its arrivals are summed; after that each synapse waits for one.
    """
    net = Network(seed=5)
    cells = net.add("cells", LIF(), size=400)
    noise = net.add("noise", PoissonSource(rate=1.0), size=400)
    net.connect(noise, cells, OneToOne(), weight=16.0, delay=1.0)
    net.connect(cells, cells, FixedInDegree(100), weight=0.02, delay=Uniform(1.0, 4.0))
    with Simulation(net) as sim:
        assert engine_of(sim).superposed  # 100 synapses, and nobody has seen the rate yet
        (drive,) = engine_of(sim).drives
        sim.run(1.0)
        assert drive.rows is not None
        assert drive.waiting is None
        sim.run(150.0)
        assert not engine_of(sim).superposed
        assert drive.rows is None
        assert drive.waiting is not None
        sim.reset()
        assert drive.rows is not None
    assert_close(outcome(net, 150.0), outcome(net, 150.0, engine="reference"))


def test_plastic_arrivals_are_summed_unless_their_rule_reads_the_target() -> None:
    net = Network(seed=1)
    cells = net.add("cells", LIF(), size=30)
    plastic = net.connect(
        cells, cells, FixedInDegree(5), 0.5, 1.5, plasticity=STDPPair(), bounds=(0.0, 1.0)
    )
    with Simulation(net, path="superposition") as sim:
        assert engine_of(sim).superposed
    assert plastic.plasticity is not None
    other = Network(seed=1)
    adex = other.add("cells", Cell(), size=30)
    other.connect(adex, adex, FixedInDegree(5), 0.5, 1.5, plasticity=Clopath(), bounds=(0.0, 1.0))
    with Simulation(other, path="superposition") as sim:
        assert not engine_of(sim).superposed


def test_sums_leave_the_same_samples_as_steps() -> None:
    """Oracle: the reference engine, to 1e-9 mV; most samples lie between arrivals."""
    net = busy(5000.0, size=70)
    exact = sampled_v(net, "cells", 7.3, 12.7, engine="reference")
    seen = sampled_v(net, "cells", 7.3, 12.7, path="superposition")
    for found, expected in zip(seen, exact, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-9)


def test_who_has_been_deaf_is_summed_again_though_nothing_arrives() -> None:
    """Oracle: all fire at once, wait at v_reset, and hear of no weight but zero."""
    net = Network(seed=3)
    cells = net.add("cells", LIF(v_th=-55.0), size=60, initial={"v": -50.0})
    noise = net.add("noise", PoissonSource(rate=50.0), size=60)
    net.connect(noise, cells, OneToOne(), weight=0.0, delay=1.0)
    with Simulation(net, path="superposition") as sim:
        sim.run(10.0)
        assert sim.spike_count("cells") == 60
        assert [path.n_hot for path in engine_of(sim).superposed.values()] == [0]


def test_what_was_fired_before_an_error_in_the_same_round_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Oracle: by hand; windows of 1/8 ms, eight to a round from 30 ms on.

    So it is with those who have been through the round when it happens, and those who have not.
    """
    monkeypatch.setattr(Superposition, "better_window", lambda self, window: 0.125)
    rounds: list[float] = []
    run = CompiledEngine._run_round
    monkeypatch.setattr(
        CompiledEngine, "_run_round",
        lambda self, start, until: rounds.append(start) or run(self, start, until),
    )  # fmt: skip
    net = Network(seed=3)
    names = ["before", "cells", "after"]
    for name in names:
        cells = net.add(name, LIF(v_th=1e308, v_reset=0.0), size=70)
        noise = net.add(f"noise of {name}", PoissonSource(rate=2000.0), size=70)
        net.connect(noise, cells, OneToOne(), weight=0.1, delay=1.0)
        kick = net.add(f"kick of {name}", SpikeSource([[29.1, 29.95]]), size=1)
        net.connect(kick, cells[5:6], OneToOne(), weight=1.5e308, delay=1.0)
    for name in ("one", "two"):
        kick = net.add(name, SpikeSource([[29.9]]), size=1)
        net.connect(kick, net.populations["cells"][68:69], OneToOne(), weight=1.7e308, delay=1.0)
    with Simulation(net, path="superposition") as sim:
        sim.run(30.0)
        recorder = sim.record(spikes=names)
        with pytest.raises(SimulationError, match=r"neuron 68 is no longer finite at 30\.9 ms"):
            sim.run(10.0)
        for name in names:
            times, neurons = recorder.recording.spikes(name)
            assert (times.tolist(), neurons.tolist()) == ([30.1], [5])
    assert rounds[-1] == 30.0


def test_what_comes_from_outside_ends_a_round_before_its_window() -> None:
    """Oracle: the reference engine; noise is summed in windows of a fraction of a ms."""
    net = busy(5000.0)

    def script(sim: Simulation) -> None:
        sim.send("cells", [3.3, 7.77, 7.771, 12.0], [3, 3, 9, 20], 9.0)

    plain = outcome(net, 20.0, engine="reference", script=script)
    assert_close(outcome(net, 20.0, path="superposition", script=script), plain)
