"""A signal that many synapses read: a leaky level that jumps at every arrival.

    between events   dlevel/dt = -(level - rest) / tau
    input of w       level <- level + w
    starts           at rest

Parameter  Unit  Default  Meaning                              Constraint
tau        ms      200.0  time constant                        > 0
rest       -         0.0  level without input

Dopamine is Modulator(tau=200.0): spikes of a dopaminergic population that project to it with a
weight of 1/tau make its mean level their rate. A leaky astrocyte is Modulator(tau=99.5, rest=0.15)
with projections of positive and negative weights. From a script: `sim.send`, `sim.set_state`.
A synapse sees a jump at t in what happens after t.

Source: for dopamine Izhikevich (2007), Cereb. Cortex 17:2443-2452, doi:10.1093/cercor/bhl152; for
the astrocyte Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760.
Verified against: the closed form.
"""

from math import exp
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.rule import Course


class Params(NamedTuple):
    tau: float = 200.0
    rest: float = 0.0


class State(NamedTuple):
    level: float


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest."""
    return State(p.rest)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Relax for `dt`."""
    return State(p.rest + (s.level - p.rest) * exp(-dt / p.tau))


@kernel
def on_input(s: State, t: float, w: float, p: Params) -> State:
    """Jump by `w`."""
    return State(s.level + w)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Stay: a modulator never fires."""
    return s


@kernel
def course(s: State, p: Params) -> Course:
    """Relax until the next input."""
    return Course(s.level, p.rest, p.tau)


Modulator = NeuronModel(
    name="Modulator",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_fire=on_fire,
    on_input={"spike": on_input},
    course=course,
    doc=__doc__,
)
