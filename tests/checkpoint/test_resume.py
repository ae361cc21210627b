"""A resumed run is the run, to the last bit: for every model, every rule, on both engines.

Oracle throughout: the same run, left alone; the whole of what both engines hold at its end.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventsim import (
    AllToAll,
    FixedInDegree,
    FromArrays,
    Network,
    OneToOne,
    Simulation,
    Uniform,
)
from eventsim.combine import combined
from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.models import (
    CATALOGUE,
    LIF,
    RULES,
    Izhikevich,
    LIFSubtract,
    Modulator,
    PoissonRate,
    PoissonSource,
    PoissonSteps,
    Signal,
    SpikeSource,
    STDPDopamine,
    STDPPair,
    TsodyksMarkram,
)
from resumed import agree

ENGINES: list[dict[str, Any]] = [{"path": "ordered"}, {"engine": "reference"}]
both_engines = pytest.mark.parametrize("options", ENGINES, ids=["compiled", "reference"])

MODELS = [model for model in CATALOGUE.values() if isinstance(model, NeuronModel)]
WEIGHTS = {"mV": 3.0, "pA": 150.0, "nS": 15.0, "1": 0.5, "uM": 0.2, "uM/s": 0.1}
SMALL = {"ResonateAndFire": 0.06, "Izhikevich": 1.0, "Readout": 1.0}
SOURCES = {
    "PoissonRate": PoissonRate(kernel(lambda t: 300.0), bound=300.0),
    "PoissonSource": PoissonSource(rate=300.0),
    "PoissonSteps": PoissonSteps([0.0, 20.0], [200.0, 500.0]),
    "SpikeSource": SpikeSource([np.arange(0.5, 80.0, 1.0 + k) for k in range(4)]),
}


@both_engines
def test_every_model_goes_on(options: dict[str, Any], tmp_path: Path) -> None:
    """All neurons, modulators and sources of the catalogue, with spikes in flight."""
    net = Network(seed=5)
    every = {name: SOURCES.get(name) or model() for name, model in CATALOGUE.items()}
    sources = [net.add(n, m, size=4) for n, m in every.items() if m.model.is_source]
    for name, neuron in every.items():
        model = neuron.model
        if model.is_source:
            continue
        cell = net.add(name, neuron, size=2)
        for port in [port for port in model.ports if port != "current"]:
            w = WEIGHTS[model.units.get(port, "mV")] * SMALL.get(name, 1.0)
            source = sources[len(net.projections) % len(sources)]
            net.connect(source, cell, AllToAll(), 2.0 * w, Uniform(0.5, 6.0), port=port)
    own = every["PoissonRate"].model  # made by a call: in no module
    seen = agree(net, tmp_path, 9.3, 18.0, models=[own], **options)
    assert sum(seen["fired"]) > 40


def rule_network(name: str, **to: Any) -> Network:
    """Three cells whose plastic synapses hear a source and one another."""
    rule, net = RULES[name], Network(seed=3)
    given: dict[str, Any] = {}
    for modulator in rule.modulators:
        if modulator not in rule.own:
            net.add(modulator, Modulator(tau=40.0, rest=-0.1))
            given[modulator] = modulator
    source = net.add("source", PoissonSource(rate=150.0), size=6)
    for modulator in given:
        net.connect(source, modulator, AllToAll(), 0.1, 1.0)
    transmits = rule.transmits is not None  # its kernel is compiled for such a target elsewhere
    able = [m for m in (LIF, *MODELS) if {*rule.reads} <= {*m.state_names}]
    target = LIFSubtract if rule.own else able[0]
    cells = net.add("cells", Modulator(tau=20.0) if transmits and not given else target, size=3)
    model = cells.model
    w = 2.0 * WEIGHTS[model.units.get(model.ports[model.port_number(None, name)], "mV")] / 3.0
    sign = -1.0 if "Inhibitory" in name else 1.0
    given |= dict.fromkeys(rule.own, cells)
    if name == "STDPMixed":
        given["w_max"] = 3.0 * w  # its bounds
    dendrite = 0.0 if (transmits and not given) or rule.reads else 0.7
    net.connect(
        source, cells, AllToAll(), sign * w, Uniform(0.5, 6.0), plasticity=rule(**given),
        bounds=(-3.0 * w, 0.0) if sign < 0.0 else (0.0, 3.0 * w), dendritic_delay=dendrite, **to,
    )  # fmt: skip
    other = net.add("other", PoissonSource(rate=900.0), size=3)
    net.connect(other, cells, OneToOne(), 2.0 * w, 1.0)
    return net


@both_engines
@pytest.mark.parametrize("name", RULES)
def test_every_rule_goes_on(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    """Weights, traces, states and histories, with a dendritic delay and modulators."""
    net = rule_network(name)
    seen = agree(net, tmp_path, 60.0, 120.0, **options)
    assert seen["fired"][net.populations["cells"].index] > 5 or RULES[name].transmits


@both_engines
def test_a_combined_rule_goes_on(options: dict[str, Any], tmp_path: Path) -> None:
    net = Network(seed=2)
    source = net.add("pre", PoissonSource(rate=100.0), size=3)
    cell = net.add("post", LIF(v_th=-60.0), size=2)
    rule = combined(STDPPair(a_plus=0.1), TsodyksMarkram(use=0.3))
    net.connect(source, cell, AllToAll(), 4.0, 2.0, plasticity=rule)
    agree(net, tmp_path, 50.0, 100.0, **options)


def determinism_network() -> Network:
    """The network of tests/engine/test_determinism.py: its kernels are compiled already."""
    net = Network(seed=7)
    rule = STDPPair(a_plus=0.02, a_minus=0.02)
    noise = net.add("noise", PoissonSource(rate=700.0), size=300)
    exc = net.add("exc", LIF, size=300, initial={"v": Uniform(-65.0, -50.0)})
    inh = net.add("inh", LIF, size=150)
    net.connect(noise, exc, OneToOne(), weight=1.6, delay=1.5)
    net.connect(
        exc, exc, FixedInDegree(20), 0.5, Uniform(0.8, 20.0), plasticity=rule, bounds=(0.0, 1.0)
    )
    net.connect(exc, inh, FixedInDegree(20), 1.5, 1.0, plasticity=rule, bounds=(0.0, 2.0))
    net.connect(inh, exc, FixedInDegree(5), weight=-2.0, delay=Uniform(0.8, 2.0))
    return net


@pytest.mark.parametrize("path", ["ordered", "superposition"])
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_may_change_at_a_resume(path: str, threads: int, tmp_path: Path) -> None:
    net = determinism_network()
    agree(net, tmp_path, 33.3, 80.0, threads=(1, 2), path=path) if threads == 1 else agree(
        net, tmp_path, 33.3, 80.0, threads=(2, 1), path=path
    )


def test_arrivals_summed_at_integrated_neurons_go_on(tmp_path: Path) -> None:
    net = Network(seed=3)
    noise = net.add("noise", PoissonSource(rate=40.0), size=200)
    cells = net.add("cells", Izhikevich(), size=100)
    net.connect(noise, cells, AllToAll(), 0.15, Uniform(0.5, 5.0), "spike")
    net.connect(cells, cells, FixedInDegree(10), -0.2, 1.5, "spike")
    agree(net, tmp_path, 33.3, 80.0, threads=(1, 2), path="superposition")


@pytest.mark.parametrize("path", ["ordered", "superposition"])
def test_changes_made_by_hand_go_on(path: str, tmp_path: Path) -> None:
    """A state begun anew, parameters, states, weights, arrivals, currents, frozen synapses."""
    net = determinism_network()

    def change(sim: Simulation) -> None:
        sim.reset_state()
        sim.set_parameters("noise", rate=900.0)
        sim.set_parameters("inh", v_th=-51.0)
        sim.set_weights("inh->exc", -1.5)
        sim.set_weights("noise->exc", 1.7)
        sim.set_state("exc", v=-60.0)
        sim.send("exc", np.linspace(sim.now, 79.0, 50), np.arange(50), 5.0)
        sim.step_current("inh", [30.0, 60.0], [50.0, 0.0])
        sim.freeze("exc->inh")

    agree(net, tmp_path, 33.3, 80.0, lambda sim: sim.at(10.1, change), threads=(1, 2), path=path)


@both_engines
def test_control_events_go_on_in_their_order(options: dict[str, Any], tmp_path: Path) -> None:
    """Oracle: the log of the run left alone, whose second half the resumed one writes again."""
    log: list[tuple[str, float]] = []

    def reward(sim: Simulation) -> None:
        log.append(("reward", sim.now))

    def trial(sim: Simulation) -> None:
        log.append(("trial", sim.now))
        sim.set_state("signal", level=0.1 * sim.now)
        if sim.now in (15.0, 40.0):
            sim.reset_state()

    def script(sim: Simulation) -> None:
        sim.every(7.0, reward, start=1.0)
        sim.every(5.0, lambda sim: trial(sim), name="second")
        sim.at(50.0, reward)

    net = Network(seed=1)
    net.add("signal", Signal())
    source = net.add("pre", PoissonSource(rate=100.0), size=2)
    cell = net.add("post", LIF(v_th=-60.0), size=2)
    rule = STDPDopamine(dopamine="signal")
    net.connect(source, cell, AllToAll(), 4.0, 2.0, plasticity=rule)
    agree(net, tmp_path, 20.5, 60.0, script, callbacks={"reward": reward, "second": trial},
          **options)  # fmt: skip
    whole = log[: len(log) - len([e for e in log if e[1] > 20.5]) // 3]
    alone = len(whole) // 2
    assert log[:alone] == log[alone : 2 * alone]
    assert log[2 * alone :] == [e for e in log[:alone] if e[1] > 20.5]


@pytest.mark.parametrize("threads", [1, 2])
def test_two_spikes_of_one_source_at_one_instant_stay_two(threads: int, tmp_path: Path) -> None:
    """Oracle: twice the decayed weight, in both partitions; some have arrived, some are on the way.

    No source of the catalogue fires twice at once, so both are put on their way by hand.
    """
    net = Network()
    source, ear = net.add("source", LIF), net.add("ear", LIF(v_th=1e9), size=130)
    where = np.array([0, 1, 128, 129])
    delays = np.array([1.0, 5.0, 3.0, 4.0])
    net.connect(source, ear, FromArrays(np.zeros(4, int), where), 1.0, delays)
    sim = Simulation(net, threads=threads, path="ordered")
    sim.engine.projections[0].enqueue(np.array([0.5, 0.5]), np.array([0, 0]))  # type: ignore[attr-defined]
    sim.run(3.6)
    sim.save(tmp_path / "c")
    for count in (1, 2):
        later = Simulation.load(tmp_path / "c", threads=count)
        later.run(6.4)
        jumps = later.state("ear", "v")[where] + 65.0
        assert jumps == pytest.approx(2.0 * np.exp((delays + 0.5 - 10.0) / 20.0), rel=1e-9)
