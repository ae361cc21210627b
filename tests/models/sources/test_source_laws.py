"""What must hold of every source in the catalogue: where time is cut is no matter."""

from functools import partial
from math import inf
from typing import Any

import numpy as np
import pytest

from eventsim.kernel import kernel
from eventsim.model import Neuron, NeuronModel
from eventsim.models import CATALOGUE, PoissonRate, PoissonSteps, SpikeSource
from eventsim.network.distributions import draw
from eventsim.random import stream_key

MADE = {  # those that are made by a function of what they need
    "PoissonSteps": PoissonSteps([0.0, 30.0, 90.0], [20.0, 0.0, 80.0]),
    "PoissonRate": PoissonRate(kernel(lambda t: 40.0 if t < 50.0 else 10.0), bound=40.0),
    "SpikeSource": SpikeSource(np.linspace(1.0, 900.0, 60)),
}


def source(name: str) -> tuple[NeuronModel, Any]:
    """Return a source and its parameters, as its user gives them."""
    entry = MADE.get(name, CATALOGUE[name])
    made = entry if isinstance(entry, Neuron) else entry()
    matrix, table = made.resolve("population 'in'", 1, partial(draw, rng=np.random.default_rng(1)))
    tables = (table,) if "table" in made.model.fields else ()
    return made.model, made.model.params(*matrix[0].tolist(), *tables)


SOURCES = [
    name
    for name, entry in CATALOGUE.items()
    if name in MADE
    or (isinstance(entry, NeuronModel) and entry.is_source)
    or name.endswith("Interaction")
]


def walk(model: NeuronModel, p: Any, cuts: int) -> tuple[list[float], Any]:
    """Return 30 spikes, and the state after them; every stretch between events cut in pieces."""
    key = stream_key(4, 0)
    s, t, times = model.plan(model.initial(p, key), 0.0, p), 0.0, []
    while len(times) < 30:
        due = model.next_fire(s, t, p)
        assert t <= model.safe_until(s, t, p) <= due < inf
        for end in np.linspace(t, due, cuts + 1)[1:].tolist():
            s, t = model.between(s, t, end - t, p), end
            assert model.next_fire(s, t, p) == pytest.approx(due, rel=1e-12)
        t = due
        if model.spikes(s, t, p):
            times.append(t)
            s = model.on_fire(s, t, p)
        s = model.plan(s, t, p)
    return times, s


@pytest.mark.parametrize("name", SOURCES)
def test_cutting_time_changes_nothing_but_rounding(name: str) -> None:
    """Oracle: the same stream without cuts; the count of numbers drawn is the same."""
    model, p = source(name)
    whole, s = walk(model, p, 1)
    cut, other = walk(model, p, 5)
    np.testing.assert_allclose(cut, whole, rtol=1e-12)
    assert (np.diff(whole) > 0.0).all()
    assert other == pytest.approx(s, rel=1e-9, abs=1e-12)


def test_every_source_of_the_catalogue_is_tested() -> None:
    assert len(SOURCES) >= 10
