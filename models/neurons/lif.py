"""Leaky integrate-and-fire neuron, instantaneous (delta) input.

    between events   dv/dt = -(v - v_rest) / tau_m + (i_offset + i) / c_m
                     v(t + dt) = v_inf + (v(t) - v_inf) exp(-dt / tau_m)      exact
                     v_inf = v_rest + (i_offset + i) tau_m / c_m
    spike            v <- v + w, unless refractory                            (w in mV)
    current          i <- i + w                                               (w in pA)
    fires            when v >= v_th; then v <- v_reset for t_ref

Parameter  Unit  Default  Meaning                       Constraint
tau_m      ms       20.0  membrane time constant        > 0
c_m        pF      250.0  membrane capacitance          > 0
v_rest     mV      -65.0  resting potential
v_th       mV      -50.0  firing threshold              > v_reset
v_reset    mV      -65.0  potential after a spike
t_ref      ms        2.0  absolute refractory period    >= 0
i_offset   pA        0.0  constant current

A spike that arrives while the neuron is refractory is lost; one that arrives exactly at the end of
the refractory period counts. With t_ref = 0 the neuron still starts anew from v_reset.

Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402, doi:10.1007/s004220050570.
Verified against: the closed form of the interspike interval under a constant current, the geometric
series of regular input; NEST iaf_psc_delta_ps (1e-6 ms).
"""

from math import exp, inf, log
from typing import NamedTuple

from eventsim.kernel import fused, kernel
from eventsim.linear import CAUTION, Linear, Sums
from eventsim.model import NeuronModel


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period (absolute: a countdown would drift)


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.v_rest, 0.0, 0.0)


@kernel
def v_infinity(s: State, p: Params) -> float:
    """Return the potential that the present current leads to."""
    return p.v_rest + (p.i_offset + s.i) * (p.tau_m / p.c_m)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    # v waits at v_reset until the refractory period ends, then moves for the rest
    free = min(dt, t + dt - s.deaf_until)
    if free <= 0.0:
        return s
    v_inf = v_infinity(s, p)
    return State(v_inf + (s.v - v_inf) * exp(-free / p.tau_m), s.i, s.deaf_until)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return s if t < s.deaf_until else State(s.v + w, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.i + w, s.deaf_until)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and be deaf for the refractory period."""
    return State(p.v_reset, s.i, t + p.t_ref)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when the present current alone brings v to threshold, or infinity."""
    start = max(t, s.deaf_until)
    if s.v >= p.v_th:
        return start
    v_inf = v_infinity(s, p)
    if v_inf <= p.v_th:
        return inf
    return start + p.tau_m * log((v_inf - s.v) / (v_inf - p.v_th))


class Step(NamedTuple):
    decay: float  # of the membrane over a window
    undecayed: float  # what arrived first in the window, by what is left of it


@kernel
def prepare(dt: float, p: Params) -> Step:
    """Return what all neurons need to pass over `dt`."""
    decay = exp(-dt / p.tau_m)
    return Step(decay, 1.0 / decay)


@fused
def absorb(s: State, t: float, dt: float, step: Step, sums: Sums, p: Params) -> State:
    """Pass to `t + dt` over arrivals whose decayed weights are `sums`: positive, negative."""
    if t + dt <= s.deaf_until:
        return s
    v_inf = v_infinity(s, p)
    return State(v_inf + (s.v - v_inf) * step.decay + (sums[0] + sums[1]), s.i, s.deaf_until)


@fused
def excitation(step: Step, sums: Sums) -> float:
    """Return the most that excitation can have brought v, in mV: as if it came at the end."""
    return sums[0] * step.undecayed


@fused
def headroom(s: State, t: float, dt: float, step: Step, p: Params) -> float:
    """Return which excitation, all at once, v can't take without reaching the threshold."""
    if t < s.deaf_until:
        return -inf if t + dt > s.deaf_until else inf
    rise = max(0.0, v_infinity(s, p) - s.v) * (1.0 - step.decay)
    return p.v_th - CAUTION - (s.v + rise)


@fused
def restless(s: State, p: Params) -> bool:
    """Tell whether the threshold might be reached without a spike arriving."""
    return not (s.v < p.v_th - CAUTION and v_infinity(s, p) < p.v_th - CAUTION)


LIF = NeuronModel(
    name="LIF",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    linear=Linear(
        modes={"spike": ("tau_m",)},
        prepare=prepare,
        absorb=absorb,
        excitation=excitation,
        headroom=headroom,
        restless=restless,
    ),
    units={"spike": "mV", "current": "pA", "v": "mV", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)
