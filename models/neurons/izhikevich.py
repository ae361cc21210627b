"""Izhikevich's simple model, instantaneous (delta) input.

    between events   dv/dt = k2 v^2 + k1 v + k0 - u + (i + i_offset) / c_m
                     du/dt = a (b (v - v_u) - u_leak u)
    spike            v <- v + w                                (w in mV)
    current          i <- i + w                                (w in pA)
    fires            when v reaches v_peak; then v <- c, u <- u + d

Parameter  Unit     Default  Meaning                                Constraint
a          1/ms        0.02  rate of the recovery
b          1/ms         0.2  sensitivity of the recovery to v
c          mV         -65.0  potential after a spike                < v_peak
d          mV/ms        8.0  jump of the recovery at a spike
v_peak     mV          30.0  potential at which a spike is cut
k2         1/mV/ms     0.04  quadratic term                         > 0
k1         1/ms         5.0  linear term
k0         mV/ms      140.0  constant term
v_u        mV           0.0  potential that the recovery is counted from
u_leak     1            1.0  decay of the recovery; 0 for none      >= 0
c_m        pF           1.0  makes 1 pA the published input of 1    > 0
i_offset   pA           0.0  constant current
v_start    mV         -65.0  potential at t = 0; u starts at b (v_start - v_u)

k1, k0, v_u and u_leak are parameters because three of the twenty published patterns use others; two
patterns have a < 0, so that the recovery runs away from rest until a spike resets it.
The published figures were drawn with Euler steps of 0.25 to 1 ms; this is the equation itself, and
its spike times differ from theirs.

Source: Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569-1572, doi:10.1109/TNN.2003.820440; the
patterns: Izhikevich (2004), IEEE Trans. Neural Netw. 15:1063-1070, doi:10.1109/TNN.2004.832719.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive; the fixed points in closed form;
the twenty firing patterns; NEST izhikevich as its step shrinks.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import Adds, integrated


class Params(NamedTuple):
    a: float = 0.02
    b: float = 0.2
    c: float = -65.0
    d: float = 8.0
    v_peak: float = 30.0
    k2: float = 0.04
    k1: float = 5.0
    k0: float = 140.0
    v_u: float = 0.0
    u_leak: float = 1.0
    c_m: float = 1.0
    i_offset: float = 0.0
    v_start: float = -65.0


class State(NamedTuple):
    v: float  # mV
    u: float  # mV/ms, recovery
    i: float  # pA, current from outside


@kernel
def initial(p: Params, key: float) -> State:
    """Start where the published simulations do."""
    return State(p.v_start, p.b * (p.v_start - p.v_u), 0.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    drive = (s.i + p.i_offset) / p.c_m
    dv = (p.k2 * s.v + p.k1) * s.v + p.k0 - s.u + drive
    return State(dv, p.a * (p.b * (s.v - p.v_u) - p.u_leak * s.u), 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the peak."""
    return s.v - p.v_peak


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    return State(s.v + w, s.u, s.i)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.u, s.i + w)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset v and raise the recovery."""
    return State(p.c, s.u + p.d, s.i)


Izhikevich = integrated(
    name="Izhikevich",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"spike": on_spike, "current": on_current},
    on_fire=on_fire,
    adds={"spike": Adds("v"), "current": Adds("i")},
    units={"spike": "mV", "current": "pA", "v": "mV", "u": "mV/ms", "i": "pA"},
    doc=__doc__,
)
