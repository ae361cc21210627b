"""One trial step of the explicit Runge-Kutta pair of Dormand and Prince, order 5(4).

The polynomial through the step is of degree 4, its error of the same order as the estimate.

Source: Dormand & Prince (1980), J. Comput. Appl. Math. 6:19-26, doi:10.1016/0771-050X(80)90013-3;
the polynomial: Shampine (1986), Math. Comput. 46:135-150, doi:10.1090/S0025-5718-1986-0815836-3.
Verified against: its order of convergence, and scipy's RK45, which has the same tableau.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from eventsim.kernel import kernel
from eventsim.ode.tuples import each, fold, product, worse_by

Function = Callable[..., Any]

BELOW_ONE = 1.0 - 2.0**-52


def dormand_prince(derivative: Function, max_step: float) -> Function:
    """Return attempt(y, t, end, p) for one model.

    It returns the error in units of the tolerance (nan if the step diverged), the longest step that
    is stable, the coefficients c1..c4 of the polynomial in powers of the share of the step, and the
    derivative at both ends.
    """
    stages = stages_of(derivative, nothing_came)

    @kernel
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        h = end - t
        nearly, z, k1, k3, k4, k5, k6, k7 = stages(y, t, end, (), p)
        stable = longest_stable(z, nearly, k7, k6, p)
        missed = each(miss, k1, h, k3, k4, k5, k6, k7)
        error = fold(worse_by, 0.0, missed, y, z, p.atol, p.rtol)
        # the second stage has no weight
        c1, c2 = each(product, k1, h), each(square, k1, h, k3, k4, k5, k6, k7)
        c3 = each(cube, k1, h, k3, k4, k5, k6, k7)
        c4 = each(tesseract, k1, h, k3, k4, k5, k6, k7)
        return error, stable, c1, c2, c3, c4, k1, k7

    return attempt


def stages_of(derivative: Function, came: Function) -> Function:
    """Return stages(y, t, end, arrivals, p): the last two states and the slopes but the second.

    `came(z, arrivals, share)` is `z` after what arrived in that share of the step. The two states
    are without it.
    """

    @kernel
    def stages(y: Any, t: float, end: float, arrivals: Any, p: Any) -> Any:
        # what begins at `end` (the end of refractoriness) belongs to the next step
        h, last = end - t, end * BELOW_ONE
        k1 = derivative(y, t, p)
        z = came(each(second, y, h, k1), arrivals, 1 / 5)
        k2 = derivative(z, min(t + 1 / 5 * h, last), p)
        z = came(each(third, y, h, k1, k2), arrivals, 3 / 10)
        k3 = derivative(z, min(t + 3 / 10 * h, last), p)
        z = came(each(fourth, y, h, k1, k2, k3), arrivals, 4 / 5)
        k4 = derivative(z, min(t + 4 / 5 * h, last), p)
        z = came(each(fifth, y, h, k1, k2, k3, k4), arrivals, 8 / 9)
        k5 = derivative(z, min(t + 8 / 9 * h, last), p)
        nearly = each(sixth, y, h, k1, k2, k3, k4, k5)
        k6 = derivative(came(nearly, arrivals, 1.0), last, p)
        z = each(tip, y, h, k1, k3, k4, k5, k6)
        k7 = derivative(came(z, arrivals, 1.0), last, p)
        return nearly, z, k1, k3, k4, k5, k6, k7

    return stages


@kernel
def nothing_came(z: Any, arrivals: Any, share: float) -> Any:
    """Return `z`: a step between two arrivals."""
    return z


@kernel
def second(y: float, h: float, a: float) -> float:
    """Return where the second stage stands; below, the others. `a` is the first slope, ..."""
    return y + h * (1 / 5 * a)


@kernel
def third(y: float, h: float, a: float, b: float) -> float:
    return y + h * (3 / 40 * a + 9 / 40 * b)


@kernel
def fourth(y: float, h: float, a: float, b: float, c: float) -> float:
    return y + h * (44 / 45 * a - 56 / 15 * b + 32 / 9 * c)


@kernel
def fifth(y: float, h: float, a: float, b: float, c: float, d: float) -> float:
    slope = 19372 / 6561 * a - 25360 / 2187 * b
    slope += 64448 / 6561 * c - 212 / 729 * d
    return y + h * slope


@kernel
def sixth(y: float, h: float, a: float, b: float, c: float, d: float, e: float) -> float:
    slope = 9017 / 3168 * a - 355 / 33 * b + 46732 / 5247 * c
    slope += 49 / 176 * d - 5103 / 18656 * e
    return y + h * slope


@kernel
def tip(y: float, h: float, a: float, c: float, d: float, e: float, f: float) -> float:
    """Return a variable at the end of the step."""
    slope = 35 / 384 * a + 500 / 1113 * c + 125 / 192 * d
    slope += -2187 / 6784 * e + 11 / 84 * f
    return y + h * slope


@kernel
def miss(a: float, h: float, c: float, d: float, e: float, f: float, g: float) -> float:
    """Return by how much the method of order 4 differs."""
    slope = -71 / 57600 * a + 71 / 16695 * c - 71 / 1920 * d + 17253 / 339200 * e
    slope += -22 / 525 * f + 1 / 40 * g
    return h * slope


@kernel
def square(a: float, h: float, c: float, d: float, e: float, f: float, g: float) -> float:
    """Return the second coefficient of the polynomial; below, the third and the fourth."""
    slope = -8048581381 / 2820520608 * a + 131558114200 / 32700410799 * c
    slope += -1754552775 / 470086768 * d + 127303824393 / 49829197408 * e
    slope += -282668133 / 205662961 * f + 40617522 / 29380423 * g
    return h * slope


@kernel
def cube(a: float, h: float, c: float, d: float, e: float, f: float, g: float) -> float:
    slope = 8663915743 / 2820520608 * a - 68118460800 / 10900136933 * c
    slope += 14199869525 / 1410260304 * d - 318862633887 / 49829197408 * e
    slope += 2019193451 / 616988883 * f - 110615467 / 29380423 * g
    return h * slope


@kernel
def tesseract(a: float, h: float, c: float, d: float, e: float, f: float, g: float) -> float:
    slope = -12715105075 / 11282082432 * a + 87487479700 / 32700410799 * c
    slope += -10690763975 / 1880347072 * d + 701980252875 / 199316789632 * e
    slope += -1453857185 / 822651844 * f + 69997945 / 29380423 * g
    return h * slope


@kernel
def longest_stable(a: Any, b: Any, slope_a: Any, slope_b: Any, p: Any) -> float:
    """Return the longest step that damps the fastest mode, from two states of one time.

    Past 3.3 time constants a step is unstable, and error control holds the noise of that at the
    tolerance. At 2 the fastest mode is damped to a sixth, and a cell can come to rest.
    """
    apart = fold(difference, 0.0, a, a, b, p.atol, p.rtol)
    faster = fold(difference, 0.0, a, slope_a, slope_b, p.atol, p.rtol)
    # two states that differ by rounding say nothing
    return 2.0 * apart / faster if apart > 1e-6 and faster > 0.0 else inf


@kernel
def difference(largest: float, y: float, a: float, b: float, atol: float, rtol: float) -> float:
    """Return the larger of `largest` and a difference in units of the tolerance of `y`."""
    return max(largest, abs(a - b) / (atol + rtol * abs(y)))
