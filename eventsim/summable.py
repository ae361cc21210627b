"""What the engine must know of a model to sum a window's arrivals in any order.

An arrival of weight w, u ms before the window's end, adds w u^k exp(-u / tau) to one sum for each
*mode* (tau, k) of its port. From the sums alone a neuron is taken to the window's end; or else the
model says that it must not be, and its arrivals are stepped through in order.

There are two kinds: linear models in closed form (`eventsim.linear`), for which the sums say all,
and integrated ones (`eventsim.ode.summed`), for which the first moments of the arrivals are enough.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]
Mode = tuple[str | None, int]  # the time constant's name, None if it is infinite; the power


def all_admitted(p: Any) -> bool:
    """Stand in for `admits`: any parameters will do."""
    return True


@dataclass(frozen=True, eq=False)
class Summable:
    """How to take neurons over windows by sums.

    Parameters
    ----------
    modes : dict of port name to tuple of modes
        What an arrival at that port is added to.
    prepare : (dt, p) -> tuple of floats
        What all neurons need to pass over `dt` ms, computed once a window.
    settle : (s, t, dt, step, sums, p) -> (state, hot, restless)
        The state at `t + dt`; whether it must not be used, since the threshold might be reached or
        anything else be wrong; and whether the neuron might fire later without an arrival. `s` is a
        lane, `step` what `prepare` returned.
    lane : NamedTuple class
        What is kept of a state from window to window.
    to_lane : (state) -> lane
    from_lane : (lane, dt) -> state
        Back, for a neuron that is to be stepped through its arrivals from here; the last window
        was `dt` long.
    pays_from : float
        Arrivals for a neuron and window from which summing beats sorting.
    settle_cost, hot_cost, hot_arrival_cost : float
        ns to settle a neuron, to step a hot one, and for each of its arrivals.
    admits : (p) -> bool, optional
        Whether these parameters can be described this way.

    Notes
    -----
    `sums` holds, for each port and each of its modes in the order of `modes`, the sum over positive
    weights and then that over negative ones.
    """

    modes: Mapping[str, tuple[Mode, ...]]
    prepare: Function
    settle: Function
    lane: Any
    to_lane: Function
    from_lane: Function
    pays_from: float
    settle_cost: float
    hot_cost: float
    hot_arrival_cost: float
    admits: Function = all_admitted

    def first_column(self, port: str) -> int:
        """Return the first of the columns of `sums` that belong to a port."""
        column = 0
        for name, modes in self.modes.items():
            if name == port:
                return column
            column += 2 * len(modes)
        raise KeyError(port)

    @property
    def columns(self) -> int:
        """Number of columns of `sums`."""
        return sum(2 * len(modes) for modes in self.modes.values())
