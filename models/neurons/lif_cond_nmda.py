"""Leaky integrate-and-fire neuron with AMPA, NMDA and GABA receptors; magnesium blocks the NMDA.

    between events   c_m dv/dt = g_l (e_l - v) + (g_ampa + g_nmda B(v)) (e_exc - v)
                                 + g_gaba (e_inh - v) + i + i_offset
                     B(v) = 1 / (1 + mg exp(-0.062 v) / 3.57)           v in mV, mg in mM
                     dg_ampa/dt = -g_ampa / tau_ampa,  dg_gaba/dt = -g_gaba / tau_gaba
                     dg_nmda/dt = r - g_nmda / tau_decay_nmda,  dr/dt = -r / tau_rise_nmda
    ampa, gaba       g_ampa <- g_ampa + w,  g_gaba <- g_gaba + w    (w in nS; never below zero)
    nmda             r <- r + w / k: g_nmda rises by w at its peak, then decays
                                                                   (w in nS; r never below zero)
    current          i <- i + w                                    (w in pA)
    fires            when v reaches v_th; then v <- v_reset for t_ref

Parameter       Unit  Default  Meaning                              Constraint
c_m             pF      500.0  membrane capacitance                 > 0
g_l             nS       25.0  leak conductance                     >= 0
e_l             mV      -70.0  leak reversal potential
v_th            mV      -50.0  firing threshold                     > v_reset
v_reset         mV      -55.0  potential after a spike
t_ref           ms        2.0  absolute refractory period           >= 0
e_exc           mV        0.0  reversal potential of AMPA and NMDA
e_inh           mV      -70.0  reversal potential of GABA
tau_ampa        ms        2.0  decay of the AMPA conductance        > 0
tau_rise_nmda   ms        2.0  rise of the NMDA conductance         > 0
tau_decay_nmda  ms      100.0  decay of the NMDA conductance        > 0
tau_gaba        ms        5.0  decay of the GABA conductance        > 0
mg              mM        1.0  magnesium outside                    >= 0
i_offset        pA        0.0  constant current

B is the share of open NMDA channels that magnesium leaves free: 4 percent at -70 mV, 78 percent at
0 mV. The conductance adds up linearly: the saturation of Brunel and Wang's gating variable, which
is the presynaptic cell's, is left out. During the refractory period v waits at v_reset while the
conductances go on.

Source: Jahr & Stevens (1990), J. Neurosci. 10:3178-3182,
doi:10.1523/JNEUROSCI.10-09-03178.1990 (the block); the constants: Brunel & Wang (2001), J. Comput.
Neurosci. 11:63-85, doi:10.1023/A:1011204814320.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the closed form of the interspike
interval under a constant current; the equilibrium under a tonic conductance; LIFCondExp; without
magnesium NEST iaf_cond_beta as its step shrinks.
"""

from math import inf
from typing import NamedTuple

from eventsim.cascade import peak
from eventsim.kernel import kernel
from eventsim.ode import integrated, safe_exp


class Params(NamedTuple):
    c_m: float = 500.0
    g_l: float = 25.0
    e_l: float = -70.0
    v_th: float = -50.0
    v_reset: float = -55.0
    t_ref: float = 2.0
    e_exc: float = 0.0
    e_inh: float = -70.0
    tau_ampa: float = 2.0
    tau_rise_nmda: float = 2.0
    tau_decay_nmda: float = 100.0
    tau_gaba: float = 5.0
    mg: float = 1.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    g_ampa: float  # nS
    g_nmda: float  # nS, without the block
    r_nmda: float  # nS/ms, how fast it rises
    g_gaba: float  # nS
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


@kernel
def initial(p: Params, key: float) -> State:
    """Start at the leak's potential."""
    return State(p.e_l, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@kernel
def free_share(v: float, p: Params) -> float:
    """Return the share of open NMDA channels that magnesium does not block."""
    return 1.0 / (1.0 + p.mg * safe_exp(-0.062 * v) / 3.57)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    dv = 0.0
    if t >= s.deaf_until:
        excitation = (s.g_ampa + s.g_nmda * free_share(s.v, p)) * (p.e_exc - s.v)
        inhibition = s.g_gaba * (p.e_inh - s.v)
        dv = (p.g_l * (p.e_l - s.v) + excitation + inhibition + s.i + p.i_offset) / p.c_m
    return State(
        dv,
        -s.g_ampa / p.tau_ampa,
        s.r_nmda - s.g_nmda / p.tau_decay_nmda,
        -s.r_nmda / p.tau_rise_nmda,
        -s.g_gaba / p.tau_gaba,
        0.0,
        0.0,
    )


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the threshold."""
    return s.v - p.v_th


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the refractory period."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_ampa(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` nS at `t` on the AMPA receptors."""
    return State(s.v, max(s.g_ampa + w, 0.0), s.g_nmda, s.r_nmda, s.g_gaba, s.i, s.deaf_until)


@kernel
def on_nmda(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` nS at `t` on the NMDA receptors."""
    r_nmda = max(s.r_nmda + w / peak(p.tau_rise_nmda, p.tau_decay_nmda), 0.0)
    return State(s.v, s.g_ampa, s.g_nmda, r_nmda, s.g_gaba, s.i, s.deaf_until)


@kernel
def on_gaba(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` nS at `t` on the GABA receptors."""
    return State(s.v, s.g_ampa, s.g_nmda, s.r_nmda, max(s.g_gaba + w, 0.0), s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.g_ampa, s.g_nmda, s.r_nmda, s.g_gaba, s.i + w, s.deaf_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and wait for the refractory period; the conductances go on."""
    return State(p.v_reset, s.g_ampa, s.g_nmda, s.r_nmda, s.g_gaba, s.i, t + p.t_ref)


LIFCondNMDA = integrated(
    name="LIFCondNMDA",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"ampa": on_ampa, "nmda": on_nmda, "gaba": on_gaba, "current": on_current},
    on_fire=on_fire,
    next_break=next_break,
    units={"ampa": "nS", "nmda": "nS", "gaba": "nS", "current": "pA", "v": "mV", "g_ampa": "nS",
           "g_nmda": "nS", "r_nmda": "nS/ms", "g_gaba": "nS", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
