"""Plots: what is drawn is what was recorded, and units stand on the axes."""

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventsim.recording import (
    HistogramSeries,
    PopulationInfo,
    Recorder,
    Recording,
    StateSeries,
    WeightSeries,
)

pytest.importorskip("matplotlib")

from eventsim.analysis import plots


@pytest.fixture
def run() -> Recording:
    rng = np.random.default_rng(1)
    ends = np.arange(40)
    recorder = Recorder(
        None,
        spikes=[PopulationInfo("exc", 400), PopulationInfo("silent", 5)],
        states=[StateSeries("exc", ("v",), np.arange(8), 0.0, 0.5, ("mV",))],
        weights=[WeightSeries("exc->exc", 400, 400, ends, ends, np.ones(1), "mV")],
    )
    recorder.spikes("exc", np.sort(rng.random(2_000) * 200.0), rng.integers(0, 400, 2_000))
    recorder.states("exc", rng.normal(-60.0, 1.0, (400, 8, 1)))
    for time in (0.0, 100.0, 200.0):
        recorder.weights("exc->exc", time, rng.normal(0.1 + time, 0.01, 40))
    recorder.close(duration=200.0)
    return recorder.recording


def test_the_raster_has_a_dot_per_spike_of_the_shown_neurons(run: Recording) -> None:
    """Oracle: the spikes of 100 evenly spaced neurons."""
    axes = plots.raster(run, 50.0, 150.0, limit=100)
    shown = np.linspace(0, 399, 100).astype(int)
    times, _ = run.spikes("exc", 50.0, 150.0, shown)
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), times)
    assert axes.lines[0].get_ydata().max() < 100
    assert axes.lines[0].get_rasterized()
    assert axes.get_xlabel() == "time (ms)"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["exc\n100 of 400", "silent"]


def test_rates_average_to_the_mean_rate(run: Recording) -> None:
    """Oracle: 2,000 spikes / 400 neurons / 0.2 s = 25 Hz."""
    axes = plots.rates(run, width=10.0)
    assert axes.patches[0].get_data().values.mean() == pytest.approx(25.0, rel=1e-12)
    assert axes.patches[0].get_label() == "exc, mean 25 Hz"
    assert axes.get_ylabel() == "rate (Hz)"


def test_traces_are_the_samples_of_at_most_five_neurons(run: Recording) -> None:
    """Oracle: the recorded samples."""
    axes = plots.trace(run, "exc", "v", start=10.0, stop=20.0)
    assert len(axes.lines) == 5
    expected = run.states("exc", "v", 10.0, 20.0).values
    np.testing.assert_array_equal(axes.lines[2].get_ydata(), expected[:, 2])
    assert axes.get_ylabel() == "v (mV)"


def test_weights_show_the_first_and_the_last_snapshot(run: Recording) -> None:
    """Oracle: 40 synapses in each histogram."""
    axes = plots.weights(run, "exc->exc")
    assert [patch.get_label() for patch in axes.patches] == ["0 ms", "200 ms"]
    assert [patch.get_data().values.sum() for patch in axes.patches] == [40, 40]
    assert axes.get_xlabel() == "weight exc->exc (mV)"


def test_the_overview_becomes_a_png_without_a_display(run: Recording, tmp_path: Path) -> None:
    """Oracle: the PNG signature; pyplot, which may want a display, stays out of it."""
    before = "matplotlib.pyplot" in sys.modules
    figure = plots.overview(run)
    figure.savefig(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(figure.axes) == 5
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_a_recording_without_a_spike_can_be_drawn(tmp_path: Path) -> None:
    ends = np.zeros(1, int)
    quiet = WeightSeries("exc->exc", 3, 3, ends, ends, np.ones(1))
    recorder = Recorder(None, spikes=[PopulationInfo("exc", 3)], weights=[quiet])
    recorder.close(duration=10.0)
    plots.overview(recorder.recording).savefig(tmp_path / "page.png")


def test_an_empty_stretch_is_refused(run: Recording) -> None:
    with pytest.raises(ValueError, match="nothing to show between 200 ms and 200 ms"):
        plots.overview(run, start=200.0)


def test_without_matplotlib_the_error_names_the_extra(
    run: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install eventsim\[plot\]"):
        plots.overview(run)


def test_histograms_are_drawn_over_time_without_their_infinite_bins() -> None:
    """Oracle: the counts given; the last column is as wide as the one before."""
    series = HistogramSeries("exc->exc", np.array([-np.inf, 0.0, 1.0, 2.0]), "mV")
    recorder = Recorder(None, histograms=[series])
    for k in range(3):
        recorder.histogram("exc->exc", 10.0 * k, np.array([7, k, 3 - k]))
    recorder.close(duration=25.0)
    axes = plots.histograms(recorder.recording, "exc->exc")
    mesh = axes.collections[0]
    assert np.asarray(mesh.get_array()).tolist() == [[0, 1, 2], [3, 2, 1]]
    assert axes.get_xlim() == (0.0, 30.0)
    assert axes.get_ylabel() == "weight exc->exc (mV)"
