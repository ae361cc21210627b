"""Correlated Poisson processes: random copies of one mother process (MIP).

    MultipleInteraction(rate, correlation)

    mother    a Poisson process at rate / correlation, one for the whole population
    copies    each neuron fires at each event of the mother with probability `correlation`

Every neuron is a Poisson process at `rate`; counts of any two, in windows of any length, have the
correlation coefficient `correlation`. Events of any number of neurons coincide, to the last bit.

Parameter    Unit  Default  Meaning                                   Constraint
rate         Hz       10.0  expected rate of each neuron              >= 0
correlation  -         0.1  of two neurons                            > 0 and <= 1
place        -         0.0  a neuron's place in its population        >= 0

Neurons share the mother as long as rate and correlation are the same for all.

Source: Kuhn, Aertsen & Rotter (2003), Neural Comput. 15:67-101, doi:10.1162/089976603321043702.
Verified against: exponential intervals (Kolmogorov-Smirnov), correlation of counts of pairs, the
binomial number of neurons at one event; both engines.
"""

from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import Neuron, NeuronModel
from eventsim.models.sources.shared import BEYOND, NEVER, PLACES, event_after, first_key, or_never
from eventsim.random import uniform


class Params(NamedTuple):
    rate: float = 10.0
    correlation: float = 0.1
    place: float = 0.0


class State(NamedTuple):
    mother: float  # ms, an event of the mother after the last look
    number: float  # of that event
    pace: float  # Hz, the mother's rate
    spike: float  # ms, the first event from there on that is copied
    key: float  # the random stream


@kernel
def mother_rate(p: Params) -> float:
    """Return the mother's rate in Hz."""
    return p.rate / p.correlation


@kernel
def initial(p: Params, key: float) -> State:
    """Start with event 0 at t = 0, which is not copied."""
    return State(0.0, 0.0, mother_rate(p), NEVER, key)


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
    """Return the next copied event's time."""
    return or_never(s.spike)


@kernel_call
def plan(s: State, t: float, p: Params) -> State:
    """Pass the mother's events up to `t`, and look for the next one to copy."""
    shared = first_key(s.key, p.place)
    mother, number, pace = s.mother, s.number, mother_rate(p)
    while mother <= t:
        number += 1.0
        mother = event_after(mother, shared, BEYOND + number, s.pace)
    if pace != s.pace:  # no memory: from `t` on it is another process
        number += 1.0
        mother = event_after(t, shared, BEYOND + number, pace)
    spike, copied = mother, number
    while spike < NEVER and uniform(s.key, copied) >= p.correlation:
        copied += 1.0
        spike = event_after(spike, shared, BEYOND + copied, pace)
    return State(mother, number, pace, spike, s.key)


MODEL = NeuronModel(
    name="MultipleInteraction",
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


def MultipleInteraction(
    rate: float = 10.0, correlation: float = 0.1, place: Any = PLACES
) -> Neuron:
    """Return correlated Poisson sources: random copies of one mother process.

    Parameters
    ----------
    rate : float
        Expected rate of each neuron in Hz, >= 0.
    correlation : float
        Correlation coefficient of the counts of two neurons, in (0, 1].
    place : array_like of float, optional
        Each neuron's place in its population, as a graph of single neurons tells it.

    Examples
    --------
    >>> MultipleInteraction(rate=20.0, correlation=0.2)
    Neuron(model=MultipleInteraction, values={'rate': 20.0, 'correlation': 0.2, 'place': Places()})
    """
    return Neuron(MODEL, {"rate": rate, "correlation": correlation, "place": place})
