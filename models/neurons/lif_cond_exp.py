"""Leaky integrate-and-fire neuron, exponentially decaying conductances.

    between events   c_m dv/dt = g_l (e_l - v) + g_exc (e_exc - v) + g_inh (e_inh - v)
                                 + i + i_offset
                     dg_exc/dt = -g_exc / tau_syn_exc,  dg_inh/dt = -g_inh / tau_syn_inh
    exc, inh         g_exc <- g_exc + w,  g_inh <- g_inh + w   (w in nS; never below zero)
    current          i <- i + w                                (w in pA)
    fires            when v reaches v_th; then v <- v_reset for t_ref

Parameter    Unit  Default  Meaning                              Constraint
c_m          pF      250.0  membrane capacitance                 > 0
g_l          nS    16.6667  leak conductance                     >= 0
e_l          mV      -70.0  leak reversal potential
v_th         mV      -55.0  firing threshold                     > v_reset
v_reset      mV      -60.0  potential after a spike
t_ref        ms        2.0  absolute refractory period           >= 0
e_exc        mV        0.0  excitatory reversal potential
e_inh        mV      -85.0  inhibitory reversal potential
tau_syn_exc  ms        0.2  decay of the excitatory conductance  > 0
tau_syn_inh  ms        2.0  decay of the inhibitory conductance  > 0
i_offset     pA        0.0  constant current

During the refractory period v waits at v_reset while the conductances go on.

Source: Meffin, Burkitt & Grayden (2004), J. Comput. Neurosci. 16:159-175,
doi:10.1023/B:JCNS.0000014108.03012.81.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the closed form of the interspike
interval under a constant current; NEST iaf_cond_exp as its step shrinks.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import Adds, integrated


class Params(NamedTuple):
    c_m: float = 250.0
    g_l: float = 16.6667
    e_l: float = -70.0
    v_th: float = -55.0
    v_reset: float = -60.0
    t_ref: float = 2.0
    e_exc: float = 0.0
    e_inh: float = -85.0
    tau_syn_exc: float = 0.2
    tau_syn_inh: float = 2.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    g_exc: float  # nS
    g_inh: float  # nS
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


@kernel
def initial(p: Params, key: float) -> State:
    """Start at the leak's potential."""
    return State(p.e_l, 0.0, 0.0, 0.0, 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    dv = 0.0
    if t >= s.deaf_until:
        synapses = s.g_exc * (p.e_exc - s.v) + s.g_inh * (p.e_inh - s.v)
        dv = (p.g_l * (p.e_l - s.v) + synapses + s.i + p.i_offset) / p.c_m
    return State(dv, -s.g_exc / p.tau_syn_exc, -s.g_inh / p.tau_syn_inh, 0.0, 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the threshold."""
    return s.v - p.v_th


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the refractory period."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_exc(s: State, t: float, w: float, p: Params) -> State:
    """Receive one excitatory spike of weight `w` nS at `t`."""
    return State(s.v, max(s.g_exc + w, 0.0), s.g_inh, s.i, s.deaf_until)


@kernel
def on_inh(s: State, t: float, w: float, p: Params) -> State:
    """Receive one inhibitory spike of weight `w` nS at `t`."""
    return State(s.v, s.g_exc, max(s.g_inh + w, 0.0), s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.g_exc, s.g_inh, s.i + w, s.deaf_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and wait for the refractory period; the conductances go on."""
    return State(p.v_reset, s.g_exc, s.g_inh, s.i, t + p.t_ref)


LIFCondExp = integrated(
    name="LIFCondExp",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"exc": on_exc, "inh": on_inh, "current": on_current},
    on_fire=on_fire,
    next_break=next_break,
    adds={"exc": Adds("g_exc", "tau_syn_exc", signed=False),
          "inh": Adds("g_inh", "tau_syn_inh", signed=False), "current": Adds("i")},
    units={"exc": "nS", "inh": "nS", "current": "pA", "v": "mV", "g_exc": "nS", "g_inh": "nS",
           "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
