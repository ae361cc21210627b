"""Every random source on both engines: the same spikes to the last bit, changed or looked ahead."""

from typing import Any

import numpy as np
import pytest

from eventsim import AllToAll, Network, OneToOne, Simulation, Uniform
from eventsim.model import NeuronModel
from eventsim.models import (
    LIF,
    BurstSource,
    GammaSource,
    MultipleInteraction,
    PoissonDeadTime,
    PoissonSine,
    RegularSource,
    SingleInteraction,
)

SOURCES = {
    "regular": RegularSource(rate=40.0, wait=Uniform(0.0, 1.0)),
    "gamma": GammaSource(rate=40.0, shape=np.array([0.3, 1.0, 4.0])),
    "bursts": BurstSource(rate=10.0),
    "sine": PoissonSine(rate=40.0, phase=np.array([0.0, 1.0, 2.0])),
    "dead time": PoissonDeadTime(
        rate=np.array([40.0, 300.0, 40.0]), tick=np.array([0.0, 0.0, 1.0])
    ),
    "single": SingleInteraction(40.0, 0.3),
    "multiple": MultipleInteraction(40.0, 0.3),
}


def spikes(net: Network, change: Any = None, **options: Any) -> dict[str, Any]:
    """Return the spikes of every population over 300 ms."""
    with Simulation(net, **options) as sim:
        recorder = sim.record(spikes=list(net.populations))
        if change is not None:
            sim.at(120.0, change)
        sim.run(300.0)
        recording = recorder.recording
        return {name: tuple(map(list, recording.spikes(name))) for name in net.populations}


def faster(sim: Simulation) -> None:
    """Double the rates."""
    for name in SOURCES:
        sim.set_parameters(name, rate=80.0)


def test_both_engines_give_the_same_spikes_through_a_change_of_rate() -> None:
    """Oracle: the reference engine."""
    net = Network(seed=3)
    for name, source in SOURCES.items():
        net.add(name, source, size=3)
    plain = spikes(net, faster, engine="reference")
    assert min(len(times) for times, _ in plain.values()) > 20
    assert spikes(net, faster) == plain


@pytest.mark.parametrize("name", ["multiple", "sine"])
def test_correlated_and_thinned_sources_drive_as_they_fire(name: str) -> None:
    """Oracle: the reference engine; one may be looked up ahead of time, the other not."""
    net = Network(seed=4)
    source = net.add(name, SOURCES[name], size=3)
    cell = net.add("cell", LIF(v_rest=-51.0), size=3)
    net.connect(source, cell, OneToOne(), weight=0.6, delay=1.0)
    net.connect(cell, cell, AllToAll(), weight=0.1, delay=1.0)
    plain = spikes(net, engine="reference")
    assert len(plain["cell"][0]) > 5
    assert spikes(net, path="ordered") == plain
    with Simulation(net) as sim:
        assert len(sim.engine.drives) == (name == "multiple")  # type: ignore[attr-defined]


def test_correlated_sources_come_back_from_a_graph_of_single_neurons() -> None:
    """Oracle: the spikes of the network that was written."""
    net = Network(seed=6)
    net.add("in", MultipleInteraction(40.0, 0.5), size=4)
    again = Network.from_networkx(net.to_networkx(neurons=True), seed=6)
    (name,) = again.populations
    assert spikes(again, engine="reference")[name] == spikes(net, engine="reference")["in"]


def test_the_catalogues_sources_are_all_here() -> None:
    models = {getattr(source, "model", source) for source in SOURCES.values()}
    assert all(isinstance(model, NeuronModel) and model.is_source for model in models)
