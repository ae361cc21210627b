"""Encoded spikes: times and neurons, and a source that fires them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventsim.model import FloatArray, Neuron
from eventsim.models.sources.spike_source import SpikeSource


class Spikes(NamedTuple):
    """Spikes of a number of neurons, sorted by time, then by neuron.

    Times and neurons are what `Simulation.send` takes; `source()` is a source that fires them.
    """

    times: FloatArray  # ms
    neurons: NDArray[np.int64]
    size: int  # number of neurons

    def trains(self) -> list[FloatArray]:
        """Return the times of each neuron, in ms."""
        order = np.argsort(self.neurons, kind="stable")
        ends = np.cumsum(np.bincount(self.neurons, minlength=self.size))
        return np.split(self.times[order], ends[:-1])

    def source(self) -> Neuron:
        """Return a `SpikeSource`, for a population of `size` neurons.

        Raises
        ------
        ValueError
            If a neuron has two spikes at one time, or one before zero.
        """
        return SpikeSource(self.trains())


def in_order(times: ArrayLike, neurons: ArrayLike, size: int) -> Spikes:
    """Return spikes sorted by time, then by neuron."""
    t, n = np.asarray(times, np.float64), np.asarray(neurons, np.int64)
    order = np.lexsort((n, t))
    return Spikes(t[order], n[order], size)


def finite(where: str, name: str, values: ArrayLike) -> FloatArray:
    """Return an array of finite numbers.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If one is not finite.
    """
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: {name} must be numbers, got {values!r}") from None
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{where}: {name} must be finite, got {array[bad].flat[0]}")
    return array


def shares(where: str, values: ArrayLike) -> FloatArray:
    """Return values from 0 to 1, flattened: their places are the neurons' numbers."""
    array = finite(where, "values", values).ravel()
    bad = (array < 0.0) | (array > 1.0)
    if bad.any():
        raise ValueError(f"{where}: values must be >= 0 and <= 1, got {array[bad][0]}")
    return array


def above_zero(where: str, name: str, value: float, unit: str) -> float:
    """Return a finite number > 0."""
    if not 0.0 < value < np.inf:
        raise ValueError(f"{where}: {name} must be > 0 {unit} and finite, got {value}")
    return float(value)
