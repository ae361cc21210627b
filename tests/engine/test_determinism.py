"""What must not change a bit: threads, recorders, cuts, idle control events, growing buffers."""

from typing import Any

import numpy as np
import pytest

from eventsim import (
    AllToAll,
    FixedInDegree,
    FromArrays,
    Network,
    OneToOne,
    Sampled,
    Simulation,
    Uniform,
)
from eventsim.engine.compiled.population import HISTORY
from eventsim.models import LIF, LIFExp, PoissonSource, SpikeSource, STDPPair
from runs import Outcome, agreed, assert_close, outcome

ALL = ["exc", "inh"]


@pytest.fixture(scope="module", params=["ordered", "superposition"])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def net() -> Network:
    """Two populations, each large enough that both of two partitions hold neurons."""
    net = Network(seed=7)
    rule = STDPPair(a_plus=0.02, a_minus=0.02)
    noise = net.add("noise", PoissonSource(rate=700.0), size=300)
    exc = net.add("exc", LIF, size=300, initial={"v": Uniform(-65.0, -50.0)})
    inh = net.add("inh", LIF, size=150)
    net.connect(noise, exc, OneToOne(), weight=1.6, delay=1.5)
    net.connect(
        exc, exc, FixedInDegree(20), 0.5, Uniform(0.8, 20.0), plasticity=rule, bounds=(0.0, 1.0)
    )
    net.connect(exc, inh, FixedInDegree(20), 1.5, 1.0, plasticity=rule, bounds=(0.0, 2.0))
    net.connect(inh, exc, FixedInDegree(5), weight=-2.0, delay=Uniform(0.8, 2.0))
    return net


@pytest.fixture(scope="module")
def plainly(net: Network, path: str) -> Outcome:
    """The outcome of one thread, one stretch, and a recorder of spikes alone."""
    with Simulation(net, path=path) as sim:
        assert bool(sim.engine.superposed) == (path == "superposition")  # type: ignore[attr-defined]
    seen = outcome(net, 120.0, record={"spikes": ALL}, path=path)
    assert min(seen.count(name) for name in ALL) > 50
    assert len(set(seen.weights["exc->exc"])) > 1000
    return seen


def same(seen: Outcome, plain: Outcome, path: str) -> None:
    """Insist on the same bits, or within 1e-9 where sums are cut at other times."""
    if path == "ordered":
        assert seen == plain
    else:
        assert_close(seen, plain)


def test_two_threads_change_no_bit(net: Network, plainly: Outcome, path: str) -> None:
    """Oracle: the run with one thread."""
    with Simulation(net, threads=2, path=path) as sim:
        bounds = sim.engine.populations[1].cells.bounds  # type: ignore[attr-defined]
        assert (np.diff(bounds) > 0).all()
    assert outcome(net, 120.0, record={"spikes": ALL}, threads=2, path=path) == plainly


def test_a_run_in_two_parts_gives_the_run_in_one(net: Network, plainly: Outcome, path: str) -> None:
    """Oracle: the run in one stretch; and the same two parts on two threads, bit by bit."""
    parts = outcome(net, 50.0, 70.0, record={"spikes": ALL}, path=path)
    same(parts, plainly, path)
    assert outcome(net, 50.0, 70.0, record={"spikes": ALL}, path=path, threads=2) == parts


@pytest.mark.parametrize("threads", [1, 2])
def test_sampling_and_weight_snapshots_change_no_bit(
    net: Network, plainly: Outcome, path: str, threads: int
) -> None:
    """Oracle: the run that records spikes alone; one neuron is sampled, then all are."""
    record = {
        "spikes": ALL,
        "states": {"exc": Sampled(["v", "i"], every=0.37), "inh": Sampled("v", 1.0, [70])},
        "weights": {"exc->exc": 20.0, "exc->inh": [0.0, 33.3, 50.0]},
    }
    assert outcome(net, 120.0, record=record, threads=threads, path=path) == plainly


@pytest.mark.parametrize("threads", [1, 2])
def test_recording_a_source_that_drives_directly_changes_no_bit(
    net: Network, plainly: Outcome, path: str, threads: int
) -> None:
    """Oracle: the run in which nobody listens to the source."""
    seen = outcome(net, 120.0, record={"spikes": [*ALL, "noise"]}, threads=threads, path=path)
    assert seen.count("noise") > 1000
    assert {name: seen.spikes[name] for name in ALL} == plainly.spikes
    assert seen.weights == plainly.weights


def test_a_run_without_a_recorder_ends_with_the_same_bits(
    net: Network, plainly: Outcome, path: str
) -> None:
    """Oracle: weights and spike counts of the recorded run."""
    with Simulation(net, path=path) as sim:
        sim.run(120.0)
        assert [sim.spike_count(name) for name in ALL] == [plainly.count(name) for name in ALL]
        weights = {name: sim.weights(name).tolist() for name in net.projections}
    assert weights == plainly.weights


def test_a_recorder_opened_midway_sees_the_second_half(net: Network, path: str) -> None:
    """Oracle: the run in the same two parts, recorded from the start."""
    whole = outcome(net, 50.0, 70.0, record={"spikes": ["noise", *ALL]}, path=path)
    with Simulation(net, path=path) as sim:
        sim.run(50.0)
        recorder = sim.record(spikes=["noise", *ALL])
        sim.run(70.0)
        late = [recorder.recording.spikes(name)[0].tolist() for name in whole.spikes]
        weights = sim.weights("exc->exc").tolist()
    assert late == [[t for t in times if t >= 50.0] for times, _ in whole.spikes.values()]
    assert weights == whole.weights["exc->exc"]


def test_control_events_that_only_look_change_nothing(
    net: Network, plainly: Outcome, path: str
) -> None:
    """Oracle: the run without control events."""

    def look(sim: Simulation) -> None:
        for name in net.populations:
            sim.state(name, net.populations[name].model.state_names[0])
        sim.weights("exc->exc")

    def script(sim: Simulation) -> None:
        sim.every(3.3, look)
        sim.at(50.0, lambda sim: None)

    same(outcome(net, 120.0, script=script, record={"spikes": ALL}, path=path), plainly, path)


def test_another_seed_gives_other_spikes(net: Network, plainly: Outcome, path: str) -> None:
    other = outcome(net, 120.0, record={"spikes": ALL}, seed=8, path=path)
    assert other.spikes != plainly.spikes


@pytest.mark.parametrize("threads", [1, 2])
def test_five_thousand_neurons_that_fire_at_one_instant_lose_no_spike(threads: int) -> None:
    """Oracle: the constant delays; inbox, emitted spikes and queue all grow in one window."""
    n = 5000
    net = Network()
    source = net.add("source", SpikeSource([1.0, 10.0]))
    cells, ear = net.add("cells", LIF, size=n), net.add("ear", LIF(v_th=1e6, t_ref=0.0))
    net.connect(source, cells, AllToAll(), weight=20.0, delay=0.5)
    net.connect(cells, ear, AllToAll(), weight=1.0, delay=2.0)
    with Simulation(net, threads=threads) as sim:
        recorder = sim.record()
        sim.run(3.6)
        times, neurons = recorder.recording.spikes("cells")
        assert times.tolist() == [1.5] * n
        assert neurons.tolist() == list(range(n))
        heard = n * np.exp(-(sim.now - 3.5) / 20.0)
        assert sim.state("ear", "v")[0] + 65.0 == pytest.approx(heard, rel=1e-12)


def test_who_waits_for_room_for_a_spike_hears_nothing_twice() -> None:
    """Oracle: the reference engine.

    There is room for 256 spikes in a window at first. Each of 600 neurons hears three in one
    window, and fires after the first; who finds no room before the last has heard two already.
    """
    net = Network()
    source = net.add("source", SpikeSource([1.0, 1.1, 1.8]))
    cells = net.add("cells", LIFExp(tau_syn_exc=5.0), size=600)
    strong = Uniform(14_000.0, 15_000.0)
    net.connect(source, cells, AllToAll(), weight=strong, delay=0.1, port="exc")
    runs = []
    for options in (
        {"path": "ordered"},
        {"path": "ordered", "threads": 2},
        {"engine": "reference"},
    ):
        with Simulation(net, **options) as sim:
            recorder = sim.record()
            sim.run(2.0)  # in between who has fired is refractory
            sim.run(30.0)
            runs.append(recorder.recording.spikes("cells"))
    assert (runs[0][0] < 2.0).sum() == 600
    for run in runs[:-1]:
        np.testing.assert_array_equal(run[0], runs[-1][0])
        np.testing.assert_array_equal(run[1], runs[-1][1])


@pytest.mark.parametrize("threads", [1, 2])
def test_arrivals_that_meet_in_one_window_at_one_neuron_come_in_the_order_of_time(
    threads: int,
) -> None:
    """Oracle: the sum of exponentials, and the reference engine's order, bit by bit."""
    rng = np.random.default_rng(1)
    n = 6000
    net = Network()
    source = net.add("source", SpikeSource([[t] for t in rng.uniform(0.0, 1.0, n)]), size=n)
    ear = net.add("ear", LIF(v_th=1e6), size=130)
    net.connect(source, ear, FromArrays(np.arange(n), np.full(n, 129)), weight=0.1, delay=5.0)
    v = []
    for options in ({"threads": threads, "path": "ordered"}, {"engine": "reference"}):
        with Simulation(net, **options) as sim:
            sim.run(7.0)
            v.append(sim.state("ear", "v")[129])
    fired = net.populations["source"].table
    assert v[0] == v[1]
    assert v[0] + 65.0 == pytest.approx(0.1 * np.exp((fired - 2.0) / 20.0).sum(), rel=1e-9)


def test_a_target_that_fires_more_often_than_its_history_is_long_loses_no_pairing() -> None:
    """Oracle: the reference engine, and the sum over pairs; the plastic source is long silent."""
    often = np.arange(1.0, 3.0 * HISTORY + 1.0)
    silent = [0.25, often[-1] + 5.0]
    net = Network()
    clock, rare = net.add("clock", SpikeSource(often)), net.add("rare", SpikeSource(silent))
    cell = net.add("cell", LIF(t_ref=0.0))
    net.connect(clock, cell, AllToAll(), weight=20.0, delay=1.0)
    rule = STDPPair(a_plus=0.1, a_minus=0.01, tau_plus=100.0, tau_minus=50.0)
    net.connect(rare, cell, AllToAll(), weight=1.0, delay=1.0, plasticity=rule)
    seen = agreed(net, often[-1] + 20.0)
    fired, arrived = often + 1.0, np.array(silent) + 1.0
    assert seen.spikes["cell"][0] == fired.tolist()
    lag = fired[:, None] - arrived
    steps = np.where(lag >= 0.0, 0.1 * np.exp(-lag / 100.0), -0.01 * np.exp(lag / 50.0))
    assert seen.weights["rare->cell"][0] == pytest.approx(1.0 + steps.sum(), rel=1e-12)


@pytest.mark.parametrize("options", [{}, {"engine": "reference"}], ids=["compiled", "reference"])
def test_what_is_added_beside_a_network_does_not_change_its_spikes(options: dict[str, Any]) -> None:
    """Oracle: the network alone; streams belong to populations, not to the order of draws."""

    def build(more: bool) -> Network:
        net = Network(seed=3)
        noise = net.add("noise", PoissonSource(rate=800.0), size=20)
        cells = net.add("cells", LIF, size=20)
        net.connect(noise, cells, OneToOne(), weight=3.0, delay=1.0)
        if more:
            other = net.add("other", PoissonSource(rate=800.0), size=20)
            net.connect(other, net.add("more", LIF, size=20), OneToOne(), weight=3.0, delay=0.1)
        return net

    alone, beside = (outcome(build(more), 100.0, **options) for more in (False, True))
    assert alone.count("cells") > 10
    assert beside.spikes["cells"] == alone.spikes["cells"]
