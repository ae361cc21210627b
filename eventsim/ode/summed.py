"""One step over all arrivals of a window, of which no more is known than their first moments.

A neuron with thousands of arrivals a second would take as many steps. But where each of them only
adds its weight to a variable, what they do together, sum(w_i H(t - t_i)), may be replaced by the
cubic with the same moments: a smooth response can't tell the two apart, up to a term of the third
order in the step. The step is that of Dormand and Prince, for what is left of the state when the
cubic is taken away, so that the method sees nothing of how rough the arrivals are.

A variable that does nothing else than decay is known from sums of its own, and is exact.

Three more derivatives say how wrong that might be. How rough the arrivals are is taken from their
moments; q1 and q2 are what a jump of that size does to the variables in the first and in the second
order of h, from which the next one is judged; and both sides of it show what the curvature of the
slope does. All that, with the step's own error, is held to the tolerance; where it can't be, and
where the threshold is not far, arrivals are stepped through in order.

Verified against: steps from arrival to arrival, at a tolerance of 1e-12, and the order in which the
error goes down with the window.
"""

from collections.abc import Callable, Mapping
from math import exp, inf, isclose
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.ode.explicit import miss, stages_of
from eventsim.ode.tuples import along, each, fold, nothing, put, worse_by
from eventsim.suggest import unknown
from eventsim.summable import Mode, Summable

Function = Callable[..., Any]

# of |q3|: what the next polynomial, 7 times as large as `roughness`, makes of (t1 - t)^3 / 6
THIRD = 7.0 / 840.0
# of what curvature makes of `roughness`: half the mean square of what is between the staircase and
# the cubic is less than this, whatever two arrivals or more are drawn, in 99 of 100 cases
SQUARE = 0.1
# times what a step from one arrival to the next may make: errors add up, and here are fewer steps
ALLOWED = 3.0
TINY = 1e-300

MOMENTS: tuple[Mode, ...] = ((None, 0), (None, 1), (None, 2))


class Adds(NamedTuple):
    """What an arrival at a port does, while no break of the derivative lies ahead.

    Its weight is added to one variable. If that decays with a time constant and does nothing else,
    `tau` names it. `signed` is False if that holds for weights of zero or more alone.
    """

    variable: str
    tau: str | None = None
    signed: bool = True


def check(
    where: str, adds: Mapping[str, Adds], on_input: Mapping[str, Function], derivative: Function,
    y: Any, p: Any,
) -> None:  # fmt: skip
    """See whether the functions do what `adds` says, from the state `y` at t = 0.

    Raises
    ------
    ValueError
        If they don't, there is no such port, variable or time constant, or two ports share one.
    """
    variables = [a.variable for a in adds.values()]
    if len(set(variables)) < len(variables):
        raise ValueError(f"{where}: adds: two ports add to one variable: {', '.join(variables)}")
    for port, a in adds.items():
        if port not in on_input:
            raise ValueError(f"{where}: adds: {unknown('port', port, on_input)}")
        if a.variable not in y._fields:
            raise ValueError(f"{where}: adds: {unknown('variable', a.variable, y._fields)}")
        for w in (1.0, -1.0) if a.signed else (1.0,):
            found = on_input[port](y, 0.0, w, p)
            if found != y._replace(**{a.variable: getattr(y, a.variable) + w}):
                raise ValueError(
                    f"{where}: adds says that a weight of {w:g} at {port!r} is added to "
                    f"{a.variable!r}; it makes {found} of {y}"
                )
        if a.tau is None:
            continue
        if a.tau not in p._fields:
            raise ValueError(f"{where}: adds: {unknown('parameter', a.tau, p._fields)}")
        slope = getattr(derivative(y._replace(**{a.variable: 1.0}), 0.0, p), a.variable)
        if not isclose(slope, -1.0 / getattr(p, a.tau), rel_tol=1e-12):
            raise ValueError(
                f"{where}: adds says that {a.variable!r} decays with {a.tau!r} = "
                f"{getattr(p, a.tau):g} ms; at 1 its slope is {slope:g}"
            )


class Landing(NamedTuple):
    """The same in numbers: places in the state, in `sums` and in what `prepare` returns."""

    variable: int
    column: int  # the first of its moments
    decay: int  # by how much that decays in a window; -1 if it doesn't
    signed: bool


def summable(
    equation: Any, params: Any, adds: Mapping[str, Adds], to_lane: Function, from_lane: Function
) -> Summable:
    """Return how the engine may sum the arrivals of an integrated model."""
    make, modes = equation.state, {port: _modes(a) for port, a in adds.items()}
    landings = _landings(make, adds)
    decaying = [landing for landing in landings if landing.decay > 0]
    derivative, threshold = equation.derivative, equation.threshold
    next_break, stages = equation.next_break, stages_of(derivative, came)
    moments = [_chain([_moment(landing, k) for landing in landings]) for k in range(3)]
    zeroth, first, second = moments
    total, refused = _chain(list(map(_total, landings))), _chain(list(map(_refused, landings)))
    known, left = _chain(list(map(_known, decaying))), _chain(list(map(_left, decaying)))
    taus = [params._fields.index(a.tau) for a in adds.values() if a.tau is not None]
    decays = _chain(list(map(_decay, taus)))

    @kernel
    def prepare(dt: float, p: Any) -> Any:
        return decays((1.0 / dt,), dt, p)

    @kernel
    def roughly(y: Any, t: float, h: float, k1: Any, after: Any, rough: Any, p: Any) -> Any:
        """Return how wrong the step is because arrivals are rough, and what they do at first."""
        q1 = each(difference, derivative(each(plus, y, rough), t, p), k1, h)
        both = each(plus, rough, q1)
        above, below = derivative(each(plus, y, both), t, p), derivative(each(minus, y, both), t, p)
        q2 = each(minus, each(half_difference, above, below, h), q1)
        bent = each(second_difference, above, below, k1, h)
        one, two = shares(q1, y, after, p), shares(q2, y, after, p)
        square = shares(bent, y, after, p)
        return THIRD * two * (two / max(one, TINY)) + SQUARE * square, q1

    @kernel
    def shares(missed: Any, y: Any, after: Any, p: Any) -> float:
        """Return the worst error, in units of the tolerance, of a variable that is not exact."""
        return fold(worse_by, 0.0, known(missed, 0, 0), y, after, p.atol, p.rtol)

    @kernel
    def stays_below(y: Any, h: float, slopes: Any, jump: Any, q1: Any, p: Any) -> bool:
        """Tell whether the threshold is out of reach, wherever in the window arrivals lie."""
        gap, rise = threshold(y, p), 0.0
        for k in slopes:
            rise = max(rise, threshold(each(along, y, h, k), p) - gap)
        rise += abs(threshold(each(plus, y, jump), p) - gap)
        rise += abs(threshold(each(plus, y, q1), p) - gap)
        return bool(gap + rise < 0.0)

    @kernel
    def settle(y: Any, t: float, h: float, step: Any, sums: Any, p: Any) -> Any:
        still = each(nothing, y)
        m0, m1, m2 = zeroth(still, sums, 0), first(still, sums, 0), second(still, sums, 0)
        slants, bends = each(slant, m0, m1, step[0]), each(bend, m0, m1, m2, step[0])
        arrivals, jump = (m0, slants, bends), total(still, sums, 0)
        _, z, k1, k3, k4, k5, k6, k7 = stages(y, t, t + h, arrivals, p)
        after = left(came(z, arrivals, 1.0), sums, (y, step))
        rough = each(roughness, slants, bends, jump)
        error, q1 = roughly(y, t, h, k1, after, rough, p)
        error += shares(each(miss, k1, h, k3, k4, k5, k6, k7), y, after, p)
        good = (error <= ALLOWED) & stays_below(y, h, (k1, k3, k4, k5, k6, k7), jump, q1, p)
        good &= next_break(y, t, p) == inf
        return after, (not good) | refused(False, sums, 0), True

    # an arrival costs about 100 ns on the ordered path: a step of its own
    return Summable(
        modes, prepare, settle, make, to_lane, from_lane, pays_from=1.0, settle_cost=100.0,
        hot_cost=1000.0, hot_arrival_cost=100.0,
    )  # fmt: skip


def _modes(adds: Adds) -> tuple[Mode, ...]:
    return MOMENTS if adds.tau is None else (*MOMENTS, (adds.tau, 0))


def _landings(make: Any, adds: Mapping[str, Adds]) -> list[Landing]:
    landings, column, decays = [], 0, 0
    for a in adds.values():
        decays += a.tau is not None
        decay = decays if a.tau is not None else -1  # `prepare` returns them from number 1 on
        landings.append(Landing(make._fields.index(a.variable), column, decay, a.signed))
        column += 2 * len(_modes(a))
    return landings


def _chain(functions: list[Function]) -> Function:
    """Return f(x, a, b): all functions, the first one's result given to the second, and so on."""
    chain: Function = as_it_is
    for function in reversed(functions):
        chain = _followed(function, chain)
    return chain


def _followed(function: Function, rest: Function) -> Function:
    @kernel
    def followed(x: Any, a: Any, b: Any) -> Any:
        return rest(function(x, a, b), a, b)

    return followed


@kernel
def as_it_is(x: Any, a: Any, b: Any) -> Any:
    """Return `x`: the end of a chain."""
    return x


def _moment(landing: Landing, k: int) -> Function:
    variable, column = landing.variable, landing.column + 2 * k

    @kernel
    def moment(x: Any, sums: Any, none: Any) -> Any:
        return put(x, variable, sums[column] + sums[column + 1])

    return moment


def _total(landing: Landing) -> Function:
    variable, column = landing.variable, landing.column

    @kernel
    def total(x: Any, sums: Any, none: Any) -> Any:
        return put(x, variable, sums[column] - sums[column + 1])

    return total


def _refused(landing: Landing) -> Function:
    below, signed = landing.column + 1, landing.signed

    @kernel
    def refused(x: bool, sums: Any, none: Any) -> Any:
        return x | ((not signed) & (sums[below] < 0.0))

    return refused


def _known(landing: Landing) -> Function:
    variable = landing.variable

    @kernel
    def known(x: Any, sums: Any, none: Any) -> Any:
        return put(x, variable, 0.0)

    return known


def _left(landing: Landing) -> Function:
    variable, column, decay = landing.variable, landing.column + 2 * len(MOMENTS), landing.decay

    @kernel
    def left(x: Any, sums: Any, y_and_step: Any) -> Any:
        y, step = y_and_step
        return put(x, variable, y[variable] * step[decay] + (sums[column] + sums[column + 1]))

    return left


def _decay(number: int) -> Function:
    @kernel
    def decay(x: Any, dt: float, p: Any) -> Any:
        return (*x, exp(-dt / p[number]))

    return decay


@kernel
def came(z: Any, arrivals: Any, share: float) -> Any:
    """Return `z` after what arrived in that share of the window."""
    m0, m1, m2 = arrivals
    return each(cubic, z, m0, m1, m2, share)


@kernel
def cubic(z: float, flat: float, slant: float, bend: float, share: float) -> float:
    """Add the integral of a parabola, given by its Legendre polynomials on the ages."""
    rest = share * (1.0 - share)
    return z + (share * flat + rest * (slant + (1.0 - 2.0 * share) * bend))


@kernel
def slant(m0: float, m1: float, per_h: float) -> float:
    """Return the coefficient of the second polynomial: the first is m0 itself."""
    return 3.0 * (2.0 * (m1 * per_h) - m0)


@kernel
def bend(m0: float, m1: float, m2: float, per_h: float) -> float:
    """Return the coefficient of the third one."""
    return 5.0 * (6.0 * (m2 * per_h * per_h - m1 * per_h) + m0)


@kernel
def roughness(slant: float, bend: float, total: float) -> float:
    """Return how large the sum of the next polynomial might be, judged by the others."""
    return 1 / 3 * abs(slant) + 1 / 5 * abs(bend) + 1 / 4 * total


@kernel
def plus(x: float, y: float) -> float:
    """Return x + y."""
    return x + y


@kernel
def minus(x: float, y: float) -> float:
    """Return x - y."""
    return x - y


@kernel
def difference(slope: float, other: float, h: float) -> float:
    """Return what a change of slope makes in a time `h`."""
    return h * (slope - other)


@kernel
def half_difference(above: float, below: float, h: float) -> float:
    """Return the same, from slopes on both sides."""
    return 0.5 * h * (above - below)


@kernel
def second_difference(above: float, below: float, between: float, h: float) -> float:
    """Return what the curvature of a slope makes."""
    return h * (above + below - 2.0 * between)
