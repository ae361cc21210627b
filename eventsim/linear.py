"""What a model declares so that its arrivals may be summed in any order.

Between spikes a linear neuron is a sum of decaying exponentials. So what a window's arrivals do to
it needs no sorting: an arrival of weight w, u ms before the window's end, adds w exp(-u / tau) to a
sum for each time constant of its port. Order matters only where the threshold might be reached, and
the model says when it can't be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventsim.kernel import kernel
from eventsim.summable import Mode, Summable, all_admitted

Function = Callable[..., Any]
Sums = Sequence[float]  # laid out as `eventsim.summable.Summable` says

# mV below threshold that count as reaching it: sums are rounded otherwise than steps in order
CAUTION = 1e-9


@dataclass(frozen=True, eq=False)
class Linear:
    """The linear description of a neuron model.

    Parameters
    ----------
    modes : dict of port name to tuple of parameter names
        The time constants in which an arrival at that port decays. Where one is named a second
        time, that mode is ramped: an arrival adds w u exp(-u / tau).
    prepare : (dt, p) -> NamedTuple of floats
        What all neurons need to pass over `dt` ms, computed once a window.
    absorb : (s, t, dt, step, sums, p) -> State
        The state at `t + dt` after the arrivals between, if the threshold was not reached; `step`
        is what `prepare` returned.
    headroom : (s, t, dt, step, p) -> float
        Below which excitation the threshold is certainly not reached between `t` and `t + dt`. Must
        be -inf where `absorb` would be wrong whatever arrives.
    excitation : (step, sums) -> float
        A bound of what the arrivals before some time in the window have brought, in units of the
        headroom: linear in the sums, and growing with positive weights only.
    restless : (s, p) -> bool
        Whether the threshold might ever be reached if nothing more arrives.
    admits : (p) -> bool, optional
        Whether these parameters can be described this way without loss of digits.
    """

    modes: Mapping[str, tuple[str, ...]]
    prepare: Function
    absorb: Function
    headroom: Function
    excitation: Function
    restless: Function
    admits: Function = all_admitted

    def summable(self, state: Any) -> Summable:
        """Return this for the engine; `state` is the model's NamedTuple class."""
        absorb, restless = self.absorb, self.restless
        headroom, excitation = self.headroom, self.excitation

        @kernel
        def settle(s: Any, t: float, dt: float, step: Any, sums: Any, p: Any) -> Any:
            after = absorb(s, t, dt, step, sums, p)
            safe = excitation(step, sums) < headroom(s, t, dt, step, p)  # not so with a NaN
            return after, not safe, restless(after, p)

        modes = {port: _modes(names) for port, names in self.modes.items()}
        # an arrival costs about 30 ns more on the ordered path (benchmarks/paths.py)
        return Summable(
            modes, self.prepare, settle, state, as_it_is, as_it_was, pays_from=0.15,
            settle_cost=5.0, hot_cost=100.0, hot_arrival_cost=50.0, admits=self.admits,
        )  # fmt: skip


def _modes(names: tuple[str, ...]) -> tuple[Mode, ...]:
    return tuple((name, names[:m].count(name)) for m, name in enumerate(names))


@kernel
def as_it_is(s: Any) -> Any:
    """Return the state itself: all of it is kept."""
    return s


@kernel
def as_it_was(s: Any, dt: float) -> Any:
    """Return the state itself."""
    return s
