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

from math import inf, log
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import FloatArray, NeuronModel
from eventsim.random import exponential, uniform


class Params(NamedTuple):
    rate: float = 10.0


class State(NamedTuple):
    remaining: float  # expected spikes before the next one
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def initial(p: Params, key: float) -> State:
    """Draw the way to the first spike."""
    return State(exponential(key, 0.0), key, 1.0)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return State(s.remaining - 1e-3 * p.rate * dt, s.key, s.drawn)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Draw the way to the next spike."""
    return State(exponential(s.key, s.drawn), s.key, s.drawn + 1.0)


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the time of the next spike."""
    return t + max(s.remaining, 0.0) / (1e-3 * p.rate) if p.rate > 0.0 else inf


@kernel
def ahead(s: State, t: float, times: FloatArray, p: Params) -> tuple[State, float]:
    """Write the next spikes into `times`; return the state at the last of them, and its time."""
    n = times.shape[0]
    if p.rate <= 0.0:
        times[:] = inf
        return s, t
    for k in range(n):  # one loop for what compilers vectorise, one for what they don't
        times[k] = uniform(s.key, s.drawn + k)
    remaining = s.remaining
    for k in range(n):
        drawn = -log(times[k])
        t = t + max(remaining, 0.0) / (1e-3 * p.rate)
        times[k] = t
        remaining = drawn
    return State(remaining, s.key, s.drawn + n), t


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
