"""Columns of rows to tuples of traces, and back: what rules see is put together from these.

Each function returns another that is made for its columns, one call inside the other: compiled,
they leave nothing but loads, stores and products.
"""

from collections.abc import Callable, Sequence
from math import exp
from typing import Any

from eventsim.engine.rule_layout import Column
from eventsim.kernel import kernel

Function = Callable[..., Any]


def noted(columns: Sequence[int], places: Sequence[int]) -> Function:
    """Return note(row, target): write some variables of the target's state into a row."""
    if not columns:
        return _nothing_noted
    column, place, rest = columns[0], places[0], noted(columns[1:], places[1:])

    @kernel
    def note(row: Any, target: Any) -> None:
        row[column] = target[place]
        rest(row, target)

    return note


@kernel
def _nothing_noted(row: Any, target: Any) -> None:
    return


def picked(places: Sequence[int]) -> Function:
    """Return pick(row): a tuple of some entries of a row or a tuple."""
    if not places:
        return _nothing_picked
    place, rest = places[0], picked(places[1:])

    @kernel
    def pick(row: Any) -> Any:
        return (row[place],) + rest(row)  # noqa: RUF005

    return pick


@kernel
def _nothing_picked(row: Any) -> Any:
    return ()


def jumped(columns: Sequence[Column]) -> Function:
    """Return jump(before, after, dt, own): the traces after a spike, from those dt earlier."""
    if not columns:
        return _no_jump
    (column, tau, adds), rest = columns[0], jumped(columns[1:])

    @kernel
    def jump(before: Any, after: Any, dt: float, own: Any) -> None:
        after[column] = before[column] * exp(-dt / own[tau]) + 1.0 if adds else 1.0
        rest(before, after, dt, own)

    return jump


@kernel
def _no_jump(before: Any, after: Any, dt: float, own: Any) -> None:
    return


def decayed(columns: Sequence[Column]) -> Function:
    """Return values(row, dt, own): a tuple of the traces in a row, dt later."""
    if not columns:
        return _no_values
    (column, tau, _), rest = columns[0], decayed(columns[1:])

    @kernel
    def values(row: Any, dt: float, own: Any) -> Any:
        return (row[column] * exp(-dt / own[tau]),) + rest(row, dt, own)  # noqa: RUF005

    return values


@kernel
def _no_values(row: Any, dt: float, own: Any) -> Any:
    return ()


def faded(columns: Sequence[Column]) -> Function:
    """Return fade(dt, own): by how much each trace fades in dt."""
    if not columns:
        return _nothing_fades
    tau, rest = columns[0].tau, faded(columns[1:])

    @kernel
    def fade(dt: float, own: Any) -> Any:
        return (exp(-dt / own[tau]),) + rest(dt, own)  # noqa: RUF005

    return fade


@kernel
def _nothing_fades(dt: float, own: Any) -> Any:
    return ()


def multiplied(n: int, c: int = 0) -> Function:
    """Return products(row, first, table, low, k): row[first + c] table[low + c, k], of each c."""
    if c == n:
        return _no_products
    rest = multiplied(n, c + 1)

    @kernel
    def products(row: Any, first: int, table: Any, low: int, k: int) -> Any:
        here = row[first + c] * table[low + c, k]
        return (here,) + rest(row, first, table, low, k)  # noqa: RUF005

    return products


@kernel
def _no_products(row: Any, first: int, table: Any, low: int, k: int) -> Any:
    return ()
