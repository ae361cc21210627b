"""Spike train statistics: plain functions on flat arrays.

Spikes are two arrays of one length, `times` in ms (never decreasing) and `neurons` (who fired), as
`Recording.spikes` returns them. What is undefined (the rate of change of one spike) is NaN.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


def counts(times: Floats, neurons: Ints, size: int, edges: ArrayLike) -> Ints:
    """Count the spikes of every neuron in every window.

    Parameters
    ----------
    times, neurons : ndarray, shape (n,)
        The spikes; times in ms.
    size : int
        Number of neurons.
    edges : array_like, shape (n_windows + 1,)
        Increasing, in ms; window `k` is `edges[k] <= time < edges[k + 1]`.

    Returns
    -------
    ndarray of int64, shape (n_windows, size)

    Raises
    ------
    ValueError
        If there are fewer than two edges, or they don't increase.
    """
    edges = np.asarray(edges, dtype=np.float64)
    if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0.0):
        raise ValueError("counts: edges must be at least two increasing times in ms")
    windows = edges.size - 1
    window = np.searchsorted(edges, times, side="right") - 1
    inside = (window >= 0) & (window < windows)
    flat = window[inside] * size + neurons[inside]
    return np.bincount(flat, minlength=windows * size).reshape(windows, size)


def windows(start: float, stop: float, width: float) -> Floats:
    """Return the edges of as many whole windows of `width` ms as fit between two times.

    Raises
    ------
    ValueError
        If not even one fits, or the width is not > 0 ms.
    """
    if not width > 0.0:
        raise ValueError(f"windows: width must be > 0 ms, got {width}")
    # a multiple of the width that rounding left just short still counts
    number = int((stop - start) / width * (1.0 + 1e-12))
    if number < 1:
        raise ValueError(f"windows: no window of {width} ms fits into {stop - start} ms")
    return start + width * np.arange(number + 1)


def rates(neurons: Ints, size: int, duration: float) -> Floats:
    """Return the mean rate of every neuron in Hz, shape (size,); `duration` is in ms.

    Raises
    ------
    ValueError
        If the duration is not > 0 ms.
    """
    if not duration > 0.0:
        raise ValueError(f"rates: duration must be > 0 ms, got {duration}")
    return np.bincount(neurons, minlength=size) * (1e3 / duration)


def population_rate(times: Floats, size: int, edges: ArrayLike) -> Floats:
    """Return the rate of a population per neuron in Hz, shape (n_windows,); `edges` in ms.

    Raises
    ------
    ValueError
        If the edges don't increase.
    """
    edges = np.asarray(edges, dtype=np.float64)
    spikes = counts(times, np.zeros(len(times), np.int64), 1, edges)[:, 0]
    return spikes * (1e3 / size) / np.diff(edges)


def intervals(times: Floats, neurons: Ints) -> tuple[Floats, Ints]:
    """Return all interspike intervals in ms, and whose they are.

    Returns
    -------
    isi : ndarray of float64, shape (n,)
        Sorted by neuron, then by time.
    owner : ndarray of int64, shape (n,)
        The neuron of each interval.
    """
    order = np.argsort(neurons, kind="stable")
    t, who = times[order], neurons[order]
    same = who[1:] == who[:-1]
    return np.diff(t)[same], who[1:][same]


def cv(times: Floats, neurons: Ints, size: int) -> Floats:
    """Return each neuron's coefficient of variation of its interspike intervals.

    Standard deviation (over n, not n - 1) divided by mean: 0 for a clock, 1 for a Poisson process.

    Returns
    -------
    ndarray of float64, shape (size,)
        NaN for neurons with fewer than two intervals.
    """
    isi, owner = intervals(times, neurons)
    n = np.bincount(owner, minlength=size)
    mean = _divide(np.bincount(owner, isi, size), n)
    # around the mean, not from the mean square: that loses half the digits of a regular train
    variance = _divide(np.bincount(owner, (isi - mean[owner]) ** 2, size), n)
    return np.where(n >= 2, _divide(np.sqrt(variance), mean), np.nan)


def cv2(times: Floats, neurons: Ints, size: int) -> Floats:
    """Return each neuron's mean CV2, the irregularity that slow changes of rate leave alone.

    The mean of 2 |b - a| / (b + a) over adjacent intervals a, b. NaN below two intervals.

    References
    ----------
    Holt, Softky, Koch & Douglas (1996), J. Neurophysiol. 75:1806-1814,
    doi:10.1152/jn.1996.75.5.1806.
    """
    a, b, owner = _adjacent(times, neurons)
    return _mean(2.0 * _divide(np.abs(b - a), b + a), owner, size)


def lv(times: Floats, neurons: Ints, size: int) -> Floats:
    """Return each neuron's local variation: 0 for a clock, 1 for a Poisson process.

    The mean of 3 ((b - a) / (b + a))**2 over adjacent intervals a, b. NaN below two intervals.

    References
    ----------
    Shinomoto, Shima & Tanji (2003), Neural Comput. 15:2823-2842, doi:10.1162/089976603322518759.
    """
    a, b, owner = _adjacent(times, neurons)
    return _mean(3.0 * _divide(b - a, b + a) ** 2, owner, size)


def fano(windowed: ArrayLike) -> Floats:
    """Return each neuron's Fano factor: variance of its counts (over n) divided by their mean.

    Parameters
    ----------
    windowed : array_like, shape (n_windows, size)
        As `counts` returns it.

    Returns
    -------
    ndarray of float64, shape (size,)
        NaN for neurons without a spike.
    """
    windowed = np.asarray(windowed)
    return _divide(windowed.var(axis=0), windowed.mean(axis=0))


def correlations(windowed: ArrayLike) -> Floats:
    """Return Pearson's correlation of the counts of every pair of neurons.

    Parameters
    ----------
    windowed : array_like, shape (n_windows, size)
        As `counts` returns it.

    Returns
    -------
    ndarray of float64, shape (size * (size - 1) / 2,)
        Pairs (0, 1), (0, 2), ..., (1, 2), ...; NaN where one of the two never changes.

    Notes
    -----
    Needs size**2 numbers of memory: choose some neurons of a large population first.
    """
    windowed = np.asarray(windowed, dtype=np.float64)
    centred = windowed - windowed.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    first, second = np.triu_indices(windowed.shape[1], k=1)
    return _divide((centred.T @ centred)[first, second], spread[first] * spread[second])


def _adjacent(times: Floats, neurons: Ints) -> tuple[Floats, Floats, Ints]:
    isi, owner = intervals(times, neurons)
    same = owner[1:] == owner[:-1]
    return isi[:-1][same], isi[1:][same], owner[1:][same]


def _mean(values: Floats, owner: Ints, size: int) -> Floats:
    return _divide(np.bincount(owner, values, size), np.bincount(owner, minlength=size))


def _divide(a: NDArray[Any], b: NDArray[Any]) -> Floats:
    """Divide, with NaN for a division by zero."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    quotient = np.full(np.broadcast(a, b).shape, np.nan)
    np.divide(a, b, out=quotient, where=b != 0.0)
    return quotient
