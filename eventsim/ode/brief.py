"""One trial step of the classical Runge-Kutta method, order 4(3), where arrivals cut steps short.

A neuron with thousands of arrivals a second never gets to the end of a step, so a method of high
order has little to win from: this one needs five derivatives instead of seven, and its polynomial
is the cubic through both ends. The derivative at the end gives the estimate: in place of the fourth
stage, with the same weight, it makes a method of order 3.

Verified against: its order of convergence.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from eventsim.kernel import kernel, kernel_call
from eventsim.ode.explicit import BELOW_ONE
from eventsim.ode.tuples import (
    along,
    each,
    fold,
    nothing,
    product,
    worse_by,
)

Function = Callable[..., Any]


def classical(derivative: Function) -> Function:
    """Return attempt(y, t, end, p) for one model whose derivative doesn't depend on the time.

    It returns the error in units of the tolerance (nan if the step diverged) and the coefficients
    of the polynomial in powers of the share of the step.
    """

    @kernel
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        # what begins at `end` (the end of refractoriness) belongs to the next step
        h, last = end - t, end * BELOW_ONE
        k1 = derivative(y, t, p)
        k2 = derivative(each(along, y, 0.5 * h, k1), last, p)
        k3 = derivative(each(along, y, 0.5 * h, k2), last, p)
        k4 = derivative(each(along, y, h, k3), last, p)
        z = each(tip, y, h, k1, k2, k3, k4)
        k5 = derivative(z, last, p)
        error = fold(worse_by, 0.0, each(miss, k4, h, k5), y, z, p.atol, p.rtol)
        c1, c4 = each(product, k1, h), each(nothing, y)
        return error, (c1, each(square, y, z, h, k1, k5), each(cube, y, z, h, k1, k5), c4)

    return attempt


@kernel
def tip(y: float, h: float, k1: float, k2: float, k3: float, k4: float) -> float:
    """Return a variable at the end of the step."""
    return y + 1 / 6 * h * (k1 + 2.0 * (k2 + k3) + k4)


@kernel
def miss(k4: float, h: float, k5: float) -> float:
    """Return by how much the method of order 3 differs."""
    return 1 / 6 * h * (k4 - k5)


@kernel
def square(y: float, z: float, h: float, k1: float, k5: float) -> float:
    """Return the second coefficient of the cubic through both ends."""
    return 3.0 * (z - y) - 2.0 * (h * k1) - h * k5


@kernel
def cube(y: float, z: float, h: float, k1: float, k5: float) -> float:
    """Return the third one."""
    return h * k1 + h * k5 - 2.0 * (z - y)


def none(derivative: Function) -> Function:
    """Stand in for `classical` where it isn't used."""

    @kernel_call
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        return inf, (y, y, y, y)

    return attempt
