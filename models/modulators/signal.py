"""A signal that many synapses read: a level that stays until somebody changes it.

    between events   nothing
    input of w       level <- level + w
    starts           at start

Parameter  Unit  Default  Meaning             Constraint
start      -         0.0  level at t = 0

For errors, gates and rewards that a script sets: `sim.set_state("error", level=values)`, one value
for each neuron of the population; each may be read by the synapses of one readout. What is set at t
is seen in what happens after t.

Verified against: the closed form.
"""

from math import inf
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.rule import Course


class Params(NamedTuple):
    start: float = 0.0


class State(NamedTuple):
    level: float


@kernel
def initial(p: Params, key: float) -> State:
    """Begin as told."""
    return State(p.start)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Stay."""
    return s


@kernel
def on_input(s: State, t: float, w: float, p: Params) -> State:
    """Jump by `w`."""
    return State(s.level + w)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Stay: a signal never fires."""
    return s


@kernel
def course(s: State, p: Params) -> Course:
    """Hold the level."""
    return Course(s.level, s.level, inf)


Signal = NeuronModel(
    name="Signal",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    on_input={"spike": on_input},
    course=course,
    doc=__doc__,
)
