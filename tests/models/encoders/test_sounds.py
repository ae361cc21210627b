"""Signals and sounds as spikes: send-on-delta, and the energies of mel channels."""

from typing import Any

import numpy as np
import pytest

from eventsim.models.encoders import delta, log_mel, rebuilt
from eventsim.models.encoders.mel import mel_filters


def test_a_ramp_gives_a_spike_each_time_it_has_moved_by_one_step() -> None:
    """Oracle: multiples of step over slope, up and down."""
    up = delta([0.0, 100.0], [5.0, 15.0], step=2.0)
    np.testing.assert_allclose(up.times, [20.0, 40.0, 60.0, 80.0, 100.0])
    assert set(up.neurons.tolist()) == {1}
    down = delta([0.0, 50.0], [1.0, -1.0], step=0.5)
    np.testing.assert_allclose(down.times, [12.5, 25.0, 37.5, 50.0])
    assert set(down.neurons.tolist()) == {0}


def test_the_spikes_tell_the_signal_to_within_a_step() -> None:
    """Oracle: the signal's straight lines, at 20,000 times, for random walks of three channels."""
    rng = np.random.default_rng(1)
    t = np.cumsum(rng.uniform(0.1, 2.0, 400))
    signal = np.cumsum(rng.normal(size=(400, 3)), axis=0)
    spikes = delta(t, signal, step=0.3)
    assert spikes.size == 6
    assert np.bincount(spikes.neurons, minlength=6).min() > 100
    at = np.linspace(t[0], t[-1], 20_000)
    lines = np.stack([np.interp(at, t, channel) for channel in signal.T], axis=1)
    levels = rebuilt(spikes, at, step=0.3, start=signal[0])
    assert np.abs(levels - lines).max() <= 0.3 * (1.0 + 1e-9)


def test_at_a_spike_the_signal_is_on_the_new_level() -> None:
    """Oracle: the signal's straight lines at the times of the spikes."""
    t = np.arange(300.0)
    signal = np.cumsum(np.random.default_rng(2).normal(size=300))
    spikes = delta(t, signal, step=0.25)
    levels = rebuilt(spikes, spikes.times, step=0.25, start=signal[0])[:, 0]
    np.testing.assert_allclose(np.interp(spikes.times, t, signal), levels, atol=1e-9)


def test_a_signal_that_stays_within_a_step_says_nothing() -> None:
    t = np.arange(1000.0)
    assert delta(t, 0.49 * np.sin(t), step=1.0).times.size == 0


def test_cutting_straight_lines_into_pieces_changes_nothing_but_rounding() -> None:
    """Oracle: the same signal with ten times as many samples."""
    t, signal = np.arange(50.0), np.random.default_rng(3).normal(size=50)
    fine = np.linspace(0.0, 49.0, 491)
    a, b = delta(t, signal, step=0.2), delta(fine, np.interp(fine, t, signal), step=0.2)
    np.testing.assert_array_equal(a.neurons, b.neurons)
    np.testing.assert_allclose(a.times, b.times, atol=1e-9)


def test_a_sine_has_its_mean_square_in_the_triangles_over_its_frequency() -> None:
    """Oracle: amplitude^2 / 2 at its frequency and a quarter of it on either side (Hann)."""
    rate, width, bin_, amplitude = 8000.0, 200, 25, 0.3
    sound = amplitude * np.sin(2.0 * np.pi * bin_ * rate / width * np.arange(4000) / rate)
    times, energies = log_mel(sound, rate, channels=20, low=100.0, floor=1e-300)
    filters = mel_filters(width, rate, 20, 100.0, 4000.0)
    under = filters[:, bin_] + 0.25 * (filters[:, bin_ - 1] + filters[:, bin_ + 1])
    expected = np.broadcast_to(0.5 * amplitude**2 * under, energies.shape)
    np.testing.assert_allclose(np.exp(energies), expected, atol=1e-12)
    assert under.argmax() == np.exp(energies[0]).argmax()
    np.testing.assert_allclose(times, 12.5 + 10.0 * np.arange(times.size))


def test_triangles_are_equally_wide_on_the_mel_scale_and_sum_to_one_between_middles() -> None:
    """Oracle: middles on the mel scale, to the Hz; neighbouring triangles share their flanks."""
    filters = mel_filters(16000, 16000.0, 12, 50.0, 8000.0)  # one frequency per Hz
    ends = 2595.0 * np.log10(1.0 + np.array([50.0, 8000.0]) / 700.0)
    middles = 700.0 * (10.0 ** (np.linspace(ends[0], ends[1], 14)[1:-1] / 2595.0) - 1.0)
    peaks = filters.argmax(axis=1)
    np.testing.assert_allclose(peaks, middles, rtol=0, atol=1.0)
    inner = slice(peaks[0] + 1, peaks[-1])
    np.testing.assert_allclose(filters.sum(axis=0)[inner], 1.0, rtol=1e-12)


def test_silence_is_the_floor() -> None:
    _, energies = log_mel(np.zeros(400), 8000.0, channels=5, low=100.0, floor=1e-6)
    np.testing.assert_allclose(energies, np.log(1e-6))


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (lambda: delta([0.0, 0.0], [1.0, 2.0], step=1.0),
         "delta: times must be strictly increasing, got 0.0 ms after 0.0 ms"),
        (lambda: delta([0.0, 1.0], [1.0], step=1.0),
         "delta: signal must have shape (n,) or (n, channels) for n times, got (1, 1) for times "
         "of shape (2,)"),
        (lambda: delta([0.0], [1.0], step=0.0),
         "delta: step must be > 0 of the signal and finite, got 0.0"),
        (lambda: log_mel(np.zeros(10), 8000.0),
         "log_mel: sound must have shape (n,), n >= 2 and >= one window (200 samples), got (10,)"),
        (lambda: log_mel(np.zeros(400), 8000.0, high=5000.0),
         "log_mel: channels must be >= 1 and 0 <= low < high <= 4000 Hz, got 40, 20.0 and 5000.0"),
        (lambda: log_mel(np.zeros(400), 8000.0, channels=200),
         "log_mel: channel 0 (20 to 34 Hz) is narrower than the window's resolution of 40 Hz; take "
         "fewer channels or a longer window"),
    ],
)  # fmt: skip
def test_bad_signals_are_refused(encode: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        encode()
    assert str(caught.value) == message
