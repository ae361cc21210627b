"""Orchestrated plasticity: triplets, what holds them in check, and slow consolidation.

    traces    x of the source (+1 at its spikes, tau_plus), as seen at the synapse after the delay
              y, z of the target (+1 at its spikes, tau_minus, tau_slow)
    state     c, the consolidated weight, at first 0:
              tau_con dc/dt = w - c - p_con c (w_p/2 - c) (w_p - c)    two wells, near 0 and w_p
    on_pre    w <- w + delta - a y                    the arrival then transmits this w
    on_post   w <- w + a x z - beta (w - c) y^3

Parameter  Unit  Default  Meaning                                                   Constraint
a          -      1e-3    change by a triplet, post-pre-post, or by a pair          >= 0
beta       -      0.05    heterosynaptic pull towards the consolidated weight       >= 0
delta      -      2e-5    gain that every arrival brings                            >= 0
tau_plus   ms     20.0    memory of the source                                      > 0
tau_minus  ms     20.0    memory of the target                                      > 0
tau_slow   ms     100.0   memory of the target's spike before the last              > 0
tau_con    ms     1.2e6   time of consolidation                                     > 0
p_con      -      20.0    depth of the wells                                        >= 0
w_p        -      0.5     weight of the upper well, in the weight's unit            > 0

All traces are read just before the event. Between events the weight is constant, and c follows its
cubic equation in steps of Runge and Kutta's method of a hundredth of its fastest time or less: to
about 1e-11. It passes through time when an arrival or a spike of the target comes, like any state
of a synapse; no clock is needed.
The bounds of the projection must be finite: where the target fires at 150 Hz or more, beta y^3
passes 2, and the weight overshoots the consolidated one, further at every spike, up to a bound.
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post.

Source: Zenke, Agnes & Gerstner (2015), Nat. Commun. 6:6922, doi:10.1038/ncomms7922.
Verified against: a walk over all pairs of spikes with scipy's DOP853 between them.
"""

from math import ceil
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace

FINE = 100.0  # steps in the fastest time of the equation: an error of 1e-12 a step


class Params(NamedTuple):
    a: float = 1e-3
    beta: float = 0.05
    delta: float = 2e-5
    tau_plus: float = 20.0
    tau_minus: float = 20.0
    tau_slow: float = 100.0
    tau_con: float = 1.2e6
    p_con: float = 20.0
    w_p: float = 0.5


class Seen(NamedTuple):
    x: float
    y: float
    z: float


class State(NamedTuple):
    c: float = 0.0  # the consolidated weight


@kernel
def pull(c: float, w: float, p: Params) -> float:
    """Return the change of the consolidated weight per ms."""
    wells = p.p_con * c * (0.5 * p.w_p - c) * (p.w_p - c)
    return (w - c - wells) / p.tau_con


@kernel
def flow(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> tuple[float, State]:
    """Keep the weight; let the consolidated one follow it."""
    # it stays between the weights and wells, so this bounds the slope of `pull`; a large weight it
    # follows only so far: from 2 w_p on, the wells pull by at least p_con 3/8 |c|^3
    far = abs(w)
    if p.p_con > 0.0:
        far = min(far, max(2.0 * p.w_p, (8.0 / 3.0 * far / p.p_con) ** (1.0 / 3.0)))
    widest = max(far, abs(s.c), p.w_p)
    n = ceil(dt / p.tau_con * FINE * (1.0 + 6.0 * p.p_con * widest * widest))
    c, h = s.c, dt / max(n, 1)
    for _ in range(n):
        k1 = pull(c, w, p)
        k2 = pull(c + 0.5 * h * k1, w, p)
        k3 = pull(c + 0.5 * h * k2, w, p)
        k4 = pull(c + h * k3, w, p)
        c += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return w, State(c)


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Gain a little from every arrival; depress by pairs post-pre."""
    return w + p.delta - p.a * seen.y, s


@kernel
def on_post(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Potentiate by triplets; pull all synapses of a target that fires much."""
    pulled = p.beta * (w - s.c) * seen.y * seen.y * seen.y
    return w + p.a * seen.x * seen.z - pulled, s


STDPZenke = Rule(
    name="STDPZenke",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus")},
    post={"y": Trace("tau_minus"), "z": Trace("tau_slow")},
    state=State,
    flow=flow,
    bounds={"lowest": "", "highest": ""},
    doc=__doc__,
)
