"""The distal_reward scenario: who is rewarded and when, and what becomes of that synapse."""

from dataclasses import replace

import numpy as np
import pytest

import clocked_distal_reward
from eventsim import runner
from eventsim.scenario import Measure, Result, RunOptions
from eventsim.scenarios import distal_reward

QUICK = distal_reward.Settings(**distal_reward.PRESETS["quick"])
CONTROL = replace(QUICK, reward="shuffled")
SEED = 2  # with the median of rewards among seeds 1 to 5: as many as the control has
TINY = distal_reward.Settings(neurons=10, synapses=4, noise=9.0, window=300.0, duration=4000.0)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run, as the command line makes it."""
    out = tmp_path_factory.mktemp("distal") / "quick.h5"
    return runner.execute(distal_reward, QUICK, RunOptions(out=out, seed=SEED, quiet=True))


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run with rewards at random times."""
    out = tmp_path_factory.mktemp("distal") / "control.h5"
    return runner.execute(distal_reward, CONTROL, RunOptions(out=out, seed=SEED, quiet=True))


def test_the_rewarded_synapse_rises_above_nearly_all_others(quick: Result) -> None:
    """Oracle: the paper, where it reaches the ceiling within the hour; chance is 50 %."""
    assert quick.measures["stronger, second half"].holds
    assert quick.measures["first at the ceiling"].value < 600.0


def test_with_as_many_rewards_at_random_times_it_is_like_any_other(
    quick: Result, control: Result
) -> None:
    """Oracle: the paper's control; rewards are as many within a factor of two."""
    assert control.measures["stronger, second half"].holds
    ratio = control.measures["rewards"].value / quick.measures["rewards"].value
    assert 0.5 < ratio < 2.0


def test_a_mean_rank_is_that_of_the_second_half(quick: Result) -> None:
    """Oracle: all weights of every record since 300 s, one record after the other; 1e-12."""
    weights = quick.recording.weights("excitation")
    (chosen,) = np.flatnonzero(weights.values[0] == 0.0)
    late = [w for t, w in zip(weights.times, weights.values, strict=True) if t >= 300_000.0]
    assert len(late) > 60
    expected = np.mean([100.0 * np.mean(w > w[chosen]) for w in late])
    assert quick.measures["stronger, second half"].value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("stronger", "holds"), [(4.0, False), (5.0, True), (100.0, True)])
def test_the_control_at_papers_size_is_judged_by_the_strongest_twentieth(
    stronger: float, holds: bool
) -> None:
    """Oracle: 5 % or more, by hand."""
    claims = distal_reward._claims(distal_reward.Settings(reward="shuffled"))
    measure = Measure(stronger, "%", **claims["stronger synapses"])
    assert measure.holds is holds
    assert "not among the strongest 5 %" in measure.source


@pytest.mark.slow
def test_it_begins_like_the_published_program() -> None:
    """Oracle: that program in steps of 1 ms: rate, and what the tonic dopamine takes from weights.

    20 s without rewards; from one seed to the next the rate varies by 0.5 %, the loss by 3 %.
    """
    published = clocked_distal_reward.run(1, 20, reward=0.0)
    settings = distal_reward.Settings(dopamine=0.0, duration=20_000.0)
    found = distal_reward.run(settings, RunOptions(quiet=True)).measures
    assert found["rate"].value == pytest.approx(published.rate, rel=0.05)
    lost = 1.0 - found["mean excitatory weight"].value
    assert lost == pytest.approx(1.0 - published.mean, rel=0.15)


def test_every_pair_within_the_window_is_rewarded_a_second_later(quick: Result) -> None:
    """Oracle: all pairs of spikes in the recording, one by one."""
    first = quick.recording.weights("excitation", 0)
    chosen = int(np.flatnonzero(first.values[0] == 0.0)[0])
    trains = quick.recording.trains("cells")
    pre, post = trains[first.source[chosen]], trains[first.target[chosen]]
    due = []
    for t in post:
        before = pre[pre < t]
        if before.size and t - before[-1] < 20.0 and t + 1000.0 < QUICK.duration:
            due.append(t + 1000.0)
    # the pairs of the last second are not looked at any more
    given = quick.data["rewards"]
    assert given.size > 10
    np.testing.assert_allclose(given, due, atol=1e-9)


def test_a_pair_is_the_last_spike_before_within_the_window() -> None:
    """Oracle: by hand; an equal time and one of exactly 20 ms are none."""
    pre, post = np.array([10.0, 15.0, 100.0]), np.array([5.0, 15.0, 34.9, 35.0, 100.0, 101.0])
    assert distal_reward.pairs(pre, post, 20.0).tolist() == [15.0, 34.9, 101.0]
    assert distal_reward.pairs(np.zeros(0), post, 20.0).size == 0


def test_rewards_at_random_times_are_as_many_as_asked() -> None:
    """Oracle: 7,200 an hour make 10 in 5 s; at least 1 and at most 25 with p = 0.9999."""
    settings = distal_reward.Settings(
        neurons=10, synapses=4, reward="shuffled", shuffled_rate=7200.0, duration=5000.0
    )
    result = distal_reward.run(settings, RunOptions(quiet=True))
    assert 1 <= result.measures["rewards"].value <= 25
    assert ((result.data["rewards"] >= 0.0) & (result.data["rewards"] < 5000.0)).all()


def test_both_engines_run_it_alike() -> None:
    """Oracle: the reference engine: spikes, weights and rewards."""
    runs = []
    for engine in ("compiled", "reference"):
        result = distal_reward.run(TINY, RunOptions(seed=2, engine=engine, quiet=True))
        weights = result.recording.weights("excitation", -1).values
        runs.append((*result.recording.spikes("cells"), weights, result.data["rewards"]))
    assert runs[0][0].size > 50
    assert runs[0][3].size > 0
    for fast, plain in zip(*runs, strict=True):
        np.testing.assert_array_equal(fast, plain)


def test_a_shortest_wait_longer_than_the_longest_is_refused() -> None:
    """Oracle: the literal message."""
    with pytest.raises(ValueError, match="wait_max must be >= wait_min, 4000 ms, got 3000"):
        distal_reward.Settings(wait_min=4000.0)
