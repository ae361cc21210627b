"""Dopamine-modulated STDP: pairs leave an eligibility trace, and dopamine turns it into weight.

    traces    x of the source (+1 at its spikes, tau_plus), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau_minus)
    state     c, the eligibility:  dc/dt = -c / tau_c
    reads     dopamine, a modulator
    between   dw/dt = c dopamine       the exact integral between events
    on_pre    c <- c - a_minus y       the arrival then transmits the present w
    on_post   c <- c + a_plus  x

Parameter  Unit  Default  Meaning                                                    Constraint
a_plus     -         1.0  eligibility left by one pair, pre before post
a_minus    -         1.5  eligibility taken by one pair, post before pre
tau_plus   ms       20.0  window of potentiation                                     > 0
tau_minus  ms       20.0  window of depression                                       > 0
tau_c      ms     1000.0  memory of the eligibility                                  > 0

`STDPDopamineNearest` sets the traces to 1 instead of adding. A tonic level b that learning has to
exceed is a modulator that rests at -b: Modulator(tau=200.0, rest=-b). The modulator may be reward,
reward minus what was expected, or an error: each population of modulators has its own neurons, and
each target reads its own if there are as many.
The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay); dopamine acts at the synapse. At equal times
on_pre comes first, then on_post, then a jump of dopamine.

Source: Izhikevich (2007), Cereb. Cortex 17:2443-2452, doi:10.1093/cercor/bhl152; the trace rule of
Legenstein, Pecevski & Maass (2008), PLoS Comput. Biol. 4:e1000180,
doi:10.1371/journal.pcbi.1000180.
Verified against: the integral in closed form to 1e-12; on random trains the double sum over all
jumps, and for both rules the closed form from event to event, with bounds met between events;
NEST stdp_dopamine_synapse (1e-9).
"""

from math import exp, expm1
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    a_plus: float = 1.0
    a_minus: float = 1.5
    tau_plus: float = 20.0
    tau_minus: float = 20.0
    tau_c: float = 1000.0


class Seen(NamedTuple):
    x: float
    y: float
    dopamine: float


class State(NamedTuple):
    c: float = 0.0


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Forget."""
    return State(s.c * exp(-dt / p.tau_c))


@kernel
def drift(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> float:
    """Integrate the eligibility times dopamine, which relaxes from its level to its rest."""
    n = m.dopamine
    rate = 1.0 / p.tau_c + 1.0 / n.tau
    gone = (n.rest - n.level) * expm1(-rate * dt) / rate - n.rest * p.tau_c * expm1(-dt / p.tau_c)
    return w + s.c * float(gone)


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Take from the eligibility what the target's spikes left behind."""
    return w, State(s.c - p.a_minus * seen.y)


@kernel
def on_post(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Add to the eligibility what the arrivals left behind."""
    return w, State(s.c + p.a_plus * seen.x)


STDPDopamine = Rule(
    name="STDPDopamine",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus")},
    post={"y": Trace("tau_minus")},
    state=State,
    between=between,
    modulators=("dopamine",),
    drift=drift,
    doc=__doc__,
)

STDPDopamineNearest = Rule(
    name="STDPDopamineNearest",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_plus", "set")},
    post={"y": Trace("tau_minus", "set")},
    state=State,
    between=between,
    modulators=("dopamine",),
    drift=drift,
    doc=__doc__,
)
