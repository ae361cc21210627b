"""The compiled form of a projection: its synapses, by source, in the order of their delays."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim.network import _sort
from eventsim.network.threads import in_threads, threads_for


@dataclass(frozen=True, eq=False)
class Synapses:
    """Synapses in compressed rows, one row per source.

    Parameters
    ----------
    n_post : int
        Size of the target population.
    row_start : ndarray of int64, shape (n_pre + 1,)
        Synapses of source i are those from `row_start[i]` to before `row_start[i + 1]`, sorted by
        (delay, target, order given).
    packed_target : ndarray of uint16 or int32, shape (count,)
        Index within the target population, in two bytes if they are enough.
    weight : ndarray of float64 or float32, shape (count,) or (1,)
        In the unit of the port; one entry stands for all.
    delay : ndarray of float64 or float32, shape (count,) or (1,)
        In ms; one entry stands for all.
    """

    n_post: int
    row_start: NDArray[np.int64]
    packed_target: NDArray[Any]
    weight: NDArray[Any]
    delay: NDArray[Any]

    @property
    def n_pre(self) -> int:
        """Size of the source population."""
        return self.row_start.size - 1

    @property
    def count(self) -> int:
        """Number of synapses."""
        return self.packed_target.size

    @property
    def source(self) -> NDArray[np.int32]:
        """Index within the source population, shape (count,); made anew at each call."""
        return np.repeat(np.arange(self.n_pre, dtype=np.int32), np.diff(self.row_start))

    @property
    def target(self) -> NDArray[np.int32]:
        """Index within the target population, shape (count,), for calculating with."""
        return self.packed_target.astype(np.int32, copy=False)

    @classmethod
    def build(
        cls,
        n_pre: int,
        n_post: int,
        pre: NDArray[Any],
        post: NDArray[Any],
        weight: NDArray[Any],
        delay: NDArray[Any],
    ) -> Synapses:
        """Sort edges into rows.

        Parameters
        ----------
        n_pre, n_post : int
            Population sizes.
        pre, post : ndarray of an integer type, shape (n_edges,)
            Edge endpoints, in range.
        weight, delay : ndarray of float64 or float32 (both the same), shape (n_edges,) or (1,)
            One value per edge, or one for all.

        Returns
        -------
        Synapses
            Arrays of its own, nothing shared with the arguments.

        Notes
        -----
        A counting sort by source, then a stable sort of each row that is not yet in order: O(n) for
        one constant delay and targets in order, O(n log k) for rows of k delays.
        """
        return cls.from_columns(n_pre, n_post, pre, [post, weight, delay])

    @classmethod
    def from_columns(
        cls, n_pre: int, n_post: int, pre: NDArray[Any], columns: list[NDArray[Any]]
    ) -> Synapses:
        """Sort edges into rows, as `build` does, and let go of what has been read.

        `columns` are `post`, `weight` and `delay`; the list is empty afterwards. With arrays that
        nobody else holds, building never needs more than one column beyond the edges given.
        """
        pre = np.ascontiguousarray(pre, dtype=np.int32)
        starts, first_places = _places(n_pre, pre)
        columns.reverse()
        target = _in_rows(first_places, pre, columns.pop(), packed(n_post))
        weight = _in_rows(first_places, pre, columns.pop())
        delay = _in_rows(first_places, pre, columns.pop())
        # the least significant key first: both sorts are stable
        _sort_rows(starts, target, weight, delay)
        if delay.size > 1:
            _sort_rows(starts, delay, target, weight)
        return cls(n_post, starts, target, weight, delay)

    def _check(self) -> None:
        """Assert what the engines rely on."""
        assert self.row_start[0] == 0
        assert self.row_start[-1] == self.count
        assert (np.diff(self.row_start) >= 0).all()
        assert self.weight.size in (1, self.count)
        assert self.delay.size in (1, self.count)
        assert ((self.target >= 0) & (self.target < self.n_post)).all()
        delay = np.broadcast_to(self.delay, self.count)
        order = np.lexsort((self.target, delay, self.source))
        assert (order == np.arange(self.count)).all()


def packed(size: int) -> type[np.uint16] | type[np.int32]:
    """Return the smaller type that can hold the indices of `size` neurons."""
    return np.uint16 if size <= 1 << 16 else np.int32


def _places(n_pre: int, pre: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where rows start, and where in each row the edges of each portion begin.

    Portions are what threads share; the rows that follow do not depend on their number.
    """
    portions = np.array_split(pre, threads_for(pre.size))
    counts = np.zeros((len(portions), n_pre), np.int64)
    in_threads(_sort.count, portions, counts)
    starts = np.zeros(n_pre + 1, np.int64)
    np.cumsum(counts.sum(axis=0), out=starts[1:])
    first_places = np.cumsum(counts, axis=0) - counts + starts[:-1]
    return starts, first_places


def _in_rows(
    first_places: NDArray[np.int64], pre: NDArray[np.int32], values: NDArray[Any], dtype: Any = None
) -> NDArray[Any]:
    """Return the values of the edges by row; one value that stands for all as it is."""
    dtype = dtype or values.dtype
    if values.size != pre.size:
        return values.astype(dtype)
    rows = np.empty(values.size, dtype)
    parts = len(first_places)
    in_threads(
        _sort.scatter, first_places.copy(), np.array_split(pre, parts),
        np.array_split(np.ascontiguousarray(values), parts), [rows] * parts,
    )  # fmt: skip
    return rows


def _sort_rows(
    starts: NDArray[np.int64], by: NDArray[Any], first: NDArray[Any], second: NDArray[Any]
) -> None:
    """Sort each row by `by`, stably; the other two columns move along, unless constants."""
    parts = threads_for(by.size)
    cuts = np.searchsorted(starts, np.linspace(0, by.size, parts + 1)[1:-1])
    edges = [0, *cuts.tolist(), starts.size - 1]
    in_threads(
        _sort.sort_rows, [starts[a : b + 1] for a, b in pairwise(edges)],
        [by] * parts, [first] * parts, [second] * parts,
    )  # fmt: skip
