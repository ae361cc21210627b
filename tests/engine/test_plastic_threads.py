"""Under every plasticity rule: two threads change no bit, and recording weights changes none.

Rules share a network, a few to each: compiled together they take less time than one by one.
"""

from typing import Any

import pytest

import eventsim.engine.compiled.engine as compiled
from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.models import (
    LIF,
    RULES,
    AdExClopath,
    Clopath,
    Eprop,
    LIFSubtract,
    Modulator,
    OUCurrent,
    PoissonSource,
    UniformCurrent,
)
from every_rule import ASTROCYTE, DOPAMINE, PAIR, STILL, SUMMED
from runs import Outcome, outcome

SIZE = 100  # two blocks of 64: each of two threads has neurons
LINEAR = [PAIR, DOPAMINE, ASTROCYTE, *SUMMED]  # rules for linear neurons
TOGETHER = 9
SETS: list[tuple[Any, list[Any]]] = [
    *((LIF(t_ref=1.0), LINEAR[k : k + TOGETHER]) for k in range(0, len(LINEAR), TOGETHER)),
    (AdExClopath(), [Clopath()]),
    (LIFSubtract(), [Eprop(error="dopamine", voltage="cells", rate=1.0)]),
]
CASES = [(cell, rules, "ordered") for cell, rules in SETS]
CASES += [(cell, rules, "superposition") for cell, rules in SETS if cell.model is LIF]


def network(cell: Any, rules: list[Any]) -> Network:
    """Noisy neurons with modulators that they drive, and a projection under each rule.

    Delays are long, so that there are few windows: two threads wait for each other in each.
    """
    net = Network(seed=5)
    noise = net.add("noise", PoissonSource(rate=900.0), size=SIZE)
    vta = net.add("vta", PoissonSource(rate=20.0), size=3)
    net.add("dopamine", Modulator(tau=30.0, rest=-0.02))
    net.add("astrocyte", Modulator(tau=99.5, rest=0.15))
    cells = net.add("cells", cell, size=SIZE, initial={"v": Uniform(-65.0, -55.0)})
    voltage = cell.model is AdExClopath  # reads it where it is: no dendrite
    strength = 3.0 if voltage else 1.0
    net.connect(noise, cells, OneToOne(), strength, delay=2.0)
    net.connect(vta, "dopamine", AllToAll(), weight=0.05, delay=2.0)
    net.connect(cells, "astrocyte", AllToAll(), weight=0.002, delay=2.5)
    for rule in rules:
        inhibitory = "Inhibitory" in rule.rule.name
        net.connect(
            cells, cells, FixedInDegree(3), -0.5 if inhibitory else 0.5, Uniform(2.0, 8.0),
            plasticity=rule, bounds=(-1.5, 0.0) if inhibitory else (0.0, 1.5),
            dendritic_delay=0.0 if voltage else 0.7, name=rule.rule.name,
        )  # fmt: skip
    return net


def seen(net: Network, recorded: bool = False, **options: Any) -> Outcome:
    """Return spikes and weights; recorded, weights are looked at between and within windows."""
    names = [name for name, p in net.projections.items() if p.plasticity]
    every = {name: 3.7 + 0.3 * k for k, name in enumerate(names)}
    record = {"spikes": ["cells"], **({"weights": every} if recorded else {})}
    return outcome(net, 150.0, record=record, **options)


def test_every_rule_is_among_them() -> None:
    """Oracle: the list of rules; the noisy currents have no weight and take no arrivals."""
    names = [rule.rule.name for _, rules in SETS for rule in rules]
    assert sorted([*names, OUCurrent.name, UniformCurrent.name]) == sorted(RULES)


@pytest.mark.parametrize(
    ("cell", "rules", "path"), CASES, ids=[f"from {c[1][0].rule} on, {c[2]}" for c in CASES]
)
def test_two_threads_and_recording_weights_change_no_bit(
    cell: Any, rules: list[Any], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: one thread, with nothing but spikes recorded; both threads work in every window."""
    net = network(cell, rules)
    with Simulation(net, path=path) as sim:
        assert bool(sim.engine.superposed) == (path == "superposition")  # type: ignore[attr-defined]
    monkeypatch.setattr(compiled, "THREADS_FROM", 0)
    plain = seen(net, path=path)
    assert plain.count("cells") > 150
    for rule in rules:
        name = rule.rule.name
        assert name in STILL or len(set(plain.weights[name])) > 50, name
    assert seen(net, path=path, threads=2) == plain
    assert seen(net, recorded=True, path=path) == plain
    assert seen(net, recorded=True, path=path, threads=2) == plain
