"""Power-law STDP, all pairs: multiplicative depression, potentiation as a power of the weight.

    traces    x of the source (+1 at its spikes, tau_plus), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau_minus)
    on_pre    w <- w - step alpha w y                     the arrival then transmits this w
    on_post   w <- w + step w_0 (w / w_0)**mu x

Parameter  Unit  Default  Meaning                                          Constraint
step       -         0.1  share of the weight that one pair changes        >= 0
alpha      -       0.057  depression relative to potentiation              >= 0
mu         -         0.4  exponent of potentiation                         >= 0 and <= 1
w_0        -         1.0  weight at which the steps are as given           > 0
tau_plus   ms       15.0  window of potentiation                           > 0
tau_minus  ms       30.0  window of depression                             > 0

The weights must not be negative: the bounds of the projection start at 0 or above.
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Morrison, Aertsen & Diesmann (2007), Neural Comput. 19:1437-1467,
doi:10.1162/neco.2007.19.6.1437.
Verified against: the sum over all pairs of spikes; NEST stdp_pl_synapse_hom (1e-9).
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    step: float = 0.1
    alpha: float = 0.057
    mu: float = 0.4
    w_0: float = 1.0
    tau_plus: float = 15.0
    tau_minus: float = 30.0


class Seen(NamedTuple):
    x: float
    y: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by a share of the weight."""
    return w - p.step * p.alpha * w * seen.y


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate by a power of the weight."""
    share = max(w / p.w_0, 0.0)
    return w + float(p.step * p.w_0 * share**p.mu * seen.x)


STDPPowerLaw = Rule(
    name="STDPPowerLaw",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus")},
    post={"y": Trace("tau_minus")},
    bounds={"lowest": ">= 0"},
    doc=__doc__,
)
