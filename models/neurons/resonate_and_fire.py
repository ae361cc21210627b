"""Resonate-and-fire neuron, instantaneous (delta) input.

    between events   z = v + i u,  dz/dt = (-1 / tau + i omega) z,  omega = 2 pi / period    exact
    spike            v <- v + w                                (w in mV)
    fires            when v >= v_th; then v <- v_reset, u <- u_reset

Parameter  Unit  Default  Meaning                                   Constraint
tau        ms       50.0  decay of the oscillation                  > 0
period     ms       50.0  period of the oscillation                 > 0
v_th       mV        1.0  firing threshold                          > v_reset
v_reset    mV        0.0  potential after a spike
u_reset    mV        0.0  the other variable after a spike

Potentials are relative to rest. Two inputs one period apart add up, half a period apart they
cancel; inhibition may cause a spike half a period later.

Source: Izhikevich (2001), Neural Netw. 14:883-894, doi:10.1016/S0893-6080(01)00078-8.
Verified against: the sum of jumps at regular intervals in closed form, a fine scan for the first
crossing.
"""

from math import cos, exp, pi, sin
from typing import NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import NeuronModel
from eventsim.planar import Course, first_rise


class Params(NamedTuple):
    tau: float = 50.0
    period: float = 50.0
    v_th: float = 1.0
    v_reset: float = 0.0
    u_reset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    u: float  # mV, a quarter period ahead


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(0.0, 0.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    # whole periods are taken off first: the angle keeps its digits over any stretch of time
    angle = 2.0 * pi * (dt % p.period) / p.period
    fade = exp(-dt / p.tau)
    x, y = fade * cos(angle), fade * sin(angle)
    return State(x * s.v - y * s.u, y * s.v + x * s.u)


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return State(s.v + w, s.u)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Start anew from the reset point."""
    return State(p.v_reset, p.u_reset)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold if nothing arrives, or infinity."""
    omega = 2.0 * pi / p.period
    return t + first_rise(Course(-p.v_th, s.v, -omega * s.u, -1.0 / p.tau, -omega * omega))


ResonateAndFire = NeuronModel(
    name="ResonateAndFire",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    units={"spike": "mV", "v": "mV", "u": "mV"},
    doc=__doc__,
)
