"""Where the threshold first rises through zero on the polynomial of a step.

The step is cut into quarters. A quarter whose ends have different signs holds a crossing; one that
rises at its start and falls at its end holds a maximum, which is sought if it can reach zero. For a
threshold that is linear in the state the test that skips all this is exact: between five samples a
polynomial of degree 4 leaves their range by 0.61 of it at most (the Lebesgue constant is 2.208).
"""

from collections.abc import Callable
from typing import Any

from eventsim.kernel import kernel, kernel_call
from eventsim.ode.tuples import along, each
from eventsim.roots import sign_change, signs_differ

Function = Callable[..., Any]

QUARTERS = 4
OVERSHOOT = 0.7
NUDGE = 2.0**-10  # of the step, for the slope of a threshold that isn't linear
NEVER = -1.0  # instead of infinity: states must be finite


@kernel
def point(y: Any, c: Any, share: float) -> Any:
    """Return the state at a share of the step: `y` at its start, `c` its four coefficients."""
    c1, c2, c3, c4 = c
    return each(value, y, share, c1, c2, c3, c4)


@kernel
def value(y: float, share: float, c1: float, c2: float, c3: float, c4: float) -> float:
    """Return the polynomial of one variable."""
    return y + share * (c1 + share * (c2 + share * (c3 + share * c4)))


@kernel
def steepness(c1: float, share: float, c2: float, c3: float, c4: float) -> float:
    """Return its slope, per step."""
    return c1 + share * (2.0 * c2 + share * (3.0 * c3 + share * 4.0 * c4))


def stays_below_of(threshold: Function) -> Function:
    """Return stays_below(y, c, p) for one model: whether there is certainly no crossing."""

    @kernel
    def stays_below(y: Any, c: Any, p: Any) -> bool:
        a, b = threshold(y, p), threshold(point(y, c, 0.25), p)
        d, e = threshold(point(y, c, 0.5), p), threshold(point(y, c, 0.75), p)
        f = threshold(point(y, c, 1.0), p)
        low, high = min(min(a, b), min(d, min(e, f))), max(max(a, b), max(d, max(e, f)))
        return bool(high + OVERSHOOT * (high - low) < 0.0)

    return stays_below


def first_rise_of(threshold: Function) -> Function:
    """Return first_rise(y, c, begin, end, p) for one model: a time, or NEVER."""
    stays_below = stays_below_of(threshold)

    @kernel
    def gap(x: float, step: Any) -> Any:
        y, c, begin, end, p = step
        return threshold(point(y, c, (x - begin) / (end - begin)), p)

    @kernel
    def slope(x: float, step: Any) -> Any:
        y, c, begin, end, p = step
        share = (x - begin) / (end - begin)
        here = point(y, c, share)
        c1, c2, c3, c4 = c
        way = each(steepness, c1, share, c2, c3, c4)
        ahead, behind = each(along, here, NUDGE, way), each(along, here, -NUDGE, way)
        return (threshold(ahead, p) - threshold(behind, p)) / (2.0 * NUDGE)

    @kernel_call
    def rise_within(lo: float, hi: float, step: Any) -> float:
        """Return the first rise in one quarter, or NEVER."""
        left, right, wide = gap(lo, step), gap(hi, step), hi - lo
        if left >= 0.0:
            return NEVER
        if right >= 0.0:
            return sign_change(gap, lo, hi, wide, step)
        up, down = slope(lo, step), slope(hi, step)
        if not (up > 0.0 and down < 0.0):
            return NEVER
        # a maximum lies below both tangents; a slope is per step, four quarters
        if left + up / QUARTERS < 0.0 or right - down / QUARTERS < 0.0:
            return NEVER
        top = sign_change(slope, lo, hi, wide, step)
        if signs_differ(gap(top, step), left):
            return sign_change(gap, lo, top, wide, step)
        return NEVER

    @kernel_call
    def first_rise(y: Any, c: Any, begin: float, end: float, p: Any) -> float:
        if stays_below(y, c, p):
            return NEVER
        step, quarter = (y, c, begin, end, p), (end - begin) / QUARTERS
        lo = begin
        for k in range(1, QUARTERS + 1):
            hi = end if k == QUARTERS else begin + k * quarter
            crossing = rise_within(lo, hi, step)
            if crossing != NEVER:
                return crossing
            lo = hi
        return NEVER

    return first_rise
