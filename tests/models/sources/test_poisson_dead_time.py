"""A Poisson process behind a dead time that remembers."""

from math import exp

import numpy as np
import pytest
from fired import spikes
from scipy import stats

from eventsim.models import PoissonDeadTime
from eventsim.models.sources import poisson_dead_time as source


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.0])
def test_intervals_are_the_dead_time_or_what_is_left_of_an_exponential(rate: float) -> None:
    """Oracle: 3 ms with probability 1 - exp(-3 r), else 3 ms and an exponential (KS); the mean is
    3 + exp(-3 r) / r, within 4 standard errors."""
    times = np.asarray(spikes(PoissonDeadTime, source.Params(rate=1e3 * rate), 6000))
    intervals = np.diff(times)
    at_once = intervals < 3.0 + 1e-9
    expected = 1.0 - exp(-3.0 * rate)
    assert intervals.min() >= 3.0 - 1e-9
    spread = np.sqrt(expected * (1.0 - expected) / intervals.size)
    assert abs(at_once.mean() - expected) < 4.0 * spread
    assert stats.kstest(intervals[~at_once] - 3.0, "expon", (0.0, 1.0 / rate)).pvalue > 0.001
    error = intervals.std() / np.sqrt(intervals.size)
    assert abs(intervals.mean() - 3.0 - exp(-3.0 * rate) / rate) < 4.0 * error


def test_with_a_tick_hits_are_a_bernoulli_process() -> None:
    """Oracle: whole ms; the mean interval of chances p = 1 - exp(-r) in each ms, of which one
    within the dead time is remembered, is 3 + (1 - p)^3 / p, within 4 standard errors."""
    rate = 0.15
    times = np.asarray(spikes(PoissonDeadTime, source.Params(rate=1e3 * rate, tick=1.0), 6000))
    np.testing.assert_array_equal(times, np.rint(times))
    intervals, p = np.diff(times), 1.0 - exp(-rate)
    error = intervals.std() / np.sqrt(intervals.size)
    assert intervals.min() == 3.0
    assert abs(intervals.mean() - 3.0 - (1.0 - p) ** 3 / p) < 4.0 * error


def test_nothing_fires_at_rate_zero_but_what_was_remembered() -> None:
    """Oracle: a hit in the dead time comes out at its end, also after the rate has become 0."""
    silent = source.Params(rate=0.0)
    s = source.State(remaining=0.1, blocked_until=8.0, key=0.0, drawn=1.0)
    assert source.next_fire(s, 5.0, silent) == np.inf
    hit = source.between(s, 5.0, 2.0, source.Params(rate=100.0))  # 0.2 expected hits
    assert source.next_fire(hit, 7.0, silent) == 8.0
