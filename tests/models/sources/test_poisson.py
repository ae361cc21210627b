"""PoissonSource: exponential intervals, independent streams, rates that change at once."""

from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from eventsim.models.sources import poisson
from eventsim.models.sources.poisson import Params, State
from eventsim.random import stream_key


def spikes(p: Params, stream: int, n: int) -> NDArray[np.float64]:
    """The first `n` spike times of one stream, in ms."""
    s, t, times = poisson.initial(p, stream_key(1, stream)), 0.0, []
    for _ in range(n):
        fired = poisson.next_fire(s, t, p)
        s, t = poisson.on_fire(poisson.between(s, t, fired - t, p), fired, p), fired
        times.append(t)
    return np.array(times)


def test_intervals_are_exponential() -> None:
    """Oracle: Kolmogorov-Smirnov against the exponential distribution of mean 1000 / rate."""
    intervals = np.diff(spikes(Params(rate=50.0), 0, 5000), prepend=0.0)
    assert stats.kstest(intervals, "expon", (0, 20.0)).pvalue > 0.001


def test_counts_have_the_mean_and_the_variance_of_a_poisson_process() -> None:
    """Oracle: both are rate x T; four standard errors."""
    times = spikes(Params(rate=100.0), 1, 20000)
    counts = np.histogram(times, np.arange(0.0, times[-1], 100.0))[0]
    n = len(counts)
    assert counts.mean() == pytest.approx(10.0, abs=4 * (10.0 / n) ** 0.5)
    assert counts.var() == pytest.approx(10.0, abs=4 * 10.0 * (2.1 / n) ** 0.5)


def test_two_streams_are_independent() -> None:
    """Oracle: the correlation of counts stays below 4 / sqrt(n)."""
    bins = np.arange(0.0, 40000.0, 20.0)
    a, b = (np.histogram(spikes(Params(rate=100.0), k, 5000), bins)[0] for k in (3, 4))
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / len(bins) ** 0.5


def test_a_change_of_the_rate_takes_effect_at_once() -> None:
    """Oracle: half of the way at 10 Hz, then the other half ten times as fast."""
    s = State(1.0, -1.0, 0.0, 1.0)
    half = poisson.between(s, 0.0, 50.0, Params(rate=10.0))
    assert poisson.next_fire(half, 50.0, Params(rate=100.0)) == pytest.approx(55.0, rel=1e-15)


def test_a_rate_of_zero_is_silence() -> None:
    assert poisson.next_fire(State(1.0, -1.0, 0.0, 1.0), 5.0, Params(rate=0.0)) == inf


def test_the_next_spike_never_lies_before_now() -> None:
    """Rounding may run `remaining` below zero."""
    assert poisson.next_fire(State(-1e-16, -1.0, 0.0, 1.0), 5.0, Params()) == 5.0
