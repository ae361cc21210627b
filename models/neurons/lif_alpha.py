"""Leaky integrate-and-fire neuron, alpha-shaped synaptic current.

    between events   dv/dt = -(v - v_rest) / tau_m + (i_syn + i + i_offset) / c_m
                     di_syn/dt = r - i_syn / tau_syn,  dr/dt = -r / tau_syn         exact
    spike            r <- r + w e / tau_syn: i_syn rises by w after tau_syn, then decays
                                                               (w in pA; inhibition has w < 0)
    current          i <- i + w                                (w in pA)
    fires            when v >= v_th; then v <- v_reset for t_ref

Parameter  Unit  Default  Meaning                           Constraint
tau_m      ms       10.0  membrane time constant            > 0
c_m        pF      250.0  membrane capacitance              > 0
v_rest     mV      -70.0  resting potential
v_th       mV      -55.0  firing threshold                  > v_reset
v_reset    mV      -70.0  potential after a spike
t_ref      ms        2.0  absolute refractory period        >= 0
tau_syn    ms        2.0  time to the peak of the current   > 0
i_offset   pA        0.0  constant current

During the refractory period v waits at v_reset while the current goes on and arrivals still count.

Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402, doi:10.1007/s004220050570.
Verified against: scipy's matrix exponential; a fine scan for the first crossing; NEST
iaf_psc_alpha_ps (1e-6 ms).
"""

from math import e, exp, inf
from typing import NamedTuple

from eventsim.cascade import earliest_rise, lag, spare
from eventsim.kernel import fused, kernel, kernel_call
from eventsim.linear import CAUTION, Linear, Sums
from eventsim.model import NeuronModel
from eventsim.roots import first_rise

FADED = 600.0  # time constants after which a course is at its level
SERIES = 0.5  # below this exponent the ramp's formula would cancel, and its series is used
TERMS = 18  # of the series, which has all digits then


class Params(NamedTuple):
    tau_m: float = 10.0
    c_m: float = 250.0
    v_rest: float = -70.0
    v_th: float = -55.0
    v_reset: float = -70.0
    t_ref: float = 2.0
    tau_syn: float = 2.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    i_syn: float  # pA
    r: float  # pA/ms, how fast the current rises
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


class Course(NamedTuple):
    """How a potential passes on if nothing arrives: a level, and three modes that fade."""

    level: float  # mV
    leak: float  # mV, times exp(-t / tau_m)
    flat: float  # mV/ms, the slope that the current gives it, times exp(-t / tau_syn)
    ramp: float  # mV/ms^2, times t exp(-t / tau_syn)
    tau_m: float  # ms
    tau_syn: float


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, without current."""
    return State(p.v_rest, 0.0, 0.0, 0.0, 0.0)


@kernel
def v_steady(current: float, p: Params) -> float:
    """Return the potential that a constant current leads to."""
    return p.v_rest + current * (p.tau_m / p.c_m)


@kernel
def integrals(x: float) -> tuple[float, float]:
    """Return the integrals of exp(x s) and of s exp(x s) for s from 0 to 1."""
    if abs(x) < SERIES:
        flat, ramp, term = 0.0, 0.0, 1.0
        for n in range(TERMS):
            flat += term / (n + 1.0)
            ramp += term / (n + 2.0)
            term *= x / (n + 1.0)
        return flat, ramp
    grown = exp(x)
    return (grown - 1.0) / x, (grown * (x - 1.0) + 1.0) / (x * x)


@kernel_call
def fading(t: float, c: Course) -> float:
    """Return what is left of a course's modes after `t`."""
    # the slower exponential stands in front, so that nothing overflows
    rate = 1.0 / c.tau_m - 1.0 / c.tau_syn
    leak = c.leak * exp(-t / c.tau_m)
    if rate <= 0.0:
        flat, ramp = integrals(rate * t)
        return leak + exp(-t / c.tau_m) * t * (c.flat * flat + c.ramp * t * ramp)
    flat, late = integrals(-rate * t)
    # s -> 1 - s turns the integral round
    return leak + exp(-t / c.tau_syn) * t * (c.flat * flat + c.ramp * t * (flat - late))


@kernel_call
def height(t: float, c: Course) -> float:
    """Return the value of a course after `t`."""
    return c.level + fading(t, c)


@kernel
def slope(c: Course) -> Course:
    """Return the course of the slope: it obeys the same equation as the potential."""
    leak = c.flat - c.leak / c.tau_m
    return Course(0.0, leak, c.ramp - c.flat / c.tau_syn, -c.ramp / c.tau_syn, c.tau_m, c.tau_syn)


@kernel
def course(s: State, wait: float, p: Params) -> Course:
    """Return the course of v that starts after `wait` ms of refractoriness, v_th being zero."""
    v_inf = v_steady(s.i + p.i_offset, p)
    fade = exp(-wait / p.tau_syn)
    flat, ramp = (s.i_syn + s.r * wait) * fade / p.c_m, s.r * fade / p.c_m
    return Course(v_inf - p.v_th, s.v - v_inf, flat, ramp, p.tau_m, p.tau_syn)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    # v waits at v_reset until the refractory period ends, then moves for the rest
    free = min(dt, max(0.0, t + dt - s.deaf_until))
    v = s.v
    if free > 0.0:
        c = course(s, dt - free, p)
        v = c.level + p.v_th + fading(free, c)
    fade = exp(-dt / p.tau_syn)
    return State(v, (s.i_syn + s.r * dt) * fade, s.r * fade, s.i, s.deaf_until)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` pA at `t`."""
    return State(s.v, s.i_syn, s.r + w * e / p.tau_syn, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.i_syn, s.r, s.i + w, s.deaf_until)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and wait for the refractory period; the current goes on."""
    return State(p.v_reset, s.i_syn, s.r, s.i, t + p.t_ref)


@kernel
def most(s: State, p: Params) -> float:
    """Return a current that is never exceeded if nothing arrives."""
    return p.i_offset + s.i + max(s.i_syn, 0.0) + max(s.r, 0.0) * p.tau_syn / e


@kernel
def safe_until(s: State, t: float, p: Params) -> float:
    """Return a time before which v can't reach the threshold, or infinity."""
    start = max(t, s.deaf_until)
    if s.v >= p.v_th:
        return start
    return start + earliest_rise(s.v, p.v_th, v_steady(most(s, p), p), p.tau_m)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold if nothing arrives, or infinity."""
    earliest = safe_until(s, t, p)
    if s.v >= p.v_th or earliest == inf:
        return earliest
    start = max(t, s.deaf_until)
    gap = course(s, start - t, p)
    end = FADED * max(gap.tau_m, gap.tau_syn)
    # d/dt (v' exp(t / tau_m)) is a ramp times an exponential: zero once, at the bend, so that v
    # turns once at most on either side of it
    bend = end
    if gap.ramp != 0.0:
        bend = min(max(gap.tau_syn - gap.flat / gap.ramp, 0.0), end)
    scale, rising = min(gap.tau_m, gap.tau_syn), slope(gap)
    crossing = first_rise(height, 0.0, bend, scale, gap, rising)
    if crossing == inf and bend < end:
        crossing = first_rise(height, bend, end, scale, gap, rising)
    # currents that cancel to the last digit could bring rounding in front of the bound
    return max(earliest, start + crossing)


class Step(NamedTuple):
    decay: float  # of the membrane over a window
    decay_syn: float
    reach_i: float  # mV of v at the end, for 1 pA of current at the beginning
    reach_r: float  # the same for a current that begins to rise by 1 pA/ms
    rate: float  # 1/ms, by which the current decays faster than the membrane
    share: float  # of its weight, the most that an arrival's current can reach in the window
    lag: float  # see `spare`
    press: float  # pA/mV


@kernel
def prepare(dt: float, p: Params) -> Step:
    """Return what all neurons need to pass over `dt`."""
    return Step(
        exp(-dt / p.tau_m),
        exp(-dt / p.tau_syn),
        fading(dt, Course(0.0, 0.0, 1.0 / p.c_m, 0.0, p.tau_m, p.tau_syn)),
        fading(dt, Course(0.0, 0.0, 0.0, 1.0 / p.c_m, p.tau_m, p.tau_syn)),
        1.0 / p.tau_syn - 1.0 / p.tau_m,
        min(1.0, dt * e / p.tau_syn),
        lag(dt, p.tau_m),
        p.c_m / p.tau_m,
    )


@fused
def absorb(s: State, t: float, dt: float, step: Step, sums: Sums, p: Params) -> State:
    """Pass to `t + dt` over arrivals whose decayed weights are `sums`.

    The sums are, positive and negative: over tau_m, over tau_syn, the ramped ones over tau_syn. An
    arrival of slope r brings r times the convolution of u exp(-u / tau_syn) and exp(-u / tau_m).
    """
    scale = e / p.tau_syn
    membrane, flat, ramped = sums[0] + sums[1], sums[2] + sums[3], sums[4] + sums[5]
    i_syn = (s.i_syn + s.r * dt) * step.decay_syn + scale * ramped
    r = s.r * step.decay_syn + scale * flat
    if t + dt <= s.deaf_until:
        return State(s.v, i_syn, r, s.i, s.deaf_until)
    v_inf = v_steady(p.i_offset + s.i, p)
    v = v_inf + (s.v - v_inf) * step.decay + s.i_syn * step.reach_i + s.r * step.reach_r
    v += scale / p.c_m * ((membrane - flat) / step.rate - ramped) / step.rate
    return State(v, i_syn, r, s.i, s.deaf_until)


@fused
def excitation(step: Step, sums: Sums) -> float:
    """Return the most that the current can have become by arrivals, in pA."""
    return step.share * sums[2] / step.decay_syn


@fused
def headroom(s: State, t: float, dt: float, step: Step, p: Params) -> float:
    """Return which excitation v can't take without perhaps reaching the threshold.

    As if it all came at once and stayed at the most it can become in the window, the inhibition
    there is were as weak as at the end, and no more came.
    """
    if t < s.deaf_until:
        return -inf if t + dt > s.deaf_until else inf
    gap = p.v_th - CAUTION - s.v
    current = p.i_offset + s.i + max(s.i_syn, s.i_syn * step.decay_syn)
    current += max(s.r, 0.0) * step.share * p.tau_syn / e
    return spare(gap, s.v - p.v_rest, step.lag, step.press) - current


@fused
def restless(s: State, p: Params) -> bool:
    """Tell whether the threshold might be reached without a spike arriving."""
    return not (s.v < p.v_th - CAUTION and v_steady(most(s, p), p) < p.v_th - CAUTION)


def admits(p: Params) -> bool:
    """Tell whether membrane and current differ enough to be told apart."""
    return abs(p.tau_syn / p.tau_m - 1.0) > 0.05


LIFAlpha = NeuronModel(
    name="LIFAlpha",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=safe_until,
    linear=Linear(
        modes={"spike": ("tau_m", "tau_syn", "tau_syn")},
        prepare=prepare,
        absorb=absorb,
        excitation=excitation,
        headroom=headroom,
        restless=restless,
        admits=admits,
    ),
    units={"spike": "pA", "current": "pA", "v": "mV", "i_syn": "pA", "r": "pA/ms", "i": "pA",
           "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
