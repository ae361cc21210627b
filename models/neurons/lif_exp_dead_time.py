"""Leaky integrate-and-fire neuron that integrates while it is refractory, exponential current.

    between events   dv/dt = -(v - v_rest) / tau_m + i_syn / c_m
                     di_syn/dt = -i_syn / tau_syn                          exact
    spike            i_syn <- i_syn + w                        (w in pA; inhibition has w < 0)
    fires            when v >= v_th and the last spike is t_ref or longer ago; then v <- v_reset

Parameter  Unit  Default  Meaning                               Constraint
tau_m      ms       20.0  membrane time constant                > 0
c_m        pF      250.0  membrane capacitance                  > 0
v_rest     mV      -65.0  resting potential                     < v_th
v_th       mV      -50.0  firing threshold                      > v_reset
v_reset    mV      -65.0  potential after a spike
t_ref      ms        2.0  dead time: only firing is blocked     >= 0
tau_syn    ms        2.0  decay of the current                  > 0

The current goes on over a spike, and drives v away from v_reset at once. Where v is above threshold
at the end of the dead time, the neuron fires there; inhibition, or the leak, may bring it below
before.

Source: the neuron of Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760, in
continuous time (tau_m = -1 / ln(63/64) = 63.50 ms, v_th = 20 mV above rest, t_ref = 3 ms, tau_syn =
1 ms).
Verified against: scipy's matrix exponential; a fine scan for the first crossing; LIFExp without a
dead time; a program in steps of 0.0005 ms; both engines.
"""

from math import exp, inf, log, log1p
from typing import NamedTuple

from eventsim.cascade import filled, overlap, peak_time
from eventsim.kernel import fused, kernel, kernel_call
from eventsim.linear import CAUTION, Linear, Sums
from eventsim.model import NeuronModel
from eventsim.roots import sign_change


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0
    tau_syn: float = 2.0


class State(NamedTuple):
    v: float  # mV
    i_syn: float  # pA
    blocked_until: float  # ms, end of the dead time (absolute: a countdown would drift)


class Course(NamedTuple):
    """How a potential passes on if nothing arrives."""

    above: float  # mV, above rest
    slope: float  # mV/ms, what the current gives it
    goal: float  # mV above rest, the threshold
    tau_m: float  # ms
    tau_syn: float


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, without current, free to fire."""
    return State(p.v_rest, 0.0, 0.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    v = p.v_rest + filled(s.v - p.v_rest, s.i_syn / p.c_m, dt, p.tau_syn, p.tau_m)
    return State(v, s.i_syn * exp(-dt / p.tau_syn), s.blocked_until)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` pA at `t`."""
    return State(s.v, s.i_syn + w, s.blocked_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and be blocked for the dead time; the current goes on."""
    return State(p.v_reset, s.i_syn, t + p.t_ref)


@kernel
def most(s: State, p: Params) -> float:
    """Return a potential that v never exceeds if nothing arrives."""
    return max(s.v, p.v_rest) + max(s.i_syn, 0.0) * min(p.tau_m, p.tau_syn) / p.c_m


@kernel
def safe_until(s: State, t: float, p: Params) -> float:
    """Return a time before which v can't reach the threshold outside the dead time, or infinity."""
    start = max(t, s.blocked_until)
    if s.v >= p.v_th:
        return start
    if most(s, p) <= p.v_th:
        return inf
    # as if nothing leaked; the margin covers the rounding of both the bound and the search
    share = (p.v_th - max(s.v, p.v_rest)) / (s.i_syn * p.tau_syn / p.c_m)
    lapse = (1.0 - 1e-9) * -log1p(-min(share, 1.0 - 1e-9)) - 1e-12
    return max(start, t + p.tau_syn * lapse)


@kernel_call
def height(dt: float, c: Course) -> float:
    """Return how far a course is above threshold after `dt`."""
    return filled(c.above, c.slope, dt, c.tau_syn, c.tau_m) - c.goal


@kernel
def turn(c: Course) -> float:
    """Return when a course that rises above rest turns down, or 0 if it never does."""
    rate = (c.tau_m - c.tau_syn) / c.tau_m / c.tau_syn
    drive = c.slope + c.above * rate
    climb = c.slope * c.tau_m - c.above
    if climb <= 0.0 or drive <= 0.0:
        return 0.0
    later = climb / drive
    if abs(rate * later) > 0.5:
        return log(c.slope * c.tau_m / (drive * c.tau_syn)) / rate
    return log1p(rate * later) / rate if rate != 0.0 else later


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold outside the dead time if nothing arrives, or infinity."""
    earliest = safe_until(s, t, p)
    if earliest == inf:
        return inf
    start = max(t, s.blocked_until)
    now = between(s, t, start - t, p) if start > t else s
    if now.v >= p.v_th:
        return start
    gap = Course(now.v - p.v_rest, now.i_syn / p.c_m, p.v_th - p.v_rest, p.tau_m, p.tau_syn)
    top = turn(gap)
    if height(top, gap) < 0.0:
        return inf
    low = min(earliest - start, top)
    if height(low, gap) >= 0.0:
        return earliest
    return max(earliest, start + sign_change(height, low, top, p.tau_syn, gap))


class Step(NamedTuple):
    decay: float  # of the membrane over a window
    decay_syn: float
    reach: float  # mV of v at the end, for 1 pA of current at the beginning
    reach_most: float  # the same, at the moment at which it is largest
    gain: float  # mV/pA, of the difference between the sums of the two modes
    share: float  # mV/pA, what bounds the rise by excitation: this times the sum over tau_m
    share_syn: float  # and this times that over tau_syn


@kernel
def prepare(dt: float, p: Params) -> Step:
    """Return what all neurons need to pass over `dt`.

    Up to its peak each potential grows, so that in a short window all excitation together is never
    more than at the end. In a longer one each may have been at its peak.
    """
    decay, summit = exp(-dt / p.tau_m), peak_time(p.tau_m, p.tau_syn)
    gain = 1.0 / (1.0 / p.tau_syn - 1.0 / p.tau_m) / p.c_m
    reach_most = overlap(min(dt, summit), p.tau_m, p.tau_syn) / p.c_m
    short = dt <= summit
    return Step(
        decay,
        exp(-dt / p.tau_syn),
        overlap(dt, p.tau_m, p.tau_syn) / p.c_m,
        reach_most,
        gain,
        gain if short else reach_most / decay,
        gain if short else 0.0,
    )


@fused
def absorb(s: State, t: float, dt: float, step: Step, sums: Sums, p: Params) -> State:
    """Pass to `t + dt` over arrivals whose decayed weights are `sums`.

    The sums are over tau_m, positive and negative; over tau_syn, the same.
    """
    came = sums[2] + sums[3]
    v = p.v_rest + (s.v - p.v_rest) * step.decay + s.i_syn * step.reach
    v += (sums[0] + sums[1] - came) * step.gain
    return State(v, s.i_syn * step.decay_syn + came, s.blocked_until)


@fused
def excitation(step: Step, sums: Sums) -> float:
    """Return the most that excitation can have brought v, in mV."""
    return sums[0] * step.share - sums[2] * step.share_syn


@fused
def headroom(s: State, t: float, dt: float, step: Step, p: Params) -> float:
    """Return which excitation v can't take without perhaps reaching the threshold."""
    if t + dt <= s.blocked_until:
        return inf
    top = p.v_rest + max(s.v - p.v_rest, (s.v - p.v_rest) * step.decay)
    return p.v_th - CAUTION - (top + max(s.i_syn, 0.0) * step.reach_most)


@fused
def restless(s: State, p: Params) -> bool:
    """Tell whether the threshold might be reached without a spike arriving."""
    return not most(s, p) < p.v_th - CAUTION


def admits(p: Params) -> bool:
    """Tell whether membrane and current differ enough to be told apart."""
    return abs(p.tau_syn / p.tau_m - 1.0) > 0.01


LIFExpDeadTime = NeuronModel(
    name="LIFExpDeadTime",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike},
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=safe_until,
    linear=Linear(
        modes={"spike": ("tau_m", "tau_syn")},
        prepare=prepare,
        absorb=absorb,
        excitation=excitation,
        headroom=headroom,
        restless=restless,
        admits=admits,
    ),
    units={"spike": "pA", "v": "mV", "i_syn": "pA", "blocked_until": "ms"},
    doc=__doc__,
)
