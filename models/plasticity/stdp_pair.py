"""Pair-based additive STDP, all spike pairs.

    traces    x of the source (+1 at its spikes, tau_plus), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau_minus)
    on_pre    w <- w - a_minus y      the arrival then transmits this w
    on_post   w <- w + a_plus  x

Parameter  Unit  Default  Meaning                                        Constraint
a_plus     -       0.005  step of potentiation, in the weight's unit
a_minus    -     0.00525  step of depression, in the weight's unit
tau_plus   ms       20.0  window of potentiation                         > 0
tau_minus  ms       20.0  window of depression                           > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post. Negative steps turn the rule round.

Source: Song, Miller & Abbott (2000), Nat. Neurosci. 3:919-926, doi:10.1038/78829.
Verified against: the sum over all pairs of spikes.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    a_plus: float = 0.005
    a_minus: float = 0.00525
    tau_plus: float = 20.0
    tau_minus: float = 20.0


class Seen(NamedTuple):
    x: float
    y: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by what the target's spikes left behind."""
    return w - p.a_minus * seen.y


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate by what the source's arrivals left behind."""
    return w + p.a_plus * seen.x


STDPPair = Rule(
    name="STDPPair",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus")},
    post={"y": Trace("tau_minus")},
    doc=__doc__,
)
