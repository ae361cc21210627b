"""Hodgkin and Huxley's membrane of the squid's giant axon, exponential conductances.

    between events   c_m dv/dt = g_na m^3 h (e_na - v) + g_k n^4 (e_k - v) + g_l (e_l - v)
                                 + g_exc (e_exc - v) + g_inh (e_inh - v) + i + i_offset
                     dx/dt = alpha_x(v) (1 - x) - beta_x(v) x     for the gates m, h, n
                     dg_exc/dt = -g_exc / tau_syn_exc,  dg_inh/dt = -g_inh / tau_syn_inh
    exc, inh         g_exc <- g_exc + w,  g_inh <- g_inh + w      (w in nS; never below zero)
    current          i <- i + w                                   (w in pA)
    fires            when v rises through v_spike; nothing is reset

    alpha_m = 0.1 (v + 40) / (1 - exp(-(v + 40) / 10)),  beta_m = 4 exp(-(v + 65) / 18)
    alpha_h = 0.07 exp(-(v + 65) / 20),                  beta_h = 1 / (1 + exp(-(v + 35) / 10))
    alpha_n = 0.01 (v + 55) / (1 - exp(-(v + 55) / 10)), beta_n = 0.125 exp(-(v + 65) / 80)

Parameter    Unit  Default   Meaning                               Constraint
c_m          pF      100.0   capacitance; 1 uF/cm2 and 1e-4 cm2    > 0
g_na         nS    12000.0   largest sodium conductance            >= 0
g_k          nS     3600.0   largest potassium conductance         >= 0
g_l          nS       30.0   leak conductance                      >= 0
e_na         mV       50.0   sodium reversal potential
e_k          mV      -77.0   potassium reversal potential
e_l          mV    -54.387   leak reversal potential
e_exc        mV        0.0   excitatory reversal potential
e_inh        mV      -80.0   inhibitory reversal potential
tau_syn_exc  ms        2.0   decay of the excitatory conductance   > 0
tau_syn_inh  ms        5.0   decay of the inhibitory conductance   > 0
i_offset     pA        0.0   constant current; 100 pA are 1 uA/cm2
v_spike      mV        0.0   a rise through it counts as a spike
v_start      mV      -65.0   potential at t = 0

Potentials are today's: the resting one is -65 mV, and depolarisation is upward.

Source: Hodgkin & Huxley (1952), J. Physiol. 117:500-544, doi:10.1113/jphysiol.1952.sp004764; onset
of repetitive firing: Rinzel & Miller (1980), Math. Biosci. 49:27-59,
doi:10.1016/0025-5564(80)90109-1.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the onset of repetitive firing,
and the loss of the resting state's stability at 9.78 uA/cm2; NEST hh_psc_alpha as
its step shrinks.
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
    c_m: float = 100.0
    g_na: float = 12000.0
    g_k: float = 3600.0
    g_l: float = 30.0
    e_na: float = 50.0
    e_k: float = -77.0
    e_l: float = -54.387
    e_exc: float = 0.0
    e_inh: float = -80.0
    tau_syn_exc: float = 2.0
    tau_syn_inh: float = 5.0
    i_offset: float = 0.0
    v_spike: float = 0.0
    v_start: float = -65.0


@kernel
def rates(v: float, p: Params) -> Rates:
    """Return alpha and beta of m, h and n, per ms."""
    return (
        ramp(-(v + 40.0) / 10.0),
        4.0 * bounded_exp(-(v + 65.0) / 18.0),
        0.07 * bounded_exp(-(v + 65.0) / 20.0),
        1.0 / (1.0 + bounded_exp(-(v + 35.0) / 10.0)),
        0.1 * ramp(-(v + 55.0) / 10.0),
        0.125 * bounded_exp(-(v + 65.0) / 80.0),
    )


initial, derivative = equations(rates)

HodgkinHuxley = integrated(
    name="HodgkinHuxley",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"exc": on_exc, "inh": on_inh, "current": on_current},
    units=UNITS,
    doc=__doc__,
)
