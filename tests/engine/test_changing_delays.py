"""Delays that change in a run, on both engines and for every rule."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driven import DELAY, Lags, Step, every, last, pair_network, trains, walk, weights

from eventsim import AllToAll, FixedInDegree, Network, Simulation, Uniform
from eventsim.models import LIF, SpikeSource, STDPNearest, STDPPair
from every_rule import DOPAMINE, PAIR, SUMMED
from resumed import agree
from runs import agreed, outcome
from test_plasticity import network as plastic_network
from test_resume import rule_network

ENGINES = ["compiled", "reference"]
both_engines = pytest.mark.parametrize("engine", ENGINES)


def line(fired: list[float], delay: float, **to: Any) -> Network:
    """A source and a neuron that fires at every arrival."""
    net = Network()
    source = net.add("source", SpikeSource([fired]))
    cell = net.add("cell", LIF(v_rest=0.0, v_reset=0.0, v_th=1.0, t_ref=0.0))
    net.connect(source, cell, AllToAll(), 2.0, delay, changing_delays=True, **to)
    return net


@both_engines
@pytest.mark.parametrize("dendrite", [0.0, 0.25])
def test_a_spike_on_its_way_keeps_its_delay_and_may_be_overtaken(
    engine: str, dendrite: float
) -> None:
    """Oracle: each arrival by hand; fired at 1, 3 with 8 ms, at 4, 5 with 2 ms, at 6 with 30 ms."""
    net = line([1.0, 3.0, 4.0, 5.0, 6.0], 8.0, dendritic_delay=dendrite)

    def script(sim: Simulation) -> None:
        sim.at(4.0, lambda sim: sim.set_delays("source->cell", 2.0))
        sim.at(5.5, lambda sim: sim.set_delays("source->cell", [30.0]))

    seen = outcome(net, 50.0, script=script, engine=engine)
    assert seen.spikes["cell"][0] == [t + dendrite for t in (6.0, 7.0, 9.0, 11.0, 36.0)]


@both_engines
def test_delays_are_told_and_kept_in_the_order_of_the_synapses(engine: str) -> None:
    """Stored in single precision; a reset goes back to the first ones, or keeps them."""
    net = Network(seed=3)
    cells = net.add("cells", LIF(), size=100)
    to = net.connect(
        cells, cells, FixedInDegree(5), Uniform(0.0, 1.0), Uniform(1.0, 2.0), precision="single",
        changing_delays=True, name="to",
    )  # fmt: skip
    first, asked = to.synapses.delay, np.random.default_rng(1).uniform(0.5, 30.0, 500)
    with Simulation(net, engine=engine) as sim:
        assert np.array_equal(sim.delays("to"), first)
        weights = sim.weights("to")
        sim.set_delays("to", asked)
        assert np.array_equal(sim.delays("to"), asked.astype(np.float32))
        assert np.array_equal(sim.weights("to"), weights)
        sim.run(1.0)
        sim.reset(weights="keep")
        assert np.array_equal(sim.delays("to"), asked.astype(np.float32))
        sim.reset()
        assert np.array_equal(sim.delays("to"), first)


def acts(net: Network, *names: str) -> dict[str, tuple[float, Callable[[Simulation], object]]]:
    """Return what is done to projections, by name: other delays now and then, freezing, a reset."""
    rng = np.random.default_rng(4)
    done: dict[str, tuple[float, Callable[[Simulation], object]]] = {}
    for name in names:
        count = net.projections[name].synapses.count
        for t in (20.0, 20.5, 47.3, 90.0, 91.0):
            delays = np.round(rng.uniform(0.2, 25.0, count), rng.integers(0, 4)) + 0.1
            done[f"{name} at {t}"] = (
                t,
                partial(Simulation.set_delays, projection=name, values=delays),
            )
    first = names[0]
    if net.projections[first].plasticity is not None:
        done["freeze"] = (60.0, lambda sim: sim.freeze(first))
        done["unfreeze"] = (75.0, lambda sim: sim.unfreeze(first))
    done["begin anew"] = (110.0, lambda sim: sim.reset_state())
    return done


def script_of(net: Network, *names: str) -> Callable[[Simulation], object]:
    def script(sim: Simulation) -> None:
        for name, (t, act) in acts(net, *names).items():
            sim.at(t, act, name=name)

    return script


def static_network() -> Network:
    net = plastic_network(None, changing_delays=True)
    noise, exc = net.populations["noise"], net.populations["exc"]
    net.connect(noise, exc, FixedInDegree(2), 1.0, 1.0, name="noisy", changing_delays=True)
    return net


def test_engines_agree_on_static_synapses_whose_delays_change() -> None:
    """Oracle: the reference engine; a source that no longer drives, delays in whole steps."""
    net = static_network()
    seen = agreed(net, 160.0, script=script_of(net, "plastic", "noisy"))
    assert seen.count("exc") > 200


@pytest.mark.parametrize("rule", [PAIR, DOPAMINE, *SUMMED], ids=lambda rule: rule.rule.name)
def test_engines_agree_on_every_rule_over_changing_delays(rule: Any) -> None:
    """Oracle: the reference engine; with a dendrite, frozen and begun anew on the way."""
    inhibitory = {"weight": -0.5, "bounds": (-1.5, 0.0)} if "Inhibitory" in rule.rule.name else {}
    net = plastic_network(rule, 0.7, changing_delays=True, **inhibitory)
    script = script_of(net, "plastic")
    plain = outcome(net, 160.0, engine="reference", script=script)
    assert outcome(net, 160.0, script=script) == plain
    assert plain.count("exc") > 200
    assert plain != outcome(net, 160.0)


@pytest.mark.parametrize("name", ["Clopath", "Eprop"])
def test_engines_agree_where_rules_read_the_voltage_over_changing_delays(name: str) -> None:
    """Oracle: the reference engine."""
    net = rule_network(name, changing_delays=True)
    script = script_of(net, "source->cells")
    plain = outcome(net, 120.0, engine="reference", script=script)
    assert plain.count("cells") > 5
    assert outcome(net, 120.0, script=script) == plain


def test_threads_and_a_resume_change_nothing_where_delays_have_changed(tmp_path: Path) -> None:
    """Oracle: one thread; the run left alone."""
    net = rule_network("STDPDopamine", changing_delays=True)
    script = script_of(net, "source->cells")
    assert outcome(net, 120.0, script=script, threads=2) == outcome(net, 120.0, script=script)
    callbacks = {name: act for name, (_, act) in acts(net, "source->cells").items()}
    for engine, threads in (("compiled", (1, 2)), ("reference", (1,))):
        agree(
            net, tmp_path, 55.0, 120.0, script, threads=threads, callbacks=callbacks, engine=engine
        )


def potentiate(of: Callable[[Lags, float], float]) -> Step:
    return lambda w, pre, post: w + 0.011 * of(pre, 20.0)


def depress(of: Callable[[Lags, float], float]) -> Step:
    return lambda w, pre, post: w - 0.008 * of(post, 20.0)


@pytest.mark.parametrize(("rule", "seen"), [(STDPPair, every), (STDPNearest, last)])
def test_traces_jump_as_spikes_arrive_whatever_delays_they_had(
    rule: Any, seen: Callable[[Lags, float], float]
) -> None:
    """Oracle: a walk through all arrivals and spikes; 1,000 of each, forty delays, overtaking."""
    fired, heard = trains()
    rng = np.random.default_rng(2)
    changes = np.concatenate([[0.0], np.sort(rng.uniform(0.0, 20_000.0, 40))])
    delays = rng.integers(1, 400, changes.size) / 8.0  # exact in binary: whole ms still meet
    arrivals = fired + delays[np.searchsorted(changes, fired, side="right") - 1]
    assert (np.diff(arrivals) < 0.0).any()
    arrivals.sort()
    assert np.intersect1d(arrivals, heard).size > 0
    net = pair_network(rule(a_plus=0.011, a_minus=0.008), fired + DELAY, 2.0, changing_delays=True)

    def script(sim: Simulation) -> None:
        for t, delay in zip(changes, delays, strict=True):
            sim.at(t, partial(Simulation.set_delays, projection="pre->post", values=delay))

    expected = walk(arrivals, heard, 2.0, depress(seen), potentiate(seen))
    assert weights(net, heard, script=script)[0] == pytest.approx(expected, rel=1e-9)


def test_delays_onto_a_teacher_s_spike_end_as_wide_as_theory_says() -> None:
    """Oracle: jitter sqrt(eta / (2 - eta)) about the teacher's spike, 200 patterns of 20 inputs."""
    rng, eta, jitter, teacher, period = np.random.default_rng(3), 0.1, 0.5, 45.0, 100.0
    pattern = rng.uniform(5.0, 25.0, 20)
    begins = period * np.arange(200.0)
    fired = begins[:, np.newaxis] + pattern + rng.normal(0.0, jitter, (200, 20))
    net = Network(seed=1)
    source = net.add("source", SpikeSource(list(fired.T)), size=20)
    cell = net.add("cell", LIF(v_rest=0.0, v_reset=0.0, v_th=8.0, tau_m=1.0, t_ref=5.0))
    net.connect(source, cell, AllToAll(), 1.0, Uniform(1.0, 30.0), name="to", changing_delays=True)
    with Simulation(net) as sim:
        seen = sim.record().recording
        for k, begin in enumerate(begins):
            sim.run(period)
            arrived = fired[k] + sim.delays("to") - begin
            sim.set_delays("to", sim.delays("to") - eta * (arrived - teacher))
        late = pattern + sim.delays("to")
        times = seen.spikes("cell")[0]
    assert late.mean() == pytest.approx(teacher, abs=0.1)
    assert late.std() == pytest.approx(jitter * np.sqrt(eta / (2.0 - eta)), abs=0.03)
    assert times[0] > 10 * period  # nothing before the delays are right
    assert times[-50:] % period == pytest.approx(np.full(50, teacher), abs=1.0)


REFUSED = {
    "must be finite and > 0 ms, got 0.0 for 1 of 2 (first: 1)": [1.0, 0.0],
    "must be finite and > 0 ms, got nan": np.nan,
    "must be finite and > 0 ms, got 1e+40": 1e40,
    "must be one value or one for each of 2 synapses, got shape (3,)": [1.0, 2.0, 3.0],
}


@pytest.mark.parametrize("message", REFUSED)
def test_delays_that_are_none_are_refused(message: str) -> None:
    net = Network()
    cells = net.add("cells", LIF(), size=2)
    net.connect(
        cells, cells, AllToAll(autapses=False), 1.0, 1.0, name="to", changing_delays=True,
        precision="single",
    )  # fmt: skip
    with Simulation(net) as sim:
        with pytest.raises(ValueError, match=r"^projection 'to': delays ") as refusal:
            sim.set_delays("to", REFUSED[message])
        assert message in str(refusal.value)
        assert sim.delays("to").tolist() == [1.0, 1.0]


def test_fixed_delays_are_not_changed() -> None:
    net = Network()
    cells = net.add("cells", LIF(), size=2)
    net.connect(cells, cells, AllToAll(), 1.0, 1.0, name="to")
    refusal = pytest.raises(ValueError, match="its delays are fixed; connect it with changing_")
    with Simulation(net) as sim, refusal:
        sim.set_delays("to", 2.0)
