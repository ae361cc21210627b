"""Error-modulated readout: the weight follows the error times arrivals that rise and decay.

    state     r, the filtered arrivals:  dr/dt = rise - r / tau_decay,  drise/dt = -rise / tau_rise
    reads     error, a modulator: target minus output, 0 while the gate is closed
    between   dw/dt = rate r error       the exact integral between events
    on_pre    rise <- rise + 1 / k       r goes up by 1 at the peak; the arrival then transmits w
    on_post   nothing: a readout need not fire

Parameter  Unit  Default  Meaning                                                    Constraint
rate       1/ms     1e-3  change by an error of 1 and r = 1, in the weight's unit    >= 0
tau_rise   ms        2.0  rise of the filtered arrivals                              > 0
tau_decay  ms       20.0  decay of the filtered arrivals                             > 0

For a `ReadoutDoubleExp` of the same time constants, r is its potential for a weight of 1: the
output is the sum of all w r, w being what it was when each spike arrived. Errors are set as for
`ErrorReadout`. An output lags behind its weights by tau_rise + tau_decay, so that
rate |r|^2 (tau_rise + tau_decay) should be about 1 or less, or errors overshoot.

Source: Widrow & Hoff (1960), IRE WESCON Conv. Rec. 4:96-104, in continuous time; gated by channel
as in Yamada & Chao (2025), arXiv:2510.14382; the filter: Nicola & Clopath (2017), Nat. Commun.
8:2208, doi:10.1038/s41467-017-01827-3.
Verified against: the sum over arrivals and stretches of constant error; scipy's quadrature.
"""

from math import exp
from typing import Any, NamedTuple

from eventsim.cascade import filled, peak
from eventsim.kernel import kernel
from eventsim.rule import Rule, unmoved


class Params(NamedTuple):
    rate: float = 1e-3
    tau_rise: float = 2.0
    tau_decay: float = 20.0


class State(NamedTuple):
    r: float = 0.0
    rise: float = 0.0  # 1/ms


@kernel
def after(s: State, dt: float, tau_rise: float, tau_decay: float) -> State:
    """Return what becomes of the filtered arrivals in `dt`."""
    return State(filled(s.r, s.rise, dt, tau_rise, tau_decay), s.rise * exp(-dt / tau_rise))


@kernel
def area(s: State, dt: float, tau_rise: float, tau_decay: float) -> float:
    """Return the integral of r over `dt`: what flowed in and is not left."""
    end = after(s, dt, tau_rise, tau_decay)
    return tau_decay * (s.r - end.r + tau_rise * (s.rise - end.rise))


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Filter on."""
    return after(s, dt, p.tau_rise, p.tau_decay)


@kernel
def drift(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> float:
    """Integrate the filtered arrivals times the error, which relaxes from its level to its rest."""
    e, total = m.error, 0.0
    if e.rest != 0.0:
        total += e.rest * area(s, dt, p.tau_rise, p.tau_decay)
    if e.level != e.rest:  # r times a decaying error is a filter with shorter time constants
        tau_rise = 1.0 / (1.0 / p.tau_rise + 1.0 / e.tau)
        tau_decay = 1.0 / (1.0 / p.tau_decay + 1.0 / e.tau)
        total += (e.level - e.rest) * area(s, dt, tau_rise, tau_decay)
    return w + p.rate * total


@kernel
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    """Count the arrival."""
    return w, State(s.r, s.rise + 1.0 / peak(p.tau_rise, p.tau_decay))


ErrorReadoutDoubleExp = Rule(
    name="ErrorReadoutDoubleExp",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=between,
    modulators=("error",),
    drift=drift,
    doc=__doc__,
)
