"""Arrivals in the total order; the oracle is Python's own sort of (time, source, synapse)."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from eventsim.engine.kernels import order
from eventsim.kernel import loop

KINDS = ["random", "equal times", "sorted", "reversed", "one time"]


@loop()
def _sort(rows: Any, numbers: Any, when: Any, scratch: Any) -> None:
    order.sort(rows, numbers, when, scratch, 0, numbers.shape[0])


@loop()
def _sort_stretches(rows: Any, numbers: Any, when: Any, bounds: Any) -> None:
    for k in range(bounds.shape[0] - 1):
        order.sort_short(rows, numbers, when, bounds[k], bounds[k + 1])


def _rows(n: int, kind: str, rng: np.random.Generator) -> Any:
    """Rows of arrivals; no two have the same time, source and synapse."""
    times = {"equal times": rng.integers(0, max(n // 3, 1), n), "one time": np.ones(n)}
    rows = np.column_stack([times.get(kind, rng.random(n)), rng.integers(0, 3, n), np.arange(n)])
    if kind in ("sorted", "reversed"):
        rows = rows[np.argsort(rows[:, 0])][:: 1 if kind == "sorted" else -1]
    return np.ascontiguousarray(rows)


def _expected(rows: Any, numbers: Any) -> list[int]:
    return sorted(numbers.tolist(), key=lambda k: tuple(rows[k]))


@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_any_length_come_into_the_total_order(kind: str) -> None:
    rng = np.random.default_rng(4)
    for n in (*range(2 * order.RUN + 3), 200, 1000):
        rows = _rows(n, kind, rng)
        numbers = rng.permutation(n).astype(np.int32) if kind == "random" else np.arange(n)
        numbers, scratch = np.arange(n, dtype=np.int32), np.zeros(n, np.int32)
        expected, when = _expected(rows, numbers), rows[numbers, 0].copy()
        _sort(rows, numbers, when, scratch)
        assert numbers.tolist() == expected
        assert when.tolist() == rows[expected, 0].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_short_stretches_of_one_list_are_sorted_each_by_itself(kind: str) -> None:
    rng = np.random.default_rng(5)
    bounds = np.concatenate([[0], np.cumsum(rng.permutation(order.RUN + 1))])
    rows = _rows(int(bounds[-1]), kind, rng)
    numbers = np.arange(len(rows), dtype=np.int32)
    expected = [k for a, b in pairwise(bounds) for k in _expected(rows, numbers[a:b])]
    when = rows[:, 0].copy()
    _sort_stretches(rows, numbers, when, bounds)
    assert numbers.tolist() == expected
    assert when.tolist() == rows[expected, 0].tolist()
