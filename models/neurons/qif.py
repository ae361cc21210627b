"""Quadratic integrate-and-fire neuron, instantaneous (delta) input.

    between events   tau_m dv/dt = (v - v_rest) (v - v_th) / (v_th - v_rest)
                                   + (i + i_offset) tau_m / c_m
    spike            v <- v + w, unless refractory             (w in mV)
    current          i <- i + w                                (w in pA)
    fires            when v reaches v_peak; then v <- v_reset for t_ref

Parameter  Unit  Default  Meaning                            Constraint
tau_m      ms       10.0  membrane time constant at rest     > 0
c_m        pF      250.0  membrane capacitance               > 0
v_rest     mV      -65.0  resting potential                  < v_th
v_th       mV      -50.0  unstable fixed point without input
v_peak     mV       30.0  potential at which a spike is cut  > v_reset
v_reset    mV      -68.0  potential after a spike
t_ref      ms        0.0  absolute refractory period         >= 0
i_offset   pA        0.0  constant current

Source: Latham, Richmond, Nelson & Nirenberg (2000), J. Neurophysiol. 83:808-827,
doi:10.1152/jn.2000.83.2.808.
Verified against: the interspike interval in closed form, a difference of arc tangents; scipy's
DOP853 at rtol 1e-12 under noisy drive.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import Adds, integrated


class Params(NamedTuple):
    tau_m: float = 10.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_peak: float = 30.0
    v_reset: float = -68.0
    t_ref: float = 0.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.v_rest, 0.0, 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    if t < s.deaf_until:
        return State(0.0, 0.0, 0.0)
    curve = (s.v - p.v_rest) * (s.v - p.v_th) / (p.v_th - p.v_rest)
    return State(curve / p.tau_m + (s.i + p.i_offset) / p.c_m, 0.0, 0.0)


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


QIF = integrated(
    name="QIF",
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
