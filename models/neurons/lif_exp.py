"""Leaky integrate-and-fire neuron, exponentially decaying synaptic currents.

    between events   dv/dt = -(v - v_rest) / tau_m + (i_exc + i_inh + i + i_offset) / c_m
                     di_exc/dt = -i_exc / tau_syn_exc,  di_inh/dt = -i_inh / tau_syn_inh    exact
    exc, inh         i_exc <- i_exc + w,  i_inh <- i_inh + w       (w in pA; inhibition has w < 0)
    current          i <- i + w                                    (w in pA)
    fires            when v >= v_th; then v <- v_reset for t_ref

Parameter    Unit  Default  Meaning                              Constraint
tau_m        ms       20.0  membrane time constant               > 0
c_m          pF      250.0  membrane capacitance                 > 0
v_rest       mV      -65.0  resting potential
v_th         mV      -50.0  firing threshold                     > v_reset
v_reset      mV      -65.0  potential after a spike
t_ref        ms        2.0  absolute refractory period           >= 0
i_offset     pA        0.0  constant current
tau_syn_exc  ms        5.0  decay of the excitatory current      > 0
tau_syn_inh  ms       10.0  decay of the inhibitory current      > 0

During the refractory period v waits at v_reset while the currents go on and arrivals still count.
v may cross the threshold long after the last arrival, so the crossing is searched: v has at most
two turning points, and between them it is monotone.

Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402, doi:10.1007/s004220050570; Hanuschkin
et al. (2010), Front. Neuroinform. 4:113, doi:10.3389/fninf.2010.00113 (crossings that a test of v
at the arrivals alone would miss).
Verified against: the closed forms of a constant current and of one postsynaptic potential,
numerical integration, and a fine scan for the first crossing; NEST iaf_psc_exp_ps (1e-6 ms).
"""

from math import exp, inf, log
from typing import NamedTuple

from eventsim.cascade import earliest_rise, lag, overlap, spare
from eventsim.kernel import fused, kernel, kernel_call
from eventsim.linear import CAUTION, Linear, Sums
from eventsim.model import NeuronModel
from eventsim.roots import first_rise, signs_differ

FADED = 600.0  # time constants after which a course is at its level: exp(-600) = 1e-261


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0
    i_offset: float = 0.0
    tau_syn_exc: float = 5.0
    tau_syn_inh: float = 10.0


class State(NamedTuple):
    v: float  # mV
    i_exc: float  # pA
    i_inh: float  # pA, below zero for inhibition
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period (absolute: a countdown would drift)


class Course(NamedTuple):
    """How a potential passes on if nothing arrives: a level, and three modes that fade."""

    level: float  # mV, where it ends
    leak: float  # mV, its way from there
    exc: float  # mV/ms, the slope each current gives it
    inh: float
    tau_m: float  # ms
    tau_exc: float
    tau_inh: float


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, without currents."""
    return State(p.v_rest, 0.0, 0.0, 0.0, 0.0)


@kernel
def v_steady(current: float, p: Params) -> float:
    """Return the potential that a constant current leads to."""
    return p.v_rest + current * (p.tau_m / p.c_m)


@kernel
def fading(dt: float, c: Course) -> float:
    """Return what is left of a course's modes after `dt`."""
    return (
        c.leak * exp(-dt / c.tau_m)
        + c.exc * overlap(dt, c.tau_m, c.tau_exc)
        + c.inh * overlap(dt, c.tau_m, c.tau_inh)
    )


@kernel_call
def height(dt: float, c: Course) -> float:
    """Return the value of a course after `dt`."""
    return c.level + fading(dt, c)


@kernel
def course(s: State, wait: float, p: Params) -> Course:
    """Return the course of v that starts after `wait` ms of refractoriness, v_th being zero."""
    v_inf = v_steady(p.i_offset + s.i, p)
    return Course(
        v_inf - p.v_th,
        s.v - v_inf,
        s.i_exc * exp(-wait / p.tau_syn_exc) / p.c_m,
        s.i_inh * exp(-wait / p.tau_syn_inh) / p.c_m,
        p.tau_m,
        p.tau_syn_exc,
        p.tau_syn_inh,
    )


@kernel
def derivative(c: Course) -> Course:
    """Return the course of the slope: it obeys the same equation as the potential."""
    leak = c.exc + c.inh - c.leak / c.tau_m
    return Course(0.0, leak, -c.exc / c.tau_exc, -c.inh / c.tau_inh, c.tau_m, c.tau_exc, c.tau_inh)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    # v waits at v_reset until the refractory period ends, then moves for the rest
    free = min(dt, max(0.0, t + dt - s.deaf_until))
    v = s.v
    if free > 0.0:
        v = v_steady(p.i_offset + s.i, p) + fading(free, course(s, dt - free, p))
    i_exc = s.i_exc * exp(-dt / p.tau_syn_exc)
    i_inh = s.i_inh * exp(-dt / p.tau_syn_inh)
    return State(v, i_exc, i_inh, s.i, s.deaf_until)


@kernel
def on_exc(s: State, t: float, w: float, p: Params) -> State:
    """Receive one excitatory spike of weight `w` pA at `t`."""
    return State(s.v, s.i_exc + w, s.i_inh, s.i, s.deaf_until)


@kernel
def on_inh(s: State, t: float, w: float, p: Params) -> State:
    """Receive one inhibitory spike of weight `w` pA (below zero) at `t`."""
    return State(s.v, s.i_exc, s.i_inh + w, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.i_exc, s.i_inh, s.i + w, s.deaf_until)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and wait for the refractory period; the currents go on."""
    return State(p.v_reset, s.i_exc, s.i_inh, s.i, t + p.t_ref)


@kernel
def v_bound(s: State, p: Params) -> float:
    """Return what v would tend to if excitation never faded and inhibition were gone."""
    return v_steady(p.i_offset + s.i + max(s.i_exc, 0.0) + max(s.i_inh, 0.0), p)


@kernel
def safe_until(s: State, t: float, p: Params) -> float:
    """Return a time before which v can't reach the threshold, or infinity."""
    start = max(t, s.deaf_until)
    if s.v >= p.v_th:
        return start
    return start + earliest_rise(s.v, p.v_th, v_bound(s, p), p.tau_m)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold if nothing arrives, or infinity."""
    earliest = safe_until(s, t, p)
    if s.v >= p.v_th or earliest == inf:
        return earliest
    start = max(t, s.deaf_until)
    gap = course(s, start - t, p)
    end = FADED * max(
        gap.tau_m,
        gap.tau_exc if gap.exc != 0.0 else 0.0,
        gap.tau_inh if gap.inh != 0.0 else 0.0,
    )
    # on either side of the bend v' e^(t/tau_m) is monotone: v turns once at most
    bend, slope = min(balance(gap), end), derivative(gap)
    scale = min(gap.tau_m, gap.tau_exc, gap.tau_inh)
    crossing = first_rise(height, 0.0, bend, scale, gap, slope)
    if crossing == inf and bend < end:
        crossing = first_rise(height, bend, end, scale, gap, slope)
    # currents that cancel to the last digit could bring rounding in front of the bound
    return max(earliest, start + crossing)


@kernel
def balance(c: Course) -> float:
    """Return when the slope's two currents cancel, or infinity: d/dt(v' e^(t/tau_m)) is 0 there."""
    if c.exc == 0.0 or c.inh == 0.0 or c.tau_exc == c.tau_inh or not signs_differ(c.exc, c.inh):
        return inf
    surplus = log(abs(c.exc)) - log(abs(c.inh)) + log(c.tau_inh / c.tau_exc)
    lapse = surplus / (c.tau_inh - c.tau_exc) * c.tau_exc * c.tau_inh
    return lapse if lapse > 0.0 else inf


class Step(NamedTuple):
    decay: float  # of the membrane over a window
    decay_exc: float
    decay_inh: float
    reach_exc: float  # mV of v at the end, for 1 pA of current at the beginning
    reach_inh: float
    gain_exc: float  # mV/pA, of the difference between the sums of a current's two modes
    gain_inh: float
    lift: float  # mV/pA, of a current that stays
    first_exc: float  # what arrived first in the window, by what is left of it
    first_inh: float
    lag: float  # see `spare`
    press: float  # pA/mV


@kernel
def prepare(dt: float, p: Params) -> Step:
    """Return what all neurons need to pass over `dt`."""
    decay_exc, decay_inh = exp(-dt / p.tau_syn_exc), exp(-dt / p.tau_syn_inh)
    return Step(
        exp(-dt / p.tau_m),
        decay_exc,
        decay_inh,
        overlap(dt, p.tau_m, p.tau_syn_exc) / p.c_m,
        overlap(dt, p.tau_m, p.tau_syn_inh) / p.c_m,
        1.0 / (1.0 / p.tau_syn_exc - 1.0 / p.tau_m) / p.c_m,
        1.0 / (1.0 / p.tau_syn_inh - 1.0 / p.tau_m) / p.c_m,
        p.tau_m / p.c_m,
        1.0 / decay_exc,
        1.0 / decay_inh,
        lag(dt, p.tau_m),
        p.c_m / p.tau_m,
    )


@fused
def absorb(s: State, t: float, dt: float, step: Step, sums: Sums, p: Params) -> State:
    """Pass to `t + dt` over arrivals whose decayed weights are `sums`.

    The sums are, for exc and then for inh: over tau_m, positive and negative; over tau_syn, same.
    """
    came_exc, came_inh = sums[2] + sums[3], sums[6] + sums[7]
    i_exc = s.i_exc * step.decay_exc + came_exc
    i_inh = s.i_inh * step.decay_inh + came_inh
    if t + dt <= s.deaf_until:
        return State(s.v, i_exc, i_inh, s.i, s.deaf_until)
    v_inf = p.v_rest + (p.i_offset + s.i) * step.lift
    v = v_inf + (s.v - v_inf) * step.decay + s.i_exc * step.reach_exc + s.i_inh * step.reach_inh
    v += (sums[0] + sums[1] - came_exc) * step.gain_exc
    v += (sums[4] + sums[5] - came_inh) * step.gain_inh
    return State(v, i_exc, i_inh, s.i, s.deaf_until)


@fused
def excitation(step: Step, sums: Sums) -> float:
    """Return the excitatory current, in pA, if nothing of what arrived had decayed."""
    return sums[2] * step.first_exc + sums[6] * step.first_inh


@fused
def headroom(s: State, t: float, dt: float, step: Step, p: Params) -> float:
    """Return which excitation v can't take without perhaps reaching the threshold.

    As if it all came at once and stayed, the inhibition there is were as weak as at the end, and no
    more came.
    """
    if t < s.deaf_until:
        return -inf if t + dt > s.deaf_until else inf
    gap = p.v_th - CAUTION - s.v
    current = p.i_offset + s.i + max(s.i_exc, s.i_exc * step.decay_exc)
    current += max(s.i_inh, s.i_inh * step.decay_inh)
    return spare(gap, s.v - p.v_rest, step.lag, step.press) - current


@fused
def restless(s: State, p: Params) -> bool:
    """Tell whether the threshold might be reached without a spike arriving."""
    current = p.i_offset + s.i + max(s.i_exc, 0.0) + max(s.i_inh, 0.0)
    return not (s.v < p.v_th - CAUTION and v_steady(current, p) < p.v_th - CAUTION)


def admits(p: Params) -> bool:
    """Tell whether the two modes of each current differ enough to be told apart."""
    return all(abs(tau / p.tau_m - 1.0) > 0.01 for tau in (p.tau_syn_exc, p.tau_syn_inh))


LIFExp = NeuronModel(
    name="LIFExp",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"exc": on_exc, "inh": on_inh, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=safe_until,
    linear=Linear(
        modes={"exc": ("tau_m", "tau_syn_exc"), "inh": ("tau_m", "tau_syn_inh")},
        prepare=prepare,
        absorb=absorb,
        excitation=excitation,
        headroom=headroom,
        restless=restless,
        admits=admits,
    ),
    units={
        "exc": "pA",
        "inh": "pA",
        "current": "pA",
        "v": "mV",
        "i_exc": "pA",
        "i_inh": "pA",
        "i": "pA",
        "deaf_until": "ms",
    },
    doc=__doc__,
)
