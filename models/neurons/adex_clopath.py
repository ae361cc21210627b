"""Adaptive exponential neuron with a spike of some width and filtered voltages, delta input.

    between events   c_m dv/dt = -g_l (v - e_l) + g_l delta_t exp((v - threshold) / delta_t) - w + z
                                 + i + i_offset
                     tau_w dw/dt = a (v - e_l) - w
                     tau_z dz/dt = -z
                     tau_th dthreshold/dt = v_th - threshold
                     tau_minus du_minus/dt = u - u_minus,  tau_plus du_plus/dt = u - u_plus
    spike            v <- v + w, unless during a spike       (w in mV)
    current          i <- i + w                              (w in pA)
    fires            when v reaches v_peak, or before that threshold + 15 delta_t, from where it
                     takes no more than 3e-6 ms; then u is v_spike for t_spike, after which v starts
                     from v_reset; w <- w + b, z <- i_after, threshold <- v_th_max

Parameter  Unit  Default  Meaning                                       Constraint
c_m        pF      281.0  membrane capacitance                          > 0
g_l        nS       30.0  leak conductance                              > 0
e_l        mV      -70.6  leak reversal potential
v_th       mV      -50.4  threshold of the exponential at rest
v_th_max   mV       30.4  threshold of the exponential after a spike    >= v_th
tau_th     ms       50.0  decay of the threshold                        > 0
delta_t    mV        2.0  sharpness of the exponential                  > 0
v_peak     mV       33.0  potential at which there is a spike           > v_reset
v_reset    mV      -60.0  potential after a spike
v_spike    mV       33.0  potential during a spike
t_spike    ms        2.0  width of a spike                              > 0
a          nS        4.0  coupling of the adaptation to v
b          pA       80.5  jump of the adaptation at a spike
tau_w      ms      144.0  time constant of the adaptation               > 0
i_after    pA      400.0  depolarising current after a spike
tau_z      ms       40.0  decay of that current                         > 0
tau_minus  ms       10.0  filter of the voltage that depression reads   > 0
tau_plus   ms        7.0  filter of the voltage that potentiation reads  > 0
i_offset   pA        0.0  constant current

u is v, but for the time of a spike, when v waits at v_reset and w stands still. The rule `Clopath`
reads the filtered voltages.

Source: Clopath, Buesing, Vasilaki & Gerstner (2010), Nat. Neurosci. 13:344-352,
doi:10.1038/nn.2479.
Verified against: scipy's DOP853 at rtol 1e-12 under noisy drive.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.ode import integrated, safe_exp

CERTAIN = 15.0  # delta_t above it: v takes c_m / g_l exp(-15) from there to infinity


class Params(NamedTuple):
    c_m: float = 281.0
    g_l: float = 30.0
    e_l: float = -70.6
    v_th: float = -50.4
    v_th_max: float = 30.4
    tau_th: float = 50.0
    delta_t: float = 2.0
    v_peak: float = 33.0
    v_reset: float = -60.0
    v_spike: float = 33.0
    t_spike: float = 2.0
    a: float = 4.0
    b: float = 80.5
    tau_w: float = 144.0
    i_after: float = 400.0
    tau_z: float = 40.0
    tau_minus: float = 10.0
    tau_plus: float = 7.0
    i_offset: float = 0.0


class State(NamedTuple):
    v: float  # mV
    w: float  # pA, adaptation
    z: float  # pA, after a spike
    threshold: float  # mV, of the exponential
    u_minus: float  # mV
    u_plus: float  # mV
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the spike


@kernel
def initial(p: Params, key: float) -> State:
    """Start at the leak's potential."""
    return State(p.e_l, 0.0, 0.0, p.v_th, p.e_l, p.e_l, 0.0, 0.0)


@kernel
def peak(s: State, p: Params) -> float:
    """Return the potential at which there is a spike."""
    return min(p.v_peak, s.threshold + CERTAIN * p.delta_t)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    """Return the change per ms."""
    u, dv, dw = p.v_spike, 0.0, 0.0
    if t >= s.deaf_until:
        u = min(s.v, peak(s, p))
        upstroke = p.g_l * p.delta_t * safe_exp((u - s.threshold) / p.delta_t)
        dv = (-p.g_l * (u - p.e_l) + upstroke - s.w + s.z + s.i + p.i_offset) / p.c_m
        dw = (p.a * (u - p.e_l) - s.w) / p.tau_w
    return State(
        dv,
        dw,
        -s.z / p.tau_z,
        (p.v_th - s.threshold) / p.tau_th,
        (u - s.u_minus) / p.tau_minus,
        (u - s.u_plus) / p.tau_plus,
        0.0,
        0.0,
    )


@kernel
def threshold(s: State, p: Params) -> float:
    """Return how far v is above the peak."""
    return s.v - peak(s, p)


@kernel
def next_break(s: State, t: float, p: Params) -> float:
    """Return the end of the spike."""
    return s.deaf_until if t < s.deaf_until else inf


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    """Receive one spike of weight `w` mV at `t`."""
    v = s.v if t < s.deaf_until else s.v + w
    return State(v, s.w, s.z, s.threshold, s.u_minus, s.u_plus, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.w, s.z, s.threshold, s.u_minus, s.u_plus, s.i + w, s.deaf_until)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Begin a spike: what it leaves behind starts with it."""
    return State(
        p.v_reset, s.w + p.b, p.i_after, p.v_th_max, s.u_minus, s.u_plus, s.i, t + p.t_spike
    )


AdExClopath = integrated(
    name="AdExClopath",
    params=Params,
    state=State,
    initial=initial,
    derivative=derivative,
    threshold=threshold,
    on_input={"spike": on_spike, "current": on_current},
    on_fire=on_fire,
    next_break=next_break,
    units={"spike": "mV", "current": "pA", "v": "mV", "w": "pA", "z": "pA", "threshold": "mV",
           "u_minus": "mV", "u_plus": "mV", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
