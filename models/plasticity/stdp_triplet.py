"""Triplet STDP: what a pair does depends on the spike before it.

    traces    r1, r2 of the source (+1 at its spikes, tau_plus, tau_x), seen after the delay
              o1, o2 of the target (+1 at its spikes, tau_minus, tau_y)
    on_pre    w <- w - w_0 o1 (a2_minus + a3_minus r2)      the arrival then transmits this w
    on_post   w <- w + w_0 r1 (a2_plus  + a3_plus  o2)

`STDPTripletNearest` sets the traces to 1 instead: only nearest spikes count. All traces are read
just before the event. `VISUAL_CORTEX` and the others are the published sets of parameters:
STDPTriplet(**VISUAL_CORTEX).

Parameter  Unit  Default  Meaning                                          Constraint
a2_plus    -       5e-10  potentiation by a pair, relative to w_0
a3_plus    -      6.2e-3  potentiation by a triplet post-pre-post
a2_minus   -        7e-3  depression by a pair
a3_minus   -      2.3e-4  depression by a triplet pre-post-pre
tau_plus   ms       16.8  window of potentiation                           > 0
tau_minus  ms       33.7  window of depression                             > 0
tau_x      ms      101.0  memory of the source's spike before the last     > 0
tau_y      ms      125.0  memory of the target's spike before the last     > 0
w_0        -         1.0  what the steps are relative to, in weight's unit  > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Pfister & Gerstner (2006), J. Neurosci. 26:9673-9682, doi:10.1523/JNEUROSCI.1425-06.2006.
Verified against: the sum over all pairs and triplets, sixty pairs at 0.1 to 50 Hz, and
the threshold of BCM between independent trains; NEST stdp_triplet_synapse (1e-9).
"""

from collections.abc import Mapping
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    a2_plus: float = 5e-10
    a3_plus: float = 6.2e-3
    a2_minus: float = 7e-3
    a3_minus: float = 2.3e-4
    tau_plus: float = 16.8
    tau_minus: float = 33.7
    tau_x: float = 101.0
    tau_y: float = 125.0
    w_0: float = 1.0


class Seen(NamedTuple):
    r1: float
    r2: float
    o1: float
    o2: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by pairs post-pre and triplets pre-post-pre."""
    return w - p.w_0 * seen.o1 * (p.a2_minus + p.a3_minus * seen.r2)


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate by pairs pre-post and triplets post-pre-post."""
    return w + p.w_0 * seen.r1 * (p.a2_plus + p.a3_plus * seen.o2)


STDPTriplet = Rule(
    name="STDPTriplet",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"r1": Trace("tau_plus"), "r2": Trace("tau_x")},
    post={"o1": Trace("tau_minus"), "o2": Trace("tau_y")},
    doc=__doc__,
)

STDPTripletNearest = Rule(
    name="STDPTripletNearest",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"r1": Trace("tau_plus", "set"), "r2": Trace("tau_x", "set")},
    post={"o1": Trace("tau_minus", "set"), "o2": Trace("tau_y", "set")},
    doc=__doc__,
)


def _minimal(a2_plus: float, a3_plus: float, a2_minus: float, tau_y: float) -> dict[str, float]:
    return Params(a2_plus, a3_plus, a2_minus, 0.0, tau_y=tau_y)._asdict()


# of the paper's tables 3 and 4; the last is for STDPTripletNearest
VISUAL_CORTEX: Mapping[str, float] = Params()._asdict()
VISUAL_CORTEX_MINIMAL: Mapping[str, float] = _minimal(0.0, 6.5e-3, 7.1e-3, 114.0)
HIPPOCAMPUS: Mapping[str, float] = Params(
    6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, tau_x=946.0, tau_y=27.0
)._asdict()
HIPPOCAMPUS_MINIMAL: Mapping[str, float] = _minimal(5.3e-3, 8e-3, 3.5e-3, 40.0)
VISUAL_CORTEX_NEAREST: Mapping[str, float] = Params(
    8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, tau_x=714.0, tau_y=40.0
)._asdict()
