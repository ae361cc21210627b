"""How long a step may be, how long the next one, and when a state may simply be held still."""

from math import inf, sqrt
from typing import Any

from eventsim.kernel import kernel
from eventsim.ode.exponential import safe_exp
from eventsim.ode.tuples import fold
from eventsim.random import unit_log

FIRST_STEP = 0.1  # ms, tried at t = 0; the error estimate corrects it at once
LONGEST = 1e9  # ms; a state must be finite, so that no step is infinite
RESOLUTION = 2.0**-50  # shortest step, relative to the time: four units in the last place
SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
WORTH = 1000.0  # steps that a state must be held still for; or else the step itself leads on
RESTED = 0.01  # of the tolerance: what may be left of the way to a fixed point
SPARE = 1.5  # times the stretch before, how long a brief step must be able to last
HOPE = 1.1  # by how much a brief step that was not tried is thought to have become longer
BRIEF_SHARE = 0.5  # of the length of the other method's steps, at most


@kernel
def resolution(t: float) -> float:
    """Return the shortest step at `t`, in ms."""
    return RESOLUTION * (t + 1.0)


@kernel
def worth_a_brief_step(s: Any, t: float) -> bool:
    """Tell whether an arrival cut the last step short, and is likely to do so again."""
    return bool((t < s.end) & (s.brief >= max(SPARE * (t - s.begin), resolution(t))))


@kernel
def fourth_root(error: float) -> float:
    """Return the root that tells how long a step of order 4 may be."""
    return sqrt(sqrt(error))


@kernel
def fifth_root(error: float) -> float:
    """Return the same for order 5, in a form that compilers vectorise."""
    return safe_exp(0.2 * unit_log(error))


@kernel
def factor(root: float) -> float:
    """Return by how much the next step may be longer.

    `root` is the one of the error, in units of the tolerance, whose number is the method's order.
    """
    if not root < inf:
        return SHRINK
    if root == 0.0:
        return GROW
    return min(max(SAFETY / root, SHRINK), GROW)


@kernel
def first_length(s: Any, t: float) -> float:
    """Return the length that is tried first."""
    return float(max(s.length, resolution(t)))


@kernel
def next_length(
    h: float, length: float, error: float, root: float, stable: float, cut: bool
) -> float:
    """Return the length to try next, after a step of length `h` where `length` was asked for."""
    other = h * factor(root)
    if not error <= 1.0:
        return other
    grown = min(other, max(stable, SHRINK * h))
    return max(grown, length) if cut else grown


@kernel
def brief_hint(s: Any) -> float:
    """Return how long a brief step is thought to be possible if none was tried."""
    return float(HOPE * s.brief)


@kernel
def next_brief(length: float, hint: float) -> float:
    """Return that of the next brief one; `hint` is what was known before, 0 if nothing."""
    return BRIEF_SHARE * length if hint == 0.0 else min(hint, BRIEF_SHARE * length)


@kernel
def may_rest(s: Any, t: float) -> bool:
    """Tell whether a state may be held still: after a rest comes a step, which leads nearer to the
    fixed point, and to a longer rest."""
    return bool((t < s.end) | (s.end - s.begin <= 2.0 * GROW * s.length))


@kernel
def rests(rest: float, t: float, end: float) -> bool:
    """Tell whether to hold the state until `rest` instead of taking a step from `t` to `end`."""
    return rest > t + WORTH * (end - t)


@kernel
def repose(y: Any, f0: Any, f1: Any, h: float, p: Any) -> float:
    """Return for how long a state may be held still: silence must not cost a step every tau.

    `f0` and `f1` are the derivatives at the ends of a step of length `h`.
    """
    return fold(stillness, LONGEST, y, f0, f1, h, p.atol, p.rtol)


@kernel
def stillness(
    longest: float, y: float, f0: float, f1: float, h: float, atol: float, rtol: float
) -> float:
    """Return the shorter of `longest` and the time for which one variable may be held.

    A variable whose slope shrinks by a tenth or more over the step has at most 10 h |f0| left to
    go; any other may be held until it would have moved too far, one whose slope grows only until
    that would have doubled.
    """
    tolerance = RESTED * (atol + rtol * abs(y))
    before, after = abs(f0), abs(f1)
    if after == before == 0.0:
        return longest
    if after > 0.9 * before or 10.0 * h * before > tolerance:
        longest = min(longest, tolerance / max(before, after))
    # a slope too small to matter may grow: it is noise
    if after > before and after * LONGEST > tolerance:
        longest = min(longest, h * before / (after - before))
    return longest
