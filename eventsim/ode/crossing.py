"""Where the threshold first rises through zero on the polynomial of a step.

The step is cut into quarters. A quarter whose ends have different signs holds a crossing; one that
rises at its start and falls at its end holds a maximum, which is sought if it can reach zero. For a
threshold that is linear in the state the test that skips all this is exact: between five samples a
polynomial of degree 4 leaves their range by 0.61 of it at most (the Lebesgue constant is 2.208).
"""

from collections.abc import Callable
from typing import Any

from eventsim.kernel import kernel, kernel_call
from eventsim.ode.tuples import put
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
    for i in range(len(y)):
        y = put(y, i, y[i] + share * (c1[i] + share * (c2[i] + share * (c3[i] + share * c4[i]))))
    return y


def first_rise_of(threshold: Function) -> Function:
    """Return first_rise(y, c, begin, end, p) for one model: a time, or NEVER."""

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
        ahead, behind = here, here
        for i in range(len(y)):
            way = c1[i] + share * (2.0 * c2[i] + share * (3.0 * c3[i] + share * 4.0 * c4[i]))
            ahead = put(ahead, i, here[i] + NUDGE * way)
            behind = put(behind, i, here[i] - NUDGE * way)
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
        step = (y, c, begin, end, p)
        quarter = (end - begin) / QUARTERS
        low = high = gap(begin, step)
        for k in range(1, QUARTERS + 1):
            g = gap(end if k == QUARTERS else begin + k * quarter, step)
            low, high = min(low, g), max(high, g)
        if high + OVERSHOOT * (high - low) < 0.0:
            return NEVER
        lo = begin
        for k in range(1, QUARTERS + 1):
            hi = end if k == QUARTERS else begin + k * quarter
            crossing = rise_within(lo, hi, step)
            if crossing != NEVER:
                return crossing
            lo = hi
        return NEVER

    return first_rise
