"""Leaky integrate-and-fire neuron with an adaptation current that follows v, delta input.

    between events   tau_m dv/dt = v_rest - v - w + (i + i_offset) tau_m / c_m
                     tau_w dw/dt = a (v - v_rest) - w                               exact
    spike            v <- v + x                                (weight x in mV)
    current          i <- i + x                                (weight x in pA)
    fires            when v >= v_th; then v <- v_reset, w <- w + b

Parameter  Unit  Default  Meaning                                  Constraint
tau_m      ms       10.0  membrane time constant                   > 0
tau_w      ms      100.0  time constant of the adaptation          > 0
c_m        pF      250.0  membrane capacitance                     > 0
v_rest     mV      -65.0  resting potential
v_th       mV      -50.0  firing threshold                         > v_reset
v_reset    mV      -65.0  potential after a spike
a          1         2.5  coupling of the adaptation to v          >= 0
b          mV        1.0  jump of the adaptation at a spike
i_offset   pA        0.0  constant current

For a > (tau_w - tau_m)^2 / (4 tau_m tau_w) the potential oscillates while it decays: the cell
prefers inputs at its own rhythm, and may fire from the rebound after inhibition alone.

Source: Brunel, Hakim & Richardson (2003), Phys. Rev. E 67:051916, doi:10.1103/PhysRevE.67.051916;
Baronig, Ferrand, Sabathiel & Legenstein (2025), Nat. Commun. 16, doi:10.1038/s41467-025-60878-z.
Verified against: scipy's matrix exponential, tabulated values of the oscillating case, a fine
scan for the first crossing.
"""

from typing import NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import NeuronModel
from eventsim.planar import Course, first_rise, modes


class Params(NamedTuple):
    tau_m: float = 10.0
    tau_w: float = 100.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    a: float = 2.5
    b: float = 1.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    w: float  # mV, adaptation
    i: float  # pA, current from outside


class Flow(NamedTuple):
    """Where v and w are going, and how."""

    v_end: float  # mV, fixed point
    w_end: float  # mV
    v_odd: float  # mV/ms, coefficients of the odd mode
    w_odd: float
    mean: float  # per ms
    spread: float  # per ms^2


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.v_rest, 0.0, 0.0)


@kernel
def flow(s: State, p: Params) -> Flow:
    """Return the flow from a state."""
    drive = (s.i + p.i_offset) * (p.tau_m / p.c_m)
    v_end = p.v_rest + drive / (1.0 + p.a)
    w_end = p.a * drive / (1.0 + p.a)
    fast, slow = 1.0 / p.tau_m, 1.0 / p.tau_w
    half = 0.5 * (fast - slow)
    x, y = s.v - v_end, s.w - w_end
    v_odd = -half * x - fast * y
    w_odd = p.a * slow * x + half * y
    return Flow(v_end, w_end, v_odd, w_odd, -0.5 * (fast + slow), half * half - p.a * fast * slow)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    f = flow(s, p)
    even, odd = modes(dt, f.mean, f.spread)
    v = f.v_end + (s.v - f.v_end) * even + f.v_odd * odd
    return State(v, f.w_end + (s.w - f.w_end) * even + f.w_odd * odd, s.i)


@kernel
def on_spike(s: State, t: float, x: float, p: Params) -> State:
    """Receive one spike of weight `x` mV at `t`."""
    return State(s.v + x, s.w, s.i)


@kernel
def on_current(s: State, t: float, x: float, p: Params) -> State:
    """Change the current from outside by `x` pA at `t`."""
    return State(s.v, s.w, s.i + x)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset v, and raise the adaptation."""
    return State(p.v_reset, s.w + p.b, s.i)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold if nothing arrives, or infinity."""
    if s.v >= p.v_th:
        return t
    f = flow(s, p)
    return t + first_rise(Course(f.v_end - p.v_th, s.v - f.v_end, f.v_odd, f.mean, f.spread))


AdLIF = NeuronModel(
    name="AdLIF",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"spike": on_spike, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    units={"spike": "mV", "current": "pA", "v": "mV", "w": "mV", "i": "pA"},
    doc=__doc__,
)
