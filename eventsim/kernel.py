"""The only compiler decorators, and the only compiler policy.

A function under `@kernel` stays an ordinary Python function: the reference engine calls it as it
is. Numba compiles the same source into whatever calls it from the compiled engine.
"""

from collections.abc import Callable
from types import FunctionType
from typing import TypeVar
from weakref import WeakSet

from numba import njit
from numba.extending import register_jitable

from eventsim import compiling

compiling.begin()

F = TypeVar("F", bound=Callable[..., object])

# error_model 'numpy': a division by zero gives inf or nan, as in C, and costs no branch.
# forceinline: LLVM inlines the callee; Numba's own inlining warns and is no faster.
# no_cfunc_wrapper: the second version of each function, for callers in C, is a fifth of compiling.
_options = {"error_model": "numpy", "no_cfunc_wrapper": True}
_inlined = register_jitable(**_options, forceinline=True)
# said here: what is called by an inlined function would be inlined with it
_called = register_jitable(**_options, forceinline=False)
# contract: a product and a sum in one step and with one rounding, which plain Python can't do
_fused = register_jitable(**_options, forceinline=True, fastmath={"contract"})

_marked: WeakSet[Callable[..., object]] = WeakSet()


def is_kernel(function: Callable[..., object]) -> bool:
    """Tell whether the compiler knows `function`: it is marked, or compiled by other means."""
    return not isinstance(function, FunctionType) or function in _marked


def kernel(function: F) -> F:
    """Mark `function` as compilable inside the engine's loops; it stays plain Python outside."""
    marked: F = _inlined(function)
    _marked.add(marked)
    return marked


def fused(function: F) -> F:
    """Like `kernel`, for what only the compiled engine calls: its last digit may differ there."""
    marked: F = _fused(function)
    _marked.add(marked)
    return marked


def kernel_call(function: F) -> F:
    """Like `kernel`, for large or rarely called functions: called, not inlined."""
    marked: F = _called(function)
    _marked.add(marked)
    return marked


def loop(*, parallel: bool = False) -> Callable[[F], F]:
    """Mark a function of the engine that Python calls: compiled for itself, and cached.

    No references to arrays are counted in it and in what it calls: two atomic steps for every row
    that is looked at cost more than what is done to it. So no arrays can be made there either;
    `eventsim.room` has what replaces them.
    """
    # _nrt: Numba's own name for its run-time system, which counts them
    decorate: Callable[[F], F] = njit(cache=True, parallel=parallel, **_options, _nrt=False)
    return decorate
