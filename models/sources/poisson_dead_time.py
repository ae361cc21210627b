"""Poisson process behind a dead time that remembers: what comes too early is not lost.

    hits       a Poisson process of `rate`
    spikes     at a hit, or at the end of the dead time after the last spike if hits came within it
               (several then give one): next = max(last + dead_time, last + exponential(rate))

    mean interval    dead_time + exp(-rate dead_time) / rate
    with a tick      hits are moved up to whole multiples of `tick`: a Bernoulli process of chance
                     1 - exp(-rate tick) at each, as a program in steps draws it

Parameter  Unit  Default  Meaning                                    Constraint
rate       Hz      100.0  rate of the hits                           >= 0
dead_time  ms        3.0  shortest interval between two spikes       >= 0
tick       ms        0.0  raster of the hits, 0 for none             >= 0

`remaining`, the expected number of hits before the next one, is drawn from the exponential
distribution of mean 1 and runs down at `rate`: so a rate that is changed during a run takes effect
at once. As a Poisson process has no memory, it may begin anew at any time: `remaining` set to
another such number and `blocked_until` to 0 forget what came before.

Source: the input unit of Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760, in
continuous time: an integrate-and-fire unit that each hit takes far above threshold.
Verified against: the mean interval and the distribution of intervals (Kolmogorov-Smirnov).
"""

from math import ceil, inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.models.sources.renewal import run_down, run_out
from eventsim.random import exponential


class Params(NamedTuple):
    rate: float = 100.0
    dead_time: float = 3.0
    tick: float = 0.0


class State(NamedTuple):
    remaining: float  # expected hits before the next one, below zero after it
    blocked_until: float  # ms, end of the dead time
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def initial(p: Params, key: float) -> State:
    """Draw the way to the first hit; no dead time is under way."""
    return State(exponential(key, 0.0), 0.0, key, 1.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return State(run_down(s.remaining, dt, p), s.blocked_until, s.key, s.drawn)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Draw the way to the next hit, from now on."""
    return State(exponential(s.key, s.drawn), t + p.dead_time, s.key, s.drawn + 1.0)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the time of the next spike: that of the hit, or the end of the dead time."""
    hit = t if s.remaining <= 0.0 else run_out(s.remaining, t, p)
    if p.tick > 0.0 and hit < inf:
        hit = ceil(hit / p.tick) * p.tick
    return max(hit, s.blocked_until)


PoissonDeadTime = NeuronModel(
    name="PoissonDeadTime",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    units={"blocked_until": "ms"},
    doc=__doc__,
)
