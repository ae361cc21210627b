"""Error-modulated readout: the weight follows the error times the filtered arrivals.

    state     r, the filtered arrivals:  dr/dt = -r / tau
    reads     error, a modulator: target minus output, 0 while the gate is closed
    between   dw/dt = rate r error       the exact integral between events
    on_pre    r <- r + 1                 the arrival then transmits the present w
    on_post   nothing: a readout need not fire

Parameter  Unit  Default  Meaning                                                    Constraint
rate       1/ms     1e-3  change by an error of 1 and r = 1, in the weight's unit    >= 0
tau        ms       20.0  memory of the arrivals                                     > 0

One error for each neuron of the target, `Signal()` of the same size, makes a readout with as many
channels; a script sets it: sim.every(1.0, lambda sim: sim.set_state("error", level=g * (b - y))).
r counts arrivals at the synapse (after the axonal delay). At equal times on_pre comes before a jump
of the error.

Source: Widrow & Hoff (1960), IRE WESCON Conv. Rec. 4:96-104, in continuous time; gated by channel
as in Yamada & Chao (2025), arXiv:2510.14382.
Verified against: the double sum over arrivals and stretches of constant error.
"""

from math import exp, expm1
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, unmoved


class Params(NamedTuple):
    rate: float = 1e-3
    tau: float = 20.0


class State(NamedTuple):
    r: float = 0.0


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Forget."""
    return State(s.r * exp(-dt / p.tau))


@kernel
def drift(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> float:
    """Integrate the filtered arrivals times the error, which relaxes from its level to its rest."""
    e = m.error
    speed = 1.0 / p.tau + 1.0 / e.tau
    gone = (e.rest - e.level) * expm1(-speed * dt) / speed - e.rest * p.tau * expm1(-dt / p.tau)
    return w + p.rate * s.r * float(gone)


@kernel
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    """Count the arrival."""
    return w, State(s.r + 1.0)


ErrorReadout = Rule(
    name="ErrorReadout",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=between,
    modulators=("error",),
    drift=drift,
    doc=__doc__,
)
