"""Spikes at given times, exactly.

    SpikeSource([[1.0, 5.5], [2.0]])    two neurons
    SpikeSource([1.0, 5.5])             one
    replay(recording, "exc")            the spikes of a recorded population

Parameter  Unit  Default  Meaning                                     Constraint
first      -         0.0  where a neuron's times begin in the table   >= 0
given      -         0.0  how many times it has                       >= 0

The table holds the times of all neurons, one neuron after the other, in ms.

Verified against: the times given.
"""

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from eventsim.kernel import kernel
from eventsim.model import FloatArray, Neuron, NeuronModel


class Params(NamedTuple):
    first: float = 0.0
    given: float = 0.0
    table: FloatArray = np.empty(0)


class State(NamedTuple):
    position: float  # spikes so far


class Trains(Protocol):
    """What `replay` asks of a recording."""

    def trains(self, population: str) -> Sequence[ArrayLike]:
        """Return the spike times of each neuron of a population, in ms."""


@kernel
def initial(p: Params, key: float) -> State:
    """Start before the first spike."""
    return State(0.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return s


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Turn to the next time."""
    return State(s.position + 1.0)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the next time given, or infinity after the last."""
    return max(t, p.table[int(p.first + s.position)]) if s.position < p.given else inf


MODEL = NeuronModel(
    name="SpikeSource",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    doc=__doc__,
)


def SpikeSource(times: ArrayLike | Sequence[ArrayLike]) -> Neuron:
    """Return sources that fire at given times.

    Parameters
    ----------
    times : sequence of array_like, or array_like of float
        Spike times in ms: one array per neuron, or the array of a single neuron. Each must be
        finite, >= 0 and strictly increasing.

    Returns
    -------
    Neuron
        For a population of as many neurons as there are arrays.

    Raises
    ------
    TypeError
        If a neuron's times are not numbers.
    ValueError
        If times are negative, not finite, not increasing, or not 1-D.

    Examples
    --------
    >>> SpikeSource([[1.0, 5.5], [2.0]]).values["table"]
    array([1. , 5.5, 2. ])
    """
    trains = [_train(k, train) for k, train in enumerate(_per_neuron(times))]
    counts = np.array([len(train) for train in trains], dtype=np.float64)
    values = {"first": np.cumsum(counts) - counts, "given": counts, "table": np.concatenate(trains)}
    return Neuron(MODEL, values)


def replay(recording: Trains, population: str, neurons: Sequence[int] | None = None) -> Neuron:
    """Return sources that repeat the spikes of a recorded population.

    Parameters
    ----------
    recording : object with `trains(population)`
        An opened recording.
    population : str
        The recorded population's name.
    neurons : sequence of int, optional
        Which of its neurons, in this order; all of them by default.

    Raises
    ------
    IndexError
        If the recorded population has no such neuron.
    """
    trains = list(recording.trains(population))
    if neurons is None:
        return SpikeSource(trains)
    for neuron in neurons:
        if not 0 <= neuron < len(trains):
            raise IndexError(
                f"replay of population {population!r}: neuron must be >= 0 and < {len(trains)}, "
                f"got {neuron}"
            )
    return SpikeSource([trains[neuron] for neuron in neurons])


def _per_neuron(times: Any) -> Sequence[Any]:
    if not hasattr(times, "__len__"):
        raise TypeError(f"SpikeSource: times must be an array or a list of arrays, got {times!r}")
    return [times] if len(times) == 0 or np.ndim(times[0]) == 0 else times


def _train(neuron: int, times: Any) -> FloatArray:
    where = f"SpikeSource: neuron {neuron}: spike times"
    try:
        train = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{where} must be numbers, got {times!r}") from None
    if train.ndim != 1:
        raise ValueError(f"{where} must be one 1-D array, got shape {train.shape}")
    for allowed, holds in (("finite", np.isfinite(train)), (">= 0", train >= 0.0)):
        if not holds.all():
            raise ValueError(f"{where} must be {allowed} ms, got {train[np.argmin(holds)]}")
    late = np.flatnonzero(np.diff(train) <= 0.0)
    if late.size:
        before, after = train[late[0] : late[0] + 2]
        raise ValueError(f"{where} must be strictly increasing, got {after} ms after {before} ms")
    return train
