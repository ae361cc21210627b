"""The compiled form of a projection: its synapses, by source, in the order of their delays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim.network import _sort


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
    target : ndarray of int32, shape (count,)
        Index within the target population.
    weight : ndarray of float64 or float32, shape (count,) or (1,)
        In the unit of the port; one entry stands for all.
    delay : ndarray of float64 or float32, shape (count,) or (1,)
        In ms; one entry stands for all.
    """

    n_post: int
    row_start: NDArray[np.int64]
    target: NDArray[np.int32]
    weight: NDArray[Any]
    delay: NDArray[Any]

    @property
    def n_pre(self) -> int:
        """Size of the source population."""
        return self.row_start.size - 1

    @property
    def count(self) -> int:
        """Number of synapses."""
        return self.target.size

    @property
    def source(self) -> NDArray[np.int32]:
        """Index within the source population, shape (count,); made anew at each call."""
        return np.repeat(np.arange(self.n_pre, dtype=np.int32), np.diff(self.row_start))

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
        pre = np.ascontiguousarray(pre, dtype=np.int32)
        starts = _sort.row_starts(pre, n_pre)
        columns = []
        for values in (np.asarray(post, dtype=np.int32), weight, delay):
            if values.size == pre.size:
                rows = np.empty(pre.size, dtype=values.dtype)
                _sort.scatter(starts, pre, np.ascontiguousarray(values), rows)
            else:
                rows = values.copy()
            columns.append(rows)
        target, weight, delay = columns
        # the least significant key first: both sorts are stable
        _sort.sort_rows(starts, target, weight, delay)
        if delay.size > 1:
            _sort.sort_rows(starts, delay, target, weight)
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
