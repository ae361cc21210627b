"""Poisson process whose rate is any function of time.

    PoissonRate(rate, bound)    rate(t) in Hz, a function under @kernel; never above `bound`, in Hz

    candidates come at `bound`; one at t is a spike with probability rate(t) / bound: exact, and as
    cheap as the bound is close. A run stops at a candidate where the rate is outside [0, bound].

Parameter  Unit  Default  Meaning                          Constraint
bound      Hz      100.0  what the rate never exceeds      > 0

`thinned` makes a model with parameters of its own, one value for each neuron if need be;
`PoissonSine` is one. For a rate that changes in steps `PoissonSteps` needs no candidates.

Source: Lewis & Shedler (1979), Naval Res. Logist. Q. 26:403-413, doi:10.1002/nav.3800260304.
Verified against: exponential intervals in rescaled time (Kolmogorov-Smirnov); a Poisson process
where the rate is its bound; both engines.
"""

from collections.abc import Callable
from math import inf, nan
from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.model import FloatArray, Neuron, NeuronModel
from eventsim.random import exponential, uniform

TRIES = 32.0  # candidates looked at in one go: a rate may stay zero for ever

_TROUBLE = "its rate was below zero or above its bound there"


class Params(NamedTuple):
    bound: float = 100.0


class State(NamedTuple):
    candidate: float  # ms, the next one that may be a spike
    spike: float  # 1 if it is one, -1 if the rate is out of bounds there
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def initial(p: Any, key: float) -> State:
    """Start; the first candidate is planned at once."""
    return State(0.0, 0.0, key, 0.0)


@kernel
def between(s: State, t: float, dt: float, p: Any) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return s


@kernel
def on_fire(s: State, t: float, p: Any) -> State:
    """Leave the rest to the plan."""
    return s


@kernel
def next_fire(s: State, t: float, p: Any) -> float:
    """Return the next candidate's time."""
    return s.candidate if s.candidate < inf else inf  # not a number: the engine stops here


@kernel
def spikes(s: State, t: float, p: Any) -> bool:
    """Tell whether the candidate is a spike."""
    return s.spike == 1.0


def _plan(rate: Callable[[float, Any], float], bound: Callable[[Any], float]) -> Any:
    """Return plan(s, t, p): the process has no memory, so a plan may begin anew at any time."""

    @kernel_call
    def plan(s: State, t: float, p: Any) -> State:
        if s.spike < 0.0 and t >= s.candidate:
            return State(nan, s.spike, s.key, s.drawn)
        most, drawn = bound(p), s.drawn
        last = drawn + 2.0 * TRIES
        while drawn < last:
            t += exponential(s.key, drawn) / (1e-3 * most)
            now, chance = rate(t, p), uniform(s.key, drawn + 1.0)
            drawn += 2.0
            if not 0.0 <= now <= most:
                return State(t, -1.0, s.key, drawn)
            if chance * most < now:
                return State(t, 1.0, s.key, drawn)
        return State(t, 0.0, s.key, drawn)

    return plan


def thinned(
    name: str, *, params: type, rate: Callable[[float, Any], float],
    bound: Callable[[Any], float], doc: str = "",
) -> NeuronModel:  # fmt: skip
    """Return a model of Poisson sources whose rate is a function of time and parameters.

    Parameters
    ----------
    name : str
        The name of the model.
    params : NamedTuple class
        All fields float with defaults.
    rate : (t, p) -> float
        Expected rate in Hz at `t` ms, under `@kernel`.
    bound : (p) -> float
        What the rate never exceeds, in Hz, above zero, under `@kernel`. The closer the cheaper.
    doc : str
        The datasheet; its parameter table supplies units and bounds.
    """
    return NeuronModel(
        name=name,
        params=params,
        state=State,
        initial=initial,
        between=between,
        on_fire=on_fire,
        next_fire=next_fire,
        safe_until=next_fire,
        spikes=spikes,
        plan=_plan(rate, bound),
        trouble=_TROUBLE,
        doc=doc,
    )


@kernel
def _bound(p: Params) -> float:
    return p.bound


def PoissonRate(rate: Callable[[float], float], bound: float | FloatArray) -> Neuron:
    """Return Poisson sources whose rate is a function of time.

    Parameters
    ----------
    rate : (t) -> float
        Expected rate in Hz at `t` ms: a function under `@kernel`.
    bound : float
        What it never exceeds, in Hz, > 0. A run stops with a SimulationError where it does.

    Raises
    ------
    TypeError
        If the rate is no function.

    Examples
    --------
    >>> from eventsim.kernel import kernel
    >>> ramp = kernel(lambda t: min(0.1 * t, 50.0))
    >>> PoissonRate(ramp, bound=50.0).model
    PoissonRate
    """
    if not callable(rate):
        raise TypeError(f"PoissonRate: rate must be a function of the time in ms, got {rate!r}")

    @kernel
    def at(t: float, p: Params) -> float:
        return rate(t)

    model = thinned("PoissonRate", params=Params, rate=at, bound=_bound, doc=__doc__ or "")
    return Neuron(model, {"bound": bound})
