"""Oja's rule between spikes: Hebbian growth, and a decay that keeps the weights' norm in check.

    traces    x of the source (+1 at its spikes, tau), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau)
    on_pre    w stays; the arrival transmits it
    on_post   w <- w + step (x - decay w y)

Parameter  Unit  Default  Meaning                                             Constraint
step       -       0.001  change by one pair, in the weight's unit            >= 0
decay      -         1.0  how strongly the target's own pairs weaken          >= 0
tau        ms       20.0  memory of either side's spikes                      > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts.

Source: Oja (1982), J. Math. Biol. 15:267-273, doi:10.1007/BF00275687; rates stand there for traces.
Verified against: a walk through the merged list of spikes, and the fixed point <x> / (decay <y>).
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    step: float = 0.001
    decay: float = 1.0
    tau: float = 20.0


class Seen(NamedTuple):
    x: float
    y: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Leave the weight as it is."""
    return w


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Grow by the arrivals before, decay by the target's own spikes before."""
    return w + p.step * (seen.x - p.decay * w * seen.y)


OjaRule = Rule(
    name="OjaRule",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau")},
    doc=__doc__,
)
