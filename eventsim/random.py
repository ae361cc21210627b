"""Random numbers that are counted, not remembered: Philox4x32-10.

A number is a pure function of (key, count). No generator state exists, so nothing depends on
threads, on windows, on what is recorded, or on where a run was cut. A model or a rule that needs
chance has two fields in its State: `key`, which the engine fills in, and a count of its own.

Source: Salmon, Moraes, Dror & Shaw (2011), SC'11, doi:10.1145/2063384.2063405.
Verified against: the known-answer vectors of Random123.
"""

from math import cos, exp, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim.kernel import kernel, kernel_call

KEY_BITS = 53  # a key travels in a float64, which holds integers exactly up to 2**53
STREAM_STRIDE = 2**32  # streams of one population; the population's index times this is its first
SYNAPSE_STREAMS = 2**52  # the first of the synapses' streams, which are numbered by projection

_LOW = 0xFFFFFFFF


@kernel
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Philox4x32-10: four 32-bit words from a counter of four words and a key of two.

    The same source is right for Python's unbounded and for 64-bit wrapping integers: every product
    of two 32-bit words is split by shift and mask at once.
    """
    for _ in range(10):
        a = 0xD2511F53 * c0
        b = 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            ((b >> 32) & _LOW) ^ c1 ^ k0,
            b & _LOW,
            ((a >> 32) & _LOW) ^ c3 ^ k1,
            a & _LOW,
        )
        k0 = (k0 + 0x9E3779B9) & _LOW
        k1 = (k1 + 0xBB67AE85) & _LOW
    return c0, c1, c2, c3


@kernel
def uniform(key: float, count: float) -> float:
    """Return number `count` of stream `key`, uniform in the open interval (0, 1), 52 bits."""
    high, low, _, _ = _words(key, count)
    return _unit(high, low)


@kernel
def exponential(key: float, count: float) -> float:
    """Return number `count` of stream `key` from the exponential distribution of mean 1."""
    return -unit_log(uniform(key, count))


@kernel
def normal(key: float, count: float) -> float:
    """Return number `count` of stream `key` from the standard normal distribution (Box-Muller)."""
    a, b, c, d = _words(key, count)
    return sqrt(-2.0 * log(_unit(a, b))) * cos(2.0 * pi * _unit(c, d))


@kernel_call
def gamma(key: float, count: float, shape: float) -> tuple[float, float]:
    """Return a number of the gamma distribution of mean `shape`, and the count after it.

    Marsaglia & Tsang (2000), doi:10.1145/358407.358414: a transformed normal number, of which one
    in twenty or fewer is rejected.
    """
    boost = 1.0
    if shape < 1.0:  # u^(1/a) times a number of shape a + 1 is one of shape a
        boost = exp(log(uniform(key, count)) / shape)
        count, shape = count + 1.0, shape + 1.0
    d = shape - 1.0 / 3.0
    while True:
        x, u = normal(key, count), uniform(key, count + 1.0)
        count += 2.0
        v = 1.0 + x / sqrt(9.0 * d)
        v = v * v * v
        if v > 0.0 and log(u) < 0.5 * x * x + d - d * v + d * log(v):
            return boost * d * v, count


@kernel
def _words(key: float, count: float) -> tuple[int, int, int, int]:
    k = int(key)
    n = int(count)
    return philox(n & _LOW, (n >> 32) & _LOW, 0, 0, k & _LOW, (k >> 32) & _LOW)


@kernel
def _unit(high: int, low: int) -> float:
    # 52 bits: with one more, the half that keeps 0 out would round the last number up to 1
    return ((high << 20 | low >> 12) + 0.5) * 2.0**-52


@kernel
def uniform_pair(key: float, count: float) -> tuple[float, float]:
    """Return pair `count` of stream `key`: two numbers as `uniform` gives, for the price of one."""
    a, b, c, d = _words(key, count)
    return _unit(a, b), _unit(c, d)


@kernel
def exponential_pair(key: float, count: float) -> tuple[float, float]:
    """Return pair `count` of stream `key`: two numbers as `exponential` gives."""
    first, second = uniform_pair(key, count)
    return -unit_log(first), -unit_log(second)


@kernel
def unit_log(x: float) -> float:
    """Return the natural logarithm of 0 < x < 1 within 2e-16 + 4e-16 |log x|.

    Unlike the library's it is made of what compilers vectorise: x = 2**exponent m, and
    log m = 2 atanh(f / (2 + f)) with f = m - 1, a short series as sqrt(1/2) <= m < sqrt(2).
    """
    bits = np.float64(x).view(np.int64)
    exponent = float((bits >> 52) - 1023)
    m = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    high = m > 1.4142135623730951
    f = (0.5 * m if high else m) - 1.0
    exponent = exponent + 1.0 if high else exponent
    s = f / (2.0 + f)
    z = s * s
    series = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (
        1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19))))))))  # fmt: skip
    return float(exponent * 0.6931471805599453 + (2.0 * s + 2.0 * s * z * series))


def stream_keys(seed: int, first: int, count: int) -> NDArray[np.float64]:
    """Return the keys of `count` streams from `first` on; for one seed no two streams share one."""
    words = philox(seed & _LOW, (seed >> 32) & _LOW, 0x65766E74, 0x73696D, 0, 0)
    base = words[0] << 32 | words[1]
    start = (base + first) % 2**KEY_BITS
    keys: NDArray[np.float64] = ((start + np.arange(count)) % 2**KEY_BITS).astype(np.float64)
    return keys


def neuron_keys(seed: int, population: int, size: int) -> NDArray[np.float64]:
    """Return the keys of a population's neurons."""
    return stream_keys(seed, STREAM_STRIDE * population, size)


def synapse_keys(seed: int, projection: int, count: int) -> NDArray[np.float64]:
    """Return the keys of a projection's synapses, in its own order."""
    return stream_keys(seed, SYNAPSE_STREAMS + STREAM_STRIDE * projection, count)


def next_keys(keys: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the key of another stream for each key: a random one, and always the same."""
    k: Any = keys.astype(np.int64)
    tag: Any = np.full(keys.shape, 0x6E657874)
    words: Any = philox(k & _LOW, k >> 32, tag, tag & 0, 0, 0)
    following: NDArray[np.float64] = (words[0] << 21 | words[1] >> 11).astype(np.float64)
    return following


def stream_key(seed: int, stream: int) -> float:
    """Return the key of one stream, to try a model by hand."""
    return float(stream_keys(seed, stream, 1)[0])
