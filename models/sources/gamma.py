"""Renewal process whose intervals have a gamma distribution.

    intervals    mean 1/rate, coefficient of variation 1/sqrt(shape)
    first        the rest of an interval that is under way at t = 0: the process is stationary

    `remaining`, the next interval in units of its mean, is drawn from the gamma distribution and
    runs down at `rate`: so a rate that is changed during a run takes effect at once.

Parameter  Unit  Default  Meaning                                              Constraint
rate       Hz       10.0  expected rate                                        >= 0
shape      -         2.0  1: Poisson; above: more regular; below: in clusters  >= 0.01

The interval under way at a given time is drawn with a probability that grows with its length, and
that time lies anywhere in it: a gamma number of shape + 1, times a uniform one.

Source: Cox (1962), Renewal Theory, Methuen, London, chapters 2 and 5.
Verified against: the distributions of the intervals and of the wait for the first spike
(Kolmogorov-Smirnov); both engines.
"""

from typing import NamedTuple

from eventsim.kernel import kernel_call
from eventsim.model import NeuronModel
from eventsim.models.sources.renewal import State, between, next_fire
from eventsim.random import gamma, uniform


class Params(NamedTuple):
    rate: float = 10.0
    shape: float = 2.0


@kernel_call
def initial(p: Params, key: float) -> State:
    """Draw what is left of the interval under way."""
    whole, drawn = gamma(key, 1.0, p.shape + 1.0)
    return State(uniform(key, 0.0) * whole / p.shape, key, drawn)


@kernel_call
def on_fire(s: State, t: float, p: Params) -> State:
    """Draw the next interval."""
    interval, drawn = gamma(s.key, s.drawn, p.shape)
    return State(interval / p.shape, s.key, drawn)


GammaSource = NeuronModel(
    name="GammaSource",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    doc=__doc__,
)
