"""Correlated Poisson processes: one process common to all, and one of each neuron's own (SIP).

    SingleInteraction(rate, correlation)

    common    a Poisson process at correlation rate, one for the whole population: all fire at once
    own       a Poisson process at (1 - correlation) rate for each neuron

Every neuron is a Poisson process at `rate`; counts of any two, in windows of any length, have the
correlation coefficient `correlation`. Common events coincide, to the last bit.

Parameter    Unit  Default  Meaning                                   Constraint
rate         Hz       10.0  expected rate of each neuron              >= 0
correlation  -         0.1  of two neurons                            >= 0 and <= 1
place        -         0.0  a neuron's place in its population        >= 0

Neurons share the common process as long as rate and correlation are the same for all.

Source: Kuhn, Aertsen & Rotter (2003), Neural Comput. 15:67-101, doi:10.1162/089976603321043702.
Verified against: exponential intervals (Kolmogorov-Smirnov), correlation of counts of pairs, spikes
of one or of all neurons and nothing else; both engines.
"""

from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import Neuron, NeuronModel
from eventsim.models.sources.shared import BEYOND, PLACES, event_after, first_key, or_never


class Params(NamedTuple):
    rate: float = 10.0
    correlation: float = 0.1
    place: float = 0.0


class State(NamedTuple):
    common: float  # ms, the next common event
    number: float  # of that event
    own: float  # ms, the next event of one's own
    drawn: float  # numbers drawn for it
    pace: float  # Hz, rate of the common process
    own_pace: float  # Hz
    key: float  # the random stream


@kernel
def initial(p: Params, key: float) -> State:
    """Start at t = 0, with events that do not count."""
    return State(0.0, 0.0, 0.0, 0.0, common_rate(p), own_rate(p), key)


@kernel
def common_rate(p: Params) -> float:
    """Return the rate of the common process in Hz."""
    return p.rate * p.correlation


@kernel
def own_rate(p: Params) -> float:
    """Return the rate of each neuron's own process in Hz."""
    return p.rate * (1.0 - p.correlation)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return s


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Leave the rest to the plan."""
    return s


@kernel
def next_fire(s: State, t: float, p: Params) -> float:
    """Return the time of the next event of either process."""
    return or_never(min(s.common, s.own))


@kernel_call
def plan(s: State, t: float, p: Params) -> State:
    """Pass the events up to `t`."""
    shared = first_key(s.key, p.place)
    common, number, own, drawn = s.common, s.number, s.own, s.drawn
    pace, own_pace = common_rate(p), own_rate(p)
    while common <= t:
        number += 1.0
        common = event_after(common, shared, BEYOND + number, s.pace)
    while own <= t:
        own = event_after(own, s.key, drawn, s.own_pace)
        drawn += 1.0
    if pace != s.pace or own_pace != s.own_pace:  # no memory: from `t` on they are others
        number += 1.0
        common = event_after(t, shared, BEYOND + number, pace)
        own = event_after(t, s.key, drawn, own_pace)
        drawn += 1.0
    return State(common, number, own, drawn, pace, own_pace, s.key)


MODEL = NeuronModel(
    name="SingleInteraction",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    plan=plan,
    doc=__doc__,
)


def SingleInteraction(rate: float = 10.0, correlation: float = 0.1, place: Any = PLACES) -> Neuron:
    """Return correlated Poisson sources: one common process, and one of each neuron's own.

    Parameters
    ----------
    rate : float
        Expected rate of each neuron in Hz, >= 0.
    correlation : float
        Correlation coefficient of the counts of two neurons, in [0, 1].
    place : array_like of float, optional
        Each neuron's place in its population, as a graph of single neurons tells it.

    Examples
    --------
    >>> SingleInteraction(rate=20.0, correlation=0.2)
    Neuron(model=SingleInteraction, values={'rate': 20.0, 'correlation': 0.2, 'place': Places()})
    """
    return Neuron(MODEL, {"rate": rate, "correlation": correlation, "place": place})
