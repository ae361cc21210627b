"""One accepted step of an integrated neuron, kept in its state until something happens.

A planned state holds the variables at the time at which it is valid, and the plan: the interval
[begin, end], the variables as polynomials over it, the time of the threshold crossing inside it,
and the lengths that the error allows the next step and the next brief one. Passing time evaluates
the polynomials, so it is a semigroup whatever the order of the method, and arrivals are exact
events between two plans.
"""

from collections import namedtuple
from collections.abc import Callable
from math import inf, nan
from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import Quick
from eventsim.ode import brief, explicit, stiff
from eventsim.ode.crossing import NEVER, first_rise_of, point
from eventsim.ode.lengths import (
    FIRST_STEP,
    LONGEST,
    RESOLUTION,
    brief_hint,
    factor,
    fifth_root,
    first_length,
    fourth_root,
    may_rest,
    next_brief,
    next_length,
    repose,
    resolution,
    rests,
    worth_a_brief_step,
)
from eventsim.ode.quick import quick_steps
from eventsim.ode.tuples import LARGEST, each, fold, nothing, product, worse

Function = Callable[..., Any]

STEEP = 1e-4  # of the gap to the threshold: an upstroke that time can't resolve
PLAN = ("begin", "end", "crossing", "length", "brief")
METHODS = {
    "explicit": (explicit.dormand_prince, fifth_root),
    "stiff": (stiff.rodas, fourth_root),
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

    @property
    def has_brief(self) -> bool:
        """Whether a brief step may take the place of the method's own."""
        return self.max_step == inf and self.method == "explicit"


class Planner(NamedTuple):
    """What the library makes of it."""

    state: Any  # NamedTuple class: the variables, then the plan
    variables: Function  # (planned) -> state
    replaced: Function  # (planned, state) -> planned, the plan unchanged
    restarted: Function  # (planned, state) -> planned, the next step as careful as the first
    plan: Function
    quick: Quick | None
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

    @kernel
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

    @kernel
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

    brief_step, whole_step = _brief_step(equation), _whole_step(equation)
    plan = _plan(equation, variables, pack, at, brief_step, whole_step)
    quick = (
        quick_steps(variables, pack, equation.threshold, brief_step, whole_step)
        if equation.has_brief
        else None
    )
    return Planner(planned, variables, replaced, restarted, plan, quick, between, next_fire, spikes)


def _block(make: Any, begin: int) -> Function:
    """Return block(s): the state that a planned one holds from field `begin` on."""
    end = begin + len(make._fields)

    @kernel
    def block(s: Any) -> Any:
        return make(*s[begin:end])

    return block


def _brief_step(equation: Equation) -> Function:
    """Return brief_step(s, y, t, p): error, end, length of the next one, coefficients."""
    attempt = (brief.classical if equation.has_brief else brief.none)(equation.derivative)
    next_break = equation.next_break

    @kernel
    def brief_step(s: Any, y: Any, t: float, p: Any) -> Any:
        cut = min(next_break(y, t, p), t + LONGEST)
        end = min(t + s.brief, cut)
        error, c = attempt(y, t, end, p)
        most = (end - t) * factor(fourth_root(error))
        most = max(most, s.brief) if (end == cut) & (error <= 1.0) else most
        return error, end, most, c

    return brief_step


def _whole_step(equation: Equation) -> Function:
    """Return whole_step(s, y, t, length, p) for one trial step of that length.

    It returns its error, its end, the length that the next one may have, the coefficients, until
    when the state may be held still instead, and the slope at its beginning.
    """
    make_attempt, root = METHODS[equation.method]
    attempt = make_attempt(equation.derivative, equation.max_step)
    next_break, max_step = equation.next_break, equation.max_step
    autonomous = max_step == inf

    @kernel
    def whole_step(s: Any, y: Any, t: float, length: float, p: Any) -> Any:
        cut = min(next_break(y, t, p), t + LONGEST)
        end = min(t + min(length, max_step), cut)
        error, stable, c1, c2, c3, c4, f0, f1 = attempt(y, t, end, p)
        following = next_length(end - t, length, error, root(error), stable, end == cut)
        still = autonomous & may_rest(s, t)
        rest = min(t + repose(y, f0, f1, end - t, p), cut) if still else t
        return error, end, following, (c1, c2, c3, c4), rest, f0

    return whole_step


def _plan(
    equation: Equation, variables: Function, pack: Function, at: Function, brief_step: Function,
    whole_step: Function,
) -> Function:  # fmt: skip
    """Return plan(s, t, p)."""
    first_rise, threshold = first_rise_of(equation.threshold), equation.threshold
    resets, has_brief = equation.resets, equation.has_brief

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
        end, still = t + resolution(t), each(nothing, y)
        c, lost = each(product, f, end - t), each(replaced_by, y, nan)
        tip = point(y, (c, still, still, still), 1.0)
        gap, rise = threshold(y, p), threshold(tip, p) - threshold(y, p)
        if gap < 0.0 and rise > STEEP * -gap and fold(larger, 0.0, tip) < LARGEST:
            crossing = end if gap + rise >= 0.0 else NEVER
            return pack(y, t, end, crossing, FIRST_STEP, 0.0, (c, still, still, still))
        # the engines refuse a state with a nan; the variables stay, to be shown
        return pack(y, t, LONGEST, NEVER, FIRST_STEP, 0.0, (lost, still, still, still))

    @kernel_call
    def plan(s: Any, t: float, p: Any) -> Any:
        y, shortest, still = variables(s), resolution(t), each(nothing, variables(s))
        if at_once(s, y, t, p):
            return pack(y, t, t + shortest, t, s.length, 0.0, (still, still, still, still))
        hint = brief_hint(s)
        if has_brief and worth_a_brief_step(s, t):
            error, end, hint, c = brief_step(s, y, t, p)
            if error <= 1.0:
                return pack(y, t, end, first_rise(y, c, t, end, p), s.length, hint, c)
        length = first_length(s, t)
        while True:
            error, end, following, c, rest, f0 = whole_step(s, y, t, length, p)
            if error <= 1.0:
                break
            length = following
            if length < shortest:
                return last_resort(y, t, f0, p)
        if rests(rest, t, end):
            return pack(y, t, rest, NEVER, following, 0.0, (still, still, still, still))
        most = next_brief(following, hint)
        return pack(y, t, end, first_rise(y, c, t, end, p), following, most, c)

    return plan


@kernel
def snapped(x: float, crossing: float, end: float) -> float:
    """Return the planned time that `x` means: t + (x - t) may miss it by a rounding."""
    near = RESOLUTION * end
    if abs(x - crossing) <= near:
        return crossing
    return end if abs(x - end) <= near else x


@kernel
def replaced_by(x: float, y: float) -> float:
    """Return y, whatever x."""
    return y


@kernel
def larger(size: float, x: float) -> float:
    """Return the larger of two sizes; once nan, always nan."""
    return worse(size, abs(x))
