"""Populations that are settled once in several windows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventsim import FixedInDegree, FromArrays, Network, OneToOne, Sampled, Simulation, Uniform
from eventsim.engine.compiled import CompiledEngine
from eventsim.engine.compiled.stretched import Stretched
from eventsim.models import (
    LIF,
    LIFAlpha,
    LIFDeadTime,
    LIFDoubleExp,
    LIFExp,
    LIFExpDeadTime,
    PoissonSource,
    SpikeSource,
    STDPPair,
)
from resumed import agree
from runs import agreed, assert_close, outcome, result, sampled_v

DELAY = 0.1  # ms: windows of that length, in stretches of ten and more
RESTLESS = {"v_rest": -49.0, "v_th": -50.0, "v_reset": -60.0}
# the neuron, and the weight of an excitatory synapse; all but the last two fire by themselves
CASES: dict[str, tuple[Any, float]] = {
    "LIF": (LIF(v_rest=-49.0, v_th=-50.0, v_reset=-60.0, t_ref=3.0), 0.3),
    "LIFExp": (LIFExp(**RESTLESS, t_ref=5.0, c_m=200.0), 16.0),
    "LIFDoubleExp": (LIFDoubleExp(**RESTLESS, t_ref=5.0), 16.0),
    "LIFExpDeadTime": (LIFExpDeadTime(), 150.0),
    "LIFDeadTime": (LIFDeadTime(), 3.0),
}
every_case = pytest.mark.parametrize("case", CASES)


def network(case: str = "LIFExp", size: int = 80, kicks: Any = (0.3,), k: int = 16) -> Network:
    """Excitation and inhibition among neurons that are kicked at first, and later on."""
    neuron, w = CASES[case]
    net = Network(seed=4)
    start = {"v": Uniform(-62.0, -50.5)}
    exc = net.add("exc", neuron, size=size, initial=start)
    inh = net.add("inh", neuron, size=size // 4, initial=start)
    kick = net.add("kick", SpikeSource([np.array(kicks)] * 8), size=8)
    ports = list(neuron.model.ports)
    up, down = (p if p in ports else "spike" for p in ("exc", "inh"))
    net.connect(kick, exc, FixedInDegree(3), 8.0 * w, Uniform(0.1, 4.0), port=up)
    for target in (exc, inh):
        net.connect(exc, target, FixedInDegree(k), w, Uniform(DELAY, 2.0), port=up)
        net.connect(inh, target, FixedInDegree(5), -4.0 * w, DELAY, port=down)
    return net


def stretched(sim: Simulation) -> list[Stretched]:
    """Return the paths that are settled once a stretch."""
    assert isinstance(sim.engine, CompiledEngine)
    return sim.engine._stretched()


@every_case
def test_stretches_change_no_spike(case: str) -> None:
    """Oracle: the reference engine, to 1e-9 ms."""
    net = network(case, kicks=(0.3, 20.0, 20.05, 41.0))
    with Simulation(net, path="superposition") as sim:
        assert len(stretched(sim)) == 2
        sim.run(60.0)
        assert all(path.windows < 0.3 * 60.0 / DELAY for path in stretched(sim))
    plain = agreed(net, 60.0)
    assert min(plain.count(name) for name in ("exc", "inh")) > 20


def test_who_comes_to_its_limit_is_stepped_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the reference engine; the longest stretches, so that most come to it on the way."""
    monkeypatch.setattr(Stretched, "lengthen", lambda self, _: setattr(self, "length", 4.0))
    fresh = []
    take = Stretched.run

    def run(self: Stretched, *given: Any) -> None:
        before = self.counts[:, 0].sum() if self.under_way else 0
        take(self, *given)
        fresh.append(self.counts[:, 0].sum() > before)

    monkeypatch.setattr(Stretched, "run", run)
    agreed(network("LIF"), 60.0)
    agreed(network("LIFExp"), 60.0)
    assert sum(fresh) > 100


def test_a_stretch_has_a_window_however_much_stepping_costs() -> None:
    """Oracle: the reference engine; as if stepping cost so much that nothing should be put off."""
    net = network(kicks=(0.3, 5.0, 9.0))
    plain = outcome(net, 12.0, engine="reference")
    with Simulation(net, path="superposition") as sim:
        recorder = sim.record()
        for path in stretched(sim):
            path.length, path.summable = 1e-3, replace(path.summable, hot_cost=1e12)
        sim.run(12.0)
        assert_close(result(sim, recorder.recording.populations), plain)
        assert all(path.length >= DELAY for path in stretched(sim))


def test_recording_threads_and_looking_change_no_bit() -> None:
    """Oracle: the run with one thread, of which nobody looks at anything but spikes."""
    net = network(size=300)
    options: dict[str, Any] = {"path": "superposition"}
    plain = outcome(net, 50.0, **options)
    assert plain.count("exc") > 200
    assert outcome(net, 50.0, threads=2, **options) == plain
    record = {
        "spikes": ["exc", "inh"],
        "states": {"exc": Sampled(["v", "i_exc"], every=0.37), "inh": Sampled("v", 1.0, [3, 70])},
        "weights": {"exc->exc": 7.7, "inh->exc": [0.0, 13.3, 30.0]},
    }
    assert outcome(net, 50.0, record=record, **options) == plain
    assert outcome(net, 50.0, record=record, threads=2, **options) == plain


@pytest.mark.parametrize("case", ["LIFExp", "LIFExpDeadTime"])
def test_samples_are_the_ones_of_the_ordered_path(case: str) -> None:
    net = network(case)
    exact = sampled_v(net, "exc", 12.3, 17.7, path="ordered")
    seen = sampled_v(net, "exc", 12.3, 17.7, path="superposition")
    for found, expected in zip(seen, exact, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-9)


def test_what_a_script_sends_and_changes_counts_from_then_on() -> None:
    """Oracle: the reference engine."""

    def script(sim: Simulation) -> None:
        sim.send("exc", [3.03, 7.001, 7.001, 11.0], [3, 3, 9, 70], 300.0, port="exc")
        sim.send("inh", [5.55], [2], -500.0, port="inh")
        sim.at(10.03, lambda s: s.set_state("exc", v=-55.0))
        sim.at(20.0, lambda s: s.set_parameters("exc", t_ref=2.0))
        sim.at(30.0, lambda s: s.set_weights("exc->exc", 20.0))
        sim.at(34.0, lambda s: s.set_weights("inh->exc", 3.0))

    plain = agreed(network(), 20.0, 20.0, script=script)
    assert plain.count("exc") > 100


@every_case
def test_a_run_is_taken_up_where_it_rested(case: str, tmp_path: Path) -> None:
    """Oracle: the run left alone, to the bit; the save waits for the end of a stretch."""
    net = network(case, kicks=(0.3, 20.0, 41.0, 41.2, 42.9))
    agree(net, tmp_path, 13.37, 50.0, threads=(1, 2), path="superposition")
    agree(net, tmp_path, 32.0, 50.0, path="superposition")  # most are silent by then


def test_silence_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second without a spike, and ten: as many windows and stretches."""
    seen, runs = [], []
    run = Stretched._run_window
    monkeypatch.setattr(
        Stretched, "_run_window", lambda self, *given: (runs.append(given), run(self, *given))
    )
    for gap in (1e3, 1e4):
        runs.clear()
        with Simulation(network("LIFDeadTime", kicks=(0.3, gap)), path="superposition") as sim:
            sim.run(gap + 30.0)
            seen.append((len(runs), [path.windows for path in stretched(sim)]))
    assert seen[0] == seen[1]
    assert seen[0][0] < 2000


def test_plastic_synapses_that_are_visited_need_every_window() -> None:
    """Oracle: the reference engine; frozen they are like others, and then plastic again."""
    net = network()
    rule = STDPPair(a_plus=0.02, a_minus=0.02)
    net.connect(
        "exc", "exc", FixedInDegree(4), 10.0, DELAY, port="exc", plasticity=rule,
        bounds=(0.0, 20.0), name="plastic",
    )  # fmt: skip
    kinds = []

    def freeze(sim: Simulation) -> None:
        sim.at(15.0, lambda sim: sim.freeze("plastic"))
        sim.at(30.0, lambda sim: sim.unfreeze("plastic"))

    def freeze_and_look(sim: Simulation) -> None:
        freeze(sim)
        for t in (10.0, 20.0, 40.0):
            sim.at(t, lambda sim: kinds.append(len(stretched(sim))))

    plain = outcome(net, 50.0, engine="reference", script=freeze)
    assert_close(outcome(net, 50.0, path="superposition", script=freeze_and_look), plain)
    assert kinds == [1, 2, 1]
    assert len(set(plain.weights["plastic"])) > 100


def test_who_is_settled_in_every_window() -> None:
    """Background input, windows that are long enough, and currents that rise first."""
    for delay, rate, model, count in (
        (0.1, 0.0, LIFExp, 1), (1.0, 0.0, LIFExp, 0), (0.1, 100.0, LIFExp, 0),
        (0.1, 0.0, LIFAlpha, 0),
    ):  # fmt: skip
        net = Network(seed=1)
        cells = net.add("cells", model(), size=40)
        port = "exc" if model is LIFExp else "spike"
        net.connect(cells, cells, FixedInDegree(10), 1.0, delay, port=port)
        if rate:
            noise = net.add("noise", PoissonSource(rate=rate), size=40)
            net.connect(noise, cells, OneToOne(), 1.0, 1.0, port=port)
        with Simulation(net, path="superposition") as sim:
            assert len(stretched(sim)) == count


def test_short_windows_are_no_reason_to_sort() -> None:
    """What arrives in a stretch counts; who gets less than was expected leaves nevertheless."""
    quiet = network("LIFDeadTime", size=400, k=100)
    for projection in quiet.projections.values():
        projection.synapses.weight[:] *= 1e-6
    with Simulation(quiet) as sim:
        assert len(stretched(sim)) == 2  # half an arrival in a millisecond, if they fired
        sim.send("exc", np.arange(0.5, 300.0, 0.5), np.zeros(599, int), 1e-9)
        sim.run(300.0)
        assert len(stretched(sim)) == 1  # exc is gone; nothing ever happened to inh


def test_who_is_no_longer_sampled_is_not_stepped_any_more() -> None:
    """Neuron 3 hears inhibition while nobody is hot, and too little excitation when neuron 5 is."""
    net = Network(seed=1)
    cells = net.add("cells", LIF(), size=20)
    net.connect(cells, cells, FixedInDegree(3), 0.01, DELAY)
    kick = net.add("kick", SpikeSource([[25.0], [30.0]]), size=2)
    onto = FromArrays([0, 1, 1], [3, 3, 5])
    net.connect(kick, cells, onto, np.array([-20.0, 16.0, 16.0]), DELAY)
    with Simulation(net, path="superposition") as sim:
        assert stretched(sim)
        sim.record(states={"cells": Sampled("v", 1.0)})
        sim.run(20.0)
        sim.close()
        spikes = sim.record().recording
        sim.run(20.0)
        assert spikes.spikes("cells")[1].tolist() == [5]
