"""Hippocampal pyramidal cell after Traub and Miles, exponential conductances.

    between events   c_m dv/dt = g_na m^3 h (e_na - v) + g_k n^4 (e_k - v) + g_l (e_l - v)
                                 + g_exc (e_exc - v) + g_inh (e_inh - v) + i + i_offset
                     dx/dt = alpha_x(u) (1 - x) - beta_x(u) x     for the gates m, h, n; u = v - v_t
                     dg_exc/dt = -g_exc / tau_syn_exc,  dg_inh/dt = -g_inh / tau_syn_inh
    exc, inh         g_exc <- g_exc + w,  g_inh <- g_inh + w      (w in nS; never below zero)
    current          i <- i + w                                   (w in pA)
    fires            when v rises through v_spike; nothing is reset

    alpha_m = 0.32 (13 - u) / (exp((13 - u) / 4) - 1)
    beta_m = 0.28 (u - 40) / (exp((u - 40) / 5) - 1)
    alpha_h = 0.128 exp((17 - u) / 18),                  beta_h = 4 / (1 + exp((40 - u) / 5))
    alpha_n = 0.032 (15 - u) / (exp((15 - u) / 5) - 1),  beta_n = 0.5 exp((10 - u) / 40)

Parameter    Unit  Default   Meaning                               Constraint
c_m          pF      200.0   membrane capacitance                  > 0
g_na         nS    20000.0   largest sodium conductance            >= 0
g_k          nS     6000.0   largest potassium conductance         >= 0
g_l          nS       10.0   leak conductance                      >= 0
e_na         mV       50.0   sodium reversal potential
e_k          mV      -90.0   potassium reversal potential
e_l          mV      -67.0   leak reversal potential
v_t          mV      -63.0   shifts all gates; about the threshold
e_exc        mV        0.0   excitatory reversal potential
e_inh        mV      -80.0   inhibitory reversal potential
tau_syn_exc  ms        5.0   decay of the excitatory conductance   > 0
tau_syn_inh  ms       10.0   decay of the inhibitory conductance   > 0
i_offset     pA        0.0   constant current
v_spike      mV        0.0   a rise through it counts as a spike
v_start      mV      -67.0   potential at t = 0

The defaults are those of the conductance-based cells with which Brette et al. compare simulators
(their benchmark 3), but for e_l: at their -60 mV the cell alone fires by itself.

Source: Traub & Miles (1991), Neuronal Networks of the Hippocampus, Cambridge University Press,
doi:10.1017/CBO9780511895401; Brette et al. (2007), J. Comput. Neurosci. 23:349-398,
doi:10.1007/s10827-007-0038-6.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; arbitrarily slow firing at onset;
NEST hh_cond_exp_traub as its step shrinks.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import integrated
from eventsim.ode.gates import (
    UNITS,
    Rates,
    State,
    bounded_exp,
    equations,
    on_current,
    on_exc,
    on_inh,
    ramp,
    threshold,
)


class Params(NamedTuple):
    c_m: float = 200.0
    g_na: float = 20000.0
    g_k: float = 6000.0
    g_l: float = 10.0
    e_na: float = 50.0
    e_k: float = -90.0
    e_l: float = -67.0
    v_t: float = -63.0
    e_exc: float = 0.0
    e_inh: float = -80.0
    tau_syn_exc: float = 5.0
    tau_syn_inh: float = 10.0
    i_offset: float = 0.0
    v_spike: float = 0.0
    v_start: float = -67.0


@kernel
def rates(v: float, p: Params) -> Rates:
    """Return alpha and beta of m, h and n, per ms."""
    u = v - p.v_t
    return (
        1.28 * ramp((13.0 - u) / 4.0),
        1.4 * ramp((u - 40.0) / 5.0),
        0.128 * bounded_exp((17.0 - u) / 18.0),
        4.0 / (1.0 + bounded_exp((40.0 - u) / 5.0)),
        0.16 * ramp((15.0 - u) / 5.0),
        0.5 * bounded_exp((10.0 - u) / 40.0),
    )


initial, derivative = equations(rates)

TraubMiles = integrated(
    name="TraubMiles",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"exc": on_exc, "inh": on_inh, "current": on_current},
    units=UNITS,
    doc=__doc__,
)
