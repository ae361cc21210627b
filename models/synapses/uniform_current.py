"""A noisy current: uniform, drawn anew at each spike of a clock, constant in between.

    net.add("clock", RegularSource(rate=1000.0))                        a new value every ms
    net.connect("clock", "cells", AllToAll(), weight=1.0, delay=1.0, port="current",
                plasticity=UniformCurrent(low=-6.5, high=6.5))

    on_pre    x <- low + (high - low) uniform
              the arrival transmits w (x - x before): the port sums up to w x
    on_post   nothing

Parameter  Unit  Default  Meaning                                   Constraint
low        pA     -100.0  the least current
high       pA      100.0  the greatest                              >= low

Values are independent of each other, and the current is 0 until the first spike of the clock. What
a slow membrane feels is white noise of spectral density (high - low)^2 / 12 times the clock's
interval; OUCurrent is the noise that has a correlation time of its own. For any model with a port
`current`. Each synapse has a noise of its own, from a counted random stream, so that one clock
serves all.

Source: the drive of Izhikevich (2007), Cereb. Cortex 17:2443-2452, doi:10.1093/cercor/bhl152:
uniform in -6.5 to 6.5, every ms.
Verified against: the uniform distribution, independence of steps and synapses; the variance of a
membrane that it drives, in closed form; both engines.
"""

from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.random import uniform
from eventsim.rule import Rule, kept, unmoved, weighted_sent


class Params(NamedTuple):
    low: float = -100.0
    high: float = 100.0


class State(NamedTuple):
    key: float = 0.0  # the random stream
    drawn: float = 0.0  # numbers drawn from it
    x: float = 0.0  # pA, since the last arrival
    sent: float = 0.0  # pA, the change at the last arrival


@kernel
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    """Take a new value."""
    x = p.low + (p.high - p.low) * uniform(s.key, s.drawn)
    return w, State(s.key, s.drawn + 1.0, x, x - s.x)


UniformCurrent = Rule(
    name="UniformCurrent",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=kept,
    transmits=weighted_sent,
    doc=__doc__,
)
