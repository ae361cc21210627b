"""One trial step of the explicit Runge-Kutta pair of Dormand and Prince, order 5(4).

The polynomial through the step is of degree 4, its error of the same order as the estimate.

Source: Dormand & Prince (1980), J. Comput. Appl. Math. 6:19-26, doi:10.1016/0771-050X(80)90013-3;
the polynomial: Shampine (1986), Math. Comput. 46:135-150, doi:10.1090/S0025-5718-1986-0815836-3.
Verified against: its order of convergence, and scipy's RK45, which has the same tableau.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from eventsim.kernel import kernel, kernel_call
from eventsim.ode.tuples import put, share_of_tolerance, worse

Function = Callable[..., Any]

ORDER = 5.0
BELOW_ONE = 1.0 - 2.0**-52


def dormand_prince(derivative: Function, max_step: float) -> Function:
    """Return attempt(y, t, end, p) for one model.

    It returns the error in units of the tolerance (nan if the step diverged), the longest step that
    is stable, the coefficients c1..c4 of the polynomial in powers of the share of the step, and the
    derivative at both ends.
    """

    @kernel_call
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        # what begins at `end` (the end of refractoriness) belongs to the next step
        h, last, n = end - t, end * BELOW_ONE, len(y)
        k1 = derivative(y, t, p)
        z = y
        for i in range(n):
            z = put(z, i, y[i] + h * (1 / 5 * k1[i]))
        k2 = derivative(z, min(t + 1 / 5 * h, last), p)
        for i in range(n):
            z = put(z, i, y[i] + h * (3 / 40 * k1[i] + 9 / 40 * k2[i]))
        k3 = derivative(z, min(t + 3 / 10 * h, last), p)
        for i in range(n):
            z = put(z, i, y[i] + h * (44 / 45 * k1[i] - 56 / 15 * k2[i] + 32 / 9 * k3[i]))
        k4 = derivative(z, min(t + 4 / 5 * h, last), p)
        for i in range(n):
            slope = 19372 / 6561 * k1[i] - 25360 / 2187 * k2[i]
            slope += 64448 / 6561 * k3[i] - 212 / 729 * k4[i]
            z = put(z, i, y[i] + h * slope)
        k5 = derivative(z, min(t + 8 / 9 * h, last), p)
        for i in range(n):
            slope = 9017 / 3168 * k1[i] - 355 / 33 * k2[i] + 46732 / 5247 * k3[i]
            slope += 49 / 176 * k4[i] - 5103 / 18656 * k5[i]
            z = put(z, i, y[i] + h * slope)
        nearly = z
        k6 = derivative(z, last, p)
        for i in range(n):
            slope = 35 / 384 * k1[i] + 500 / 1113 * k3[i] + 125 / 192 * k4[i]
            slope += -2187 / 6784 * k5[i] + 11 / 84 * k6[i]
            z = put(z, i, y[i] + h * slope)
        k7 = derivative(z, last, p)
        stable = longest_stable(z, nearly, k7, k6, p)
        return finish(y, z, h, stable, k1, k3, k4, k5, k6, k7, p)

    return attempt


@kernel
def finish(
    y: Any, z: Any, h: float, stable: float, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any, k7: Any,
    p: Any,
) -> Any:  # fmt: skip
    """Return what `attempt` does, from the slopes of all stages (the second has no weight)."""
    error = 0.0
    c1, c2, c3, c4 = y, y, y, y
    for i in range(len(y)):
        a, c, d, e, f, g = k1[i], k3[i], k4[i], k5[i], k6[i], k7[i]
        miss = -71 / 57600 * a + 71 / 16695 * c - 71 / 1920 * d + 17253 / 339200 * e
        miss += -22 / 525 * f + 1 / 40 * g
        error = worse(error, share_of_tolerance(h * miss, y[i], z[i], p))
        square = -8048581381 / 2820520608 * a + 131558114200 / 32700410799 * c
        square += -1754552775 / 470086768 * d + 127303824393 / 49829197408 * e
        square += -282668133 / 205662961 * f + 40617522 / 29380423 * g
        cube = 8663915743 / 2820520608 * a - 68118460800 / 10900136933 * c
        cube += 14199869525 / 1410260304 * d - 318862633887 / 49829197408 * e
        cube += 2019193451 / 616988883 * f - 110615467 / 29380423 * g
        fourth = -12715105075 / 11282082432 * a + 87487479700 / 32700410799 * c
        fourth += -10690763975 / 1880347072 * d + 701980252875 / 199316789632 * e
        fourth += -1453857185 / 822651844 * f + 69997945 / 29380423 * g
        c1 = put(c1, i, h * a)
        c2 = put(c2, i, h * square)
        c3 = put(c3, i, h * cube)
        c4 = put(c4, i, h * fourth)
    return error, stable, c1, c2, c3, c4, k1, k7


@kernel
def longest_stable(a: Any, b: Any, slope_a: Any, slope_b: Any, p: Any) -> float:
    """Return the longest step that damps the fastest mode, from two states of one time.

    Past 3.3 time constants a step is unstable, and error control holds the noise of that at the
    tolerance. At 2 the fastest mode is damped to a sixth, and a cell can come to rest.
    """
    apart = faster = 0.0
    for i in range(len(a)):
        tolerance = p.atol + p.rtol * abs(a[i])
        apart = max(apart, abs(a[i] - b[i]) / tolerance)
        faster = max(faster, abs(slope_a[i] - slope_b[i]) / tolerance)
    # two states that differ by rounding say nothing
    return 2.0 * apart / faster if apart > 1e-6 and faster > 0.0 else inf
