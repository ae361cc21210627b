"""One function out of several, by its number, in what is compiled.

There are no tables of functions there, so a choice is made by tests, each a closure around what
it calls. They form a tree: in a chain, whose every test calls the next, the compiler gets too deep
with 26 rules.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from eventsim.kernel import kernel
from eventsim.profiling import bare

Function = Callable[..., Any]


def choice(functions: Sequence[Function], first: int = 0) -> Function:
    """Return chosen(number, ...): it passes all but the number to the function of that number.

    The functions are numbered from `first` on; one that is alone is called without a test.
    """
    if len(functions) == 1:
        only = functions[0]

        @kernel
        def call(number: int, *arguments: Any) -> Any:
            return only(*arguments)

        return call
    half = len(functions) // 2
    middle = first + half
    below, above = choice(functions[:half], first), choice(functions[half:], middle)

    @kernel
    def call_either(number: int, *arguments: Any) -> Any:
        if number < middle:
            return below(number, *arguments)
        return above(number, *arguments)

    return call_either


def told_apart(modules: Sequence[ModuleType]) -> tuple[list[ModuleType], list[int]]:
    """Return the different ones of some modules, and of each the number among those."""
    each = [bare(module) for module in modules]
    different = list(dict.fromkeys(each))
    return different, [different.index(module) for module in each]


def by_number(name: str, modules: Sequence[ModuleType], *functions: str) -> ModuleType:
    """Return a module of these functions, each of which is told first of which module it is."""
    namespace = ModuleType(name)
    if modules:
        for function in functions:
            of_each = [getattr(module, function) for module in modules]
            setattr(namespace, function, choice(of_each))
    return namespace
