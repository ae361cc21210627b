"""Reading: slices, neurons, names, and files that are not what they should be."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import eventsim.recording as recording
from eventsim.recording import PopulationInfo, Recorder, Recording, StateSeries
from eventsim.recording.layout import CHUNK

SIZE = 50


@pytest.fixture
def spikes() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    # a coarse grid: many coincident spikes, also across chunk borders
    return np.sort(np.round(rng.random(4 * CHUNK) * 1e3, 1)), rng.integers(0, SIZE, 4 * CHUNK)


@pytest.fixture
def run(spikes: tuple[np.ndarray, np.ndarray]) -> Recording:
    v = StateSeries("exc", ("v",), np.array([1, 4]), 0.0, 0.5, ("mV",))
    with Recorder(None, spikes=[PopulationInfo("exc", SIZE)], states=[v]) as recorder:
        recorder.spikes("exc", *spikes)
        recorder.states("exc", np.arange(200.0).reshape(100, 2, 1))
    return recorder.recording


@pytest.mark.parametrize(
    ("start", "stop"),
    [(None, None), (0.0, 1e3), (100.0, 100.1), (312.3, 700.0), (999.9, None), (2e3, 3e3), (5, 4)],
)
def test_a_slice_is_what_a_mask_over_all_spikes_gives(
    run: Recording, spikes: tuple[np.ndarray, np.ndarray], start: Any, stop: Any
) -> None:
    """Oracle: start <= t < stop, tested spike by spike."""
    times, neurons = spikes
    low, high = -np.inf if start is None else start, np.inf if stop is None else stop
    expected = (times >= low) & (times < high)
    t, who = run.spikes("exc", start, stop)
    np.testing.assert_array_equal(t, times[expected])
    np.testing.assert_array_equal(who, neurons[expected])


def test_neurons_are_picked_out(run: Recording, spikes: tuple[np.ndarray, np.ndarray]) -> None:
    """Oracle: numpy.isin."""
    t, who = run.spikes("exc", neurons=[4, 7])
    expected = np.isin(spikes[1], [4, 7])
    np.testing.assert_array_equal(t, spikes[0][expected])
    np.testing.assert_array_equal(who, spikes[1][expected])


def test_trains_are_the_spikes_neuron_by_neuron(
    run: Recording, spikes: tuple[np.ndarray, np.ndarray]
) -> None:
    """Oracle: one mask per neuron."""
    trains = run.trains("exc")
    assert len(trains) == SIZE
    for neuron, train in enumerate(trains):
        np.testing.assert_array_equal(train, spikes[0][spikes[1] == neuron])


def test_a_stretch_of_samples_is_half_open(run: Recording) -> None:
    samples = run.states("exc", start=1.0, stop=2.0)
    assert samples.times.tolist() == [1.0, 1.5]
    assert samples.values.tolist() == [[4.0, 5.0], [6.0, 7.0]]


def test_pandas_frames_hold_the_same(run: Recording, spikes: tuple[np.ndarray, np.ndarray]) -> None:
    pytest.importorskip("pandas")
    frame = run.to_pandas("exc")
    assert list(frame.columns) == ["time", "neuron"]
    np.testing.assert_array_equal(frame["time"], spikes[0])
    samples = run.to_pandas("exc", "v")
    assert list(samples.columns) == [1, 4]
    assert samples.loc[1.5, 4] == 7.0


def test_unknown_names_suggest_the_nearest(run: Recording) -> None:
    with pytest.raises(KeyError, match="'exx'; did you mean 'exc'"):
        run.spikes("exx")
    with pytest.raises(KeyError, match="unknown sampled population 'inh'"):
        run.states("inh")
    with pytest.raises(KeyError, match="known: v"):
        run.states("exc", "weight")
    with pytest.raises(KeyError, match="known: none"):
        run.weights("exc->exc")


def test_a_neuron_out_of_range_is_refused(run: Recording) -> None:
    with pytest.raises(ValueError, match=r"population 'exc': neurons must be in 0\.\.49, got 50"):
        run.spikes("exc", neurons=[3, 50])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no recording at .*none\.h5"):
        recording.open(tmp_path / "none.h5")


def test_what_is_not_a_recording_is_refused_in_one_line(tmp_path: Path) -> None:
    text, other = tmp_path / "text.h5", tmp_path / "other.h5"
    text.write_text("not HDF5 at all")
    with h5py.File(other, "w") as file:
        file["spikes"] = 1.0
    with pytest.raises(ValueError, match="can't be opened as HDF5") as refusal:
        recording.open(text)
    assert "\n" not in str(refusal.value)
    with pytest.raises(ValueError, match="is not a recording of eventsim"):
        recording.open(other)


def finished(path: Path) -> h5py.File:
    """Return a small complete recording, open for tampering."""
    with Recorder(path, spikes=[PopulationInfo("exc", 3)]) as recorder:
        recorder.spikes("exc", np.array([1.0, 2.0]), np.array([0, 1]))
    return h5py.File(path, "r+")


@pytest.mark.parametrize("link", [h5py.ExternalLink("secret.h5", "/a"), h5py.SoftLink("/spikes")])
def test_links_are_refused(tmp_path: Path, link: Any) -> None:
    with finished(tmp_path / "run.h5") as file:
        del file["spikes/exc/timestamps"]
        file["spikes/exc/timestamps"] = link
    with (
        recording.open(tmp_path / "run.h5") as run,
        pytest.raises(ValueError, match="spikes/exc/timestamps is a link; links are refused"),
    ):
        run.spikes("exc")


def test_values_that_lie_in_another_file_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(16))
    with finished(tmp_path / "run.h5") as file:
        del file["spikes/exc/timestamps"]
        file["spikes/exc"].create_dataset(
            "timestamps", (2,), "f8", external=[(str(secret), 0, h5py.h5f.UNLIMITED)]
        )
    with (
        recording.open(tmp_path / "run.h5") as run,
        pytest.raises(ValueError, match="not a dataset of this file"),
    ):
        run.spikes("exc")


def test_a_file_that_lost_rows_is_refused(tmp_path: Path) -> None:
    with finished(tmp_path / "run.h5") as file:
        file["spikes/exc/timestamps"].resize(1, axis=0)
    with (
        recording.open(tmp_path / "run.h5") as run,
        pytest.raises(ValueError, match="spikes/exc/timestamps should have 2 rows, has 1"),
    ):
        run.spikes("exc")


def test_a_file_of_a_later_format_is_refused(tmp_path: Path) -> None:
    with finished(tmp_path / "run.h5") as file:
        file["eventsim"].attrs["format"] = 99
    with pytest.raises(ValueError, match="has format 99; this version reads 1"):
        recording.open(tmp_path / "run.h5")
