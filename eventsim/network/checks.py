"""Refusals shared by this folder: each is one line that names the object, the value, the bound."""

from collections.abc import Container
from math import isfinite
from numbers import Real
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray


def whole_number(where: str, name: str, value: Any, least: int = 0) -> int:
    """Return `value` as an int.

    Raises
    ------
    TypeError
        If it is not a whole number; True and 3.0 are not.
    ValueError
        If it is below `least`.
    """
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{where}: {name} must be a whole number, got {value!r}") from None
    if number < least:
        raise ValueError(f"{where}: {name} must be >= {least}, got {number}")
    return number


def number(where: str, name: str, value: Any, unit: str = "") -> float:
    """Return `value` as a finite float.

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is NaN or infinite.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{where}: {name} must be a number{unit}, got {value!r}")
    if not isfinite(value):
        raise ValueError(f"{where}: {name} must be finite{unit}, got {float(value)}")
    return float(value)


def refuse_unless(
    where: str, name: str, allowed: str, values: NDArray[Any], holds: Any, item: str, count: int
) -> None:
    """Raise unless `holds` is true throughout; name the first offender.

    Parameters
    ----------
    where, name, allowed : str
        The object, the quantity, and what is allowed, with its unit.
    values : ndarray, shape (count,) or (1,)
        One value for all, or one for each item.
    holds : ndarray of bool, same shape
        Which values are right.
    item : str
        What the values belong to, "edge" or "neuron".
    count : int
        How many items there are.

    Raises
    ------
    ValueError
        If a value is wrong.
    """
    if np.all(holds):
        return
    wrong = np.flatnonzero(~holds)
    first = int(wrong[0])
    message = f"{where}: {name} must be {allowed}, got {values[first]}"
    if values.size == 1:
        raise ValueError(message)
    raise ValueError(f"{message} for {wrong.size} of {count} {item}s (first: {item} {first})")


def check_name(what: str, name: Any, taken: Container[str]) -> None:
    """Refuse what cannot be the name of a new `what`.

    Raises
    ------
    TypeError
        If it is not a string.
    ValueError
        If it is empty, contains '/' (which separates names in recordings), or is taken.
    """
    if not isinstance(name, str):
        raise TypeError(f"network: the name of a {what} must be a string, got {name!r}")
    if not name or "/" in name:
        allowed = "must not be empty or contain '/'"
        raise ValueError(f"network: the name of a {what} {allowed}, got {name!r}")
    if name in taken:
        raise ValueError(f"network: there is already a {what} {name!r}")


def free_name(name: str, taken: Container[str]) -> str:
    """Return `name`, or 'name#2', 'name#3' ... where it is taken."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}#{number}", number + 1
    return free
