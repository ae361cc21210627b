"""Bursts of regular spikes, at random.

    burst     `spikes` spikes, `interval` apart
    pause     from the last spike of a burst to the first of the next, and before the first burst:
              exponentially distributed with mean 1/rate

Parameter  Unit  Default  Meaning                                   Constraint
rate       Hz        1.0  bursts per second of pause                >= 0
spikes     -         5.0  spikes in a burst                         whole and >= 1
interval   ms        4.0  from one spike of a burst to the next     > 0

The expected rate is spikes / (1/rate + (spikes - 1) interval). What is changed during a run takes
effect at once.

Verified against: the intervals in bursts; exponential pauses (Kolmogorov-Smirnov); the expected
rate; both engines.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.random import exponential


class Params(NamedTuple):
    rate: float = 1.0
    spikes: float = 5.0
    interval: float = 4.0


class State(NamedTuple):
    remaining: float  # of an interval, or of the expected bursts before the next one
    left: float  # spikes of this burst still to come; 0 in a pause
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def initial(p: Params, key: float) -> State:
    """Begin with a pause."""
    return State(exponential(key, 0.0), 0.0, key, 1.0)


@kernel
def pace(s: State, p: Params) -> float:
    """Return by how much `remaining` runs down per ms."""
    return 1.0 / p.interval if s.left > 0.0 else 1e-3 * p.rate


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return State(s.remaining - pace(s, p) * dt, s.left, s.key, s.drawn)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Go on with the burst, or draw the pause after it."""
    left = s.left - 1.0 if s.left > 0.0 else p.spikes - 1.0
    if left > 0.0:
        return State(1.0, left, s.key, s.drawn)
    return State(exponential(s.key, s.drawn), 0.0, s.key, s.drawn + 1.0)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the time of the next spike."""
    speed = pace(s, p)
    return t + max(s.remaining, 0.0) / speed if speed > 0.0 else inf


BurstSource = NeuronModel(
    name="BurstSource",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    doc=__doc__,
)
