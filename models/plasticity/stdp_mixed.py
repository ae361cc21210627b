"""Pair STDP with a mixed exponent, all spike pairs: from additive (0) to multiplicative (1).

    traces    x of the source (+1 at its spikes, tau_plus), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau_minus)
    on_pre    w <- w - step alpha w_max (w / w_max)**mu_minus y      the arrival transmits this w
    on_post   w <- w + step w_max (1 - w / w_max)**mu_plus x

Parameter  Unit  Default  Meaning                                          Constraint
step       -       0.005  largest share of w_max that one pair adds        >= 0
alpha      -        1.05  depression relative to potentiation              >= 0
mu_plus    -        0.02  exponent of potentiation                         >= 0 and <= 1
mu_minus   -        0.02  exponent of depression                           >= 0 and <= 1
w_max      -         1.0  weight that potentiation tends to, in its unit   > 0
tau_plus   ms       20.0  window of potentiation                           > 0
tau_minus  ms       20.0  window of depression                             > 0

The bounds of the projection must be (0, w_max), or within.
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Guetig, Aharonov, Rotter & Sompolinsky (2003), J. Neurosci. 23:3697-3714,
doi:10.1523/JNEUROSCI.23-09-03697.2003.
Verified against: the sum over all pairs of spikes; NEST stdp_synapse (1e-9).
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    step: float = 0.005
    alpha: float = 1.05
    mu_plus: float = 0.02
    mu_minus: float = 0.02
    w_max: float = 1.0
    tau_plus: float = 20.0
    tau_minus: float = 20.0


class Seen(NamedTuple):
    x: float
    y: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by a power of the weight."""
    share = max(w / p.w_max, 0.0)
    return w - float(p.step * p.alpha * p.w_max * share**p.mu_minus * seen.y)


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate by a power of what is missing to `w_max`."""
    share = max(1.0 - w / p.w_max, 0.0)
    return w + float(p.step * p.w_max * share**p.mu_plus * seen.x)


STDPMixed = Rule(
    name="STDPMixed",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus")},
    post={"y": Trace("tau_minus")},
    bounds={"lowest": ">= 0", "highest": "<= w_max"},
    doc=__doc__,
)
