"""Leaky integrate-and-fire neuron that is reset by subtraction, delta input; its voltage is read.

    between events   dv/dt = -(v - v_rest) / tau_m + (i_offset + i) / c_m         exact
    spike            v <- v + w                                    (w in mV)
    current          i <- i + w                                    (w in pA)
    fires            when v >= v_th; then v <- v - (v_th - v_rest)
    course           v - v_rest, for rules that read it between events

Parameter  Unit  Default  Meaning                       Constraint
tau_m      ms       20.0  membrane time constant        > 0
c_m        pF      250.0  membrane capacitance          > 0
v_rest     mV      -65.0  resting potential
v_th       mV      -50.0  firing threshold              > v_rest
i_offset   pA        0.0  constant current

There is no refractory period: what is above threshold carries over, and an input of twice the
threshold makes two spikes at once. A plastic projection onto such neurons may name their own
population as a modulator, and sees the voltage of each synapse's target.

Source: the discrete neuron of Bellec et al. (2020), Nat. Commun. 11:3625,
doi:10.1038/s41467-020-17236-y, in continuous time.
Verified against: the closed form of its intervals, and of what spikes leave behind.
"""

from math import exp, inf, log
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.rule import Course


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    i: float  # pA, current from outside


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.v_rest, 0.0)


@kernel
def rise(s: State, p: Params) -> float:
    """Return how far above rest the present current leads."""
    return (p.i_offset + s.i) * (p.tau_m / p.c_m)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    v_inf = p.v_rest + rise(s, p)
    return State(v_inf + (s.v - v_inf) * exp(-dt / p.tau_m), s.i)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return State(s.v + w, s.i)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.i + w)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Take off what a spike costs."""
    return State(s.v - (p.v_th - p.v_rest), s.i)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when the present current alone brings v to threshold, or infinity."""
    if s.v >= p.v_th:
        return t
    v_inf = p.v_rest + rise(s, p)
    if v_inf <= p.v_th:
        return inf
    return t + p.tau_m * log((v_inf - s.v) / (v_inf - p.v_th))


@kernel
def course(s: State, p: Params) -> Course:
    """Relax from the present voltage to where the current leads, both above rest."""
    return Course(s.v - p.v_rest, rise(s, p), p.tau_m)


LIFSubtract = NeuronModel(
    name="LIFSubtract",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    course=course,
    units={"spike": "mV", "current": "pA", "v": "mV", "i": "pA"},
    doc=__doc__,
)
