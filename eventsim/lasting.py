"""What outlives a process: arrays by name, in folders separated by '/'.

Each room of a simulation names what determines its future (`lasting`), in the network's order, so
that nothing depends on threads; and takes it back (`restore`). What is taken back may come from a
damaged or foreign file: type, shape and range are checked before anything is used.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

_KINDS = {"f": "floats", "i": "whole numbers", "u": "whole numbers", "b": "truth values"}


def under(folder: str, arrays: Arrays) -> Arrays:
    """Return the same arrays inside a folder."""
    return {f"{folder}/{name}": array for name, array in arrays.items()}


def numbered(folder: str, many: Iterable[Arrays]) -> Arrays:
    """Return the arrays of many things of one kind, each in a folder named by its number."""
    together: Arrays = {}
    for k, arrays in enumerate(many):
        together |= under(f"{folder}/{k}", arrays)
    return together


class Stored:
    """Arrays of one folder, asked for one by one and checked."""

    def __init__(self, arrays: Arrays, folder: str = "") -> None:
        self._arrays, self._folder = arrays, folder

    def part(self, folder: str) -> "Stored":
        """Return what is in a folder."""
        return Stored(self._arrays, f"{self._folder}{folder}/")

    def has(self, name: str) -> bool:
        """Tell whether there is an array of that name."""
        return f"{self._folder}{name}" in self._arrays

    def ndim(self, name: str) -> int:
        """Return the number of axes of an array, 0 where there is none."""
        return self._arrays[f"{self._folder}{name}"].ndim if self.has(name) else 0

    def precision(self, name: str) -> Any:
        """Return float32 where that is how an array of floats is stored, else float64."""
        single = self.has(name) and self._arrays[f"{self._folder}{name}"].dtype == np.float32
        return np.float32 if single else np.float64

    def array(
        self, name: str, dtype: type, *shape: int | None, least: float | None = None,
        most: float | None = None,
    ) -> NDArray[Any]:  # fmt: skip
        """Return a copy of an array.

        Parameters
        ----------
        name : str
            Its name in this folder.
        dtype : type
            float, int or bool, or a numpy type of one of these kinds.
        *shape : int or None
            Its length along each axis; None where any will do.
        least, most : float, optional
            Bounds of every value.

        Raises
        ------
        ValueError
            If it is missing, or has another type, shape or range.
        """
        where = f"{self._folder}{name}"
        if where not in self._arrays:
            raise ValueError(f"{where!r} is missing")
        array, wanted = self._arrays[where], np.dtype(dtype)
        if array.dtype.kind != wanted.kind:
            raise ValueError(f"{where!r} must be {_KINDS[wanted.kind]}, got {array.dtype}")
        if array.ndim != len(shape) or any(
            n not in (None, m) for n, m in zip(shape, array.shape, strict=True)
        ):
            asked = ", ".join("any" if n is None else str(n) for n in shape)
            raise ValueError(f"{where!r} must have shape ({asked}), got {array.shape}")
        for bound, outside in ((least, np.less), (most, np.greater)):
            if bound is not None and outside(array, bound).any():
                allowed = f">= {bound:g}" if bound is least else f"<= {bound:g}"
                worst = array[outside(array, bound)].flat[0]
                raise ValueError(f"{where!r} must be {allowed}, got {worst}")
        return np.array(array, dtype=wanted)

    def number(self, name: str, **bounds: float) -> float:
        """Return a single float."""
        return float(self.array(name, float, **bounds))

    def whole(self, name: str, **bounds: float) -> int:
        """Return a single whole number."""
        return int(self.array(name, int, **bounds))
