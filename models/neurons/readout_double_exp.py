"""Leaky sum of input that rises and decays; it never fires: a readout of filtered spikes.

    between events   dv/dt = rise - v / tau_decay,  drise/dt = -rise / tau_rise       exact
    spike            rise <- rise + w / k: v goes up by w at the peak, then decays    (w in mV)
    fires            never

Parameter  Unit  Default  Meaning                   Constraint
tau_rise   ms        2.0  rise of the potential     > 0
tau_decay  ms       20.0  decay of the potential    > 0

One arrival's potential is proportional to exp(-t/tau_decay) - exp(-t/tau_rise), and k is its peak
for rise = 1 mV/ms. Rise and decay may be exchanged: the potential is the same.

Source: Nicola & Clopath (2017), Nat. Commun. 8:2208, doi:10.1038/s41467-017-01827-3.
Verified against: scipy's matrix exponential.
"""

from math import exp
from typing import NamedTuple

from eventsim.cascade import filled, peak
from eventsim.kernel import kernel
from eventsim.model import NeuronModel


class Params(NamedTuple):
    tau_rise: float = 2.0
    tau_decay: float = 20.0


class State(NamedTuple):
    v: float  # mV
    rise: float  # mV/ms


@kernel
def initial(p: Params, key: float) -> State:
    """Start without input."""
    return State(0.0, 0.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    v = filled(s.v, s.rise, dt, p.tau_rise, p.tau_decay)
    return State(v, s.rise * exp(-dt / p.tau_rise))


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return State(s.v, s.rise + w / peak(p.tau_rise, p.tau_decay))


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Nothing: it never fires."""
    return s


ReadoutDoubleExp = NeuronModel(
    name="ReadoutDoubleExp",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike},
    on_fire=on_fire,
    units={"spike": "mV", "v": "mV", "rise": "mV/ms"},
    doc=__doc__,
)
