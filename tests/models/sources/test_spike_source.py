"""SpikeSource: the times given come back bit for bit; bad ones are refused by neuron and value."""

from collections.abc import Sequence
from math import inf
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import ArrayLike

from eventsim.model import Neuron
from eventsim.models.sources import spike_source
from eventsim.models.sources.spike_source import Params, SpikeSource, State, replay

TRAINS = [[1.0, 5.5, 1e7 / 3], [], [0.0, 0.1]]


def played(source: Neuron, size: int) -> list[list[float]]:
    """What each neuron of a population fires."""
    matrix, table = source.resolve("population 'in'", size, lambda value, size: value)
    trains = []
    for first, given in matrix.tolist():
        p = Params(first, given, table)
        s, t, train = spike_source.initial(p, 0.0), 0.0, []
        while (fired := spike_source.next_fire(s, t, p)) < inf:
            train.append(fired)
            s, t = spike_source.on_fire(s, fired, p), fired
        trains.append(train)
    return trains


class Recording:
    """A stand-in for an opened recording."""

    def trains(self, population: str) -> Sequence[ArrayLike]:
        assert population == "exc"
        return [np.array(train) for train in TRAINS]


def test_every_neuron_fires_at_its_times() -> None:
    assert played(SpikeSource(TRAINS), 3) == TRAINS


def test_one_array_is_one_neuron() -> None:
    assert played(SpikeSource([1.0, 2.0]), 1) == [[1.0, 2.0]]
    assert played(SpikeSource(np.array([3.0])), 1) == [[3.0]]
    assert played(SpikeSource([]), 1) == [[]]


def test_a_population_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="one value for each of 5 neurons"):
        played(SpikeSource([1.0, 2.0]), 5)


def test_a_recorded_population_is_replayed_bit_for_bit() -> None:
    assert played(replay(Recording(), "exc"), 3) == TRAINS


def test_chosen_neurons_are_replayed_in_the_order_given() -> None:
    assert played(replay(Recording(), "exc", [2, 0]), 2) == [TRAINS[2], TRAINS[0]]


def test_a_neuron_that_was_not_recorded_is_refused() -> None:
    with pytest.raises(IndexError, match=r"population 'exc': neuron must be >= 0 and < 3, got 3$"):
        replay(Recording(), "exc", [0, 3])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([[1.0], [2.0, -3.0]], "neuron 1: spike times must be >= 0 ms, got -3.0"),
        ([1.0, float("nan")], "neuron 0: spike times must be finite ms, got nan"),
        ([1.0, inf], "neuron 0: spike times must be finite ms, got inf"),
        (
            [[], [5.0, 4.0]],
            "neuron 1: spike times must be strictly increasing, got 4.0 ms after 5.0 ms",
        ),
        ([5.0, 5.0], "neuron 0: spike times must be strictly increasing, got 5.0 ms after 5.0 ms"),
        ([[[1.0]]], "neuron 0: spike times must be one 1-D array, got shape (1, 1)"),
    ],
)
def test_bad_times_are_refused(times: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        SpikeSource(times)
    assert str(caught.value) == f"SpikeSource: {message}"


@pytest.mark.parametrize("times", [5.0, None, "soon", [["soon"]]])
def test_what_is_no_times_at_all_is_refused(times: Any) -> None:
    with pytest.raises(TypeError, match=r"^SpikeSource: "):
        SpikeSource(times)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def compiled(s: State, t: float, p: Params) -> float:
    return spike_source.next_fire(s, t, p)


def test_the_compiled_source_fires_at_the_same_times() -> None:
    p = Params(1.0, 2.0, np.array([9.0, 1.5, 1e7 / 3]))
    assert [compiled(State(k), 0.0, p) for k in (0.0, 1.0, 2.0)] == [1.5, 1e7 / 3, inf]
