"""A Poisson process that all neurons of a population share, counted so that each knows it alone.

Its random stream is that of the population's first neuron, beyond the numbers that this neuron
draws for itself. Event n of the process follows event n - 1 after number n of the stream, and so
lies at the same time, to the last bit, whichever neuron works it out.
"""

from math import inf

import numpy as np
from numpy.random import Generator

from eventsim.kernel import kernel
from eventsim.model import FloatArray
from eventsim.random import KEY_BITS, exponential

NEVER = 1e300  # ms; a state must be finite
BEYOND = 2.0**48  # the first number of the shared stream


class Places:
    """Each neuron's place in its population, where a parameter is to be drawn."""

    def draw(self, n: int, rng: Generator) -> FloatArray:
        """Return 0, 1, ..., n - 1."""
        return np.arange(n, dtype=np.float64)

    def __repr__(self) -> str:
        return "Places()"


PLACES = Places()


@kernel
def or_never(t: float) -> float:
    """Return `t`, or infinity if it is never."""
    return t if t < NEVER else inf


@kernel
def first_key(key: float, place: float) -> float:
    """Return the stream of the population's first neuron, of which the others' follow."""
    first = key - place
    return first if first >= 0.0 else first + 2.0**KEY_BITS


@kernel
def event_after(t: float, key: float, number: float, rate: float) -> float:
    """Return the time of an event, in ms, that follows one at `t` at a rate in Hz."""
    return t + exponential(key, number) / (1e-3 * rate) if rate > 0.0 else NEVER
