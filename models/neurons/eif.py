"""Exponential integrate-and-fire neuron, instantaneous (delta) input.

    between events   tau_m dv/dt = -(v - v_rest) + delta_t exp((v - v_th) / delta_t)
                                   + (i + i_offset) tau_m / c_m
    spike            v <- v + w, unless refractory             (w in mV)
    current          i <- i + w                                (w in pA)
    fires            when v reaches v_peak; then v <- v_reset for t_ref

Parameter  Unit  Default  Meaning                           Constraint
tau_m      ms       10.0  membrane time constant            > 0
c_m        pF      250.0  membrane capacitance              > 0
v_rest     mV      -65.0  leak reversal potential
v_th       mV      -59.9  threshold of the exponential
delta_t    mV       3.48  sharpness of the exponential      > 0
v_peak     mV      -10.0  potential at which a spike is cut  > v_reset
v_reset    mV      -68.0  potential after a spike
t_ref      ms        1.7  absolute refractory period        >= 0
i_offset   pA        0.0  constant current

The exponential is cut at v_peak, where the spike is, so that nothing overflows.

Source: Fourcaud-Trocme, Hansel, van Vreeswijk & Brunel (2003), J. Neurosci. 23:11628-11640,
doi:10.1523/JNEUROSCI.23-37-11628.2003.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the rheobase in closed form; the
interspike interval as an integral over v.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import Adds, integrated, safe_exp


class Params(NamedTuple):
    tau_m: float = 10.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -59.9
    delta_t: float = 3.48
    v_peak: float = -10.0
    v_reset: float = -68.0
    t_ref: float = 1.7
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


@kernel
def initial(p: Params, key: float) -> State:
    """Start at the leak's potential."""
    return State(p.v_rest, 0.0, 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    if t < s.deaf_until:
        return State(0.0, 0.0, 0.0)
    v = min(s.v, p.v_peak)
    upstroke = p.delta_t * safe_exp((v - p.v_th) / p.delta_t)
    return State((p.v_rest - v + upstroke) / p.tau_m + (s.i + p.i_offset) / p.c_m, 0.0, 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the peak."""
    return s.v - p.v_peak


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the refractory period."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return s if t < s.deaf_until else State(s.v + w, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.i + w, s.deaf_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and be deaf for the refractory period."""
    return State(p.v_reset, s.i, t + p.t_ref)


EIF = integrated(
    name="EIF",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"spike": on_spike, "current": on_current},
    on_fire=on_fire,
    next_break=next_break,
    adds={"spike": Adds("v"), "current": Adds("i")},
    units={"spike": "mV", "current": "pA", "v": "mV", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)
