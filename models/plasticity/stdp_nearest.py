"""Additive STDP between nearest spikes: each spike is paired with the last of the other side.

    traces    x of the source (1 at its last spike, tau_plus), seen after the delay
              y of the target (1 at its last spike, tau_minus)
    on_pre    w <- w - a_minus y      the arrival then transmits this w
    on_post   w <- w + a_plus  x

Parameter  Unit  Default  Meaning                                        Constraint
a_plus     -       0.005  step of potentiation, in the weight's unit
a_minus    -     0.00525  step of depression, in the weight's unit
tau_plus   ms       20.0  window of potentiation                         > 0
tau_minus  ms       20.0  window of depression                           > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459-478,
doi:10.1007/s00422-008-0233-1 (figure 7A).
Verified against: a search for the nearest spike of the other side; NEST
stdp_nn_symm_synapse (1e-9).
"""

from eventsim.models.plasticity.stdp_pair import Params, on_post, on_pre
from eventsim.rule import Rule, Trace

STDPNearest = Rule(
    name="STDPNearest",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus", "set")},
    post={"y": Trace("tau_minus", "set")},
    doc=__doc__,
)
