"""Poisson process with a constant rate.

    the expected number of spikes still to pass before the next one, `remaining`, is drawn from the
    exponential distribution of mean 1 and runs down at `rate`: so a rate that is changed during a
    run takes effect at once, exactly.

Parameter  Unit  Default  Meaning                       Constraint
rate       Hz       10.0  expected rate                 >= 0

Source: time rescaling, Brown et al. (2002), Neural Comput. 14:325-346,
doi:10.1162/08997660252741149.
Verified against: exponential intervals (Kolmogorov-Smirnov), mean and variance of counts.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import FloatArray, NeuronModel
from eventsim.models.sources.renewal import run_down, run_out
from eventsim.random import exponential_pair, uniform_pair, unit_log


class Params(NamedTuple):
    rate: float = 10.0


class State(NamedTuple):
    remaining: float  # expected spikes before the next one
    spare: float  # the same for the one after that, below zero if it has not been drawn
    key: float  # the random stream
    drawn: float  # pairs of numbers drawn from it


@kernel
def initial(p: Params, key: float) -> State:
    """Draw the way to the first two spikes."""
    first, second = exponential_pair(key, 0.0)
    return State(first, second, key, 1.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return State(run_down(s.remaining, dt, p), s.spare, s.key, s.drawn)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Draw the way to the next spike."""
    if s.spare >= 0.0:
        return State(s.spare, -1.0, s.key, s.drawn)
    first, second = exponential_pair(s.key, s.drawn)
    return State(first, second, s.key, s.drawn + 1.0)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the time of the next spike."""
    return run_out(s.remaining, t, p)


@kernel
def ahead(n: int, states: FloatArray, times: FloatArray, p: Params) -> None:
    """Let `n` sources go on by an even number of spikes, side by side.

    Two spikes take one pair of numbers, wherever in a pair a source begins. Words and logarithms
    are loops of their own: together they are more than a processor can look ahead.
    """
    remaining, spare, key, drawn, t = states[0], states[1], states[2], states[3], states[4]
    interval = 1e3 / p.rate if p.rate > 0.0 else inf
    for j in range(0, times.shape[0], 2):
        earlier, later = times[j], times[j + 1]
        for a in range(n):
            earlier[a], later[a] = uniform_pair(key[a], drawn[a])
            drawn[a] += 1.0
    for j in range(0, times.shape[0], 2):
        earlier, later = times[j], times[j + 1]
        for a in range(n):
            first, second = -unit_log(earlier[a]), -unit_log(later[a])
            has_spare = spare[a] >= 0.0
            earlier[a] = t[a] + max(remaining[a], 0.0) * interval
            later[a] = earlier[a] + (spare[a] if has_spare else first) * interval
            remaining[a] = first if has_spare else second
            spare[a] = second if has_spare else -1.0
            t[a] = later[a]


PoissonSource = NeuronModel(
    name="PoissonSource",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    ahead=ahead,
    doc=__doc__,
)
