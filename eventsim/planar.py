"""Linear flow of two variables in closed form, oscillating or not, and its first rise to zero.

Every linear combination of two variables that obey x' = M x (+ a constant) takes the course

    level + exp(mean t) (even C(t) + odd S(t)),   C = cosh(d t), S = sinh(d t) / d,   d^2 = spread

with mean = trace(M) / 2 and spread = mean^2 - det(M); for spread < 0 these are a cosine and a sine.

Source: Moler & Van Loan (2003), SIAM Rev. 45:3-49, doi:10.1137/S00361445024180 (the exponential of
a 2 x 2 matrix).
Verified against: scipy's matrix exponential, and a fine scan for the first rise.
"""

from math import atan2, atanh, cos, exp, expm1, inf, pi, sin, sqrt
from typing import NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.roots import sign_change, signs_differ

FADED = 600.0  # time constants after which a course is at its level: exp(-600) = 1e-261


class Course(NamedTuple):
    """A combination of two variables as a function of time."""

    level: float
    even: float
    odd: float  # per ms
    mean: float  # per ms, below zero
    spread: float  # per ms^2; below zero for an oscillation


@kernel
def modes(t: float, mean: float, spread: float) -> tuple[float, float]:
    """Return exp(mean t) C(t) and exp(mean t) S(t)."""
    if spread < 0.0:
        nu, fade = sqrt(-spread), exp(mean * t)
        return fade * cos(nu * t), fade * sin(nu * t) / nu
    # the slower mode stands in front, so that nothing overflows
    d = sqrt(spread)
    slow, gone = exp((mean + d) * t), -expm1(-2.0 * d * t)
    return slow * (1.0 - 0.5 * gone), slow * (gone / (2.0 * d) if d > 0.0 else t)


@kernel_call
def height(t: float, c: Course) -> float:
    """Return the value of a course at `t`."""
    even, odd = modes(t, c.mean, c.spread)
    return c.level + c.even * even + c.odd * odd


@kernel
def slope(c: Course) -> Course:
    """Return the derivative of a course, a course itself."""
    even, odd = c.mean * c.even + c.odd, c.mean * c.odd + c.spread * c.even
    return Course(0.0, even, odd, c.mean, c.spread)


@kernel
def first_turn(c: Course) -> float:
    """Return the first time above 0 at which a course turns, or infinity."""
    s = slope(c)
    if c.spread < 0.0:
        nu = sqrt(-c.spread)
        # even cos x + odd / nu sin x is zero a quarter turn after its phase, and every half turn
        x = (atan2(s.odd / nu, s.even) + 0.5 * pi) % pi
        return (x if x > 1e-12 else pi) / nu
    d = sqrt(c.spread)
    if s.odd == 0.0:
        return inf
    share = -s.even / s.odd
    if d > 0.0:
        share = atanh(share * d) / d if abs(share * d) < 1.0 else inf
    return share if share > 0.0 else inf


@kernel_call
def first_rise(c: Course) -> float:
    """Return when a course first reaches zero from below, or infinity; 0 if it is there already."""
    if c.level + c.even >= 0.0:
        return 0.0
    d = sqrt(max(c.spread, 0.0))
    end, turn = FADED / -(c.mean + d), first_turn(c)
    half = pi / sqrt(-c.spread) if c.spread < 0.0 else inf
    reach = abs(c.even) + (abs(c.odd) / sqrt(-c.spread) if c.spread < 0.0 else 0.0)
    scale = min(0.25 * half, 1.0 / -(c.mean - d))
    lo = 0.0
    while turn < end:
        if c.spread < 0.0 and c.level + reach * exp(c.mean * lo) < 0.0:
            return inf
        if signs_differ(height(turn, c), height(lo, c)):
            return sign_change(height, lo, turn, scale, c)
        lo = turn
        turn += half
    return sign_change(height, lo, end, scale, c) if c.level > 0.0 else inf
