"""Spikes at equal intervals.

    `remaining`, the share of an interval before the next spike, is set to 1 at each spike and runs
    down at `rate`: so a rate that is changed during a run takes effect at once.

Parameter  Unit  Default  Meaning                                   Constraint
rate       Hz       10.0  spikes per second                         >= 0
wait       -         1.0  intervals before the first spike          >= 0

With the same `wait` all neurons fire at once; wait=Uniform(0.0, 1.0) spreads them.

Verified against: multiples of the interval; a rate that changes; both engines.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.models.sources.renewal import State, between, next_fire


class Params(NamedTuple):
    rate: float = 10.0
    wait: float = 1.0


@kernel
def initial(p: Params, key: float) -> State:
    """Wait for the first spike."""
    return State(p.wait, key, 0.0)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Wait for one more interval."""
    return State(1.0, s.key, s.drawn)


RegularSource = NeuronModel(
    name="RegularSource",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=next_fire,
    doc=__doc__,
)
