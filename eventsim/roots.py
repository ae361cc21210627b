"""Where a function of one variable changes sign: the search behind threshold crossings.

Source: Chandrupatla (1997), Adv. Eng. Softw. 28:145-149, doi:10.1016/S0965-9978(96)00051-8.
Verified against: functions with known roots, bisection on random exponential courses.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from eventsim.kernel import kernel, kernel_call

EPSILON = 2.0**-52


@kernel
def signs_differ(a: float, b: float) -> bool:
    """Tell whether exactly one of two values is below zero."""
    return (a < 0.0) != (b < 0.0)


@kernel_call
def sign_change(
    f: Callable[[float, Any], float], lo: float, hi: float, scale: float, args: Any
) -> float:
    """Return where `f(x, args)`, monotone on [lo, hi], changes sign.

    Parameters
    ----------
    f : (x, args) -> float
        A function under `kernel` or `kernel_call`.
    lo, hi : float
        A bracket, finite: `signs_differ(f(lo, args), f(hi, args))`.
    scale : float
        The distance over which `f` bends, > 0: the first step from `lo`, and the unit of the
        absolute tolerance.
    args : tuple
        Handed on to `f`.

    Returns
    -------
    float
        A root, or else the end of the last bracket on the side of `hi`; that bracket is no wider
        than 2**-52 (|x| + scale).

    Notes
    -----
    Doubling steps from `lo` come first, because a decaying exponential is flat over most of a wide
    bracket. Then inverse quadratic interpolation where it is safe, bisection elsewhere: about ten
    evaluations for smooth functions.
    """
    f_lo = f(lo, args)
    x, f_x, step = lo, f_lo, scale
    while not signs_differ(f_lo, f_x):
        if x >= hi:
            return hi
        lo, f_lo = x, f_x
        x = min(lo + step, hi)
        f_x = f(x, args)
        step *= 2.0
    return narrowed(f, lo, f_lo, x, f_x, scale, args)


@kernel_call
def narrowed(
    f: Callable[[float, Any], float],
    lo: float,
    f_lo: float,
    hi: float,
    f_hi: float,
    scale: float,
    args: Any,
) -> float:
    """Return what `sign_change` does where values at both ends are known and differ in sign.

    The first point is the middle: whoever guesses where the root is gives a bracket around it.
    """
    # a is the newest point, b the nearest one across the root, c the one that a or b replaced
    a, f_a, b, f_b = lo, f_lo, hi, f_hi
    share = 0.5
    while f_a != 0.0:
        nearest = a if abs(f_a) < abs(f_b) else b
        least = 0.5 * EPSILON * (abs(nearest) + scale) / abs(b - a)
        if least > 0.5:
            break
        x = a + min(max(share, least), 1.0 - least) * (b - a)
        f_x = f(x, args)
        if signs_differ(f_x, f_a):
            c, f_c = b, f_b
            b, f_b = a, f_a
        else:
            c, f_c = a, f_a
        a, f_a = x, f_x
        xi = (a - b) / (c - b)
        phi = (f_a - f_b) / (f_c - f_b)
        share = 0.5
        if phi * phi < xi and (1.0 - phi) * (1.0 - phi) < 1.0 - xi:
            share = f_a / (f_b - f_a) * (f_c / (f_b - f_c))
            share += (c - a) / (b - a) * (f_a / (f_c - f_a)) * (f_b / (f_c - f_b))
    return a if f_a == 0.0 or signs_differ(f_a, f_lo) else b


@kernel_call
def first_rise(
    f: Callable[[float, Any], float], lo: float, hi: float, scale: float, course: Any, slope: Any
) -> float:
    """Return when `f(x, course)` first reaches zero in [lo, hi], or infinity.

    `f(x, slope)` is its derivative, and changes sign at most once in there. Steps twice as long as
    a straight line leads come first: mostly a crossing is near, and then in the middle of one.
    """
    here, pace = f(lo, course), f(lo, slope)
    if here >= 0.0:
        return lo
    while pace > 0.0 and lo < hi:
        least = EPSILON * (abs(lo) + scale)
        ahead = min(hi, lo + max(least, -2.0 * here / pace))
        there = f(ahead, course)
        if there >= 0.0:
            return narrowed(f, lo, here, ahead, there, scale, course)
        later = f(ahead, slope)
        if later < 0.0:
            top = narrowed(f, lo, pace, ahead, later, scale, slope)
            return sign_change(f, lo, top, scale, course) if f(top, course) >= 0.0 else inf
        lo, here, pace = ahead, there, later
    # strictly: a level that equals zero is never reached
    return sign_change(f, lo, hi, scale, course) if f(hi, course) > 0.0 else inf
