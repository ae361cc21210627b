"""What reading a recording returns, other than plain arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Samples(NamedTuple):
    """One sampled variable: `values[k, j]` belongs to `times[k]` ms and neuron `neurons[j]`."""

    times: Floats
    values: Floats
    neurons: Ints
    units: str


class Weights(NamedTuple):
    """Weights of one projection: `values[k, i]` is synapse `i` at `times[k]` ms."""

    times: Floats
    values: Floats
    source: Ints
    target: Ints
    delay: Floats
    units: str


class Histograms(NamedTuple):
    """How weights are distributed: `counts[k, i]` of them from `edges[i]` on at `times[k]` ms."""

    times: Floats
    counts: Ints
    edges: Floats
    units: str
