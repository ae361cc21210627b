"""Exponentials and logarithms of arrays, the same to the last bit whatever the processor's vectors.

numpy has a version of these functions for processors with vectors of 512 bits and another for all
others, and their last digits differ. Where an array becomes weights or times of spikes, a network
would not be the same network elsewhere.

    exp          the library's own, of sums and products
    log, log1p   of the C library, one element after the other: 75 ns each
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventsim.ode.exponential import (
    LARGEST_EXPONENT,
    LOG_2_HIGH,
    LOG_2_LOW,
    PER_LOG_2,
    exp_near_zero,
)

Floats = NDArray[np.float64]


def exp(x: ArrayLike) -> Floats:
    """Return e^x, and e^700 or e^-700 beyond."""
    bounded = np.clip(np.asarray(x, np.float64), -LARGEST_EXPONENT, LARGEST_EXPONENT)
    n = np.rint(bounded * PER_LOG_2)
    near: Floats = exp_near_zero((bounded - n * LOG_2_HIGH) - n * LOG_2_LOW)
    return np.asarray(np.ldexp(near, n.astype(np.int64)), np.float64)


def _each(function: Callable[[float], float]) -> Callable[[ArrayLike], Floats]:
    one_by_one = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(one_by_one(x), np.float64)


log = _each(math.log)
log1p = _each(math.log1p)
