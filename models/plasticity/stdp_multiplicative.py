"""Pair-based multiplicative STDP, all spike pairs: steps shrink as the weight nears its bounds.

    traces    x of the source (+1 at its spikes, tau_plus), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau_minus)
    on_pre    w <- w - step alpha w y             the arrival then transmits this w
    on_post   w <- w + step (w_max - w) x

Parameter  Unit  Default  Meaning                                          Constraint
step       -       0.005  share of the way to a bound that one pair goes   >= 0
alpha      -         1.0  depression relative to potentiation              >= 0
w_max      -         1.0  weight that potentiation tends to, in its unit   > 0
tau_plus   ms       20.0  window of potentiation                           > 0
tau_minus  ms       20.0  window of depression                             > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Rubin, Lee & Sompolinsky (2001), Phys. Rev. Lett. 86:364-367,
doi:10.1103/PhysRevLett.86.364; depression as in van Rossum, Bi & Turrigiano (2000), J. Neurosci.
20:8812-8821, doi:10.1523/JNEUROSCI.20-23-08812.2000.
Verified against: the step of one pair of spikes, and the fixed point w_max / (1 + alpha).
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    step: float = 0.005
    alpha: float = 1.0
    w_max: float = 1.0
    tau_plus: float = 20.0
    tau_minus: float = 20.0


class Seen(NamedTuple):
    x: float
    y: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by a share of the weight."""
    return w - p.step * p.alpha * w * seen.y


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate by a share of what is missing to `w_max`."""
    return w + p.step * (p.w_max - w) * seen.x


STDPMultiplicative = Rule(
    name="STDPMultiplicative",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus")},
    post={"y": Trace("tau_minus")},
    doc=__doc__,
)
