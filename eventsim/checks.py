"""The door of a simulation: what is wrong is refused here, in one line, before anything runs."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, TypeVar

import numba
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


def threads(where: str, value: Any) -> None:
    """Refuse a number of threads that is not whole, or more than there are."""
    most = numba.config.NUMBA_NUM_THREADS
    if whole(where, "threads", value, at_least=1) > most:
        raise ValueError(f"{where}: threads must be <= {most} on this machine, got {value}")


def positive(where: str, name: str, value: Any, unit: str) -> float:
    """Return a finite number > 0."""
    if number(where, name, value, f" ({unit})") <= 0.0:
        raise ValueError(f"{where}: {name} must be > 0 {unit}, got {value}")
    return float(value)


def not_negative(where: str, name: str, value: Any, unit: str) -> float:
    """Return a finite number >= 0."""
    return at_least(where, name, value, 0.0, unit)


def at_least(where: str, name: str, value: Any, least: float, unit: str) -> float:
    """Return a finite number >= `least`."""
    if number(where, name, value, f" ({unit})") < least:
        raise ValueError(f"{where}: {name} must be >= {least:g} {unit}, got {value}")
    return float(value)


def not_past(where: str, name: str, value: Any, now: float) -> float:
    """Return a time in ms that is not before now."""
    if number(where, name, value, " (ms)") < now:
        raise ValueError(f"{where}: {name} must be >= {now:g} ms (now), got {value}")
    return float(value)


def function(where: str, name: str, value: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise TypeError(f"{where}: {name} must be a function of the simulation, got {value!r}")


def snapshot_times(
    where: str, when: float | Sequence[float], now: float
) -> list[tuple[float, float]]:
    """Return (time, interval) in ms of each snapshot or series of snapshots; inf: just once."""
    if np.ndim(when) == 0:
        return [(now, positive(where, "interval", when, "ms"))]
    return [(not_past(where, "time", t, now), inf) for t in when]  # type: ignore[union-attr]


def floats(where: str, name: str, value: ArrayLike) -> FloatArray:
    """Return an array of floats."""
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: {name} must be numbers, got {value!r}") from None


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
    if not isinstance(which, Population | Projection):
        raise TypeError(f"a {what} or its name is needed, got {which!r}")
    if known.get(which.name) is not which:
        raise KeyError(f"{what} {which.name!r} belongs to another network")
    return which


def state_column(population: Population, variable: str) -> int:
    """Return the column of a state variable; KeyError suggests the nearest name."""
    model = population.model
    if variable not in model.variables:
        what = f"state variable of population {population.name!r}"
        raise KeyError(unknown(what, variable, model.variables))
    return model.state_names.index(variable)


def finite(where: str, name: str, value: ArrayLike, size: int) -> FloatArray:
    """Return one finite float for each of `size` neurons."""
    array = floats(where, name, value)
    if array.shape not in ((), (size,)):
        raise ValueError(
            f"{where}: {name} must be one value or one for each of {size} neurons, got shape "
            f"{array.shape}"
        )
    _refuse(where, f"{name} must be finite", array, ~np.isfinite(array))
    return np.array(np.broadcast_to(array, (size,)))


def indices(where: str, neurons: ArrayLike | None, size: int) -> IntArray:
    """Return neuron numbers as an array, all of the population for None."""
    if neurons is None:
        return np.arange(size)
    i = np.atleast_1d(np.asarray(neurons))
    if i.size and not np.issubdtype(i.dtype, np.integer):
        raise TypeError(f"{where}: neurons must be whole numbers, got {neurons!r}")
    _refuse(where, f"neurons must be in 0..{size - 1}", i, (i < 0) | (i >= size))
    return i.astype(np.int64)


def different(where: str, name: str, neurons: IntArray) -> IntArray:
    """Return neuron numbers, each of which is given once."""
    first = np.unique(neurons, return_index=True)[1]
    twice = np.ones(neurons.size, bool)
    twice[first] = False
    _refuse(where, f"{name} must be given once each", neurons, twice)
    return neurons


def parameters(
    population: Population, current: FloatArray, values: Mapping[str, Any]
) -> FloatArray:
    """Return the parameters of a population with some of them replaced."""
    where, model = f"population {population.name!r}", population.model
    if "table" in values and "table" in model.fields:
        raise ValueError(f"{where}: the table of {model.name} can't change during a run")
    columns = current.T if len(current) > 1 else current[0]
    changed = model(**{**dict(zip(model.parameter_names, columns, strict=True)), **values})
    return changed.resolve(where, population.size, lambda value, size: value)[0]


def arrivals(
    where: str, size: int, now: float, times: ArrayLike, neurons: ArrayLike, weights: ArrayLike
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return arrivals from outside as three arrays of one length."""
    i = indices(where, neurons, size)
    try:
        t, w, i = np.broadcast_arrays(
            floats(where, "times", times), floats(where, "weights", weights), i
        )
        if i.ndim > 1:
            raise ValueError
    except ValueError:
        shapes = f"{np.shape(times)}, {np.shape(neurons)} and {np.shape(weights)}"
        raise ValueError(
            f"{where}: times, neurons and weights must be of one length, got shapes {shapes}"
        ) from None
    _refuse(where, f"times must be finite and >= {now:g} ms (now)", t, ~((t >= now) & (t < inf)))
    _refuse(where, "weights must be finite", w, ~np.isfinite(w))
    return np.array(t), np.array(i, np.int64), np.array(w)


def steps(
    where: str, now: float, times: ArrayLike, amplitudes: ArrayLike, neurons: int
) -> tuple[FloatArray, FloatArray]:
    """Return the times of a step current, and by how much it changes there for each neuron."""
    t = np.atleast_1d(floats(where, "times", times))
    amplitude = np.atleast_1d(floats(where, "amplitudes", amplitudes))
    if t.ndim != 1 or amplitude.shape[:1] != t.shape:
        shapes = f"{t.shape} and {amplitude.shape}"
        raise ValueError(f"{where}: times and amplitudes must be of one length, got {shapes}")
    if amplitude.shape[1:] not in ((), (neurons,)):
        raise ValueError(
            f"{where}: amplitudes must have one column, or one for each of {neurons} neurons, got "
            f"shape {amplitude.shape}"
        )
    _refuse(where, f"times must be finite and >= {now:g} ms (now)", t, ~((t >= now) & (t < inf)))
    _refuse(where, "times must increase", t, np.diff(t, prepend=-inf) <= 0.0)
    _refuse(where, "amplitudes must be finite (pA)", amplitude, ~np.isfinite(amplitude))
    amplitude = np.broadcast_to(amplitude.reshape(t.size, -1), (t.size, neurons))
    return t, np.diff(amplitude, prepend=0.0, axis=0)


def plastic(what: str, projection: Projection) -> Projection:
    """Return a projection that has plasticity.

    Raises
    ------
    ValueError
        If it has none.
    """
    if projection.plasticity is None:
        raise ValueError(f"{what}: projection {projection.name!r} has no plasticity")
    return projection


def weights(projection: Projection, values: ArrayLike) -> FloatArray:
    """Return weights to set: one for all synapses, or one each, within the projection's bounds."""
    where, array = projection.where, _per_synapse(projection, "weights", values)
    _refuse(where, "weights must be finite", array, ~np.isfinite(array))
    low, high = projection.bounds
    outside = (array < low) | (array > high)
    _refuse(where, f"weights must be in [{low:g}, {high:g}]", array, outside)
    # rounded as the network stores them: an engine may compute in double precision throughout
    return array.astype(projection.synapses.weight.dtype).astype(np.float64)


def delays(projection: Projection, values: ArrayLike) -> FloatArray:
    """Return delays to set in ms, one for each synapse.

    Raises
    ------
    ValueError
        If the projection's delays can't change, or these are not finite and > 0.
    """
    where, synapses = projection.where, projection.synapses
    if not projection.changing_delays:
        raise ValueError(f"{where}: its delays are fixed; connect it with changing_delays=True")
    array = _per_synapse(projection, "delays", values)
    with np.errstate(over="ignore", under="ignore"):
        stored = array.astype(synapses.delay.dtype).astype(np.float64)
    _refuse(where, "delays must be finite and > 0 ms", array, ~((stored > 0.0) & (stored < inf)))
    return np.array(np.broadcast_to(stored, (synapses.count,)))


def _per_synapse(projection: Projection, name: str, values: ArrayLike) -> FloatArray:
    """Return values to set: one for all synapses, or one each."""
    where, count = projection.where, projection.synapses.count
    array = np.atleast_1d(floats(where, name, values))
    if array.shape not in ((1,), (count,)):
        raise ValueError(
            f"{where}: {name} must be one value or one for each of {count} synapses, got shape "
            f"{array.shape}"
        )
    return array


def _refuse(where: str, rule: str, values: Any, wrong: Any) -> None:
    """Raise a ValueError that names the first wrong value, if there is one."""
    if np.any(wrong):
        bad = np.flatnonzero(wrong)
        first = np.ravel(values)[bad[0]]
        count = (
            f" for {bad.size} of {np.size(values)} (first: {bad[0]})" if np.size(values) > 1 else ""
        )
        raise ValueError(f"{where}: {rule}, got {first}{count}")
