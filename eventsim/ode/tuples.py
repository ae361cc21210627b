"""What the integrator needs of tuples and numbers, right in plain Python and compiled alike."""

from math import exp, nan
from typing import Any

from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import overload

from eventsim.kernel import kernel

LARGEST = 1e150  # a value beyond this has diverged; its square would overflow
# a step's estimate is held to a tenth of the tolerance: errors add up between two spikes, and a
# spike is off by the error over the slope with which v meets the threshold
MARGIN = 10.0
LARGEST_EXPONENT = 700.0  # exp(709.8) is the largest that a float64 holds


def put(values: Any, i: int, x: float) -> Any:
    """Return a NamedTuple of floats with number `i` replaced: how states are built in loops."""
    return values._make((*values[:i], x, *values[i + 1 :]))


@overload(put)  # type: ignore[untyped-decorator]  # numba has no types
def _compiled_put(values: Any, i: int, x: float) -> Any:
    def compiled(values: Any, i: int, x: float) -> Any:
        return tuple_setitem(values, i, x)

    return compiled


@kernel
def safe_exp(x: float) -> float:
    """Return exp(x), and exp(700) beyond: a trial step may ask for anything, and be refused."""
    return exp(min(x, LARGEST_EXPONENT))


@kernel
def share_of_tolerance(miss: float, before: float, after: float, p: Any) -> float:
    """Return an error in units of what one step may make, or nan if the value has diverged."""
    if not abs(after) < LARGEST:
        return nan
    return float(MARGIN * abs(miss) / (p.atol + p.rtol * max(abs(before), abs(after))))


@kernel
def worse(error: float, share: float) -> float:
    """Return the larger of two errors; once nan, always nan."""
    return float(share if share > error or share != share else error)
