"""The door of a simulation: arguments are refused here, in one line, before anything is computed."""

from collections.abc import Mapping
from math import inf
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from eventsim.model import FloatArray, IntArray
from eventsim.network import Population, Projection
from eventsim.network.checks import number, whole_number
from eventsim.suggest import unknown

Named = TypeVar("Named", Population, Projection)


def whole(where: str, name: str, value: Any, *, at_least: int = 0) -> int:
    """Return a whole number; TypeError or ValueError if it is none or too small."""
    return whole_number(where, name, value, at_least)


def positive(where: str, name: str, value: Any, unit: str) -> float:
    """Return a finite number > 0."""
    if number(where, name, value, f" {unit}") <= 0.0:
        raise ValueError(f"{where}: {name} must be > 0 {unit}, got {value}")
    return float(value)


def not_negative(where: str, name: str, value: Any, unit: str) -> float:
    """Return a finite number >= 0."""
    return at_least(where, name, value, 0.0, unit)


def at_least(where: str, name: str, value: Any, least: float, unit: str) -> float:
    """Return a finite number >= `least`."""
    if number(where, name, value, f" {unit}") < least:
        raise ValueError(f"{where}: {name} must be >= {least:g} {unit}, got {value}")
    return float(value)


def look_up(what: str, which: str | Named, known: Mapping[str, Named]) -> Named:
    """Return the population or projection of that name, or the object itself if it is one of ours.

    Raises
    ------
    KeyError
        If there is none; the nearest name is suggested.
    """
    if isinstance(which, str):
        if which not in known:
            raise KeyError(unknown(what, which, known))
        return known[which]
    if known.get(which.name) is not which:
        raise KeyError(f"{what} {which.name!r} belongs to another network")
    return which


def state_column(population: Population, variable: str) -> int:
    """Return the number of a state variable; KeyError suggests the nearest name."""
    names = population.model.state_names
    if variable not in names:
        what = f"state variable of population {population.name!r}"
        raise KeyError(unknown(what, variable, names))
    return names.index(variable)


def finite(where: str, name: str, value: ArrayLike, size: int) -> FloatArray:
    """Return one finite float for each of `size` neurons."""
    array = np.asarray(value, dtype=np.float64)
    if array.shape not in ((), (size,)):
        raise ValueError(
            f"{where}: {name} must be one value or one for each of {size} neurons, got shape "
            f"{array.shape}"
        )
    _refuse(where, f"{name} must be finite", array, ~np.isfinite(array))
    return np.array(np.broadcast_to(array, (size,)))


def indices(where: str, neurons: IntArray, size: int) -> None:
    """Refuse neuron numbers that are not whole or outside the population."""
    if not np.issubdtype(neurons.dtype, np.integer):
        raise TypeError(f"{where}: neurons must be whole numbers, got {neurons.dtype}")
    _refuse(where, f"neurons must be in 0..{size - 1}", neurons, (neurons < 0) | (neurons >= size))


def arrivals(
    where: str, size: int, now: float, times: ArrayLike, neurons: ArrayLike, weights: ArrayLike
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return arrivals from outside as three arrays of one length."""
    i: IntArray = np.atleast_1d(np.asarray(neurons))
    indices(where, i, size)
    try:
        t, w, i = np.broadcast_arrays(
            np.asarray(times, np.float64), np.asarray(weights, np.float64), i
        )
    except ValueError:
        shapes = f"{np.shape(times)}, {np.shape(neurons)} and {np.shape(weights)}"
        raise ValueError(f"{where}: times, neurons and weights have shapes {shapes}") from None
    _refuse(where, f"times must be finite and >= {now:g} ms (now)", t, ~((t >= now) & (t < inf)))
    _refuse(where, "weights must be finite", w, ~np.isfinite(w))
    return np.array(t), np.array(i, np.int64), np.array(w)


def steps(
    where: str, now: float, times: ArrayLike, amplitudes: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the times of a step current, and by how much it changes there."""
    t = np.atleast_1d(np.asarray(times, np.float64))
    amplitude = np.atleast_1d(np.asarray(amplitudes, np.float64))
    if t.ndim != 1 or amplitude.shape != t.shape:
        shapes = f"{t.shape} and {amplitude.shape}"
        raise ValueError(f"{where}: times and amplitudes must be of one length, got {shapes}")
    _refuse(where, f"times must be finite and >= {now:g} ms (now)", t, ~((t >= now) & (t < inf)))
    _refuse(where, "times must increase", t[1:], np.diff(t) <= 0.0)
    _refuse(where, "amplitudes must be finite (pA)", amplitude, ~np.isfinite(amplitude))
    return t, np.diff(amplitude, prepend=0.0)


def weights(projection: Projection, values: ArrayLike) -> FloatArray:
    """Return weights to set: one for all synapses, or one each, within the projection's bounds."""
    where, count = f"projection {projection.name!r}", projection.synapses.count
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.shape not in ((1,), (count,)):
        raise ValueError(
            f"{where}: weights must be one value or one for each of {count} synapses, got shape "
            f"{array.shape}"
        )
    _refuse(where, "weights must be finite", array, ~np.isfinite(array))
    low, high = projection.bounds
    outside = (array < low) | (array > high)
    _refuse(where, f"weights must be in [{low:g}, {high:g}]", array, outside)
    # rounded as the network stores them: an engine may compute in double precision throughout
    return array.astype(projection.synapses.weight.dtype).astype(np.float64)


def _refuse(where: str, rule: str, values: Any, wrong: Any) -> None:
    """Raise a ValueError that names the first wrong value, if there is one."""
    if np.any(wrong):
        bad = np.flatnonzero(wrong)
        first = np.ravel(values)[bad[0]]
        count = f" for {bad.size} of {np.size(values)} (first: {bad[0]})" if np.ndim(values) else ""
        raise ValueError(f"{where}: {rule}, got {first}{count}")
