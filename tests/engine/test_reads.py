"""Rules that read their target's state, and flows of weight and state, on both engines."""

from math import exp
from typing import Any, NamedTuple

import pytest

from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.combine import combined
from eventsim.kernel import kernel
from eventsim.models import LIF, Modulator, PoissonSource, SpikeSource, TsodyksMarkram
from eventsim.rule import Rule, Trace
from runs import agreed


class Params(NamedTuple):
    step: float = 0.02
    tau: float = 20.0


class State(NamedTuple):
    c: float = 0.3


@kernel
def flow(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> Any:
    """The state follows the weight, the weight follows a modulator."""
    kept = exp(-dt / 100.0)
    return w + 1e-4 * m.gate.level * dt, State(w + (s.c - w) * kept)


@kernel
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> Any:
    return w + p.step * (seen.v + 60.0) / 15.0 * seen.y, s


@kernel
def on_post(w: float, s: State, t: float, seen: Any, p: Params) -> Any:
    return w + p.step * (seen.v + 51.0) * seen.x - 0.1 * (w - s.c), s


Reading = Rule(
    "Reading", Params, on_pre, on_post, pre={"x": Trace("tau")}, post={"y": Trace("tau")},
    state=State, flow=flow, modulators=("gate",), reads=("v",),
)  # fmt: skip


def network(rule: Any) -> Network:
    """A noisy network whose synapses read the voltage of their targets, and a gate it drives."""
    net = Network(seed=5)
    noise = net.add("noise", PoissonSource(rate=900.0), size=40)
    net.add("gate", Modulator(tau=30.0, rest=-0.5))
    exc = net.add("exc", LIF(t_ref=1.0), size=40, initial={"v": Uniform(-65.0, -50.0)})
    net.connect(noise, exc, OneToOne(), weight=2.2, delay=1.0)
    net.connect(exc, "gate", AllToAll(), weight=0.05, delay=1.5)
    net.connect(
        exc, exc, FixedInDegree(8), 0.5, Uniform(0.3, 8.0), plasticity=rule, bounds=(0.0, 1.5),
        name="plastic",
    )  # fmt: skip
    return net


def meddle(sim: Simulation) -> None:
    sim.at(40.0, lambda sim: sim.set_weights("plastic", 0.7))
    sim.at(80.0, lambda sim: sim.freeze("plastic"))
    sim.at(120.0, lambda sim: sim.unfreeze("plastic"))
    sim.every(17.0, lambda sim: sim.weights("plastic"))


def test_engines_agree_on_a_rule_that_reads_its_target_and_flows() -> None:
    """Oracle: the reference engine, to the last bit; weights are set, frozen, looked at."""
    net = network(Reading(gate="gate"))
    seen = agreed(net, 300.0, script=meddle)
    assert seen.count("exc") > 300
    assert len(set(seen.weights["plastic"])) > 50


def test_engines_agree_on_such_a_rule_combined_with_another() -> None:
    """Oracle: the reference engine, to the last bit."""
    rule = combined(Reading(gate="gate"), TsodyksMarkram(use=0.3, tau_rec=100.0))
    assert len(set(agreed(network(rule), 200.0).weights["plastic"])) > 50


class Steps(NamedTuple):
    unit: float = 1.0


@kernel
def from_voltage(w: float, seen: Any, p: Steps) -> float:
    return w + 1000.0 * seen.v


@kernel
def after_voltage(w: float, seen: Any, p: Steps) -> float:
    return w + seen.v


Sum = Rule("Sum", Steps, from_voltage, after_voltage, reads=("v",))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_arrivals_of_one_instant_see_the_voltage_before_all_of_them_and_a_spike_that_before_reset(
    engine: str,
) -> None:
    """Oracle: by hand. v is 1 when two arrive at 5 ms, and 1 + 4 + 8 at the spike they cause."""
    net = Network()
    source = net.add("pre", SpikeSource([4.0]))
    cell = net.add("post", LIF(tau_m=1e300, v_rest=0.0, v_reset=0.0, v_th=10.0), initial={"v": 1.0})
    net.connect(source, cell, AllToAll(), 4.0, 1.0, plasticity=Sum(unit=1.0), name="a")
    with Simulation(net, engine=engine) as sim:
        sim.send("post", 5.0, 0, 8.0)  # from outside, so before the other
        sim.run(6.0)
        assert sim.spike_count("post") == 1
        assert sim.weights("a").tolist() == [4.0 + 1000.0 * 1.0 + (1.0 + 8.0 + 1004.0)]


@pytest.mark.parametrize(
    ("dendrite", "message"),
    [
        (0.0, r"unknown state variable of Modulator \(read by Sum\) 'v'; known: level"),
        (0.5, r"dendritic_delay must be 0 ms where Sum reads 'v' of the target, got 0.5"),
    ],
)
def test_a_rule_that_reads_what_is_not_there_or_not_yet_known_is_refused(
    dendrite: float, message: str
) -> None:
    net = Network()
    net.add("pre", SpikeSource([1.0]))
    target = net.add("post", LIF if dendrite else Modulator)
    with pytest.raises(ValueError, match=rf"projection 'pre->post': {message}"):
        net.connect("pre", target, AllToAll(), 0.5, 1.0, plasticity=Sum(), dendritic_delay=dendrite)


def test_a_flow_takes_the_place_of_between_and_drift() -> None:
    with pytest.raises(ValueError, match=r"rule 'Both': a flow takes the place of between"):
        Rule("Both", Params, on_pre, on_post, state=State, flow=flow, between=flow)
    with pytest.raises(ValueError, match=r"rule 'None': a state needs `between` or `flow`"):
        Rule("None", Params, on_pre, on_post, flow=flow)
