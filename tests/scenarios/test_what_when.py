"""The what_when scenario: what is learned beside integrals by hand, and what comes of it."""

from math import log

import numpy as np
import pytest

from eventsim import Sampled, Simulation, runner
from eventsim.scenario import Result, RunOptions
from eventsim.scenarios import _what_when_looks as looks
from eventsim.scenarios import _what_when_offline as offline
from eventsim.scenarios import _what_when_plan as plans
from eventsim.scenarios import what_when
from eventsim.scenarios._what_when_network import OPEN, TAU_DECAY, TAU_RISE, TRIAL, stimulus

QUICK = what_when.Settings(**what_when.PRESETS["quick"])
TINY = what_when.Settings(neurons=10, synapses=3, trials=2, tests=1, error_every=20.0, feedback=5.0)
Floats = offline.Floats


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run, as the command line makes it."""
    out = tmp_path_factory.mktemp("what_when") / "quick.h5"
    return runner.execute(what_when, QUICK, RunOptions(out=out, quiet=True))


def test_what_and_when_are_learned_and_learned_anew_after_the_switch(quick: Result) -> None:
    """Oracle: the bounds that the paper's setting has to keep, wider for fewer neurons and trials;
    1 is what silence gives, and what was right before the switch is worse than that after it."""
    holds = {name: m.holds for name, m in quick.measures.items() if m.holds is not None}
    assert len(holds) == 5
    assert all(holds.values())
    assert quick.measures["error, switched, trial 1"].value > 1.0


def test_the_figure_counts_the_trials_that_teach_and_marks_the_switch(quick: Result) -> None:
    """Oracle: by hand; 20 trials teach in each block, those of the cue alone don't count."""
    first, second, third, _ = what_when.figure(quick, quick.recording).axes
    assert first.get_title() == "the cue alone, after 20 trials"
    assert second.get_title() == "the cue alone, 20 trials after the switch"
    assert third.lines[0].get_xdata().tolist() == list(range(1, 41))
    (switch,) = [line for line in third.lines if line.get_label() == "switch"]
    assert switch.get_xdata() == [20.5, 20.5]


def arrivals(quick: Result, start: float) -> list[Floats]:
    """Return when the spikes of each neuron reach the readouts in one trial, from its start."""
    times, neurons = quick.recording.spikes("cells", start, start + TRIAL)
    return [times[neurons == i] - start + 1.0 for i in range(QUICK.neurons)]


def course(age: Floats) -> Floats:
    """Return what an arrival contributes at an age: a difference of exponentials of peak 1."""
    at = log(TAU_DECAY / TAU_RISE) * TAU_RISE * TAU_DECAY / (TAU_DECAY - TAU_RISE)
    shape = np.exp(-age / TAU_DECAY) - np.exp(-age / TAU_RISE)
    top = np.exp(-at / TAU_DECAY) - np.exp(-at / TAU_RISE)
    return np.where(age > 0.0, shape, 0.0) / top


def integral(age: Floats) -> Floats:
    """Return the integral of `course` from 0 to an age."""
    at = log(TAU_DECAY / TAU_RISE) * TAU_RISE * TAU_DECAY / (TAU_DECAY - TAU_RISE)
    top = np.exp(-at / TAU_DECAY) - np.exp(-at / TAU_RISE)
    age = np.maximum(age, 0.0)
    parts = [-tau * np.expm1(-age / tau) for tau in (TAU_DECAY, TAU_RISE)]
    return (parts[0] - parts[1]) / top


def test_what_the_readout_neurons_say_is_the_sum_of_weights_times_filtered_spikes(
    quick: Result,
) -> None:
    """Oracle: the sum over all spikes of the trial, one by one, with the weights recorded; 1e-9."""
    look, start = quick.data["looks"][2], TRIAL * 14
    said = quick.recording.states("when", "v", start + OPEN, start + TRIAL)
    assert np.array_equal(look.when[0], said.values)
    t = said.times - start
    heard = np.column_stack(
        [course(np.subtract.outer(t, each)).sum(axis=1) for each in arrivals(quick, start)]
    )
    expected = heard @ look.weights[0].T
    np.testing.assert_allclose(look.when[0], expected, rtol=1e-9, atol=1e-9)
    assert np.abs(expected).max() > 0.3


def test_when_learns_the_integral_of_error_times_filtered_spikes(quick: Result) -> None:
    """Oracle: the sum over all spikes and all stretches of constant error in the first trial, from
    the outputs recorded; only the readout of the event that came learns; 1e-9."""
    said = quick.recording.states("when", "v", TRIAL + OPEN, 2.0 * TRIAL)
    weights = quick.data["looks"][1].weights[0]
    (came,) = np.flatnonzero(np.abs(weights).max(axis=1) > 0.0)
    t = np.arange(OPEN, TRIAL, QUICK.error_every)
    latency = (QUICK.latency_a, QUICK.latency_b)[came]
    wanted = np.exp(-((t - latency) ** 2) / (2.0 * 30.0**2))
    scale = looks.scale_of(quick.recording, plans.Trial(0.0, 0, 0, ()), QUICK.neurons)
    error = QUICK.eta / scale.square * (wanted - said.values[:: int(QUICK.error_every), came])
    ends = np.append(t, TRIAL - 1.0)  # then the gate closes
    for i, each in enumerate(arrivals(quick, TRIAL)):
        area = np.diff(integral(np.subtract.outer(ends, each)).sum(axis=1))
        assert weights[came, i] == pytest.approx(area @ error, rel=1e-9, abs=1e-15)


def test_what_learns_whether_the_event_came_times_the_counts(quick: Result) -> None:
    """Oracle: the integral of the counts over the last ms of the first trial, by hand; 1e-9."""
    weights = quick.data["looks"][1].weights[1]
    scale = looks.scale_of(quick.recording, plans.Trial(0.0, 0, 0, ()), QUICK.neurons)
    for i, each in enumerate(arrivals(quick, TRIAL)):
        counted = each[(each >= OPEN) & (each < TRIAL)]
        area = np.minimum(1.0, TRIAL - counted).sum()
        expected = sorted([0.0, QUICK.eta_what * area / scale.counts])
        assert sorted(weights[:, i]) == pytest.approx(expected, rel=1e-9)


def test_filtered_spikes_are_the_sum_over_all_spikes() -> None:
    """Oracle: the sum, one by one; spikes on a sample and after the last; 1e-12."""
    rng = np.random.default_rng(1)
    times, neurons = np.sort(rng.uniform(0.0, 250.0, 400)), rng.integers(0, 3, 400)
    times[10], at = 40.0, np.array([0.0, 40.0, 41.0, 97.5, 200.0])
    found = offline.filtered(times, neurons, 3, at, TAU_RISE, TAU_DECAY)
    for i in range(3):
        expected = course(np.subtract.outer(at, times[neurons == i])).sum(axis=1)
        np.testing.assert_allclose(found[:, i], expected, rtol=1e-12, atol=1e-12)


def test_least_squares_is_the_recursion_sample_by_sample_and_the_fit_to_all() -> None:
    """Oracles: the recursion of Nicola & Clopath, and ridge regression with 1 / prior; 1e-9."""
    rng = np.random.default_rng(2)
    inputs, targets = rng.normal(size=(60, 12)), rng.normal(size=60)
    learner = offline.LeastSquares(12, 2.0)
    for part in (slice(0, 25), slice(25, 26), slice(26, 60)):
        learner.learn(inputs[part], targets[part])
    covariance, weights = 2.0 * np.eye(12), np.zeros(12)
    for r, target in zip(inputs, targets, strict=True):
        gain = covariance @ r
        weights -= (weights @ r - target) * gain / (1.0 + r @ gain)
        covariance -= np.outer(gain, gain) / (1.0 + r @ gain)
    ridge = np.linalg.solve(inputs.T @ inputs + 0.5 * np.eye(12), inputs.T @ targets)
    np.testing.assert_allclose(learner.weights, weights, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(learner.covariance, covariance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(learner.weights, ridge, rtol=1e-9, atol=1e-12)


def test_the_clock_is_half_sines_one_after_the_other() -> None:
    """Oracle: sin(pi (t - begin) / 50 ms) at the middle of each 5 ms, times one number a pulse."""
    heard = stimulus(TINY, np.random.default_rng(3))
    assert heard.times[0] == 50.0
    assert (heard.amplitudes[0] > 0.0).sum() == 3
    pulses = heard.amplitudes[1:].reshape(16, 10, 10)
    shape = np.sin(np.pi * (np.arange(10) + 0.5) / 10)
    np.testing.assert_allclose(pulses, pulses[:, [4]] / shape[4] * shape[:, np.newaxis], atol=1e-12)
    assert 6.0 < np.abs(pulses).max() <= 8.0


def test_events_come_with_their_probabilities_and_the_cue_alone_is_shown_in_between() -> None:
    """Oracle: binomial counts within four standard deviations; the order, by hand."""
    settings = what_when.Settings(trials=1000, tests=2)
    trials = plans.plan(settings, np.random.default_rng(4))
    assert [trial.start for trial in trials] == [TRIAL * k for k in range(len(trials))]
    for block, share in ((0, 0.3), (1, 0.7)):
        came = [t.events[0] for t in trials if t.events and t.block == block]
        assert len(came) == 1000
        assert np.mean(came) == pytest.approx(share, abs=4.0 * np.sqrt(0.21 / 1000))
        shown = [t.learned for t in trials[1:] if not t.events and t.block == block]
        assert shown == [1, 1, 10, 10, 50, 50, 100, 100, 1000, 1000]


def test_levels_of_probability_are_read_by_readouts_of_their_own() -> None:
    """Oracle: by hand; A never comes at p(A) = 0, and always at 1."""
    settings = what_when.Settings(trials=50, levels=3)
    (block,) = plans.blocks(settings)
    assert block.p.tolist() == [0.0, 1.0, 0.5, 0.5, 1.0, 0.0]
    trials = plans.plan(settings, np.random.default_rng(5))
    events = np.array([trial.events for trial in trials if trial.events])
    assert (events[:, 0] == 1).all()
    assert (events[:, 2] == 0).all()
    assert 0.2 < events[:, 1].mean() < 0.8


def test_both_engines_run_it_alike() -> None:
    """Oracle: the reference engine: spikes, outputs and weights, bit by bit."""
    runs = []
    for engine in ("compiled", "reference"):
        result = what_when.run(TINY, RunOptions(seed=2, engine=engine, quiet=True))
        recording = result.recording
        weights = [recording.weights(name, -1).values for name in ("when", "what")]
        said = recording.states("when", "v").values
        runs.append((*recording.spikes("cells"), said, *weights, np.array(result.data["what"])))
    assert runs[0][0].size > 50
    assert np.abs(runs[0][2]).max() > 0.01
    for fast, plain in zip(*runs, strict=True):
        np.testing.assert_array_equal(fast, plain)


def test_more_synapses_than_other_neurons_are_refused() -> None:
    """Oracle: the literal message."""
    with pytest.raises(ValueError, match="synapses must be < neurons, 100, got 100"):
        what_when.Settings(neurons=100, synapses=100)


def test_feedback_is_the_output_at_the_last_hold_times_each_neurons_own_weight() -> None:
    """Oracle: the neurons' current at the end of a trial; clock and cue are over, or known."""
    heard = stimulus(TINY, np.random.default_rng(6))
    with Simulation(what_when.build(TINY, 1)) as sim:
        recorder = sim.record(states={"when": Sampled("v", every=1.0)})
        experiment = what_when.Experiment(TINY, sim, heard)
        sim.set_weights("when", 0.3)
        experiment.run(plans.Trial(0.0, 0, 0, ()))
        current = sim.state("cells", "i")
        said = recorder.recording.states("when", "v").values[895]
    assert np.abs(said).max() > 0.01
    assert np.abs(heard.feedback).max() <= 5.0
    np.testing.assert_allclose(current, heard.amplitudes[-1] + said @ heard.feedback, atol=1e-9)


def test_feedback_to_a_reservoir_that_several_levels_share_is_refused() -> None:
    """Oracle: the literal message."""
    with pytest.raises(ValueError, match=r"feedback must be 0 pA with several levels.*got 5"):
        what_when.Settings(levels=3, feedback=5.0)
