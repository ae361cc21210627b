"""Additive STDP in the reduced symmetric scheme: only immediate pairs count.

A spike is paired with the last one of the other side if no other spike of either side lies between.

    traces    x of the source (1 at its last spike, tau_plus), seen after the delay
              y of the target (1 at its last spike, tau_minus)
    state     last: whose spike came last, 1 the source's, -1 the target's, 0 nobody's
    on_pre    w <- w - a_minus y if last = -1; last <- 1        the arrival then transmits this w
    on_post   w <- w + a_plus  x if last = 1;  last <- -1

Parameter  Unit  Default  Meaning                                        Constraint
a_plus     -       0.005  step of potentiation, in the weight's unit
a_minus    -     0.00525  step of depression, in the weight's unit
tau_plus   ms       20.0  window of potentiation                         > 0
tau_minus  ms       20.0  window of depression                           > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459-478,
doi:10.1007/s00422-008-0233-1 (figure 7C).
Verified against: a walk through the merged list of spikes; NEST stdp_nn_restr_synapse (1e-9).
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.models.plasticity.stdp_pair import Params, Seen
from eventsim.rule import Rule, Trace, kept


class State(NamedTuple):
    last: float = 0.0


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Depress where the target's spike came last."""
    return (w - p.a_minus * seen.y if s.last < 0.0 else w), State(1.0)


@kernel
def on_post(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Potentiate where the source's spike came last."""
    return (w + p.a_plus * seen.x if s.last > 0.0 else w), State(-1.0)


STDPReduced = Rule(
    name="STDPReduced",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus", "set")},
    post={"y": Trace("tau_minus", "set")},
    state=State,
    between=kept,
    doc=__doc__,
)
