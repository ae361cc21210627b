"""PoissonSteps: exact by time rescaling, whatever the steps and wherever time was cut."""

from math import inf

import numba
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from eventsim.models.sources import poisson, poisson_steps
from eventsim.models.sources.poisson_steps import Params, PoissonSteps, State
from eventsim.random import stream_key

EDGES, RATES = [100.0, 300.0, 500.0, 900.0], [50.0, 0.0, 200.0, 20.0]
STEPS = Params(4.0, 4.0, np.array(EDGES + RATES))


def spikes(p: Params, seed: int, n: int) -> NDArray[np.float64]:
    """The first `n` spike times of one stream, in ms."""
    s, t, times = poisson_steps.initial(p, stream_key(seed, 0)), 0.0, []
    for _ in range(n):
        fired = poisson_steps.next_fire(s, t, p)
        s, t = poisson_steps.on_fire(poisson_steps.between(s, t, fired - t, p), fired, p), fired
        times.append(t)
    return np.array(times)


def expected_count(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The integral of the rate from 0 to `t`."""
    corners = [0.0, *EDGES, 1e6]
    return np.interp(t, corners, 1e-3 * np.cumsum([0, 0, *np.diff(corners)[1:] * RATES]))


def test_in_rescaled_time_the_intervals_are_exponential() -> None:
    """Oracle: the time-rescaling theorem, Kolmogorov-Smirnov; the integral is numpy's interp."""
    intervals = np.concatenate(
        [np.diff(expected_count(spikes(STEPS, seed, 60)), prepend=0.0) for seed in range(50)]
    )
    assert stats.kstest(intervals, "expon").pvalue > 0.001


def test_no_spike_falls_into_a_silent_piece_or_before_the_first_edge() -> None:
    times = np.concatenate([spikes(STEPS, seed, 60) for seed in range(20)])
    assert times.min() >= 100.0
    assert not np.any((times > 300.0) & (times < 500.0))


def test_one_piece_is_the_constant_poisson_source() -> None:
    """Oracle: PoissonSource, with the same way to go."""
    p = Params(1.0, 1.0, np.array([0.0, 30.0]))
    s = poisson_steps.initial(p, 42.0)
    other = poisson.State(s.remaining, -1.0, s.key, s.drawn)
    expected = poisson.next_fire(other, 7.0, poisson.Params(rate=30.0))
    assert poisson_steps.next_fire(s, 7.0, p) == pytest.approx(expected, rel=1e-15)


def test_cutting_time_into_pieces_changes_nothing_but_rounding() -> None:
    """Oracle: the spike foreseen from the start."""
    s, t = State(15.0, 0.0, 1.0), 0.0
    whole = poisson_steps.next_fire(s, t, STEPS)
    for dt in (50.0, 50.0, 130.0, 70.0, 0.0, 210.0):
        s, t = poisson_steps.between(s, t, dt, STEPS), t + dt
        assert poisson_steps.next_fire(s, t, STEPS) == pytest.approx(whole, rel=1e-14)


def test_a_last_rate_of_zero_ends_the_spikes() -> None:
    p = Params(2.0, 2.0, np.array([0.0, 100.0, 10.0, 0.0]))
    assert poisson_steps.next_fire(State(0.5, 0.0, 1.0), 0.0, p) == pytest.approx(50.0)
    assert poisson_steps.next_fire(State(1.5, 0.0, 1.0), 0.0, p) == inf
    assert poisson_steps.next_fire(State(0.0, 0.0, 1.0), 200.0, p) == inf


@pytest.mark.parametrize(("t", "piece"), [(0.0, -1), (99.9, -1), (100.0, 0), (499.0, 1), (1e7, 3)])
def test_a_piece_begins_at_its_edge(t: float, piece: int) -> None:
    assert poisson_steps.piece_at(t, STEPS) == piece


def test_rows_of_rates_belong_to_neurons() -> None:
    matrix, table = PoissonSteps([0.0, 10.0], [[1.0, 2.0], [3.0, 4.0]]).resolve(
        "population 'in'", 2, lambda value, size: value
    )
    second = Params(matrix[1, 0], matrix[1, 1], table)
    assert [1e3 * poisson_steps.piece_rate(k, second) for k in (0, 1)] == [3.0, 4.0]


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def compiled(s: State, t: float, p: Params) -> tuple[float, float]:
    return poisson_steps.next_fire(s, t, p), poisson_steps.between(s, t, 333.3, p).remaining


def test_compiled_functions_give_the_bits_of_the_plain_ones() -> None:
    for t in np.linspace(0.0, 1000.0, 37).tolist():
        s = State(0.01 * t, 0.0, 1.0)
        assert compiled(s, t, STEPS) == compiled.py_func(s, t, STEPS)


@pytest.mark.parametrize(
    ("edges", "rates", "message"),
    [
        ([0.0, -1.0], [1.0, 1.0], "edges must be finite and >= 0 ms, got -1.0"),
        ([0.0, 5.0, 5.0], [1.0] * 3, "edges must be strictly increasing, got 5.0 ms after 5.0 ms"),
        ([0.0], [float("nan")], "rates must be finite and >= 0 Hz, got nan"),
        ([0.0, 1.0], [1.0], "rates must have shape (2,) or (n, 2), got (1,)"),
        ([], [], "edges must be one 1-D array, got shape (0,)"),
    ],
)
def test_bad_steps_are_refused(edges: list[float], rates: list[float], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        PoissonSteps(edges, rates)
    assert str(caught.value) == f"PoissonSteps: {message}"


def test_rates_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="rates must be numbers, got 'fast'"):
        PoissonSteps([0.0], "fast")
