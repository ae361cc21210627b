"""What a model declares so that its arrivals may be summed in any order.

Between spikes a linear neuron is a sum of decaying exponentials. So what a window's arrivals do to
it needs no sorting: an arrival of weight w, u ms before the window's end, adds w exp(-u / tau) to a
sum for each time constant of its port. Order matters only where the threshold might be reached, and
the model says when it can't be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]

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
    may_fire : (s, t, dt, step, sums, p) -> bool
        Whether the threshold might be reached between `t` and `t + dt`. Must be true where `absorb`
        would be wrong for any reason, and where a comparison fails because of NaN.
    restless : (s, p) -> bool
        Whether the threshold might ever be reached if nothing more arrives.
    admits : (p) -> bool, optional
        Whether these parameters can be described this way without loss of digits.

    Notes
    -----
    `sums` holds, for each port and each of its time constants in the order of `modes`, the sum over
    positive weights and then that over negative ones.
    """

    modes: Mapping[str, tuple[str, ...]]
    prepare: Function
    absorb: Function
    may_fire: Function
    restless: Function
    admits: Function = lambda p: True

    def first_column(self, port: str) -> int:
        """Return the first of the columns of `sums` that belong to a port."""
        column = 0
        for name, taus in self.modes.items():
            if name == port:
                return column
            column += 2 * len(taus)
        raise KeyError(port)

    @property
    def columns(self) -> int:
        """Number of columns of `sums`."""
        return sum(2 * len(taus) for taus in self.modes.values())
