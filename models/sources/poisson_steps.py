"""Poisson process whose rate changes in steps.

    PoissonSteps(edges=[0.0, 500.0], rates=[10.0, 40.0])    10 Hz, and 40 Hz from 500 ms on

    rate(t) = rates[k] for edges[k] <= t < edges[k + 1]; 0 before the first edge, the last rate for
    ever after the last. `remaining`, the expected number of spikes before the next one, is drawn
    from the exponential distribution of mean 1 and runs down at rate(t): exact, with no thinning.

Parameter  Unit  Default  Meaning                                       Constraint
pieces     -         0.0  number of edges                               >= 0
first      -         0.0  where a neuron's rates begin in the table     >= 0

The table holds the edges in ms, then the rates in Hz: one row for all neurons, or one for each.

Source: time rescaling, Brown et al. (2002), Neural Comput. 14:325-346,
doi:10.1162/08997660252741149.
Verified against: exponential intervals in rescaled time (Kolmogorov-Smirnov), PoissonSource.
"""

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from eventsim.kernel import kernel, kernel_call
from eventsim.model import FloatArray, Neuron, NeuronModel
from eventsim.random import exponential


class Params(NamedTuple):
    pieces: float = 0.0
    first: float = 0.0
    table: FloatArray = np.empty(0)


class State(NamedTuple):
    remaining: float  # expected spikes before the next one
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def initial(p: Params, key: float) -> State:
    """Draw the way to the first spike."""
    return State(exponential(key, 0.0), key, 1.0)


@kernel
def piece_at(t: float, p: Params) -> int:
    """Return the piece that holds `t`, or -1 before the first edge (binary search)."""
    low, high = 0, int(p.pieces)
    while low < high:
        middle = (low + high) // 2
        if p.table[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low - 1


@kernel
def piece_end(piece: int, p: Params) -> float:
    """Return when a piece ends."""
    return p.table[piece + 1] if piece + 1 < int(p.pieces) else inf


@kernel
def piece_rate(piece: int, p: Params) -> float:
    """Return the expected spikes per ms in a piece."""
    return 1e-3 * p.table[int(p.first) + piece] if piece >= 0 else 0.0


@kernel_call
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    remaining = s.remaining
    piece, here, there = piece_at(t, p), t, t + dt
    while here < there:
        end = min(piece_end(piece, p), there)
        remaining -= piece_rate(piece, p) * (end - here)
        piece, here = piece + 1, end
    return State(remaining, s.key, s.drawn)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Draw the way to the next spike."""
    return State(exponential(s.key, s.drawn), s.key, s.drawn + 1.0)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the time of the next spike, or infinity if the rate stays 0."""
    remaining = max(s.remaining, 0.0)
    piece, here = piece_at(t, p), t
    while here < inf:
        end, rate = piece_end(piece, p), piece_rate(piece, p)
        if rate > 0.0:
            if remaining <= rate * (end - here):
                return min(here + remaining / rate, end)
            remaining -= rate * (end - here)
        piece, here = piece + 1, end
    return inf


MODEL = NeuronModel(
    name="PoissonSteps",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    doc=__doc__,
)


def PoissonSteps(edges: ArrayLike, rates: ArrayLike) -> Neuron:
    """Return Poisson sources whose rate is constant between edges.

    Parameters
    ----------
    edges : array_like of float, shape (m,)
        Start of each piece in ms, >= 0, strictly increasing. The rate is 0 before the first, and
        the last piece lasts for ever.
    rates : array_like of float, shape (m,) or (n, m)
        Rate of each piece in Hz, >= 0: shared by the population, or one row per neuron.

    Raises
    ------
    TypeError
        If edges or rates are not numbers.
    ValueError
        If a value is out of bounds or the shapes do not fit.

    Examples
    --------
    >>> PoissonSteps([0.0, 500.0], [10.0, 40.0]).values["table"]
    array([  0., 500.,  10.,  40.])
    """
    starts, hertz = _checked("edges", edges, "ms"), _checked("rates", rates, "Hz")
    if starts.ndim != 1 or starts.size == 0:
        raise ValueError(f"PoissonSteps: edges must be one 1-D array, got shape {starts.shape}")
    late = np.flatnonzero(np.diff(starts) <= 0.0)
    if late.size:
        before, after = starts[late[0] : late[0] + 2]
        raise ValueError(
            f"PoissonSteps: edges must be strictly increasing, got {after} ms after {before} ms"
        )
    m = starts.size
    if hertz.ndim not in (1, 2) or hertz.shape[-1] != m or hertz.size == 0:
        raise ValueError(
            f"PoissonSteps: rates must have shape ({m},) or (n, {m}), got {hertz.shape}"
        )
    first = float(m) if hertz.ndim == 1 else m * (1.0 + np.arange(len(hertz)))
    table = np.concatenate([starts, hertz.ravel()])
    return Neuron(MODEL, {"pieces": float(m), "first": first, "table": table})


def _checked(what: str, values: ArrayLike, unit: str) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"PoissonSteps: {what} must be numbers, got {values!r}") from None
    bad = ~(np.isfinite(array) & (array >= 0.0))
    if bad.any():
        raise ValueError(
            f"PoissonSteps: {what} must be finite and >= 0 {unit}, got {array[bad].flat[0]}"
        )
    return array
