"""Regular, gamma and bursting sources: their intervals, from the first one on."""

import numpy as np
import pytest
from fired import spikes
from scipy import stats

from eventsim.models import BurstSource, GammaSource, RegularSource
from eventsim.models.sources import burst, gamma, regular
from eventsim.random import stream_key


def test_regular_spikes_are_multiples_of_the_interval() -> None:
    """Oracle: k / rate; exact at 100 Hz, whose interval is a whole number of ms."""
    times = spikes(RegularSource, regular.Params(rate=100.0), 1000)
    np.testing.assert_array_equal(times, 10.0 * np.arange(1, 1001))


def test_regular_spikes_begin_where_they_are_told_to() -> None:
    times = spikes(RegularSource, regular.Params(rate=80.0, wait=0.25), 100)
    np.testing.assert_allclose(times, 12.5 * (np.arange(100) + 0.25), rtol=1e-13)


def test_a_regular_source_that_changes_its_rate_goes_on_within_the_interval() -> None:
    """Oracle: half an interval of 100 ms, then half of one of 10 ms."""
    s = regular.initial(regular.Params(rate=10.0), 0.0)
    half = regular.between(s, 0.0, 50.0, regular.Params(rate=10.0))
    assert regular.next_fire(half, 50.0, regular.Params(rate=100.0)) == pytest.approx(55.0)


@pytest.mark.parametrize("shape", [0.5, 1.0, 4.0, 30.0])
def test_gamma_intervals_have_the_gamma_distribution(shape: float) -> None:
    """Oracle: Kolmogorov-Smirnov against scipy's, mean 20 ms; successive ones are uncorrelated."""
    times = spikes(GammaSource, gamma.Params(rate=50.0, shape=shape), 4000)
    intervals = np.diff(times)
    assert stats.kstest(intervals, "gamma", (shape, 0.0, 20.0 / shape)).pvalue > 0.001
    assert abs(np.corrcoef(intervals[1:], intervals[:-1])[0, 1]) < 4.0 / 4000**0.5


@pytest.mark.parametrize("shape", [0.5, 4.0])
def test_the_wait_for_the_first_gamma_spike_is_that_of_a_process_under_way(shape: float) -> None:
    """Oracle: its density is the chance that an interval is longer, over the mean interval."""
    p = gamma.Params(rate=50.0, shape=shape)
    waits = [
        gamma.next_fire(gamma.initial(p, stream_key(2, k)), 0.0, p) for k in range(3000)
    ]  # fmt: skip
    grid = np.linspace(0.0, 400.0, 40_001)
    survival = stats.gamma.sf(grid, shape, scale=20.0 / shape) / 20.0
    below = np.concatenate([[0.0], np.cumsum(0.5 * (survival[1:] + survival[:-1]) * 0.01)])
    assert below[-1] == pytest.approx(1.0, abs=1e-3)
    assert stats.kstest(waits, lambda t: np.interp(t, grid, below)).pvalue > 0.001


def test_a_burst_is_so_many_spikes_and_pauses_are_exponential() -> None:
    """Oracle: intervals by their place in the burst; Kolmogorov-Smirnov on the pauses."""
    times = spikes(BurstSource, burst.Params(rate=5.0, spikes=4.0, interval=3.0), 8000)
    bursts = times.reshape(-1, 4)
    np.testing.assert_allclose(np.diff(bursts), 3.0, rtol=0, atol=1e-9)
    pauses = bursts[:, 0] - np.concatenate([[0.0], bursts[:-1, -1]])
    assert stats.kstest(pauses, "expon", (0.0, 200.0)).pvalue > 0.001
    assert 1e3 * times.size / times[-1] == pytest.approx(4.0 / 0.209, rel=4.0 / 2000**0.5)


def test_a_burst_of_one_spike_is_a_poisson_process() -> None:
    """Oracle: Kolmogorov-Smirnov against the exponential distribution."""
    times = spikes(BurstSource, burst.Params(rate=50.0, spikes=1.0), 3000)
    assert stats.kstest(np.diff(times), "expon", (0.0, 20.0)).pvalue > 0.001
