"""Morris and Lecar's barnacle muscle fibre: calcium and potassium, instantaneous (delta) input.

    between events   c_m dv/dt = g_ca m_inf(v) (e_ca - v) + g_k n (e_k - v) + g_l (e_l - v)
                                 + i + i_offset
                     dn/dt = phi cosh((v - v_3) / (2 v_4)) (n_inf(v) - n)
                     m_inf = (1 + tanh((v - v_1) / v_2)) / 2
                     n_inf = (1 + tanh((v - v_3) / v_4)) / 2
    spike            v <- v + w                                (w in mV)
    current          i <- i + w                                (w in pA)
    fires            when v rises through v_spike; nothing is reset

Parameter  Unit  Default  Meaning                               Constraint
c_m        pF       20.0  membrane capacitance                  > 0
g_ca       nS        4.4  largest calcium conductance           >= 0
g_k        nS        8.0  largest potassium conductance         >= 0
g_l        nS        2.0  leak conductance                      >= 0
e_ca       mV      120.0  calcium reversal potential
e_k        mV      -84.0  potassium reversal potential
e_l        mV      -60.0  leak reversal potential
v_1        mV       -1.2  half activation of calcium
v_2        mV       18.0  width of the activation of calcium    > 0
v_3        mV        2.0  half activation of potassium
v_4        mV       30.0  width of the activation of potassium  > 0
phi        1/ms     0.04  rate of potassium                     > 0
i_offset   pA        0.0  constant current
v_spike    mV        0.0  a rise through it counts as a spike
v_start    mV      -60.0  potential at t = 0

The defaults are Rinzel and Ermentrout's, with a Hopf bifurcation (class II) and currents per
cm2 read as pA. Class I: g_ca = 4, v_3 = 12, v_4 = 17.4, phi = 1/15.

Source: Morris & Lecar (1981), Biophys. J. 35:193-213, doi:10.1016/S0006-3495(81)84782-0;
parameters: Rinzel & Ermentrout (1998), in Methods in Neuronal Modeling, MIT Press.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the currents between which the
resting state is unstable, from the Jacobian.
"""

from math import exp, tanh
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import integrated

STEEPEST = 10.0  # exponent at which the rate of potassium stops growing: 600 mV from v_3


class Params(NamedTuple):
    c_m: float = 20.0
    g_ca: float = 4.4
    g_k: float = 8.0
    g_l: float = 2.0
    e_ca: float = 120.0
    e_k: float = -84.0
    e_l: float = -60.0
    v_1: float = -1.2
    v_2: float = 18.0
    v_3: float = 2.0
    v_4: float = 30.0
    phi: float = 0.04
    i_offset: float = 0.0
    v_spike: float = 0.0
    v_start: float = -60.0


class State(NamedTuple):
    v: float  # mV
    n: float  # opening of potassium
    i: float  # pA, current from outside


@kernel
def n_infinity(v: float, p: Params) -> float:
    """Return the level of potassium's gate at `v`."""
    return 0.5 * (1.0 + tanh((v - p.v_3) / p.v_4))


@kernel
def initial(p: Params, key: float) -> State:
    """Start with potassium's gate at its level."""
    return State(p.v_start, n_infinity(p.v_start, p), 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    m = 0.5 * (1.0 + tanh((s.v - p.v_1) / p.v_2))
    ions = p.g_ca * m * (p.e_ca - s.v) + p.g_k * s.n * (p.e_k - s.v) + p.g_l * (p.e_l - s.v)
    x = min(abs(s.v - p.v_3) / (2.0 * p.v_4), STEEPEST)
    rate = 0.5 * p.phi * (exp(x) + exp(-x))
    return State((ions + s.i + p.i_offset) / p.c_m, rate * (n_infinity(s.v, p) - s.n), 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the potential that counts as a spike."""
    return s.v - p.v_spike


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return State(s.v + w, s.n, s.i)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.n, s.i + w)


MorrisLecar = integrated(
    name="MorrisLecar",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"spike": on_spike, "current": on_current},
    units={"spike": "mV", "current": "pA", "v": "mV", "n": "1", "i": "pA"},
    doc=__doc__,
)
