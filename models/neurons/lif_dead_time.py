"""Leaky integrate-and-fire neuron that integrates while it is refractory, delta input.

    between events   dv/dt = -(v - v_rest) / tau_m                               exact
    spike            v <- v + w, at any time                                     (w in mV)
    fires            when v >= v_th and the last spike is t_ref or longer ago; then v <- v_reset

Parameter  Unit  Default  Meaning                               Constraint
tau_m      ms       20.0  membrane time constant                > 0
v_rest     mV      -65.0  resting potential                     < v_th
v_th       mV      -50.0  firing threshold                      > v_reset
v_reset    mV      -65.0  potential after a spike
t_ref      ms        2.0  dead time: only firing is blocked     >= 0

Where v is above threshold in the dead time and still so at its end, the neuron fires at its end;
inhibition, or the leak, may bring it below before. An arrival exactly at the end comes first.

Source: the neuron of Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760, in
continuous time (tau_m = -1 / ln(63/64) = 63.50 ms, v_th = 20 mV above rest, t_ref = 3 ms).
Verified against: the geometric series of regular input; a program in steps of 1 ms, for arrivals
that lie on them; both engines.
"""

from math import exp, inf
from typing import NamedTuple

from eventsim.kernel import fused, kernel
from eventsim.linear import CAUTION, Linear, Sums
from eventsim.model import NeuronModel
from eventsim.models.neurons.lif import Step, excitation, prepare


class Params(NamedTuple):
    tau_m: float = 20.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0


class State(NamedTuple):
    v: float  # mV
    blocked_until: float  # ms, end of the dead time (absolute: a countdown would drift)
    free: float  # 1 if the dead time was over at the last arrival, else 0


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, free to fire."""
    return State(p.v_rest, 0.0, 1.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return State(p.v_rest + (s.v - p.v_rest) * exp(-dt / p.tau_m), s.blocked_until, s.free)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return State(s.v + w, s.blocked_until, 1.0 if t >= s.blocked_until else 0.0)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether an arrival made the neuron fire: above threshold, and not in the dead time."""
    return s.v >= p.v_th and s.free == 1.0


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and be blocked for the dead time."""
    return State(p.v_reset, t + p.t_ref, 0.0)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the end of the dead time if v will still be above threshold then, or infinity."""
    release = max(t, s.blocked_until)
    v = p.v_rest + (s.v - p.v_rest) * exp(-(release - t) / p.tau_m)
    return release if v >= p.v_th else inf


@kernel
def safe_until(s: State, t: float, p: Params) -> float:
    """Return a lower bound of the next spike without an arrival."""
    return max(t, s.blocked_until) if s.v >= p.v_th else inf


@fused
def absorb(s: State, t: float, dt: float, step: Step, sums: Sums, p: Params) -> State:
    """Pass to `t + dt` over arrivals whose decayed weights are `sums`: positive, negative."""
    v = p.v_rest + (s.v - p.v_rest) * step.decay + (sums[0] + sums[1])
    return State(v, s.blocked_until, s.free)


@fused
def headroom(s: State, t: float, dt: float, step: Step, p: Params) -> float:
    """Return which excitation, all at once, v can't take without reaching the threshold."""
    room = p.v_th - CAUTION - max(s.v, p.v_rest)
    return room if t + dt > s.blocked_until else inf


@fused
def restless(s: State, p: Params) -> bool:
    """Tell whether the neuron might fire without a spike arriving: at the end of a dead time."""
    return not s.v < p.v_th - CAUTION


LIFDeadTime = NeuronModel(
    name="LIFDeadTime",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=safe_until,
    linear=Linear(
        modes={"spike": ("tau_m",)},
        prepare=prepare,
        absorb=absorb,
        excitation=excitation,
        headroom=headroom,
        restless=restless,
    ),
    units={"spike": "mV", "v": "mV", "blocked_until": "ms"},
    private=("free",),
    doc=__doc__,
)
