"""Spike train statistics against slow, obvious versions of themselves."""

from itertools import pairwise

import numpy as np
import pytest

from eventsim.analysis import statistics

SIZE = 12


@pytest.fixture
def spikes() -> tuple[np.ndarray, np.ndarray]:
    """Poisson-like spikes; neurons 0 to 3 have 0, 1, 2 and 3 of them, some coincide."""
    rng = np.random.default_rng(5)
    neurons = np.concatenate([[1], [2, 2], [3, 3, 3], rng.integers(4, SIZE, 600)])
    times = np.round(rng.random(neurons.size) * 1e3, 1)
    order = np.argsort(times, kind="stable")
    return times[order], neurons[order]


def trains(spikes: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    return [spikes[0][spikes[1] == k] for k in range(SIZE)]


def each(spikes: tuple[np.ndarray, np.ndarray], of, least: int) -> np.ndarray:
    """Return `of(intervals)` neuron by neuron, NaN below `least` intervals."""
    gaps = [np.diff(train) for train in trains(spikes)]
    return np.array([of(gap) if gap.size >= least else np.nan for gap in gaps])


def test_counts_are_histograms_of_half_open_windows(spikes) -> None:
    """Oracle: a comparison per window and neuron."""
    edges = np.array([0.0, 100.0, 100.1, 500.0, 900.0])
    counted = statistics.counts(*spikes, SIZE, edges)
    slow = [
        [np.sum((train >= low) & (train < high)) for train in trains(spikes)]
        for low, high in pairwise(edges)
    ]
    np.testing.assert_array_equal(counted, slow)


def test_a_spike_on_an_edge_belongs_to_the_window_that_it_opens() -> None:
    times, neurons = np.array([0.0, 10.0, 20.0]), np.zeros(3, int)
    assert statistics.counts(times, neurons, 1, [0.0, 10.0, 20.0]).tolist() == [[1], [1]]


def test_rates_are_counts_over_time(spikes) -> None:
    """Oracle: number of spikes / 1 s."""
    expected = [train.size / 1.0 for train in trains(spikes)]
    np.testing.assert_allclose(statistics.rates(spikes[1], SIZE, 1e3), expected, rtol=1e-15)


def test_the_population_rate_is_per_neuron_and_in_hz() -> None:
    """Oracle: 4 neurons, 2 spikes in 10 ms = 50 Hz, 8 in 20 ms = 100 Hz."""
    times = np.concatenate([[1.0, 2.0], np.linspace(10.0, 29.0, 8)])
    rate = statistics.population_rate(times, 4, [0.0, 10.0, 30.0])
    np.testing.assert_allclose(rate, [50.0, 100.0], rtol=1e-15)


def test_intervals_are_differences_neuron_by_neuron(spikes) -> None:
    """Oracle: numpy.diff on every train."""
    isi, owner = statistics.intervals(*spikes)
    gaps = [np.diff(train) for train in trains(spikes)]
    np.testing.assert_array_equal(isi, np.concatenate(gaps))
    np.testing.assert_array_equal(owner, np.repeat(np.arange(SIZE), [gap.size for gap in gaps]))


def test_cv_is_std_over_mean_of_the_intervals(spikes) -> None:
    """Oracle: numpy.std / numpy.mean; NaN below two intervals."""
    expected = each(spikes, lambda gap: gap.std() / gap.mean(), 2)
    np.testing.assert_allclose(statistics.cv(*spikes, SIZE), expected, rtol=1e-12)
    assert np.isnan(expected).sum() == 3


def test_cv_of_a_clock_late_in_a_run_is_zero_to_rounding() -> None:
    """Oracle: 0; times of 1e7 ms are exact to 2e-9 ms."""
    times = 1e7 + 7.3 * np.arange(100)
    assert statistics.cv(times, np.zeros(100, int), 1)[0] < 1e-9


def test_cv2_and_lv_follow_their_definitions(spikes) -> None:
    """Oracle: Holt et al. (1996) and Shinomoto et al. (2003), a loop over adjacent intervals."""

    def cv2(gap: np.ndarray) -> float:
        return np.mean([2 * abs(b - a) / (a + b) for a, b in pairwise(gap)])

    def lv(gap: np.ndarray) -> float:
        return np.mean([3 * ((b - a) / (a + b)) ** 2 for a, b in pairwise(gap)])

    np.testing.assert_allclose(statistics.cv2(*spikes, SIZE), each(spikes, cv2, 2), rtol=1e-12)
    np.testing.assert_allclose(statistics.lv(*spikes, SIZE), each(spikes, lv, 2), rtol=1e-12)


def test_a_poisson_process_is_as_irregular_as_theory_says() -> None:
    """Oracle: CV = CV2 = LV = Fano = 1 for a Poisson process; 5 standard errors."""
    times = np.cumsum(np.random.default_rng(2).exponential(5.0, 20_000))
    one = np.zeros(times.size, int)
    for measure in (statistics.cv, statistics.cv2, statistics.lv):
        assert measure(times, one, 1)[0] == pytest.approx(1.0, abs=0.04)
    windowed = statistics.counts(times, one, 1, statistics.windows(0.0, times[-1], 20.0))
    assert statistics.fano(windowed)[0] == pytest.approx(1.0, abs=0.1)


def test_fano_is_variance_over_mean_and_undefined_without_spikes() -> None:
    """Oracle: numpy.var / numpy.mean."""
    windowed = np.array([[0, 3, 1], [0, 5, 1], [0, 1, 1]])
    np.testing.assert_allclose(
        statistics.fano(windowed), [np.nan, windowed[:, 1].var() / 3.0, 0.0], rtol=1e-15
    )


def test_correlations_are_pearsons_pair_by_pair() -> None:
    """Oracle: numpy.corrcoef on two columns at a time; NaN with a constant one."""
    windowed = np.random.default_rng(4).poisson(3.0, (50, 5))
    windowed[:, 2] = 0
    pairs = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    expected = [
        np.nan if 2 in pair else np.corrcoef(windowed[:, pair[0]], windowed[:, pair[1]])[0, 1]
        for pair in pairs
    ]
    np.testing.assert_allclose(statistics.correlations(windowed), expected, rtol=1e-12)


def test_no_spikes_give_zeros_and_nans_but_no_warning() -> None:
    times, neurons = np.zeros(0), np.zeros(0, int)
    assert statistics.counts(times, neurons, 3, [0.0, 1.0]).tolist() == [[0, 0, 0]]
    assert statistics.rates(neurons, 3, 10.0).tolist() == [0.0, 0.0, 0.0]
    for measure in (statistics.cv, statistics.cv2, statistics.lv):
        assert np.isnan(measure(times, neurons, 3)).all()


def test_windows_are_whole_ones_and_rounding_loses_none() -> None:
    """Oracle: 0.3 / 0.1 is 2.9999999999999996 in floats, and three windows in the world."""
    np.testing.assert_allclose(statistics.windows(0.0, 0.3, 0.1), [0.0, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(statistics.windows(5.0, 29.0, 10.0), [5.0, 15.0, 25.0])


def test_nonsense_is_refused() -> None:
    times, neurons = np.zeros(1), np.zeros(1, int)
    with pytest.raises(ValueError, match="increasing times in ms"):
        statistics.counts(times, neurons, 1, [1.0, 1.0])
    with pytest.raises(ValueError, match="duration must be > 0 ms, got 0"):
        statistics.rates(neurons, 1, 0.0)
    with pytest.raises(ValueError, match=r"no window of 50 ms fits into 10\.0 ms"):
        statistics.windows(0.0, 10.0, 50)
