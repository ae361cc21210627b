"""Leaky integrator that never fires: a readout of spikes as a potential.

    between events   tau_m dv/dt = v_rest - v + (i + i_offset) tau_m / c_m       exact
    spike            v <- v + w                                (w in mV)
    current          i <- i + w                                (w in pA)
    fires            never

Parameter  Unit  Default  Meaning                  Constraint
tau_m      ms       20.0  membrane time constant   > 0
c_m        pF      250.0  membrane capacitance     > 0
v_rest     mV        0.0  resting potential
i_offset   pA        0.0  constant current

Source: Bellec et al. (2020), Nat. Commun. 11:3625, doi:10.1038/s41467-020-17236-y.
Verified against: the geometric series of regular input.
"""

from math import exp
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = 0.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    i: float  # pA, current from outside


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.v_rest, 0.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    v_inf = p.v_rest + (p.i_offset + s.i) * (p.tau_m / p.c_m)
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
def on_fire(s: State, t: float, p: Params) -> State:
    """Nothing: it never fires."""
    return s


Readout = NeuronModel(
    name="Readout",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike, "current": on_current},
    on_fire=on_fire,
    units={"spike": "mV", "current": "pA", "v": "mV", "i": "pA"},
    doc=__doc__,
)
