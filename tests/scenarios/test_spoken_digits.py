"""The spoken_digits scenario: sounds, their spikes, the readout, and what delays are worth."""

import json
import os
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from eventsim import Simulation, runner
from eventsim.models.encoders import Spikes, log_mel, rebuilt
from eventsim.network import Network
from eventsim.scenario import Result, RunOptions
from eventsim.scenarios import _spoken_encoder as encoder
from eventsim.scenarios import _spoken_readout as readout
from eventsim.scenarios import _spoken_sounds as sounds
from eventsim.scenarios import spoken_digits

QUICK = spoken_digits.Settings(**spoken_digits.PRESETS["quick"])
CODE = encoder.Code(channels=32, depth=8.0, step=1.0, quantum=40.0)
RECORDED = os.environ.get("EVENTSIM_DATA", str(Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run, as the command line makes it."""
    out = tmp_path_factory.mktemp("spoken") / "quick.h5"
    return runner.execute(spoken_digits, QUICK, RunOptions(out=out, quiet=True))


def validated(result: Result, features: str) -> float:
    return result.measures[f"validated, {features}"].value


def test_the_quick_liquid_tells_most_synthetic_words_apart(quick: Result) -> None:
    """Oracle: what is asked, and measured, 95 to 100 %; a guess is right in 10 %."""
    accuracy = quick.measures["accuracy, synthetic words"]
    assert accuracy.holds
    assert accuracy.value == quick.measures["accuracy, heterogeneous, 5 windows"].value


def test_only_delays_that_differ_tell_words_from_the_same_ones_backwards(quick: Result) -> None:
    """Oracle: counts over the whole word don't know what came when; measured, 78, 92 and 98 %."""
    heterogeneous = validated(quick, "heterogeneous, whole word")
    assert heterogeneous > validated(quick, "none, whole word") + 3.0
    assert heterogeneous > validated(quick, "constant, whole word") + 2.0
    assert heterogeneous > validated(quick, "encoder, whole word") + 15.0


def test_responses_are_the_spikes_between_a_words_beginning_and_end(quick: Result) -> None:
    """Oracle: the recorded spikes, one by one, over the first words."""
    heard = quick.data["heard"]
    begin, end = heard.onset + 10.0, heard.onset + heard.duration + 200.0
    found = spoken_digits.responses(quick.recording, "heterogeneous", begin, end, 5)
    expected = np.zeros((8, 5, 150), np.int64)
    for t, neuron in zip(*quick.recording.spikes("heterogeneous", stop=begin[8]), strict=True):
        word = int(np.searchsorted(heard.onset, t, side="right")) - 1
        if begin[word] <= t < end[word]:
            part = int(5.0 * (t - begin[word]) / (end[word] - begin[word]))
            expected[word, part, neuron] += 1
    assert found.shape == (600, 5, 150)
    assert expected.sum() > 1000
    np.testing.assert_array_equal(found[:8], expected)


def test_no_spike_is_left_over_when_the_next_word_comes(quick: Result) -> None:
    """Oracle: 300 ms of silence against delays of 200 ms at most: one generation answers another
    less and less."""
    onset = quick.data["heard"].onset
    times, _ = quick.recording.spikes("heterogeneous")
    last = np.array([times[times < begin].max() for begin in onset[1:20]])
    assert (onset[1:20] - last > 20.0).all()


def test_the_liquids_differ_in_their_delays_alone() -> None:
    """Oracle: sources, targets and weights, edge by edge; delays by the settings."""
    net = tiny()
    for source, size in (("encoder", 50 * 12), (None, 50 * 13)):
        edges = []
        for name, low, high in (
            ("none", 10.0, 10.0), ("constant", 105.0, 105.0), ("heterogeneous", 10.0, 200.0)
        ):  # fmt: skip
            s = net.projections[f"{source or name}->{name}"].synapses
            pre = np.repeat(np.arange(s.row_start.size - 1), np.diff(s.row_start))
            weight = np.broadcast_to(s.weight, pre.shape)
            edges.append(sorted(zip(pre, s.target, weight, strict=True)))
            assert np.min(s.delay) >= low
            assert np.max(s.delay) <= high
            assert np.ptp(s.delay) > 150.0 if low < high else np.ptp(s.delay) == 0.0
        assert len(edges[0]) == size
        assert edges[0] == edges[1] == edges[2]


def test_both_engines_answer_alike() -> None:
    """Oracle: the reference engine, spike by spike, over two words."""
    trains = []
    for engine in ("compiled", "reference"):
        with Simulation(tiny(), engine=engine, path="ordered") as sim:
            recorder = sim.record(spikes=list(spoken_digits.LIQUIDS))
            sim.run(1500.0)
            trains.append([recorder.recording.spikes(name) for name in spoken_digits.LIQUIDS])
    for fast, plain in zip(*trains, strict=True):
        assert fast[0].size > 100
        np.testing.assert_array_equal(fast, plain)


def tiny() -> Network:
    settings = spoken_digits.Settings(neurons=50)
    words = sounds.synthetic(1)
    heard = spoken_digits.hear(words._replace(waves=words.waves[:2]), settings)
    return spoken_digits.build(settings, heard, seed=1)


def test_sustained_spikes_count_the_levels_integral() -> None:
    """Oracle: the integral by another rule, on a grid of 1/16 ms, in quanta."""
    wave = sounds.synthetic(1).waves[3]
    times, level = encoder.levels(wave, CODE)
    spikes = encoder.encode(wave, CODE).spikes
    count = np.bincount(spikes.neurons, minlength=96)[:32]
    grid = np.arange(0.0, times[-1], 1 / 16) + 1 / 32
    integral = np.array([np.interp(grid, times, channel).sum() / 16 for channel in level.T])
    assert integral.max() > 20 * 40.0
    away = np.abs(integral / 40.0 - np.round(integral / 40.0)) > 1e-3
    np.testing.assert_array_equal(count[away], np.floor(integral / 40.0)[away])


def test_changes_tell_the_levels_to_within_a_step() -> None:
    """Oracle: the levels themselves, added up from spikes; after the word all are 0 again."""
    wave = sounds.synthetic(1).waves[0]
    times, level = encoder.levels(wave, CODE)
    spikes = encoder.encode(wave, CODE).spikes
    change = spikes.neurons >= 32
    told = Spikes(spikes.times[change], spikes.neurons[change] - 32, 64)
    assert np.abs(rebuilt(told, times, step=1.0, start=0.0) - level).max() < 1.0
    assert level[0].max() == level[-1].max() == 0.0
    assert level.max() == 8.0


def test_loudness_changes_no_spike_and_silence_has_none() -> None:
    """Oracle: levels are relative to the loudest moment; 20 dB of difference."""
    wave = sounds.synthetic(1).waves[0]
    loud, soft = (encoder.encode(gain * wave, CODE).spikes.trains() for gain in (1.0, 0.1))
    for one, other in zip(loud, soft, strict=True):
        np.testing.assert_allclose(one, other, atol=0.01)
    assert encoder.encode(np.zeros(4000), CODE).spikes.times.size == 0


def test_words_follow_one_another_after_their_silence() -> None:
    """Oracle: by hand."""
    first = encoder.Word(Spikes(np.array([1.0, 4.0]), np.array([1, 0]), 2), 5.0)
    second = encoder.Word(Spikes(np.array([0.5]), np.array([0]), 2), 3.0)
    heard = encoder.one_after_another([first, second], 10.0)
    assert heard.onset.tolist() == [0.0, 15.0]
    assert [train.tolist() for train in heard.trains] == [[4.0, 15.5], [1.0]]


def test_the_readout_is_ridge_regression_with_an_intercept() -> None:
    """Oracle: scikit-learn's, on features that need not be centred, in their own space."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(2.0, 1.0, (60, 25)), rng.integers(0, 10, 60)
    new = rng.normal(2.0, 1.0, (200, 25))
    load = 1e-2 * float(np.sum((x - x.mean(axis=0)) ** 2))
    fitted = Ridge(alpha=load).fit(x, np.eye(10)[y])
    found = readout.predict(x @ x.T, y, new @ x.T, 1e-2)
    np.testing.assert_array_equal(found, fitted.predict(new).argmax(axis=1))


def test_nothing_is_learned_from_the_words_held_out(quick: Result) -> None:
    """Oracle: other labels for them and other responses to them change neither the penalty nor the
    accuracy within the training words; each is read by itself."""
    words, heard = quick.data["sounds"], quick.data["heard"]
    counts = spoken_digits.responses(
        quick.recording, "none", heard.onset, heard.onset + heard.duration, 1
    )
    out = words.held_out()
    plain = readout.read(counts, words.label, words.take, out)
    lied, mute = words.label.copy(), counts.copy()
    lied[out] = (lied[out] + 1) % 10
    mute[np.flatnonzero(out)[1:]] = 0
    other = readout.read(mute, lied, words.take, out)
    assert other[2:] == plain[2:]
    assert other.read[0] == plain.read[0]
    assert plain.accuracy > 80.0


def test_the_readout_learns_nothing_where_there_is_nothing_to_learn(quick: Result) -> None:
    """Oracle: chance, 10 +- 4 % of 60 words; labels are permuted, so a leak would show."""
    words, heard = quick.data["sounds"], quick.data["heard"]
    counts = spoken_digits.responses(
        quick.recording, "heterogeneous", heard.onset, heard.onset + heard.duration, 1
    )
    label = np.random.default_rng(1).permutation(words.label)
    reading = readout.read(counts, label, words.take, words.held_out())
    assert reading.accuracy < 25.0
    assert reading.validated < 18.0


def test_synthetic_words_glide_and_half_of_them_are_the_others_backwards() -> None:
    """Oracle: "ia" begins with power around 2,300 Hz and ends with power around 1,250 Hz."""
    words = sounds.synthetic(3)
    assert [word[::-1] for word in sounds.WORDS[:5]] == list(sounds.WORDS[5:])
    assert len(set(sounds.WORDS)) == 10
    again = sounds.synthetic(3)
    assert all((a == b).all() for a, b in zip(words.waves, again.waves, strict=True))
    assert words.held_out().sum() == 60
    for word, sign in ((0, 1.0), (5, -1.0)):
        for k in np.flatnonzero(words.label == word):
            wave = words.waves[k]
            _, energy = log_mel(wave, 8000.0, channels=20, window=32.0, low=60.0)
            high, middle = energy[:, 14:18].max(axis=1), energy[:, 9:12].max(axis=1)
            lead = high - middle
            third = len(lead) // 3
            assert sign * (lead[:third].mean() - lead[-third:].mean()) > log(2.0)


@pytest.mark.skipif(not Path(RECORDED, sounds.FILE).exists(), reason="no recorded digits")
def test_the_recorded_digits_have_their_own_split() -> None:
    """Oracle: the data's description: 3,000 recordings, takes 0 to 4 are the test; 1,312 s."""
    words = sounds.recorded(RECORDED)
    out = words.held_out()
    assert (len(words.waves), out.sum()) == (3000, 300)
    assert words.take[out].max() == 4
    assert words.take[~out].min() == 5
    np.testing.assert_array_equal(np.bincount(words.label[out]), 30)
    assert sum(wave.size for wave in words.waves) / 8000.0 == pytest.approx(1312.3, abs=0.1)
    assert max(np.abs(wave).max() for wave in words.waves) <= 1.0
    few = sounds.recorded(RECORDED, takes=10)
    assert (len(few.waves), few.held_out().sum()) == (600, 60)


def test_data_that_are_missing_or_of_another_shape_are_refused(tmp_path: Path) -> None:
    """Oracle: the message: what, where people get it, what was found."""
    settings = spoken_digits.Settings(sounds="recorded", data=str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"free-spoken-digit-dataset, CC BY-SA 4\.0"):
        spoken_digits.run(settings)
    (tmp_path / "fsdd").mkdir()
    n = 3000
    good: dict[str, Any] = {
        "pcm": np.ones(2 * n, np.int16),
        "offset": 2 * np.arange(n + 1),
        "label": np.arange(n) // 300,
        "speaker": np.arange(n) // 50 % 6,
        "take": np.arange(n) % 50,
    }
    for changed, message in (
        ({"take": None}, "the array 'take'"),
        (
            {"label": np.zeros(5, np.uint8)},
            r"shape \(3000,\) as 'label' .* got uint8 of shape \(5,",
        ),
        ({"pcm": np.zeros(6000)}, "whole numbers .* 'pcm' .* got float64"),
        ({"offset": np.arange(n + 1)}, "offsets from 0 to 6000"),
        ({"take": good["take"] % 49}, "50 takes of 10 digits by 6 speakers"),
    ):
        arrays = {k: v for k, v in (good | changed).items() if v is not None}
        np.savez(tmp_path / sounds.FILE, **arrays)
        with pytest.raises(ValueError, match=message):
            sounds.recorded(str(tmp_path))
    np.savez(tmp_path / sounds.FILE, **good)
    assert len(sounds.recorded(str(tmp_path)).waves) == n


def test_words_that_would_be_answered_during_the_next_are_refused() -> None:
    """Oracle: the message."""
    with pytest.raises(ValueError, match="silence must be > delay_max, 200 ms"):
        spoken_digits.Settings(silence=150.0)
    with pytest.raises(ValueError, match="delay_max must be >= delay_min, 10 ms, got 5 ms"):
        spoken_digits.Settings(delay_max=5.0)


def test_the_files_tell_which_sounds_were_heard(quick: Result) -> None:
    """Oracle: the measures beside the recording, and a figure."""
    path = Path(quick.recording.name)
    written = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert written["settings"]["sounds"] == "synthetic"
    assert "accuracy, synthetic words" in written["measures"]
    assert path.with_suffix(".png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.skipif(not Path(RECORDED, sounds.FILE).exists(), reason="no recorded digits")
def test_a_fifth_of_the_recorded_digits_is_told_apart_by_liquids_alone() -> None:
    """Oracle: the encoder, cross-validated; a fifth of the takes and of the neurons of
    `preset=paper`, whose numbers are in docs/experiments.md."""
    settings = spoken_digits.Settings(sounds="recorded", data=RECORDED, takes=10, neurons=100)
    result = spoken_digits.run(settings, RunOptions(quiet=True))
    heard = validated(result, "heterogeneous, whole word")
    assert heard > 80.0
    assert heard > validated(result, "encoder, whole word") + 5.0
