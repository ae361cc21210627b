"""What a script can do to a simulation: control events, stimuli, changes, reset, stops."""

from collections.abc import Callable
from math import exp, inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventsim
from eventsim import (
    AllToAll,
    FixedInDegree,
    Histogram,
    Network,
    OneToOne,
    Sampled,
    Simulation,
    SimulationError,
    Uniform,
)
from eventsim.models import (
    LIF,
    LIFEscape,
    PoissonSource,
    RegularSource,
    SpikeSource,
    STDPPair,
    StochasticRelease,
)

engines = pytest.mark.parametrize("engine", ["compiled", "reference"])


def one_cell(**parameters: Any) -> Network:
    net = Network()
    net.add("cell", LIF(**parameters))
    return net


def plastic() -> Network:
    """Background through a plastic projection, and a recurrent static one."""
    net = Network(seed=2)
    noise = net.add("noise", PoissonSource(rate=500.0), size=20)
    cells = net.add("cells", LIF, size=20, initial={"v": Uniform(-65.0, -50.0)})
    rule = STDPPair(a_plus=0.1, a_minus=0.1)
    net.connect(noise, cells, OneToOne(), 5.0, 1.0, plasticity=rule, bounds=(0.0, 10.0))
    net.connect(cells, cells, FixedInDegree(4), weight=1.0, delay=Uniform(0.5, 5.0))
    return net


def spikes_of(sim: Simulation, duration: float, *names: str) -> list[tuple[list[float], list[int]]]:
    """Record these populations for `duration` ms, and close the recording."""
    recorder = sim.record(spikes=list(names))
    sim.run(duration)
    seen = [recorder.recording.spikes(name) for name in names]
    sim.close()
    return [(times.tolist(), neurons.tolist()) for times, neurons in seen]


# control events


@engines
def test_control_events_come_at_their_times_in_the_order_of_scheduling(engine: str) -> None:
    """Oracle: a literal list; what is due at the end of a run belongs to the next one."""
    seen: list[tuple[str, float]] = []
    with Simulation(one_cell(), engine=engine) as sim:
        sim.at(2.0, lambda sim: seen.append(("b", sim.now)))
        sim.at(2.0, lambda sim: seen.append(("c", sim.now)))
        sim.at(0.0, lambda sim: seen.append(("a", sim.now)))
        sim.every(1.5, lambda sim: seen.append(("d", sim.now)), start=0.5)
        sim.every(3.0, lambda sim: seen.append(("e", sim.now)))
        sim.run(2.0)
        assert seen == [("a", 0.0), ("d", 0.5)]
        sim.run(2.0)
    assert seen[2:] == [("b", 2.0), ("c", 2.0), ("d", 2.0), ("e", 3.0), ("d", 3.5)]


def test_repeated_events_do_not_drift() -> None:
    """Oracle: start + k interval in one rounding; a running sum of 0.1 would be off by 1e-12."""
    seen: list[float] = []
    with Simulation(one_cell()) as sim:
        sim.every(0.1, lambda sim: seen.append(sim.now), start=0.0)
        sim.run(100.0)
    assert seen == [k * 0.1 for k in range(1000)]


def test_a_cancelled_event_does_not_come() -> None:
    seen: list[float] = []
    with Simulation(one_cell()) as sim:
        once = sim.at(1.0, lambda sim: seen.append(sim.now))
        often = sim.every(1.0, lambda sim: seen.append(-sim.now))
        sim.at(2.5, lambda sim: sim.cancel(often))
        assert sim.cancel(once)
        assert not sim.cancel(once)
        sim.run(5.0)
    assert seen == [-1.0, -2.0]


def test_an_event_may_schedule_another_at_its_own_time() -> None:
    seen: list[str] = []
    with Simulation(one_cell()) as sim:
        sim.at(1.0, lambda sim: (seen.append("a"), sim.at(1.0, lambda sim: seen.append("b"))))
        sim.run(2.0)
    assert seen == ["a", "b"]


@engines
def test_run_until_stops_at_the_first_question_answered_yes(engine: str) -> None:
    """Oracle: a cell charged by 250 pA fires at 27.7 ms, so the question at 28 ms is the first."""
    with Simulation(one_cell(i_offset=250.0), engine=engine) as sim:
        assert sim.run_until(lambda sim: sim.spike_count("cell") > 0, every=0.5, limit=100.0)
        assert sim.now == 28.0
        assert not sim.run_until(lambda sim: sim.spike_count("cell") > 9, every=7.0, limit=10.0)
        assert sim.now == 38.0


# stimuli and changes


@engines
def test_what_is_sent_arrives_at_its_time_and_neuron_in_any_order(engine: str) -> None:
    """Oracle: the sum of decayed weights."""
    net = Network()
    net.add("cells", LIF, size=2)
    with Simulation(net, engine=engine) as sim:
        sim.send("cells", [3.0, 1.0, 2.0], [0, 0, 1], [2.0, 1.0, 4.0])
        sim.run(2.5)
        sim.send("cells", 2.5, [0, 1], 0.5)
        sim.run(1.5)
        v = sim.state("cells", "v") + 65.0
    assert v[0] == pytest.approx(2 * exp(-1 / 20) + exp(-3 / 20) + 0.5 * exp(-1.5 / 20), rel=1e-12)
    assert v[1] == pytest.approx(4 * exp(-2 / 20) + 0.5 * exp(-1.5 / 20), rel=1e-12)


@engines
def test_step_currents_add_up(engine: str) -> None:
    """Oracle: the current itself, at four times."""
    seen = []
    with Simulation(one_cell(), engine=engine) as sim:
        sim.step_current("cell", [1.0, 3.0], [50.0, 20.0])
        sim.step_current("cell", [2.0], [-5.0], neurons=0)
        for _ in range(4):
            sim.run(1.0)
            seen.append(sim.state("cell", "i")[0])
    assert seen == [0.0, 50.0, 45.0, 15.0]


@engines
def test_each_neuron_may_have_a_step_current_of_its_own(engine: str) -> None:
    """Oracle: the samples themselves, at their times, for the neurons named."""
    samples = np.array([[5.0, -3.0], [7.5, 0.0], [0.0, 1.0]])
    net = Network()
    net.add("cells", LIF, size=3)
    with Simulation(net, engine=engine) as sim:
        sim.step_current("cells", [0.0, 1.0, 2.0], samples, neurons=[2, 0])
        for row in samples:
            sim.run(1.0)
            np.testing.assert_allclose(sim.state("cells", "i"), [row[1], 0.0, row[0]], atol=1e-12)


@engines
def test_changed_parameters_hold_from_now_on_and_the_others_stay(engine: str) -> None:
    """Oracle: decay with 20 ms before and 5 ms after, to the resting potential set before."""
    net = Network()
    net.add("cells", LIF(tau_m=Uniform(20.0, 20.0 + 1e-9)), size=3, initial={"v": -55.0})
    with Simulation(net, engine=engine) as sim:
        sim.set_parameters("cells", v_rest=-60.0)
        sim.run(10.0)
        sim.set_parameters("cells", tau_m=[5.0, 5.0, 20.0])
        sim.run(10.0)
        v = sim.state("cells", "v")
    drop = exp(-10.0 / 20.0)
    assert v == pytest.approx(-60.0 + 5.0 * drop * np.array([exp(-2.0), exp(-2.0), drop]), rel=1e-9)


@engines
def test_a_changed_rate_takes_effect_at_once(engine: str) -> None:
    """Oracle: counts before and after within 5 standard deviations; none at a rate of zero."""
    net = Network(seed=1)
    net.add("noise", PoissonSource(rate=100.0), size=50)
    with Simulation(net, engine=engine) as sim:
        counts = []
        for rate in (100.0, 0.0, 1000.0):
            sim.set_parameters("noise", rate=rate)
            counts.append(len(spikes_of(sim, 100.0, "noise")[0][0]))
    assert abs(counts[0] - 500) < 5 * 500**0.5
    assert counts[1] == 0
    assert abs(counts[2] - 5000) < 5 * 5000**0.5


def test_a_changed_rate_gives_direct_and_recorded_sources_the_same_bits() -> None:
    """Oracle: the reference engine; the source drives directly, or is recorded from the start."""

    def run(names: list[str], **options: Any) -> tuple[list[float], list[int]]:
        net = Network(seed=1)
        noise = net.add("noise", PoissonSource(rate=300.0), size=20)
        cells = net.add("cells", LIF, size=20)
        net.connect(noise, cells, OneToOne(), weight=4.0, delay=3.0)
        with Simulation(net, **options) as sim:
            for t, rate in ((7.0, 900.0), (33.3, 0.0), (50.0, 2000.0)):
                sim.at(t, lambda sim, rate=rate: sim.set_parameters("noise", rate=rate))
            return spikes_of(sim, 100.0, *names)[0]

    plain = run(["cells"], engine="reference")
    assert len(plain[0]) > 50
    assert run(["cells"]) == plain
    assert run(["cells", "noise"]) == plain


@engines
def test_set_state_replaces_a_variable_now(engine: str) -> None:
    """Oracle: decay from the values set; a value above threshold fires at once."""
    net = Network()
    net.add("cells", LIF, size=2)
    with Simulation(net, engine=engine) as sim:
        sim.run(5.0)
        sim.set_state("cells", v=[-60.0, -40.0])
        assert spikes_of(sim, 10.0, "cells") == [([5.0], [1])]
        assert sim.state("cells", "v")[0] == pytest.approx(-65 + 5 * exp(-0.5), rel=1e-12)


@engines
@pytest.mark.parametrize("plasticity", [None, STDPPair(a_plus=0.0, a_minus=0.0)])
def test_weights_set_during_a_run_hold_from_the_next_arrival_on(
    engine: str, plasticity: Any
) -> None:
    """Oracle: the jumps of v; the second spike is on its way when the weight changes."""
    net = Network()
    source, cell = net.add("source", SpikeSource([1.0, 2.0])), net.add("cell", LIF(tau_m=1e15))
    net.connect(source, cell, AllToAll(), weight=1.0, delay=2.0, plasticity=plasticity)
    with Simulation(net, engine=engine) as sim:
        sim.run(3.5)
        sim.set_weights("source->cell", 4.0)
        assert sim.state("cell", "v")[0] == pytest.approx(-64.0)
        sim.run(1.0)
        assert sim.state("cell", "v")[0] == pytest.approx(-60.0)
        assert sim.weights("source->cell").tolist() == [4.0]


@engines
def test_spike_count_counts_without_a_recording(engine: str) -> None:
    """Oracle: three arrivals that each fire the cell."""
    with Simulation(one_cell(), engine=engine) as sim:
        sim.send("cell", [1.0, 5.0, 9.0], 0, 20.0)
        sim.run(6.0)
        assert sim.spike_count("cell") == 2
        sim.run(6.0)
        assert sim.spike_count("cell") == 3


# reset


@engines
def test_reset_gives_the_same_run_again(engine: str) -> None:
    """Oracle: the first run, bit by bit, although everything was changed before the reset."""
    net = plastic()
    with Simulation(net, engine=engine) as sim:
        first = spikes_of(sim, 60.0, "cells", "noise"), sim.weights("noise->cells").tolist()
        sim.set_parameters("noise", rate=50.0)
        sim.set_parameters("cells", v_th=-55.0)
        sim.set_weights("cells->cells", 0.3)
        sim.send("cells", 70.0, 3, 50.0)
        sim.every(1.0, lambda sim: sim.set_state("cells", v=-65.0))
        sim.run(5.0)
        sim.reset()
        assert sim.now == 0.0
        assert sim.spike_count("cells") == 0
        again = spikes_of(sim, 60.0, "cells", "noise"), sim.weights("noise->cells").tolist()
    assert len(first[0][0][0]) > 20
    assert again == first


@engines
def test_reset_can_keep_the_weights(engine: str) -> None:
    """Oracle: a new simulation that is given those weights."""
    net = plastic()
    with Simulation(net, engine=engine) as sim:
        sim.run(60.0)
        sim.set_weights("cells->cells", 0.3)
        weights = sim.weights("noise->cells")
        sim.reset(weights="keep")
        assert sim.weights("noise->cells").tolist() == weights.tolist()
        again = spikes_of(sim, 60.0, "cells")
    with Simulation(net, engine=engine) as sim:
        sim.set_weights("noise->cells", weights)
        sim.set_weights("cells->cells", 0.3)
        assert spikes_of(sim, 60.0, "cells") == again


@engines
def test_a_trial_after_reset_state_is_a_new_run_with_the_weights_learned(engine: str) -> None:
    """Oracle: a new simulation with those weights and the later input; 1e-9, as clocks differ.

    At the reset spikes are on their way, a neuron is refractory, a trace is fresh, a weight is set,
    a parameter is another, and a projection is frozen: the last three stay.
    """
    spikes = np.random.default_rng(7).uniform(0.0, 80.0, (20, 6))
    spikes.sort(axis=1)

    def network(trains: Any) -> Network:
        net = Network(seed=2)
        given = net.add("given", SpikeSource(trains), size=20)
        cells = net.add("cells", LIF, size=20, initial={"v": Uniform(-65.0, -50.0)})
        rule = STDPPair(a_plus=0.1, a_minus=0.1)
        net.connect(given, cells, OneToOne(), 9.0, 1.0, plasticity=rule, bounds=(0.0, 20.0))
        net.connect(cells, cells, FixedInDegree(4), weight=1.0, delay=Uniform(0.5, 5.0))
        net.connect(cells, cells, FixedInDegree(2), 2.0, 1.0, plasticity=rule, name="frozen")
        return net

    def prepare(sim: Simulation) -> None:
        sim.set_parameters("cells", tau_m=15.0)
        sim.freeze("frozen")

    with Simulation(network([[*row, *(100.0 + row)] for row in spikes]), engine=engine) as sim:
        prepare(sim)
        sim.send("cells", 99.5, np.arange(20), 30.0)  # they fire, and are refractory until 101.5
        sim.run(100.0)
        weights = sim.weights("given->cells")
        sim.reset_state()
        assert sim.now == 100.0
        [(times, neurons)] = spikes_of(sim, 90.0, "cells")
        learned = sim.weights("given->cells")
    with Simulation(network(list(spikes)), engine=engine) as sim:
        prepare(sim)
        sim.set_weights("given->cells", weights)
        [(expected, who)] = spikes_of(sim, 90.0, "cells")
        np.testing.assert_allclose(learned, sim.weights("given->cells"), rtol=1e-9)
    assert len(expected) > 40
    assert neurons == who
    np.testing.assert_allclose(np.subtract(times, 100.0), expected, atol=1e-9)
    assert np.abs(learned - weights).max() > 0.01


def test_reset_state_draws_no_random_number_twice_and_leaves_sources_alone() -> None:
    """Oracles: the reference engine; trials that differ; a source's spikes without any reset."""
    net = Network(seed=4)
    net.add("escape", LIFEscape(i_offset=180.0), size=10)  # draws its spikes
    driven = net.add("driven", LIF(i_offset=220.0), size=10)
    noise = net.add("noise", PoissonSource(rate=100.0), size=10)
    clock = net.add("clock", RegularSource(rate=200.0))
    net.connect(noise, driven, OneToOne(), 1e-3, 1.0)
    net.connect(clock, driven, AllToAll(), 5.0, 1.0, plasticity=StochasticRelease(use=0.5))

    def run(engine: str, trials: int) -> list[Any]:
        with Simulation(net, engine=engine) as sim:
            sim.record(spikes=["escape", "driven", "noise"])
            for k in range(trials):
                sim.at(50.0 * (k + 1), lambda sim: sim.reset_state())
            sim.run(150.0)
            assert sim.recorder is not None
            seen = [sim.recorder.recording.spikes(name) for name in ("escape", "driven", "noise")]
        return [x.tolist() for pair in seen for x in pair]

    fast = run("compiled", 2)
    assert fast == run("reference", 2)
    assert fast[4:] == run("compiled", 0)[4:]
    for times, neurons in (fast[:2], fast[2:4]):
        trials: list[set[Any]] = [set(), set(), set()]
        for t, neuron in zip(times, neurons, strict=True):
            trials[int(t // 50.0)].add((round(t % 50.0, 6), neuron))
        assert min(map(len, trials)) > 5
        for k in (1, 2):  # of the driven, all fire at the clock's few ticks
            assert len(trials[k] & trials[k - 1]) < 0.8 * len(trials[k])


# recordings


def test_weights_are_recorded_where_asked_and_only_in_that_recording() -> None:
    """Oracle: the times asked for; a second recording without weights is left alone."""
    with Simulation(plastic()) as sim:
        sim.run(5.0)
        recorder = sim.record(weights={"noise->cells": 10.0, "cells->cells": [7.0, 12.0]})
        sim.run(25.0)
        seen = {name: recorder.recording.weights(name).times.tolist() for name in
                ("noise->cells", "cells->cells")}  # fmt: skip
        sim.close()
        recorder = sim.record()
        sim.run(25.0)
        assert not recorder.recording.projections
    assert seen == {"noise->cells": [5.0, 15.0, 25.0], "cells->cells": [7.0, 12.0]}


def test_histograms_of_weights_are_recorded_where_asked() -> None:
    """Oracle: numpy's histogram of the snapshots taken at the same times."""
    with Simulation(plastic()) as sim:
        edges = [-np.inf, 4.9, 5.0, 5.01, np.inf]
        recorder = sim.record(
            weights={"noise->cells": 10.0}, histograms={"noise->cells": Histogram(10.0, edges)}
        )
        sim.run(35.0)
        weights = recorder.recording.weights("noise->cells")
        seen = recorder.recording.histograms("noise->cells")
    assert seen.times.tolist() == weights.times.tolist() == [0.0, 10.0, 20.0, 30.0]
    assert seen.edges.tolist() == edges
    assert seen.counts.tolist() == [np.histogram(w, edges)[0].tolist() for w in weights.values]
    assert np.ptp(seen.counts, axis=0).max() > 3


def test_histograms_between_infinite_bounds_need_edges() -> None:
    sim = Simulation(plastic())
    for asked, message in (
        (
            Histogram(10.0),
            r"no finite bounds, give the edges of the bins; got 50 bins between -inf",
        ),
        (Histogram(10.0, [0.0, 1.0, 1.0]), r"edges must increase"),
        (Histogram(0.0, [0.0, 1.0]), r"interval must be > 0 ms, got 0.0"),
    ):
        with pytest.raises(ValueError, match=message):
            sim.record(histograms={"cells->cells": asked})
    with pytest.raises(TypeError, match=r"must be Histogram\(every, bins\), got 'x'$"):
        sim.record(histograms={"cells->cells": "x"})  # type: ignore[dict-item]


@engines
def test_weights_are_scaled_within_their_bounds_and_only_onto_the_targets_named(
    engine: str,
) -> None:
    """Oracle: numpy, target by target."""
    net = Network(seed=3)
    source, cells = net.add("source", PoissonSource(rate=20.0), size=30), net.add("b", LIF, size=8)
    of = net.connect(source, cells, AllToAll(), Uniform(0.0, 1.0), 1.0, bounds=(0.0, 1.0))
    with Simulation(net, engine=engine) as sim:
        before = sim.weights(of)
        sim.scale_weights(of, 2.0, [-0.5, 0.25], targets=[1, 4])
        after = sim.weights(of)
        with pytest.raises(ValueError, match=r"neurons must be in 0..7, got 8"):
            sim.scale_weights(of, 2.0, targets=[8])
        with pytest.raises(ValueError, match=r"targets must be given once each, got 3 for 1 of 3"):
            sim.scale_weights(of, 1.0, [0.1, 0.2, 0.3], targets=[3, 5, 3])
    offsets = {1: -0.5, 4: 0.25}
    for target in range(8):
        mine = of.synapses.target == target
        there = before[mine]
        if target in offsets:
            there = np.clip(2.0 * there + offsets[target], 0.0, 1.0)
        assert np.array_equal(after[mine], there)


# stops


def recorded_run(
    net: Network, file: Path, script: Callable[[Simulation], object], **options: Any
) -> None:
    """Record two stretches, 50 ms each."""
    with Simulation(net, **options) as sim:
        sim.record(file)
        script(sim)
        sim.run(50.0)
        sim.run(50.0)


@engines
def test_a_runaway_stops_with_population_neuron_and_time(engine: str, tmp_path: Path) -> None:
    """Oracle: the sixth spike within 10 ms at a limit of 500 Hz; the first five are on disk."""
    file = tmp_path / "run.h5"
    net = Network()
    net.add("calm", LIF(i_offset=300.0))
    net.add("cells", LIF(t_ref=1.0), size=3)
    message = (
        "population 'cells': neuron 1 fires faster than 500 Hz at 55 ms, v = -45 mV, i = 0 pA, "
        "deaf_until = 55 ms; lower its input, or raise max_rate"
    )

    def script(sim: Simulation) -> None:
        sim.send("cells", np.arange(50.0, 60.0), 1, 20.0)

    with pytest.raises(SimulationError, match=f"^{message}$"):
        recorded_run(net, file, script, engine=engine, max_rate=500.0)
    with eventsim.open(file) as recording:
        assert recording.status == f"aborted: {message}"
        assert recording.spikes("calm")[0].size == 2
        assert (recording.spikes("cells")[0] < 55.0).all()


@engines
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_infinite_state_stops_with_population_neuron_and_time(
    engine: str, sign: float, tmp_path: Path
) -> None:
    """Oracle: two weights whose sum overflows; spikes recorded before are on disk."""
    file = tmp_path / "run.h5"
    net = Network()
    net.add("cells", LIF(v_th=1e308, v_reset=0.0), size=70)
    message = (
        "population 'cells': the state of neuron 68 is no longer finite at 30.5 ms, "
        f"v = {sign * inf} mV, i = 0 pA, deaf_until = 0 ms; check its weights and parameters"
    )

    def script(sim: Simulation) -> None:
        sim.send("cells", 10.0, 5, 1.5e308)
        sim.send("cells", 30.5, [68, 68], sign * 1.7e308)

    with pytest.raises(SimulationError, match=f"^{message}$"):
        recorded_run(net, file, script, engine=engine)
    with eventsim.open(file) as recording:
        assert recording.status == f"aborted: {message}"
        assert [x.tolist() for x in recording.spikes("cells")] == [[10.0], [5]]


@engines
def test_after_a_stop_only_a_reset_goes_on(engine: str) -> None:
    """Oracle: the run before the stop, again."""
    with Simulation(one_cell(i_offset=250.0), engine=engine, max_rate=500.0) as sim:
        first = spikes_of(sim, 100.0, "cell")
        sim.send("cell", np.linspace(105.0, 106.0, 20), 0, 20.0)
        sim.set_parameters("cell", t_ref=0.0)
        with pytest.raises(SimulationError):
            sim.run(100.0)
        with pytest.raises(
            ValueError, match=r"^run: an error stopped the run before; start again with reset$"
        ):
            sim.run(1.0)
        sim.reset()
        assert spikes_of(sim, 100.0, "cell") == first


@engines
def test_an_interrupt_in_a_control_event_leaves_a_readable_file(
    engine: str, tmp_path: Path
) -> None:
    """Oracle: the same run without it, up to the interrupt."""

    def interrupt(sim: Simulation) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "run.h5"
    net = one_cell(i_offset=250.0)
    with pytest.raises(KeyboardInterrupt):
        recorded_run(net, file, lambda sim: sim.at(30.0, interrupt), engine=engine)
    assert not list(tmp_path.glob("*.part"))
    with Simulation(net, engine=engine) as sim:
        expected = spikes_of(sim, 30.0, "cell")[0][0]
    assert expected
    with eventsim.open(file) as recording:
        assert recording.status == "aborted: KeyboardInterrupt"
        assert recording.duration == 30.0
        assert recording.spikes("cell")[0].tolist() == expected


def test_a_recorder_that_is_closed_itself_ends_the_recording() -> None:
    """Oracle: the spikes until then; after that another may be opened, and time go back."""
    net = Network(seed=1)
    net.add("cells", LIF(i_offset=400.0), size=3)
    with Simulation(net) as sim:
        first = sim.record(states={"cells": Sampled("v", 1.0)})
        sim.run(50.0)
        seen = first.recording.spikes("cells")[0].tolist()
        first.close()
        sim.run(50.0)
        assert sim.recorder is None
        assert first.recording.spikes("cells")[0].tolist() == seen != []
        second = sim.record()
        sim.run(50.0)
        assert min(second.recording.spikes("cells")[0]) >= 100.0
        second.close()
        sim.reset()
        assert sim.now == 0.0
