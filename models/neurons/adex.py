"""Adaptive exponential integrate-and-fire neuron (AdEx), exponential conductances.

    between events   c_m dv/dt = -g_l (v - e_l) + g_l delta_t exp((v - v_th) / delta_t) - w
                                 - g_exc (v - e_exc) - g_inh (v - e_inh) + i + i_offset
                     tau_w dw/dt = a (v - e_l) - w
                     dg_exc/dt = -g_exc / tau_syn_exc,  dg_inh/dt = -g_inh / tau_syn_inh
    exc, inh         g_exc <- g_exc + w,  g_inh <- g_inh + w   (w in nS; never below zero)
    current          i <- i + w                                (w in pA)
    fires            when v reaches v_peak; then v <- v_reset for t_ref, w <- w + b

Parameter    Unit  Default  Meaning                              Constraint
c_m          pF      281.0  membrane capacitance                 > 0
g_l          nS       30.0  leak conductance                     > 0
e_l          mV      -70.6  leak reversal potential
v_th         mV      -50.4  threshold of the exponential
delta_t      mV        2.0  sharpness of the exponential         > 0
v_peak       mV      -20.0  potential at which a spike is cut    > v_reset
v_reset      mV      -60.0  potential after a spike
t_ref        ms        0.0  absolute refractory period           >= 0
a            nS        4.0  coupling of the adaptation to v
b            pA       80.5  jump of the adaptation at a spike
tau_w        ms      144.0  time constant of the adaptation      > 0
e_exc        mV        0.0  excitatory reversal potential
e_inh        mV      -85.0  inhibitory reversal potential
tau_syn_exc  ms        0.2  decay of the excitatory conductance  > 0
tau_syn_inh  ms        2.0  decay of the inhibitory conductance  > 0
i_offset     pA        0.0  constant current

The exponential is cut at v_peak, where the spike is, so that nothing overflows; from the default
peak to infinity v would need another 2e-6 ms. During refractoriness v waits at v_reset while
adaptation and conductances go on.

Source: Brette & Gerstner (2005), J. Neurophysiol. 94:3637-3642, doi:10.1152/jn.00686.2005; firing
patterns: Naud, Marcille, Clopath & Gerstner (2008), Biol. Cybern. 99:335-347,
doi:10.1007/s00422-008-0264-7.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the rheobase in closed form; the
firing patterns of Naud et al.; NEST aeif_cond_exp as its step shrinks.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import Adds, integrated, safe_exp


class Params(NamedTuple):
    c_m: float = 281.0
    g_l: float = 30.0
    e_l: float = -70.6
    v_th: float = -50.4
    delta_t: float = 2.0
    v_peak: float = -20.0
    v_reset: float = -60.0
    t_ref: float = 0.0
    a: float = 4.0
    b: float = 80.5
    tau_w: float = 144.0
    e_exc: float = 0.0
    e_inh: float = -85.0
    tau_syn_exc: float = 0.2
    tau_syn_inh: float = 2.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    w: float  # pA, adaptation
    g_exc: float  # nS
    g_inh: float  # nS
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


@kernel
def initial(p: Params, key: float) -> State:
    """Start at the leak's potential."""
    return State(p.e_l, 0.0, 0.0, 0.0, 0.0, 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    # factors that don't change are products: seven derivatives of a step share their quotients
    v, per_c_m = min(s.v, p.v_peak), 1.0 / p.c_m
    dv = 0.0
    if t >= s.deaf_until:
        upstroke = p.g_l * p.delta_t * safe_exp((v - p.v_th) * (1.0 / p.delta_t))
        synapses = s.g_exc * (v - p.e_exc) + s.g_inh * (v - p.e_inh)
        dv = (-p.g_l * (v - p.e_l) + upstroke - s.w - synapses + s.i + p.i_offset) * per_c_m
    dw = (p.a * (v - p.e_l) - s.w) * (1.0 / p.tau_w)
    dg_exc, dg_inh = -s.g_exc * (1.0 / p.tau_syn_exc), -s.g_inh * (1.0 / p.tau_syn_inh)
    return State(dv, dw, dg_exc, dg_inh, 0.0, 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the peak."""
    return s.v - p.v_peak


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the refractory period."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_exc(s: State, t: float, w: float, p: Params) -> State:
    """Receive one excitatory spike of weight `w` nS at `t`."""
    return State(s.v, s.w, max(s.g_exc + w, 0.0), s.g_inh, s.i, s.deaf_until)


@kernel
def on_inh(s: State, t: float, w: float, p: Params) -> State:
    """Receive one inhibitory spike of weight `w` nS at `t`."""
    return State(s.v, s.w, s.g_exc, max(s.g_inh + w, 0.0), s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.w, s.g_exc, s.g_inh, s.i + w, s.deaf_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset v, raise the adaptation, and be deaf for the refractory period."""
    return State(p.v_reset, s.w + p.b, s.g_exc, s.g_inh, s.i, t + p.t_ref)


AdEx = integrated(
    name="AdEx",
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
    units={"exc": "nS", "inh": "nS", "current": "pA", "v": "mV", "w": "pA", "i": "pA",
           "g_exc": "nS", "g_inh": "nS", "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
