"""One trial step of the Rosenbrock method RODAS, order 4(3), stiffly accurate and L-stable.

Each step solves six linear systems with one matrix, built from a Jacobian by differences: about
n + 7 derivatives for n variables. The polynomial through the step is of degree 3.

Source: Hairer & Wanner (1996), Solving Ordinary Differential Equations II, section IV.7,
doi:10.1007/978-3-642-05221-7.
Verified against: its order of convergence, and a linear system whose rates differ by 1e6.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from eventsim.kernel import kernel, kernel_call
from eventsim.model import FloatArray
from eventsim.ode.explicit import BELOW_ONE
from eventsim.ode.tuples import put, share_of_tolerance, worse
from eventsim.room import square_room

Function = Callable[..., Any]

GAMMA = 0.25
NUDGE = 2.0**-26  # relative change of a variable for the differences: half the digits
NUDGE_TIME = 1e-6  # the same for time, as a share of the step


def rodas(derivative: Function, max_step: float) -> Function:
    """Return attempt(y, t, end, p) for one model, as `dormand_prince` does."""
    autonomous = max_step == inf

    @kernel
    def factorise(w: FloatArray, y: Any, f: Any, t: float, h: float, p: Any) -> None:
        n = len(y)
        for j in range(n):
            change = NUDGE * max(abs(y[j]), 1e-3)
            g = derivative(put(y, j, y[j] + change), t, p)
            for i in range(n):
                w[i, j] = -(g[i] - f[i]) / change
            w[j, j] += 1.0 / (GAMMA * h)
        decompose(w, n)

    @kernel_call
    def attempt(y: Any, t: float, end: float, p: Any) -> Any:
        h, last, n = end - t, end * BELOW_ONE, len(y)
        f = derivative(y, t, p)
        w = square_room(y)
        factorise(w, y, f, t, h, p)
        slope = y  # h df/dt, the derivative's own change with time
        for i in range(n):
            slope = put(slope, i, 0.0)
        if not autonomous:
            g = derivative(y, min(t + NUDGE_TIME * h, last), p)
            for i in range(n):
                slope = put(slope, i, (g[i] - f[i]) / NUDGE_TIME)
        r, z = y, y
        for i in range(n):
            r = put(r, i, f[i] + 0.25 * slope[i])
        u1 = solve(w, r)
        for i in range(n):
            z = put(z, i, y[i] + 1.544 * u1[i])
        f = derivative(z, min(t + 0.386 * h, last), p)
        for i in range(n):
            r = put(r, i, f[i] - 5.6688 * u1[i] / h - 0.1043 * slope[i])
        u2 = solve(w, r)
        for i in range(n):
            z = put(z, i, y[i] + 0.9466785280815826 * u1[i] + 0.2557011698983284 * u2[i])
        f = derivative(z, min(t + 0.21 * h, last), p)
        for i in range(n):
            c = -2.430093356833875 * u1[i] - 0.2063599157091915 * u2[i]
            r = put(r, i, f[i] + c / h + 0.1035 * slope[i])
        u3 = solve(w, r)
        for i in range(n):
            a = 3.314825187068521 * u1[i] + 2.896124015972201 * u2[i] + 0.9986419139977817 * u3[i]
            z = put(z, i, y[i] + a)
        f = derivative(z, min(t + 0.63 * h, last), p)
        for i in range(n):
            c = -0.1073529058151375 * u1[i] - 9.594562251023355 * u2[i] - 20.47028614809616 * u3[i]
            r = put(r, i, f[i] + c / h - 0.0362 * slope[i])
        u4 = solve(w, r)
        for i in range(n):
            a = 1.221224509226641 * u1[i] + 6.019134481288629 * u2[i]
            a += 12.53708332932087 * u3[i] - 0.687886036105895 * u4[i]
            z = put(z, i, y[i] + a)
        f = derivative(z, last, p)
        for i in range(n):
            c = 7.496443313967647 * u1[i] - 10.24680431464352 * u2[i]
            c += -33.99990352819905 * u3[i] + 11.7089089320616 * u4[i]
            r = put(r, i, f[i] + c / h)
        u5 = solve(w, r)
        for i in range(n):
            z = put(z, i, z[i] + u5[i])
        f = derivative(z, last, p)
        for i in range(n):
            c = 8.083246795921522 * u1[i] - 7.981132988064893 * u2[i] - 31.52159432874371 * u3[i]
            c += 16.31930543123136 * u4[i] - 6.058818238834054 * u5[i]
            r = put(r, i, f[i] + c / h)
        u6 = solve(w, r)
        return finish(y, z, u1, u2, u3, u4, u5, u6, p, derivative, t, last)

    return attempt


@kernel
def finish(
    y: Any, z: Any, u1: Any, u2: Any, u3: Any, u4: Any, u5: Any, u6: Any, p: Any,
    derivative: Function, t: float, last: float,
) -> Any:  # fmt: skip
    """Return what `attempt` does, from the increments of all stages."""
    error = 0.0
    c1, c2, c3, c4 = y, y, y, y
    for i in range(len(y)):
        after = z[i] + u6[i]
        error = worse(error, share_of_tolerance(u6[i], y[i], after, p.atol, p.rtol))
        d = 10.12623508344586 * u1[i] - 7.487995877610167 * u2[i] - 34.80091861555747 * u3[i]
        d += -7.992771707568823 * u4[i] + 1.025137723295662 * u5[i]
        e = -0.6762803392801253 * u1[i] + 6.087714651680015 * u2[i] + 16.43084320892478 * u3[i]
        e += 24.76722511418386 * u4[i] - 6.594389125716872 * u5[i]
        c1 = put(c1, i, after - y[i] + d)
        c2 = put(c2, i, e - d)
        c3 = put(c3, i, -e)
        c4 = put(c4, i, 0.0)
        z = put(z, i, after)
    return error, inf, c1, c2, c3, c4, derivative(y, t, p), derivative(z, last, p)


@kernel
def decompose(w: FloatArray, n: int) -> None:
    """Replace a matrix by its triangular factors, in place.

    Rows are not exchanged: 1/(gamma h) rules the diagonal of any step that can be accepted, and
    where it doesn't, the error is large and the step is refused. Values are read as floats, because
    plain Python would warn where numpy's overflow.
    """
    for k in range(n):
        pivot = float(w[k, k])
        for i in range(k + 1, n):
            share = float(w[i, k]) / pivot if pivot != 0.0 else inf
            w[i, k] = share
            for j in range(k + 1, n):
                w[i, j] = float(w[i, j]) - share * float(w[k, j])


@kernel_call
def solve(w: FloatArray, r: Any) -> Any:
    """Return x with w x = r, from the factors of w."""
    n = len(r)
    x = r
    for i in range(n):
        for j in range(i):
            x = put(x, i, x[i] - float(w[i, j]) * x[j])
    for k in range(n):
        i = n - 1 - k
        for j in range(i + 1, n):
            x = put(x, i, x[i] - float(w[i, j]) * x[j])
        pivot = float(w[i, i])
        x = put(x, i, x[i] / pivot if pivot != 0.0 else inf)
    return x
