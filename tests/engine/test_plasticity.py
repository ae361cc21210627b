"""Plasticity in whole networks: both engines to the last bit, cuts, frozen weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.combine import combined
from eventsim.models import (
    LIF,
    AstrocyteSTDPInhibitory,
    Eprop,
    LIFSubtract,
    Modulator,
    PoissonSource,
    SpikeSource,
    STDPMasquelier,
    STDPPair,
    TsodyksMarkram,
)
from every_rule import ASTROCYTE, DOPAMINE, PAIR, STILL, SUMMED
from runs import Outcome, agreed, assert_close, outcome

RULES: dict[str, Callable[[], Any]] = {
    "pair": lambda: PAIR,
    "dopamine": lambda: DOPAMINE,
    "astrocyte": lambda: ASTROCYTE,
    "short-term and pair": lambda: combined(TsodyksMarkram(use=0.3, tau_rec=100.0), PAIR),
    "short-term and dopamine": lambda: combined(DOPAMINE, TsodyksMarkram(tau_fac=50.0)),
}


def network(rule: Any, dendrite: float = 0.0, delays: Any = None, **given: Any) -> Network:
    """A noisy network with modulators that its own neurons drive, and a rule on its synapses."""
    net = Network(seed=5)
    noise = net.add("noise", PoissonSource(rate=900.0), size=40)
    vta = net.add("vta", PoissonSource(rate=20.0), size=3)
    net.add("dopamine", Modulator(tau=30.0, rest=-0.02))
    net.add("astrocyte", Modulator(tau=99.5, rest=0.15))
    exc = net.add("exc", LIF(t_ref=1.0), size=40, initial={"v": Uniform(-65.0, -50.0)})
    net.connect(noise, exc, OneToOne(), weight=2.2, delay=1.0)
    net.connect(vta, "dopamine", AllToAll(), weight=0.05, delay=2.0)
    net.connect(exc, "astrocyte", AllToAll(), weight=0.005, delay=1.5)
    net.connect(vta, "astrocyte", AllToAll(), weight=-0.02, delay=0.5)
    net.connect(
        exc, exc, FixedInDegree(8), given.get("weight", 0.5), delays or Uniform(0.3, 8.0),
        plasticity=rule, bounds=given.get("bounds", (0.0, 1.5)), dendritic_delay=dendrite,
        changing_delays=given.get("changing_delays", False), name="plastic",
    )  # fmt: skip
    return net


def changed(seen: Outcome, name: str = "plastic") -> bool:
    return len(set(seen.weights[name])) > 50


@pytest.mark.parametrize("dendrite", [0.0, 0.7])
@pytest.mark.parametrize("name", RULES)
def test_engines_agree_on_every_kind_of_rule_with_and_without_dendrites(
    name: str, dendrite: float
) -> None:
    """Oracle: the reference engine; histories and courses are cut, bounds are met."""
    seen = agreed(network(RULES[name](), dendrite), 300.0)
    assert seen.count("exc") > 300
    assert changed(seen)


@pytest.mark.parametrize("rule", SUMMED, ids=lambda rule: rule.rule.name)
def test_summed_arrivals_agree_under_every_other_rule(rule: Any) -> None:
    """Oracle: the reference engine, to 1e-9; frozen and scaled on the way."""

    def meddle(sim: Simulation) -> None:
        sim.at(60.0, lambda sim: sim.freeze("plastic"))
        sim.at(90.0, lambda sim: sim.unfreeze("plastic"))
        sim.at(110.3, lambda sim: sim.scale_weights("plastic", 0.9, 0.01, targets=[1, 2, 3]))

    inhibitory = {"weight": -0.5, "bounds": (-1.5, 0.0)} if "Inhibitory" in rule.rule.name else {}
    net = network(rule, 0.7, **inhibitory)
    with Simulation(net, path="superposition") as sim:
        assert sim.engine.superposed  # type: ignore[attr-defined]
    plain = outcome(net, 150.0, engine="reference", script=meddle)
    assert_close(outcome(net, 150.0, path="superposition", script=meddle), plain)
    assert plain.count("exc") > 200
    assert changed(plain) or rule.rule.name in STILL


@pytest.mark.parametrize("dendrite", [0.0, 0.7])
def test_engines_agree_when_the_state_is_begun_anew(dendrite: float) -> None:
    """Oracle: the reference engine; two resets, with spikes and jumps on their way, one frozen."""

    def script(sim: Simulation) -> None:
        sim.at(100.3, lambda sim: sim.reset_state())
        sim.at(150.0, lambda sim: sim.freeze("plastic"))
        sim.at(200.0, lambda sim: sim.reset_state())
        sim.at(210.0, lambda sim: sim.unfreeze("plastic"))

    seen = agreed(network(DOPAMINE, dendrite), 300.0, script=script)
    assert seen.count("exc") > 200
    assert changed(seen)
    assert seen != agreed(network(DOPAMINE, dendrite), 300.0)


def test_engines_agree_where_rules_with_different_dendrites_share_their_targets() -> None:
    """Oracle: the reference engine; three rules, three dendritic delays, whole-number times."""
    net = network(PAIR, 0.5, delays=1.0)
    inhibitory = AstrocyteSTDPInhibitory(astrocyte="astrocyte", scale=0.5)
    net.connect(
        "exc", "exc", FixedInDegree(4), -0.5, 2.0, plasticity=inhibitory,
        bounds=(-1.0, 0.0), dendritic_delay=20.0,
    )  # fmt: skip
    net.connect(
        "exc", "exc", FixedInDegree(4), 0.5, 1.0, plasticity=STDPMasquelier(), bounds=(0.0, 1.0)
    )
    seen = agreed(net, 250.0)
    assert changed(seen, "exc->exc")
    assert changed(seen, "exc->exc#2")


@pytest.mark.parametrize("name", ["dopamine", "short-term and pair"])
def test_cuts_and_looking_change_nothing(name: str) -> None:
    """Oracle: one stretch, nobody looking; weights are read at every cut."""

    def look(sim: Simulation) -> None:
        sim.every(17.0, lambda sim: sim.weights("plastic"))

    net = network(RULES[name](), 0.7)
    plain = outcome(net, 300.0)
    assert changed(plain)
    assert outcome(net, 100.0, 0.5, 199.5) == plain
    assert outcome(net, 300.0, script=look) == plain


def test_projections_of_one_rule_share_its_kernel_and_have_their_own_constants() -> None:
    """Oracle: the reference engine; one rule with three sets of constants, another between them."""

    def learning(rules: list[Any]) -> Network:
        net = Network(seed=6)
        noise = net.add("noise", PoissonSource(rate=40.0), size=30)
        cells = net.add("cells", LIF(i_offset=280.0), size=20)
        for rule in rules:
            net.connect(
                noise, cells, FixedInDegree(4), 0.5, 1.0, plasticity=rule, bounds=(0.0, 1.0)
            )
        return net

    values = [(10.0, 30.0), (20.0, 20.0), (40.0, 10.0)]
    rules = [STDPPair(tau_plus=up, tau_minus=down, a_plus=0.05) for up, down in values]
    net = learning([rules[0], STDPMasquelier(), *rules[1:]])
    agreed(net, 300.0)
    for path in ("ordered", "superposition"):
        few, many = (
            Simulation(learning(n * rules), path=path).engine.populations[1].kernel  # type: ignore[attr-defined]
            for n in (1, 20)
        )
        assert few is many


@pytest.mark.parametrize("name", RULES)
def test_engines_agree_on_weights_that_are_set_and_frozen_during_the_run(name: str) -> None:
    """Oracle: the reference engine; frozen twice, with weights set before, during and after."""

    def meddle(sim: Simulation) -> None:
        sim.at(40.0, lambda sim: sim.set_weights("plastic", 0.7))
        sim.at(80.0, lambda sim: sim.freeze("plastic"))
        sim.at(100.0, lambda sim: sim.set_weights("plastic", sim.weights("plastic") * 0.9))
        sim.at(150.0, lambda sim: sim.unfreeze("plastic"))
        sim.at(160.0, lambda sim: sim.set_weights("plastic", 0.6))
        sim.at(200.0, lambda sim: sim.freeze("plastic"))
        sim.at(210.0, lambda sim: sim.unfreeze("plastic"))

    seen = agreed(network(RULES[name](), 0.7), 250.0, script=meddle)
    assert changed(seen)


def test_a_projection_is_summed_before_it_is_frozen_while_it_is_and_after() -> None:
    """Oracle: the reference engine to 1e-9; spikes of the frozen time are remembered."""
    summed: list[bool] = []

    def freeze(sim: Simulation) -> None:
        look = lambda sim: summed.append(bool(getattr(sim.engine, "superposed", ())))  # noqa: E731
        sim.at(60.0, lambda sim: sim.freeze("plastic"))
        sim.at(130.0, lambda sim: sim.unfreeze("plastic"))
        for t in (30.0, 100.0, 160.0):
            sim.at(t, look)

    net = network(PAIR, 0.7)
    plain = outcome(net, 200.0, engine="reference", script=freeze)
    summed.clear()
    assert_close(outcome(net, 200.0, path="superposition", script=freeze), plain)
    assert summed == [True, True, True]
    assert changed(plain)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_frozen_weights_stand_still_while_the_traces_of_both_sides_go_on(engine: str) -> None:
    """Oracle: the sum over all pairs whose second spike was heard while nothing was frozen."""
    p = STDPPair(a_plus=0.1, a_minus=0.05)
    net = Network()
    source, cell = net.add("pre", SpikeSource([9.0, 29.0, 49.0])), net.add("post", LIF(t_ref=0.0))
    net.connect(source, cell, AllToAll(), 0.5, 1.0, plasticity=p)
    with Simulation(net, engine=engine) as sim:
        sim.send("post", [12.0, 32.0, 55.0], [0, 0, 0], 100.0)
        sim.run(20.0)
        before = sim.weights("pre->post")[0]
        sim.freeze("pre->post")
        sim.run(20.0)
        assert sim.weights("pre->post")[0] == before
        sim.unfreeze("pre->post")
        sim.run(30.0)
        after = sim.weights("pre->post")[0]
    assert before == pytest.approx(0.5 + 0.1 * np.exp(-2.0 / 20.0), rel=1e-12)
    down = np.exp(-38.0 / 20.0) + np.exp(-18.0 / 20.0)
    up = np.exp(-45.0 / 20.0) + np.exp(-25.0 / 20.0) + np.exp(-5.0 / 20.0)
    assert after == pytest.approx(before - 0.05 * down + 0.1 * up, rel=1e-12)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_spike_needs_the_axonal_delay_to_the_synapse_and_the_dendritic_one_to_the_soma(
    engine: str,
) -> None:
    """Oracle: the soma hears at 1 + 2 + 3 ms; at the synapse, target spikes count 3 ms later.

    The target fires at 0.5 ms, which is at the synapse at 3.5: after the arrival at 3.
    """
    net = Network()
    source = net.add("pre", SpikeSource([1.0]))
    cell = net.add("post", LIF(t_ref=0.0, tau_m=1e12))
    rule = STDPPair(a_plus=0.25, a_minus=100.0)
    net.connect(source, cell, AllToAll(), 4.0, 2.0, plasticity=rule, dendritic_delay=3.0)
    with Simulation(net, engine=engine) as sim:
        sim.send("post", 0.5, 0, 100.0)
        sim.run(6.0)
        assert sim.state("post", "v")[0] == pytest.approx(-65.0, rel=1e-9)
        sim.run(0.5)
        assert sim.state("post", "v")[0] == pytest.approx(-61.0, rel=1e-9)
        sim.run(0.5)
        weight = 4.0 + 0.25 * np.exp(-0.5 / 20.0)
        assert sim.weights("pre->post")[0] == pytest.approx(weight, rel=1e-12)


def test_a_reset_that_keeps_weights_starts_everything_else_again() -> None:
    """Oracle: a network built with those weights; both engines."""
    for engine in ("compiled", "reference"):
        net = network(DOPAMINE, 0.7)
        with Simulation(net, engine=engine) as sim:
            sim.run(100.0)
            kept = sim.weights("plastic")
            sim.reset(weights="keep")
            assert np.array_equal(sim.weights("plastic"), kept)
            sim.run(100.0)
            again = sim.weights("plastic")
        with Simulation(net, engine=engine) as sim:
            sim.set_weights("plastic", kept)
            sim.run(100.0)
            assert np.array_equal(sim.weights("plastic"), again)


@pytest.mark.parametrize("name", ["pair", "dopamine", "Eprop"])
@pytest.mark.parametrize(
    ("rate", "seconds"), [(1000.0, 10.0), (5.0, 3600.0)], ids=["10 s at 1 kHz", "an hour at 5 Hz"]
)
def test_the_history_of_a_long_run_stays_small_though_nothing_arrives(
    rate: float, seconds: float, name: str
) -> None:
    """Oracle: the buffers at the end are as after a tenth; dopamine is twice as busy."""
    net = Network()
    silent = net.add("silent", SpikeSource([1.0]))
    drive = net.add("drive", PoissonSource(rate=rate))
    vta = net.add("vta", PoissonSource(rate=2.0 * rate))
    reads_itself = name == "Eprop"
    cell = net.add("cell", LIFSubtract() if reads_itself else LIF(t_ref=0.0))
    dopamine = net.add("dopamine", Modulator())
    net.connect(drive, cell, AllToAll(), weight=20.0, delay=1.0)
    net.connect(vta, dopamine, AllToAll(), weight=1.0, delay=1.0)
    net.connect(cell, cell, AllToAll(), weight=0.0, delay=1.0)
    rule = Eprop(error="dopamine", voltage="cell") if reads_itself else RULES[name]()
    dendrite = 0.0 if reads_itself else 1.0
    net.connect(silent, cell, AllToAll(), 1.0, 1.0, plasticity=rule, dendritic_delay=dendrite)
    with Simulation(net) as sim:
        compiled = sim.engine.populations[cell.index]  # type: ignore[attr-defined]
        sim.run(100.0 * seconds)
        sizes = [array.nbytes for array in compiled.plastic[:-1]]
        sim.run(900.0 * seconds)
        assert [array.nbytes for array in compiled.plastic[:-1]] == sizes
        assert sizes[2] < 20_000
        assert sim.spike_count("cell") > 0.9 * rate * seconds
