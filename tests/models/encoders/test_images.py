"""Images as spikes: rates and latencies, in closed form."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from eventsim import Network, Simulation
from eventsim.models.encoders import Spikes, charging_time, latency, rate

IMAGE = np.linspace(0.0, 1.0, 12).reshape(3, 4)


def test_counts_are_poisson_with_the_mean_that_the_value_asks_for() -> None:
    """Oracle: chi-square distribution of the dispersion; times uniform, Kolmogorov-Smirnov."""
    rng = np.random.default_rng(1)
    spikes = rate(np.full(3000, 0.5), highest=40.0, duration=500.0, rng=rng)
    counts = np.bincount(spikes.neurons, minlength=3000)
    assert 0.001 < stats.chi2.sf(((counts - 10.0) ** 2 / 10.0).sum(), 3000) < 0.999
    assert stats.kstest(spikes.times, "uniform", (0.0, 500.0)).pvalue > 0.001


def test_a_pixel_is_the_neuron_of_its_place_and_black_is_silent() -> None:
    spikes = rate(IMAGE, highest=1000.0, duration=1000.0, rng=np.random.default_rng(2))
    assert spikes.size == 12
    counts = np.bincount(spikes.neurons, minlength=12)
    assert counts[0] == 0
    np.testing.assert_allclose(counts, 1000.0 * IMAGE.ravel(), atol=4.0 * 1000.0**0.5)


def test_the_same_generator_gives_the_same_spikes_in_order() -> None:
    a, b = (rate(IMAGE, highest=50.0, duration=99.0, rng=np.random.default_rng(3)) for _ in "ab")
    np.testing.assert_array_equal(a.times, b.times)
    assert (np.diff(a.times) >= 0.0).all()
    assert a.times.max() < 99.0


def test_latency_is_a_straight_line_from_last_to_first() -> None:
    """Oracle: last - value (last - first), without the values up to the floor."""
    spikes = latency(IMAGE, last=30.0, first=10.0, floor=0.2)
    kept = np.flatnonzero(IMAGE.ravel() > 0.2)[::-1]
    assert spikes.neurons.tolist() == kept.tolist()
    np.testing.assert_allclose(spikes.times, 30.0 - 20.0 * IMAGE.ravel()[kept])


def test_charging_time_is_the_first_spike_of_a_leaky_cell() -> None:
    """Oracle: the integrator run for that long reaches the threshold."""
    currents = np.array([0.3, 1.0, 1.0001, 2.0, 1e6])
    spikes = charging_time(currents, tau=15.0)
    assert sorted(spikes.neurons.tolist()) == [2, 3, 4]
    reached = currents[spikes.neurons] * -np.expm1(-spikes.times / 15.0)
    np.testing.assert_allclose(reached, 1.0, rtol=1e-9)


def test_a_source_fires_what_was_encoded() -> None:
    """Oracle: the spikes themselves, out of a simulation."""
    spikes = rate(IMAGE, highest=100.0, duration=200.0, rng=np.random.default_rng(4))
    net = Network()
    net.add("image", spikes.source(), size=spikes.size)
    with Simulation(net, engine="reference") as sim:
        recorder = sim.record(spikes=["image"])
        sim.run(200.0)
        times, neurons = recorder.recording.spikes("image")
    np.testing.assert_array_equal(times, spikes.times)
    np.testing.assert_array_equal(neurons, spikes.neurons)


def test_trains_keep_silent_neurons() -> None:
    trains = Spikes(np.array([1.0, 2.0, 3.0]), np.array([2, 0, 2]), 4).trains()
    assert [train.tolist() for train in trains] == [[2.0], [], [1.0, 3.0], []]


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (lambda: rate([1.5], highest=1.0, duration=1.0, rng=RNG),
         "rate: values must be >= 0 and <= 1, got 1.5"),
        (lambda: rate([0.5], highest=0.0, duration=1.0, rng=RNG),
         "rate: highest must be > 0 Hz and finite, got 0.0"),
        (lambda: latency([np.nan], last=1.0), "latency: values must be finite, got nan"),
        (lambda: latency([0.5], last=1.0, first=2.0),
         "latency: times must be 0 <= first < last ms, got 2.0 and 1.0"),
        (lambda: charging_time([1.0], tau=-1.0),
         "charging_time: tau must be > 0 ms and finite, got -1.0"),
    ],
)  # fmt: skip
def test_bad_values_are_refused(encode: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        encode()
    assert str(caught.value) == message


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="latency: values must be numbers, got 'bright'"):
        latency("bright", last=1.0)  # type: ignore[arg-type]
