"""STDP that a slow rate of the target turns on and off: it strengthens above a rate, weakens below.

    traces    x of the source (+1 at its spikes, tau), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau)
              c of the target (+1 at its spikes, tau_c): a calcium-like measure of its rate
    on_pre    w <- w + scale y a_pre, if allowed      the arrival then transmits this w
    on_post   w <- w + scale x a_post, if allowed
    allowed   a rise of w while theta < c < theta + width, a fall while theta - width < c < theta

Parameter  Unit  Default  Meaning                                              Constraint
a_pre      -       -0.15  amplitude of a spike of the target before an arrival
a_post     -        0.15  amplitude of an arrival before a spike of the target
scale      -         0.1  change of the weight for an amplitude of 1
tau        ms       10.0  window of both                                       > 0
tau_c      ms      999.5  time constant of c                                   > 0
theta      -        37.0  where falls end and rises begin
width      -        22.0  of the two ranges of c                               >= 0

For synapses with negative weights, which strengthen by falling, exchange the two amplitudes' signs.
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike as
it reaches the synapse (after the dendritic delay). c is the one just before the event. At equal
times on_pre comes first, then on_post.

Source: the rule LSM+AP-STDP of Ivanov & Michmizos (2021), NeurIPS 34:25703-25714,
arXiv:2111.01760, after Jin & Li (2016), Proc. IJCNN, in continuous time.
Verified against: the sum over all pairs, c at each from all spikes of the target; both engines.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    a_pre: float = -0.15
    a_post: float = 0.15
    scale: float = 0.1
    tau: float = 10.0
    tau_c: float = 999.5
    theta: float = 37.0
    width: float = 22.0


class Seen(NamedTuple):
    x: float
    y: float
    c: float


@kernel
def allowed(change: float, c: float, p: Params) -> float:
    """Return a change of the weight, or 0 where the target's rate does not allow it."""
    above = c - p.theta if change > 0.0 else p.theta - c
    return change if 0.0 < above < p.width else 0.0


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Count the target's spikes before this arrival."""
    return w + allowed(p.scale * seen.y * p.a_pre, seen.c, p)


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Count the arrivals before this spike of the target."""
    return w + allowed(p.scale * seen.x * p.a_post, seen.c, p)


STDPActivity = Rule(
    name="STDPActivity",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau"), "c": Trace("tau_c")},
    doc=__doc__,
)
