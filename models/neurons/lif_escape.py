"""Leaky integrate-and-fire neuron with escape noise: fires by chance, more so near the threshold.

    between events   tau_m dv/dt = v_rest - v + (i + i_offset) tau_m / c_m
                     hazard = exp((v - v_th) / delta_u) / tau_escape           (per ms)
    spike            v <- v + w, unless refractory             (w in mV)
    current          i <- i + w                                (w in pA)
    fires            with the hazard's probability; then v <- v_reset for t_ref

Parameter   Unit  Default  Meaning                                  Constraint
tau_m       ms       20.0  membrane time constant                   > 0
c_m         pF      250.0  membrane capacitance                     > 0
v_rest      mV      -65.0  resting potential
v_th        mV      -50.0  potential at which the hazard is 1/tau_escape
v_reset     mV      -65.0  potential after a spike
t_ref       ms        2.0  absolute refractory period               >= 0
delta_u     mV        2.0  width of the soft threshold              > 0
tau_escape  ms        5.0  mean time to a spike at v_th             > 0
i_offset    pA        0.0  constant current

It may fire from rest, once in tau_escape exp((v_th - v_rest) / delta_u) = 9,000 ms by default. The
hazard that is left until the next spike is drawn from the exponential distribution of mean 1 and
integrated down with v: time is continuous, and no step can hold two spikes.

Source: Gerstner & Kistler (2002), Spiking Neuron Models, Cambridge University Press, chapter 5,
doi:10.1017/CBO9780511815706; time rescaling: Brown et al. (2002), Neural Comput. 14:325-346,
doi:10.1162/08997660252741149.
Verified against: exponential intervals at a constant potential (Kolmogorov-Smirnov); scipy's
DOP853 at rtol 1e-12 under noisy drive.
"""

from math import exp, inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import integrated
from eventsim.random import exponential

STEEPEST = 40.0  # exponent at which the hazard stops growing: a spike within 1e-16 ms


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0
    delta_u: float = 2.0
    tau_escape: float = 5.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    remaining: float  # hazard still to pass before the next spike
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, and draw the way to the first spike."""
    return State(p.v_rest, exponential(key, 0.0), 0.0, 0.0, key, 1.0)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    if t < s.deaf_until:
        return State(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    dv = (p.v_rest - s.v) / p.tau_m + (s.i + p.i_offset) / p.c_m
    hazard = exp(min((s.v - p.v_th) / p.delta_u, STEEPEST)) / p.tau_escape
    return State(dv, -hazard, 0.0, 0.0, 0.0, 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how much more hazard has passed than was to pass."""
    return -s.remaining


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the refractory period."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    v = s.v if t < s.deaf_until else s.v + w
    return State(v, s.remaining, s.i, s.deaf_until, s.key, s.drawn)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.remaining, s.i + w, s.deaf_until, s.key, s.drawn)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, draw the way to the next spike, and be deaf for the refractory period."""
    way = exponential(s.key, s.drawn)
    return State(p.v_reset, way, s.i, t + p.t_ref, s.key, s.drawn + 1.0)


LIFEscape = integrated(
    name="LIFEscape",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"spike": on_spike, "current": on_current},
    on_fire=on_fire,
    next_break=next_break,
    units={"spike": "mV", "current": "pA", "v": "mV", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)
