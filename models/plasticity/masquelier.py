"""The rule that finds a repeating pattern: nearest spikes, one depression for each target spike.

    traces    x of the source (1 at its last spike, tau_plus), seen after the delay
              y of the target (1 at its last spike, tau_minus)
    state     waiting: 1 from a spike of the target to the next arrival, else 0
    on_pre    w <- w - a_minus y if waiting; waiting <- 0       the arrival then transmits this w
    on_post   w <- w + a_plus  x;            waiting <- 1

Parameter  Unit    Default  Meaning                                        Constraint
a_plus     -       0.03125  step of potentiation, in the weight's unit
a_minus    -     0.0265625  step of depression, in the weight's unit
tau_plus   ms         16.8  window of potentiation                         > 0
tau_minus  ms         33.7  window of depression                           > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Masquelier, Guyonneau & Thorpe (2008), PLoS ONE 3:e1377, doi:10.1371/journal.pone.0001377.
Verified against: a walk through the merged list of spikes.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace, kept


class Params(NamedTuple):
    a_plus: float = 0.03125
    a_minus: float = 0.0265625
    tau_plus: float = 16.8
    tau_minus: float = 33.7


class Seen(NamedTuple):
    x: float
    y: float


class State(NamedTuple):
    waiting: float = 0.0


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Depress at the first arrival after a spike of the target."""
    return w - p.a_minus * seen.y * s.waiting, State(0.0)


@kernel
def on_post(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Potentiate by the last arrival."""
    return w + p.a_plus * seen.x, State(1.0)


STDPMasquelier = Rule(
    name="STDPMasquelier",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus", "set")},
    post={"y": Trace("tau_minus", "set")},
    state=State,
    between=kept,
    doc=__doc__,
)
