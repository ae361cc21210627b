"""Conductance-based integrate-and-fire neuron with an adaptive threshold, after Diehl and Cook.

    between events   tau_m dv/dt = v_rest - v + g_exc (e_exc - v) + g_inh (e_inh - v) + i + i_offset
                     dg_exc/dt = -g_exc / tau_syn_exc,  dg_inh/dt = -g_inh / tau_syn_inh
                     dtheta/dt = -theta / tau_theta
    exc, inh         g_exc <- g_exc + w,  g_inh <- g_inh + w   (w as a share of the leak; >= 0)
    current          i <- i + w                                (w in pA; the leak is 1 nS)
    fires            when v reaches v_th + theta; then v <- v_reset for t_ref,
                     theta <- theta + theta_plus

Parameter    Unit    Default  Meaning                               Constraint
tau_m        ms        100.0  membrane time constant                > 0
v_rest       mV        -65.0  resting potential
v_th         mV        -72.0  firing threshold where theta is 0
v_reset      mV        -65.0  potential after a spike
t_ref        ms          5.0  absolute refractory period            >= 0
e_exc        mV          0.0  excitatory reversal potential
e_inh        mV       -100.0  inhibitory reversal potential
tau_syn_exc  ms          1.0  decay of the excitatory conductance   > 0
tau_syn_inh  ms          2.0  decay of the inhibitory conductance   > 0
theta_start  mV         20.0  theta at t = 0                        >= 0
theta_plus   mV         0.05  rise of theta at a spike              >= 0
tau_theta    ms     10000000  decay of theta                        > 0
i_offset     pA          0.0  constant current

The defaults are the excitatory cells of the paper; with tau_m = 10, v_rest = -60, v_th = -40,
v_reset = -45, t_ref = 2, e_inh = -85, theta_start = 0 and theta_plus = 0 it is the inhibitory
ones. For the time during which learning is off: theta_plus = 0 and tau_theta = 1e12. During the
refractory period v waits at v_reset; in the authors' code it goes on, and only the spike is
forbidden.

Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, doi:10.3389/fncom.2015.00099.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import Adds, integrated


class Params(NamedTuple):
    tau_m: float = 100.0
    v_rest: float = -65.0
    v_th: float = -72.0
    v_reset: float = -65.0
    t_ref: float = 5.0
    e_exc: float = 0.0
    e_inh: float = -100.0
    tau_syn_exc: float = 1.0
    tau_syn_inh: float = 2.0
    theta_start: float = 20.0
    theta_plus: float = 0.05
    tau_theta: float = 1e7
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    g_exc: float  # shares of the leak
    g_inh: float
    theta: float  # mV, what the threshold has risen by
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.v_rest, 0.0, 0.0, p.theta_start, 0.0, 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    dv = 0.0
    if t >= s.deaf_until:
        synapses = s.g_exc * (p.e_exc - s.v) + s.g_inh * (p.e_inh - s.v)
        dv = (p.v_rest - s.v + synapses + s.i + p.i_offset) / p.tau_m
    return State(
        dv,
        -s.g_exc / p.tau_syn_exc,
        -s.g_inh / p.tau_syn_inh,
        -s.theta / p.tau_theta,
        0.0,
        0.0,
    )


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the threshold."""
    return s.v - p.v_th - s.theta


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the refractory period."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_exc(s: State, t: float, w: float, p: Params) -> State:
    """Receive one excitatory spike of weight `w` at `t`."""
    return State(s.v, max(s.g_exc + w, 0.0), s.g_inh, s.theta, s.i, s.deaf_until)


@kernel
def on_inh(s: State, t: float, w: float, p: Params) -> State:
    """Receive one inhibitory spike of weight `w` at `t`."""
    return State(s.v, s.g_exc, max(s.g_inh + w, 0.0), s.theta, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.g_exc, s.g_inh, s.theta, s.i + w, s.deaf_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, raise the threshold, and wait for the refractory period."""
    return State(p.v_reset, s.g_exc, s.g_inh, s.theta + p.theta_plus, s.i, t + p.t_ref)


DiehlCook = integrated(
    name="DiehlCook",
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
    units={"exc": "1", "inh": "1", "current": "pA", "v": "mV", "g_exc": "1", "g_inh": "1",
           "theta": "mV", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
