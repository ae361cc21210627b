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

from eventsim.kernel import kernel_call
from eventsim.ode.explicit import BELOW_ONE
from eventsim.ode.tuples import put, share_of_tolerance, worse

Function = Callable[..., Any]

ORDER = 4.0


def classical(derivative: Function) -> Function:
    """Return attempt(y, t, end, p) for one model whose derivative doesn't depend on the time.

    It returns the error in units of the tolerance (nan if the step diverged) and the coefficients
    of the polynomial in powers of the share of the step.
    """

    @kernel_call
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        # what begins at `end` (the end of refractoriness) belongs to the next step
        h, last, n = end - t, end * BELOW_ONE, len(y)
        k1 = derivative(y, t, p)
        z = y
        for i in range(n):
            z = put(z, i, y[i] + 0.5 * h * k1[i])
        k2 = derivative(z, last, p)
        for i in range(n):
            z = put(z, i, y[i] + 0.5 * h * k2[i])
        k3 = derivative(z, last, p)
        for i in range(n):
            z = put(z, i, y[i] + h * k3[i])
        k4 = derivative(z, last, p)
        for i in range(n):
            z = put(z, i, y[i] + 1 / 6 * h * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]))
        k5 = derivative(z, last, p)
        error = 0.0
        c1, c2, c3, c4 = y, y, y, y
        for i in range(n):
            error = worse(error, share_of_tolerance(1 / 6 * h * (k4[i] - k5[i]), y[i], z[i], p))
            way, begins, ends = z[i] - y[i], h * k1[i], h * k5[i]
            c1 = put(c1, i, begins)
            c2 = put(c2, i, 3.0 * way - 2.0 * begins - ends)
            c3 = put(c3, i, begins + ends - 2.0 * way)
            c4 = put(c4, i, 0.0)
        return error, (c1, c2, c3, c4)

    return attempt


def none(derivative: Function) -> Function:
    """Stand in for `classical` where it isn't used."""

    @kernel_call
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        return inf, (y, y, y, y)

    return attempt
