"""The choice of one function out of several: the right one, and not deep in the compiler."""

from types import FunctionType
from typing import Any

import pytest
from numba import njit

from eventsim.engine import bind
from eventsim.engine.bind_rule import rules_namespace
from eventsim.engine.choice import choice
from eventsim.engine.rule_layout import RuleLayout
from eventsim.kernel import kernel
from every_rule import PAIR


def adding(number: int) -> Any:
    @kernel
    def add(x: float, y: float) -> float:
        return x + number * y

    return add


def nesting(function: FunctionType) -> int:
    """Return how many functions lie one inside the other: so deep the compiler has to go."""
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return 1 + max((nesting(h) for h in held if isinstance(h, FunctionType)), default=0)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8])
def test_every_number_has_its_own_function(n: int) -> None:
    """Oracle: a table."""
    functions = [adding(number) for number in range(n)]
    chosen = choice(functions)
    for number in range(n):
        assert chosen(number, 0.5, 2.0) == functions[number](0.5, 2.0)


def test_a_choice_among_fifty_functions_compiles() -> None:
    """Oracle: the same in Python; a chain of as many is too deep for the compiler."""
    chosen = choice([adding(number) for number in range(50)])

    @njit
    def compiled(number: int) -> Any:
        return chosen(number, 0.5, 2.0)

    assert [compiled(number) for number in range(50)] == [0.5 + 2.0 * k for k in range(50)]


def test_64_rules_or_ports_are_six_functions_deeper_than_one() -> None:
    """Oracle: log2 of their number; what holds one function has none that chooses."""

    def depths(n: int) -> list[int]:
        rules = rules_namespace([RuleLayout(PAIR.rule, own_traces=False)] * n)
        chosen = [rules.arrive, rules.catch_up, rules.remember, bind._by_port([adding(0)] * n)]
        return [nesting(function) for function in chosen]

    assert depths(64) == [depth + 6 for depth in depths(1)]
