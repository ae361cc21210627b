"""Counted random numbers: known answers, distribution, independence, same bits when compiled."""

import numba
import numpy as np
import pytest
from scipy import stats

from eventsim.random import (
    KEY_BITS,
    exponential,
    exponential_pair,
    gamma,
    next_keys,
    normal,
    philox,
    stream_key,
    stream_keys,
    uniform,
    unit_log,
)

_ALL = 0xFFFFFFFF


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def compiled_uniform(key: float, count: float) -> float:
    return uniform(key, count)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def compiled_philox(
    c0: int, c1: int, c2: int, c3: int, k0: int, k1: int
) -> tuple[int, int, int, int]:
    return philox(c0, c1, c2, c3, k0, k1)


KNOWN = [
    ((0, 0, 0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((_ALL,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("words", "answer"), KNOWN)
def test_philox_gives_the_known_answers_of_random123(
    words: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    """Oracle: kat_vectors of the Random123 distribution, philox4x32 with 10 rounds."""
    assert philox(*words) == answer
    assert compiled_philox(*words) == answer


def test_compiled_numbers_have_the_bits_of_the_plain_ones() -> None:
    key = stream_key(7, 3)
    for count in (0.0, 1.0, 12345.0, 2.0**32 + 5.0):
        assert compiled_uniform(key, count) == uniform(key, count)


def test_exponential_numbers_pass_kolmogorov_smirnov() -> None:
    """Oracle: the exponential distribution of mean 1."""
    draws = [exponential(stream_key(1, 2), float(n)) for n in range(5000)]
    assert stats.kstest(draws, "expon").pvalue > 0.001


def test_normal_numbers_pass_kolmogorov_smirnov_and_do_not_hang_together() -> None:
    """Oracle: the standard normal distribution; no correlation of neighbours or their squares."""
    draws = np.array([normal(stream_key(1, 3), float(n)) for n in range(5000)])
    assert stats.kstest(draws, "norm").pvalue > 0.001
    for x in (draws, draws**2):
        assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 4 / 5000**0.5


@pytest.mark.parametrize("shape", [0.05, 0.9, 1.0, 7.5])
def test_gamma_numbers_pass_kolmogorov_smirnov(shape: float) -> None:
    """Oracle: scipy's gamma distribution; the counts used do not overlap."""
    draws, count = [], 0.0
    for _ in range(3000):
        draw, after = gamma(stream_key(1, 4), count, shape)
        assert after > count
        draws.append(draw)
        count = after
    assert stats.kstest(draws, "gamma", (shape,)).pvalue > 0.001


def test_neighbouring_streams_are_uncorrelated() -> None:
    """Oracle: |r| of n independent pairs stays below 4 / sqrt(n)."""
    n = 4000
    a, b = ([uniform(stream_key(1, k), float(j)) for j in range(n)] for k in (0, 1))
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / n**0.5


def test_streams_of_one_seed_have_different_keys_that_fit_a_float() -> None:
    keys = [stream_key(1, k) for k in range(1000)]
    assert len(set(keys)) == 1000
    assert all(key == int(key) < 2**KEY_BITS for key in keys)
    assert stream_key(1, 0) != stream_key(2, 0)


def test_the_vectorised_logarithm_is_the_librarys() -> None:
    """Oracle: numpy, to 4e-16 of the value and 4e-16 absolutely, up to both ends."""
    rng = np.random.default_rng(1)
    small = 2.0 ** -np.arange(2.0, 54.0)
    x = np.concatenate([rng.random(5000), small, 1.0 - small])
    ours = np.array([unit_log(v) for v in x])
    assert np.all(np.abs(ours - np.log(x)) <= 4e-16 * np.abs(np.log(x)) + 4e-16)


def test_a_pair_of_exponential_numbers_begins_with_the_single_one() -> None:
    """Oracle: `exponential`, and the mean of many."""
    pairs = np.array([exponential_pair(77.0, float(n)) for n in range(4000)])
    assert pairs[5, 0] == exponential(77.0, 5.0)
    assert abs(pairs.mean() - 1.0) < 4.0 / np.sqrt(pairs.size)
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 4.0 / np.sqrt(len(pairs))


def test_the_next_keys_are_philox_of_the_keys_and_all_apart() -> None:
    """Oracle: the cipher on Python's whole numbers, one key at a time."""
    keys = np.append(stream_keys(3, 0, 1000), 2.0**KEY_BITS - 1.0)
    following = next_keys(keys)
    for key, found in zip(keys[-5:], following[-5:], strict=True):
        high, low, _, _ = philox(int(key) & _ALL, int(key) >> 32, 0x6E657874, 0, 0, 0)
        assert found == (high * 2**21 + low // 2**11)
    assert np.unique(np.concatenate([keys, following, next_keys(following)])).size == 3 * keys.size
    assert following.max() < 2.0**KEY_BITS
