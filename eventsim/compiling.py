"""Kernels are compiled once, and not each function in them on its way up.

Numba makes a library of machine code of every function that it meets, and links it into those of
its callers, where it is optimised anew: a derivative ten calls deep in a kernel is optimised and
translated ten times. Python calls nothing but the kernel, so what is inside needs neither: the
compiler gets it as it was written, and sees all of it at once. That saves a third of the time and
changes no result.

Numba has no option for it, so this takes four of its methods' places, while a kernel of ours is
compiled, and in releases of Numba in which that was tried.
"""

from typing import Any

import numba
from numba.core import codegen, event

TRIED = ("0.68.",)
OURS = ("eventsim.", "eventsim_kernels.")


class _Inside(event.Listener):  # type: ignore[misc]  # numba has no types
    """Knows whether what is being compiled is inside a kernel of ours, and called by nobody else.

    A function under a decorator of Numba's own may be called from anywhere.
    """

    def __init__(self) -> None:
        self._stack: list[bool] = []  # of each function on the way, the kernel first

    @property
    def now(self) -> bool:
        """Whether that is so for the innermost of them."""
        return bool(self._stack) and self._stack[-1]

    def on_start(self, started: Any) -> None:
        """Begin with a kernel, or go deeper."""
        dispatcher = started.data["dispatcher"]
        if self._stack:
            options = getattr(dispatcher, "targetoptions", {})  # a loop that was lifted has none
            self._stack.append(bool(options.get("no_cpython_wrapper")))
        elif dispatcher.py_func.__module__.startswith(OURS):
            self._stack.append(False)

    def on_end(self, ended: Any) -> None:
        """Come back."""
        if self._stack:
            self._stack.pop()


_inside = _Inside()


def _only_outside(method: Any) -> Any:
    def replaced(*arguments: Any) -> Any:
        return None if _inside.now else method(*arguments)

    return replaced


def begin() -> None:
    """Compile kernels so from now on, if this is a Numba that is known."""
    if not numba.__version__.startswith(TRIED):
        return
    event.register("numba:compile", _inside)
    for owner, name in (
        (codegen.CPUCodeLibrary, "_optimize_final_module"),
        (codegen.JITCodeLibrary, "_finalize_specific"),
        (codegen.JITCPUCodegen, "_add_module"),
        (codegen.JITCPUCodegen, "set_env"),
    ):
        setattr(owner, name, _only_outside(getattr(owner, name)))
