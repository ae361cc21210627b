"""STDP whose depression an astrocyte sets: its level is the amplitude of depression itself.

    traces    x of the source (+1 at its spikes, tau), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau)
    reads     astrocyte, a modulator: a leaky sum of spikes, at rest the amplitude of potentiation
    on_pre    w <- w - scale y astrocyte      the arrival then transmits this w
    on_post   w <- w + scale x a_plus

Parameter  Unit  Default  Meaning                                              Constraint
a_plus     -        0.15  amplitude of potentiation
scale      -         0.1  change of the weight for an amplitude of 1
tau        ms       10.0  window of both                                       > 0

`AstrocyteSTDPInhibitory` is for synapses with negative weights: strengthening goes with the
astrocyte's level, weakening with a_plus, so that

    on_pre    w <- w + scale y a_plus
    on_post   w <- w - scale x astrocyte

`AstrocyteSTDPPaced` and `AstrocyteSTDPPacedInhibitory` read a second modulator, pace, and every
change is multiplied by its level: a Modulator that is set to 1 and decays makes learning fade.

One global astrocyte that compares a network with its input is a Modulator(tau=99.5, rest=0.15) onto
which the network projects with a weight of w_astro/100 and its input with -w_astro/100.
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre comes first, then
on_post, then a jump of the astrocyte.

Source: Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760, in continuous time.
Verified against: the sum over all pairs, the astrocyte's level at each from all its inputs.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    a_plus: float = 0.15
    scale: float = 0.1
    tau: float = 10.0


class Seen(NamedTuple):
    x: float
    y: float
    astrocyte: float


class SeenPaced(NamedTuple):
    x: float
    y: float
    astrocyte: float
    pace: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by the astrocyte's amplitude."""
    return w - p.scale * seen.y * seen.astrocyte


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate."""
    return w + p.scale * seen.x * p.a_plus


@kernel
def on_pre_inhibitory(w: float, seen: Seen, p: Params) -> float:
    """Weaken."""
    return w + p.scale * seen.y * p.a_plus


@kernel
def on_post_inhibitory(w: float, seen: Seen, p: Params) -> float:
    """Strengthen by the astrocyte's amplitude."""
    return w - p.scale * seen.x * seen.astrocyte


@kernel
def on_pre_paced(w: float, seen: SeenPaced, p: Params) -> float:
    """Depress by the astrocyte's amplitude, at the present pace."""
    return w - seen.pace * (p.scale * seen.y * seen.astrocyte)


@kernel
def on_post_paced(w: float, seen: SeenPaced, p: Params) -> float:
    """Potentiate, at the present pace."""
    return w + seen.pace * (p.scale * seen.x * p.a_plus)


@kernel
def on_pre_paced_inhibitory(w: float, seen: SeenPaced, p: Params) -> float:
    """Weaken, at the present pace."""
    return w + seen.pace * (p.scale * seen.y * p.a_plus)


@kernel
def on_post_paced_inhibitory(w: float, seen: SeenPaced, p: Params) -> float:
    """Strengthen by the astrocyte's amplitude, at the present pace."""
    return w - seen.pace * (p.scale * seen.x * seen.astrocyte)


AstrocyteSTDP = Rule(
    name="AstrocyteSTDP",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau")},
    modulators=("astrocyte",),
    doc=__doc__,
)

AstrocyteSTDPInhibitory = Rule(
    name="AstrocyteSTDPInhibitory",
    params=Params,
    on_pre=on_pre_inhibitory,
    on_post=on_post_inhibitory,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau")},
    modulators=("astrocyte",),
    doc=__doc__,
)

AstrocyteSTDPPaced = Rule(
    name="AstrocyteSTDPPaced",
    params=Params,
    on_pre=on_pre_paced,
    on_post=on_post_paced,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau")},
    modulators=("astrocyte", "pace"),
    doc=__doc__,
)

AstrocyteSTDPPacedInhibitory = Rule(
    name="AstrocyteSTDPPacedInhibitory",
    params=Params,
    on_pre=on_pre_paced_inhibitory,
    on_post=on_post_paced_inhibitory,
    pre={"x": Trace("tau")},
    post={"y": Trace("tau")},
    modulators=("astrocyte", "pace"),
    doc=__doc__,
)
