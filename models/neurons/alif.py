"""Leaky integrate-and-fire neuron with an adaptive threshold (ALIF), instantaneous (delta) input.

    between events   tau_m dv/dt = v_rest - v + (i + i_offset) tau_m / c_m
                     tau_a dtheta/dt = -theta                                    exact
    spike            v <- v + w, unless refractory             (w in mV)
    current          i <- i + w                                (w in pA)
    fires            when v >= v_th + theta; then v <- v_reset for t_ref, theta <- theta + beta

Parameter  Unit  Default  Meaning                            Constraint
tau_m      ms       20.0  membrane time constant             > 0
tau_a      ms      200.0  decay of the threshold's rise      > 0
c_m        pF      250.0  membrane capacitance               > 0
v_rest     mV      -65.0  resting potential
v_th       mV      -50.0  firing threshold at rest           > v_reset
v_reset    mV      -65.0  potential after a spike
t_ref      ms        2.0  absolute refractory period         >= 0
beta       mV        1.6  rise of the threshold at a spike   >= 0
i_offset   pA        0.0  constant current

A cell that waits below its raised threshold may fire without input when that has come down.

Source: Bellec et al. (2018), Advances in Neural Information Processing Systems 31 (LSNN),
arXiv:1803.09574.
Verified against: the crossing equation at each spike, a fine scan for the first crossing.
"""

from math import exp, inf, log
from typing import NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import NeuronModel
from eventsim.roots import sign_change

FADED = 600.0  # time constants after which a course is at its level


class Params(NamedTuple):
    tau_m: float = 20.0
    tau_a: float = 200.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0
    beta: float = 1.6
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    theta: float  # mV, what the threshold has risen by
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


class Gap(NamedTuple):
    """How v - threshold passes on: a level, and two modes that fade."""

    level: float  # mV
    leak: float  # mV
    rise: float  # mV, of the threshold
    tau_m: float  # ms
    tau_a: float


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, the threshold too."""
    return State(p.v_rest, 0.0, 0.0, 0.0)


@kernel
def v_infinity(s: State, p: Params) -> float:
    """Return the potential that the present current leads to."""
    return p.v_rest + (p.i_offset + s.i) * (p.tau_m / p.c_m)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    # v waits at v_reset until the refractory period ends; the threshold goes on
    free = min(dt, max(0.0, t + dt - s.deaf_until))
    v_inf = v_infinity(s, p)
    v = v_inf + (s.v - v_inf) * exp(-free / p.tau_m) if free > 0.0 else s.v
    return State(v, s.theta * exp(-dt / p.tau_a), s.i, s.deaf_until)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return s if t < s.deaf_until else State(s.v + w, s.theta, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.theta, s.i + w, s.deaf_until)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th + s.theta


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, raise the threshold, and be deaf for the refractory period."""
    return State(p.v_reset, s.theta + p.beta, s.i, t + p.t_ref)


@kernel_call
def height(dt: float, g: Gap) -> float:
    """Return v - threshold after `dt`."""
    return g.level + g.leak * exp(-dt / g.tau_m) - g.rise * exp(-dt / g.tau_a)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold if nothing arrives, or infinity."""
    start, v_inf = max(t, s.deaf_until), v_infinity(s, p)
    theta = s.theta * exp(-(start - t) / p.tau_a)
    g = Gap(v_inf - p.v_th, s.v - v_inf, theta, p.tau_m, p.tau_a)
    if height(0.0, g) >= 0.0:
        return start
    end, scale = FADED * max(g.tau_m, g.tau_a), min(g.tau_m, g.tau_a)
    lo, rate = 0.0, 1.0 / g.tau_m - 1.0 / g.tau_a
    if rate != 0.0 and g.rise > 0.0 and g.leak > 0.0:
        turn = log(g.leak / g.rise * g.tau_a / g.tau_m) / rate
        if 0.0 < turn < end:
            if height(turn, g) >= 0.0:
                return start + sign_change(height, 0.0, turn, scale, g)
            lo = turn
    return start + sign_change(height, lo, end, scale, g) if g.level > 0.0 else inf


ALIF = NeuronModel(
    name="ALIF",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    units={"spike": "mV", "current": "pA", "v": "mV", "theta": "mV", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)
