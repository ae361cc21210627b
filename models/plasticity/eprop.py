"""E-prop in continuous time for LIF: learning signal times eligibility, exact between all events.

    state     arrivals, filtered:               darrivals/dt = -arrivals / tau_m of the target
              f, the eligibility as the readout sees it:
                                                tau_out df/dt = -f + psi arrivals
    reads     voltage, of the target itself, above its rest (`LIFSubtract`)
              error, the learning signal of the target: feedback times (output - wanted output)
    psi       gamma / theta max(0, 1 - |voltage - theta| / theta): below threshold this is
              gamma / theta^2 max(0, voltage), an exponential
    between   dw/dt = -rate error f             the exact integral between events
    on_pre    arrivals <- arrivals + 1          the arrival then transmits the present w
    on_post   nothing: the voltage tells of its reset

Parameter  Unit  Default  Meaning                                                    Constraint
rate       -     1e-3     step, in the weight's unit                                 >= 0
gamma      -     0.3      height of the surrogate of the spike's derivative          >= 0
theta      mV    15.0     threshold of the target above its rest                     > 0
tau_out    ms    20.0     memory of the readout                                      > 0
cutoff     ms    1e9      after the last arrival, when the eligibility is forgotten  > 0

The error tells each neuron by itself in which direction to change. An error that only spikes change
is a Modulator(tau=tau_out) for each target, onto which the network projects with the weights
feedback w_out / tau_out; one that a script sets is a Signal. Every arrival at the target, by
whatever synapse, begins a new piece of its voltage and is replayed to every synapse onto it: cost
grows with the square of the in-degree. That is the price of being exact.

Without: the regularisation of rates, and adapting thresholds, which have no closed form;
`eventsim.models.clocked.eprop` has both, in steps of time.
The times compared are those at the soma; dendrites add to the way of the voltage to the synapse.

Source: Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nat. Commun. 11:3625,
doi:10.1038/s41467-020-17236-y; in continuous time here.
Verified against: scipy's DOP853 at rtol 1e-12 on the equations above; the stepped rule, whose error
halves with the step.
"""

from math import exp, expm1
from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.rule import Rule

NEAR = 0.1  # below this a difference of two exponents is a series in it: error 3e-12 of a term


class Params(NamedTuple):
    rate: float = 1e-3
    gamma: float = 0.3
    theta: float = 15.0
    tau_out: float = 20.0
    cutoff: float = 1e9


class Seen(NamedTuple):
    voltage: float
    error: float


class State(NamedTuple):
    arrivals: float = 0.0
    f: float = 0.0
    until: float = 0.0  # ms, when the eligibility is forgotten


@kernel_call
def moment(n: int, a: float, d: float) -> float:
    """Return the integral of s^n exp(-a s) from 0 to d."""
    u = a * d
    if u < 1.0:
        term, total = 1.0, 0.0
        for k in range(20):
            total += term / (n + 1 + k)
            term *= -u / (k + 1)
        return total * d ** (n + 1)
    power, gone, kept = 1.0, -expm1(-u) / a, exp(-u)
    for k in range(1, n + 1):
        power *= d
        gone = (k * gone - power * kept) / a
    return gone


@kernel
def spread(a: float, b: float, d: float) -> float:
    """Return the integral of exp(-a s) exp(-b (d - s)) from 0 to d."""
    apart = abs(a - b) * d
    share = 1.0 if apart == 0.0 else -expm1(-apart) / apart
    return d * exp(-min(a, b) * d) * share


@kernel
def spread_moment(a: float, b: float, d: float) -> float:
    """Return the integral of `spread(a, b, s)` over s from 0 to d: one, given a + c and b + c."""
    apart = b - a
    if abs(apart) * d > NEAR:
        return (moment(0, a, d) - moment(0, b, d)) / apart
    mean, square = 0.5 * (a + b), apart * apart
    first = moment(1, mean, d) + square * moment(3, mean, d) / 24.0
    return first + square * square * moment(5, mean, d) / 1920.0


@kernel_call
def area(f: float, steady: float, fading: float, a: float, b: float, c: float, d: float) -> float:
    """Return the integral of the eligibility times exp(-c s) from 0 to d."""
    own = f * moment(0, b + c, d)
    driven = steady * spread_moment(a + c, b + c, d)
    return own + driven + fading * spread_moment(2.0 * a + c, b + c, d)


@kernel
def flow(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> tuple[float, State]:
    """Pass over a piece in which the voltage is on one side of rest."""
    v, error = m.voltage, m.error
    a, b, c = 1.0 / v.tau, 1.0 / p.tau_out, 1.0 / error.tau
    d = min(dt, max(0.0, s.until - t))
    # psi arrivals = size (rest exp(-a s) + (level - rest) exp(-2 a s)); v may be 0 at its ends
    above = v.rest + (v.level - v.rest) * exp(-0.5 * d * a) > 0.0
    size = p.gamma / (p.theta * p.theta) * s.arrivals * b if above else 0.0
    steady, fading = size * v.rest, size * (v.level - v.rest)
    total = error.rest * area(s.f, steady, fading, a, b, 0.0, d)
    if error.level != error.rest:
        total += (error.level - error.rest) * area(s.f, steady, fading, a, b, c, d)
    f = s.f * exp(-b * d) + steady * spread(a, b, d) + fading * spread(2.0 * a, b, d)
    return w - p.rate * total, State(s.arrivals * exp(-a * dt), f if d == dt else 0.0, s.until)


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Filter the arrivals."""
    return w, State(s.arrivals + 1.0, s.f, t + p.cutoff)


@kernel
def on_post(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Do nothing: a spike is not differentiated."""
    return w, s


Eprop = Rule(
    name="Eprop",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    state=State,
    flow=flow,
    modulators=("voltage", "error"),
    own=("voltage",),
    doc=__doc__,
)
