"""One accepted step of an integrated neuron, kept in its state until something happens.

A planned state holds the variables at the time at which it is valid, and the plan: the interval
[begin, end], the variables as polynomials over it, the time of the threshold crossing inside it,
and the lengths that the error allows the next step and the next brief one. Passing time evaluates
the polynomials, so it is a semigroup whatever the order of the method, and arrivals are exact
events between two plans.
"""

from collections import namedtuple
from collections.abc import Callable
from math import exp, inf, log, nan
from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.ode import brief, explicit, stiff
from eventsim.ode.crossing import NEVER, first_rise_of, point
from eventsim.ode.tuples import LARGEST, put

Function = Callable[..., Any]

FIRST_STEP = 0.1  # ms, tried at t = 0; the error estimate corrects it at once
LONGEST = 1e9  # ms; a state must be finite, so that no step is infinite
RESOLUTION = 2.0**-50  # shortest step, relative to the time: four units in the last place
SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
STEEP = 1e-4  # of the gap to the threshold: an upstroke that time can't resolve
WORTH = 1000.0  # steps that a state must be held still for; or else the step itself leads on
RESTED = 0.01  # of the tolerance: what may be left of the way to a fixed point
SPARE = 1.5  # times the stretch before, how long a brief step must be able to last
BRIEF_SHARE = 0.5  # of the length of the other method's steps, at most
HOPE = 1.1  # by how much a brief step that was not tried is thought to have become longer
PLAN = ("begin", "end", "crossing", "length", "brief")
METHODS = {
    "explicit": (explicit.dormand_prince, explicit.ORDER),
    "stiff": (stiff.rodas, stiff.ORDER),
}


class Equation(NamedTuple):
    """What an author gives."""

    state: Any  # NamedTuple class of the variables
    derivative: Function
    threshold: Function
    next_break: Function
    resets: bool  # if not, only a rise through zero is a spike
    method: str
    max_step: float  # ms; infinite if the derivative doesn't depend on the time


class Planner(NamedTuple):
    """What the library makes of it."""

    state: Any  # NamedTuple class: the variables, then the plan
    variables: Function  # (planned) -> state
    replaced: Function  # (planned, state) -> planned, the plan unchanged
    restarted: Function  # (planned, state) -> planned, the next step as careful as the first
    plan: Function
    between: Function
    next_fire: Function
    spikes: Function


def planner(equation: Equation) -> Planner:
    """Return the planned state and its functions for one equation."""
    make, n = equation.state, len(equation.state._fields)
    m, lengths = n + len(PLAN), n + 3  # the first fields after the plan, and of its lengths
    coefficients = [f"{name}_{k}" for k in range(5) for name in make._fields]
    planned = namedtuple("Planned", [*make._fields, *PLAN, *coefficients])  # type: ignore[misc]
    variables = _block(make, 0)
    start, first, second, third, fourth = (_block(make, m + k * n) for k in range(5))

    @kernel
    def replaced(s: Any, y: Any) -> Any:
        return planned(*(y[:] + s[n:]))

    @kernel
    def restarted(s: Any, y: Any) -> Any:
        # the last step of an upstroke may have been 1e-13 ms long
        return planned(*(y[:] + s[n:lengths] + (FIRST_STEP, 0.0) + s[m:]))

    @kernel_call
    def pack(
        y: Any, begin: float, end: float, crossing: float, length: float, brief: float, c: Any
    ) -> Any:
        plan = (begin, end, crossing, length, brief)
        return planned(*(y[:] + plan + y[:] + c[0][:] + c[1][:] + c[2][:] + c[3][:]))

    @kernel
    def at(s: Any, x: float) -> Any:
        """Return the variables at time `x` of the plan."""
        c = (first(s), second(s), third(s), fourth(s))
        share = min((x - s.begin) / (s.end - s.begin), 1.0)
        return point(start(s), c, share)

    @kernel_call
    def between(s: Any, t: float, dt: float, p: Any) -> Any:
        if s.end <= s.begin:  # not planned yet
            return s
        return replaced(s, at(s, snapped(t + dt, s.crossing, s.end)))

    @kernel
    def next_fire(s: Any, t: float, p: Any) -> Any:
        return s.crossing if s.crossing >= 0.0 else s.end

    @kernel
    def spikes(s: Any, t: float, p: Any) -> Any:
        return t == s.crossing

    plan = _plan(equation, variables, pack, at)
    return Planner(planned, variables, replaced, restarted, plan, between, next_fire, spikes)


def _block(make: Any, begin: int) -> Function:
    """Return block(s): the state that a planned one holds from field `begin` on."""
    end = begin + len(make._fields)

    @kernel
    def block(s: Any) -> Any:
        return make(*s[begin:end])

    return block


def _plan(equation: Equation, variables: Function, pack: Function, at: Function) -> Function:
    """Return plan(s, t, p)."""
    make_attempt, order = METHODS[equation.method]
    attempt = make_attempt(equation.derivative, equation.max_step)
    first_rise = first_rise_of(equation.threshold)
    threshold, next_break = equation.threshold, equation.next_break
    resets, max_step = equation.resets, equation.max_step
    autonomous = max_step == inf
    has_brief = autonomous and equation.method == "explicit"
    attempt_brief = (brief.classical if has_brief else brief.none)(equation.derivative)

    @kernel
    def at_once(s: Any, y: Any, t: float, p: Any) -> bool:
        """Tell whether the threshold is reached at the very start of the plan."""
        if not threshold(y, p) >= 0.0:
            return False
        return resets or (s.end > s.begin and threshold(at(s, t), p) < 0.0)

    @kernel_call
    def last_resort(y: Any, t: float, f: Any, p: Any) -> Any:
        """Take the shortest step that time can resolve, if it leads on to a spike; or give up.

        An upstroke may be so steep that no two times resolve it. A step may then be straight if a
        few thousand of them would reach the threshold; anything else can't be integrated.
        """
        end, still = t + resolution(t), zeros(y)
        c, lost = still, still
        for i in range(len(y)):
            c = put(c, i, (end - t) * f[i])
            lost = put(lost, i, nan)
        tip = point(y, (c, still, still, still), 1.0)
        gap, rise = threshold(y, p), threshold(tip, p) - threshold(y, p)
        if gap < 0.0 and rise > STEEP * -gap and bounded(tip):
            crossing = end if gap + rise >= 0.0 else NEVER
            return pack(y, t, end, crossing, FIRST_STEP, 0.0, (c, still, still, still))
        # the engines refuse a state with a nan; the variables stay, to be shown
        return pack(y, t, LONGEST, NEVER, FIRST_STEP, 0.0, (lost, still, still, still))

    @kernel_call
    def plan(s: Any, t: float, p: Any) -> Any:
        y, shortest, still = variables(s), resolution(t), zeros(variables(s))
        if at_once(s, y, t, p):
            return pack(y, t, t + shortest, t, s.length, 0.0, (still, still, still, still))
        cut = min(next_break(y, t, p), t + LONGEST)
        most = HOPE * s.brief
        # an arrival cut the last step short, and is likely to do so again
        if has_brief and t < s.end and s.brief >= max(SPARE * (t - s.begin), shortest):
            end = min(t + s.brief, cut)
            error, c = attempt_brief(y, t, end, p)
            most = (end - t) * factor(error, brief.ORDER)
            if error <= 1.0:
                most = max(most, s.brief) if end == cut else most
                return pack(y, t, end, first_rise(y, c, t, end, p), s.length, most, c)
        length = min(max(s.length, shortest), max_step)
        end = min(t + length, cut)
        error, stable, c1, c2, c3, c4, f0, f1 = attempt(y, t, end, p)
        while not error <= 1.0:
            length = min(length, end - t) * factor(error, order)
            if length < shortest:
                return last_resort(y, t, f0, p)
            end = t + length
            error, stable, c1, c2, c3, c4, f0, f1 = attempt(y, t, end, p)
        grown = (end - t) * factor(error, order)
        grown = min(grown, max(stable, SHRINK * (end - t)))
        length = max(grown, length) if end == cut else grown
        # after a rest comes a step: it leads nearer to the fixed point, and to a longer rest
        rested = t >= s.end and s.end - s.begin > 2.0 * GROW * s.length
        if autonomous and not rested:
            rest = min(t + repose(y, f0, f1, end - t, p), cut)
            if rest > t + WORTH * (end - t):
                return pack(y, t, rest, NEVER, length, 0.0, (still, still, still, still))
        most = BRIEF_SHARE * length if most == 0.0 else min(most, BRIEF_SHARE * length)
        c = (c1, c2, c3, c4)
        return pack(y, t, end, first_rise(y, c, t, end, p), length, most, c)

    return plan


@kernel
def resolution(t: float) -> float:
    """Return the shortest step at `t`, in ms."""
    return RESOLUTION * (t + 1.0)


@kernel
def snapped(x: float, crossing: float, end: float) -> float:
    """Return the planned time that `x` means: t + (x - t) may miss it by a rounding."""
    near = RESOLUTION * end
    if abs(x - crossing) <= near:
        return crossing
    return end if abs(x - end) <= near else x


@kernel
def factor(error: float, order: float) -> float:
    """Return by how much the next step may be longer, for an error in units of the tolerance."""
    if not error < inf:
        return SHRINK
    if error == 0.0:
        return GROW
    return min(max(SAFETY * exp(-log(error) / order), SHRINK), GROW)


@kernel
def zeros(y: Any) -> Any:
    """Return a state of zeros."""
    for i in range(len(y)):
        y = put(y, i, 0.0)
    return y


@kernel
def bounded(y: Any) -> bool:
    """Tell whether no variable has diverged."""
    for i in range(len(y)):  # noqa: SIM110 - a generator doesn't compile
        if not abs(y[i]) < LARGEST:
            return False
    return True


@kernel
def repose(y: Any, f0: Any, f1: Any, h: float, p: Any) -> float:
    """Return for how long a state may be held still: silence must not cost a step every tau.

    `f0` and `f1` are the derivatives at the ends of a step of length `h`. A variable whose slope
    shrinks by a tenth or more over the step has at most 10 h |f0| left to go; any other may be held
    until it would have moved too far, one whose slope grows only until that would have doubled.
    """
    longest = LONGEST
    for i in range(len(y)):
        tolerance = RESTED * (p.atol + p.rtol * abs(y[i]))
        before, after = abs(f0[i]), abs(f1[i])
        if after == before == 0.0:
            continue
        if after > 0.9 * before or 10.0 * h * before > tolerance:
            longest = min(longest, tolerance / max(before, after))
        # a slope too small to matter may grow: it is noise
        if after > before and after * LONGEST > tolerance:
            longest = min(longest, h * before / (after - before))
    return longest
