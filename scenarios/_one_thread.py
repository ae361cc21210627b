"""Linear algebra on one thread: the same numbers on a machine with two cores and with ten.

On several threads OpenBLAS adds up in another order, so that last digits depend on their number.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def one_thread() -> AbstractContextManager[object]:
    """Return a context with linear algebra on one thread, where threadpoolctl is installed.

    Threads of the engine are not touched.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # it comes with scikit-learn
        return nullcontext()
    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits


def on_one_thread(run: Callable[P, R]) -> Callable[P, R]:
    """Make a function do its linear algebra on one thread."""

    @wraps(run)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_thread():
            return run(*args, **kwargs)

    return limited
