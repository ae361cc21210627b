"""Inhibitory STDP: near coincidences strengthen, and every arrival weakens; it balances its target.

    traces    x of the source (+1 at its spikes, tau), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau)
    on_pre    w <- w + step (y - 2 rho tau)      the arrival then transmits this w
    on_post   w <- w + step x

Parameter  Unit  Default  Meaning                                              Constraint
step       -        0.01  change by one coincidence, in the weight's unit
rho        Hz        3.0  rate at which the target is held                     >= 0
tau        ms       20.0  window of coincidence                                > 0

Where inhibition has negative weights, as with delta synapses, `step` is negative too, and the
projection's bounds are (-w_max, 0); else they are (0, w_max).
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Vogels, Sprekeler, Zenke, Clopath & Gerstner (2011), Science 334:1569-1573,
doi:10.1126/science.1211095.
Verified against: the sum over all pairs of spikes, and its drift's zero at rho; NEST
vogels_sprekeler_synapse (1e-9).
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    step: float = 0.01
    rho: float = 3.0
    tau: float = 20.0


class Seen(NamedTuple):
    x: float
    y: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Strengthen by the target's spikes, weaken by what they should have been."""
    return w + p.step * (seen.y - 2.0 * (1e-3 * p.rho) * p.tau)


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Strengthen by the arrivals before."""
    return w + p.step * seen.x


InhibitorySTDP = Rule(
    name="InhibitorySTDP",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau")},
    doc=__doc__,
)
