"""A noisy current: Ornstein-Uhlenbeck, taken anew at each spike of a clock, constant in between.

    net.add("clock", RegularSource(rate=1000.0))                        a new value every ms
    net.connect("clock", "cells", AllToAll(), weight=1.0, delay=1.0, port="current",
                plasticity=OUCurrent(mean=50.0, sigma=100.0, tau=5.0))

    on_pre    x <- mean + (x - mean) e + sigma sqrt(1 - e^2) normal,    e = exp(-dt / tau)
              the arrival transmits w (x - x before): the port sums up to w x
    on_post   nothing

Parameter  Unit  Default  Meaning                                   Constraint
mean       pA        0.0  of the current
sigma      pA      100.0  its standard deviation                    >= 0
tau        ms        5.0  its correlation time                      > 0

dt is the time since the arrival before. The values at the arrivals are exactly those of the
continuous process, stationary from the first one on, however regular the clock; the clock's
interval says how finely the course between them is drawn. For any model with a port `current`.
Each synapse has a noise of its own, from a counted random stream, so that one clock serves all.

Source: Uhlenbeck & Ornstein (1930), Phys. Rev. 36:823-841, doi:10.1103/PhysRev.36.823; the exact
step: Gillespie (1996), Phys. Rev. E 54:2084-2091, doi:10.1103/PhysRevE.54.2084.
Verified against: the normal distribution at stationary state, the autocovariance
sigma^2 exp(-lag / tau), independence of the synapses; the variance of a membrane that it drives, in
closed form; both engines.
"""

from math import exp, sqrt
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.random import normal
from eventsim.rule import Rule, unmoved, weighted_sent


class Params(NamedTuple):
    mean: float = 0.0
    sigma: float = 100.0
    tau: float = 5.0


class State(NamedTuple):
    key: float = 0.0  # the random stream
    drawn: float = 0.0  # numbers drawn from it
    x: float = 0.0  # pA, since the last arrival
    kept: float = 0.0  # correlation of now with then; none before the first
    sent: float = 0.0  # pA, the change at the last arrival


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Forget the last value."""
    return State(s.key, s.drawn, s.x, s.kept * exp(-dt / p.tau), s.sent)


@kernel
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    """Take a new value."""
    noise = sqrt(1.0 - s.kept * s.kept) * normal(s.key, s.drawn)
    x = p.mean + (s.x - p.mean) * s.kept + p.sigma * noise
    return w, State(s.key, s.drawn + 1.0, x, 1.0, x - s.x)


OUCurrent = Rule(
    name="OUCurrent",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=between,
    transmits=weighted_sent,
    doc=__doc__,
)
