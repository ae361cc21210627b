"""What must hold of every neuron model in the catalogue, whatever it models."""

from collections.abc import Callable
from itertools import pairwise
from math import inf, isfinite
from typing import Any

import numpy as np
import pytest
from walk import Cell

from eventsim import AllToAll, Network, Simulation
from eventsim.model import NeuronModel
from eventsim.models import CATALOGUE, PoissonSource

NEURONS = {
    name: model
    for name, model in CATALOGUE.items()
    if isinstance(model, NeuronModel) and not model.is_source
}
FIRES_FROM_REST = {"LIFEscape"}
UNIT_WEIGHT = {"mV": 3.0, "pA": 150.0, "nS": 15.0, "1": 2.0, "uM": 0.2, "uM/s": 0.1}
SMALL = {"ResonateAndFire": 0.06, "Izhikevich": 1.0, "Readout": 1.0}  # of that weight
CURRENT = {"Izhikevich": 5.0}  # pA; elsewhere as above
RISES = {  # those that only fire when this rises through zero
    "HodgkinHuxley": lambda s, p: s.v - p.v_spike,
    "TraubMiles": lambda s, p: s.v - p.v_spike,
    "MorrisLecar": lambda s, p: s.v - p.v_spike,
    "LiRinzel": lambda s, p: s.ca - p.ca_release,
}

every_model = pytest.mark.parametrize("name", NEURONS)


def weight(name: str, port: str) -> float:
    """Return a weight that moves the cell without driving it wild."""
    model = NEURONS[name]
    if port == "current":
        return CURRENT.get(name, UNIT_WEIGHT["pA"])
    return UNIT_WEIGHT[model.units.get(port, "mV")] * SMALL.get(name, 1.0)


def random_cells(name: str, n: int, seed: int) -> list[Cell]:
    """Return cells in the middle of their lives: a few arrivals at random times and ports."""
    rng, cells = np.random.default_rng(seed), []
    model = NEURONS[name]
    for k in range(n):
        cell = Cell(model, model.params(), key=float(k))
        for wait in rng.uniform(0.0, 4.0, 4).tolist():
            cell.run(cell.t + wait)
            ports = rng.choice(list(model.ports), 2).tolist()
            shares = rng.uniform(-0.5, 3.0, 2).tolist()
            cell.receive(*((i, w * weight(name, i)) for i, w in zip(ports, shares, strict=True)))
        cells.append(cell)
    return cells


@every_model
def test_passing_time_in_two_steps_equals_passing_it_in_one(name: str) -> None:
    """Oracle: the semigroup property; exact but for rounding, for planned steps too."""
    model, rng = NEURONS[name], np.random.default_rng(1)
    for cell in random_cells(name, 20, 2):
        until = min(model.next_fire(cell.s, cell.t, cell.p), cell.t + 20.0)
        a, b = np.sort(rng.uniform(0.0, until - cell.t, 2)).tolist()
        s, t, p = cell.s, cell.t, cell.p
        twice = model.between(model.between(s, t, a, p), t + a, b - a, p)
        assert twice == pytest.approx(model.between(s, t, b, p), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("name", [n for n in NEURONS if n not in FIRES_FROM_REST])
def test_a_cell_without_input_is_silent_and_costs_no_more_with_time(name: str) -> None:
    """Oracle: no spike in 1e6 ms, within 6,000 plans; steps alone would be millions."""
    model = NEURONS[name]
    cell = Cell(model, model.params())
    cell.run(1e6, most=6001)
    assert cell.spikes == []
    assert cell.plans <= 6000


@every_model
def test_no_crossing_comes_before_the_one_that_is_announced(name: str) -> None:
    """Oracle: a scan of 60 points of every stretch that the model declares free of spikes."""
    model = NEURONS[name]
    rises: Callable[[Any, Any], float] | None = RISES.get(name)
    for cell in random_cells(name, 60, 4):
        s, t, p = cell.s, cell.t, cell.p
        due = model.next_fire(s, t, p)
        assert t <= model.safe_until(s, t, p) <= due
        end = min(due, t + 50.0)
        states = [model.between(s, t, x, p) for x in np.linspace(0.0, end - t, 62)[1:-1].tolist()]
        if rises is None:
            assert not any(model.fires(x, p) for x in states)
        else:
            signs = [rises(x, p) >= 0.0 for x in [s, *states]]
            assert not any(b and not a for a, b in pairwise(signs))


@every_model
def test_nothing_becomes_nan_for_inputs_of_a_million(name: str) -> None:
    model = NEURONS[name]
    for port in model.ports:
        for w in (1e6, -1e6):
            cell = Cell(model, model.params())
            cell.run(1.0)
            cell.receive((port, w))
            cell.run(3.0, most=300)
            assert all(isfinite(x) for x in cell.s), (port, w)


def spikes_and_state(name: str, size: int = 4, **options: Any) -> tuple[list[Any], list[float]]:
    """Run four cells that excite one another, under noise and a current, for 60 ms."""
    model = NEURONS[name]
    net = Network(seed=5)
    source = net.add("source", PoissonSource(rate=300.0), size=size)
    one_by_one = {
        f: np.full(size, v) for f, v in model.params()._asdict().items() if options.pop("rows", 0)
    }
    cell = net.add("cell", model(**one_by_one), size=size)
    for port in [port for port in model.ports if port not in ("current", "drive")]:
        net.connect(source, cell, AllToAll(), weight=weight(name, port), delay=1.3, port=port)
        net.connect(cell, cell, AllToAll(), weight=weight(name, port), delay=0.7, port=port)
    with Simulation(net, **options) as sim:
        recorder = sim.record()
        if "current" in model.ports:
            sim.step_current("cell", [5.0], [2.0 * weight(name, "current")])
        sim.run(60.0)
        times, neurons = recorder.recording.spikes("cell")
        state = sim.state("cell", model.state_names[0])
    return list(zip(times.tolist(), neurons.tolist(), strict=True)), state.tolist()


@every_model
def test_both_engines_and_both_ways_to_give_parameters_agree_bit_by_bit(name: str) -> None:
    """Oracle: the reference engine with parameters that the cells share."""
    plain = spikes_and_state(name, engine="reference")
    assert spikes_and_state(name, path="ordered") == plain
    assert spikes_and_state(name, path="ordered", rows=1) == plain


def test_the_laws_are_tested_on_every_neuron_of_the_catalogue() -> None:
    assert len(NEURONS) >= 18
    assert all(model.doc and model.datasheet for model in NEURONS.values())
    assert inf not in [weight(name, port) for name in NEURONS for port in NEURONS[name].ports]
