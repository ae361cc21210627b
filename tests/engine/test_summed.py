"""A step over a window's arrivals against steps from one to the next, alone and in networks."""

from collections.abc import Callable
from math import exp, inf, nan
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from eventsim import AllToAll, Network, OneToOne, Sampled, Simulation, SimulationError, Uniform
from eventsim.engine.compiled import CompiledEngine
from eventsim.model import NeuronModel
from eventsim.models import CATALOGUE, AdEx, Izhikevich, LIFCondExp, PoissonSource, STDPPair
from eventsim.models.neurons import adex, diehl_cook, eif, izhikevich, lif_cond_exp, qif
from eventsim.ode import Adds, integrated
from eventsim.ode.summed import ALLOWED
from eventsim.ode.tuples import MARGIN
from runs import Outcome, outcome

MODULES = {
    "AdEx": adex, "DiehlCook": diehl_cook, "EIF": eif, "Izhikevich": izhikevich,
    "LIFCondExp": lif_cond_exp, "QIF": qif,
}  # fmt: skip
T = 100.0  # ms, of the window's beginning

SAMPLED = {"states": {"cells": Sampled(["v", "u"], 0.3, [3, 17])}}

every_model = pytest.mark.parametrize("name", MODULES)


def test_every_integrated_model_with_sums_is_tested_here() -> None:
    with_sums = {
        name for name, model in CATALOGUE.items()
        if isinstance(model, NeuronModel) and model.summable is not None and model.linear is None
    }  # fmt: skip
    assert with_sums == set(MODULES)


def size(model: NeuronModel, port: str) -> float:
    """Return a weight at which one arrival does a little."""
    return {"mV": 0.01, "nS": 0.05, "1": 0.002, "pA": 2.0}[model.units[port]]


def draw(name: str, dt: float, rate: float, rng: np.random.Generator) -> tuple[Any, list[Any]]:
    """Return a state in which the neuron might be, and (time, port, weight) of arrivals."""
    model, module = CATALOGUE[name], MODULES[name]
    assert model.summable is not None
    p = model.params()
    y = module.initial(p, 0.5)
    y = y._replace(v=y.v + rng.uniform(0.0, 4.0))
    for variable in ("g_exc", "g_inh"):
        if variable in y._fields:
            y = y._replace(**{variable: 20.0 * size(model, variable[2:]) * rng.uniform()})
    times = np.sort(rng.uniform(0.0, dt, rng.poisson(rate * dt))).tolist()
    ports = rng.choice([*model.summable.modes], len(times)).tolist()
    weights = [size(model, port) * rng.uniform(0.5, 1.5) for port in ports]
    return y, list(zip(times, ports, weights, strict=True))


def settled(name: str, y: Any, dt: float, given: list[Any], p: Any) -> tuple[Any, bool]:
    """Return the state after the window by its sums, and whether it must not be used."""
    summable = CATALOGUE[name].summable
    total = [0.0] * summable.columns
    for t, port, w in given:
        for m, (tau, power) in enumerate(summable.modes[port]):
            u = dt - t
            left = w * u**power * exp(-u / (inf if tau is None else getattr(p, tau)))
            total[summable.first_column(port) + 2 * m + (w < 0.0)] += left
    after, hot, _ = summable.settle(y, T, dt, summable.prepare(dt, p), tuple(total), p)
    return after, bool(hot)


def stepped(name: str, y: Any, dt: float, given: list[Any], p: Any) -> Any:
    """Return it by scipy's integrator, from each arrival to the next."""
    model, module, now = CATALOGUE[name], MODULES[name], 0.0
    state = type(y)
    for t, port, w in [*given, (dt, None, 0.0)]:
        if t > now:
            slope = lambda _, x: module.derivative(state(*x), T, p)  # noqa: E731
            solved = solve_ivp(slope, (now, t), list(y), "DOP853", rtol=1e-12, atol=1e-13)
            y, now = state(*solved.y[:, -1].tolist()), t
        if port is not None:
            planned = model.on_input[port](model.summable.from_lane(y, 1.0), T, w, p)
            y = model.summable.to_lane(planned)
    return y


def off(found: Any, right: Any, before: Any, p: Any) -> float:
    """Return the largest error in units of what one step may make."""
    allowed = p.atol + p.rtol * np.maximum(np.abs(before), np.abs(right))
    return float(np.max(np.abs(np.array(found) - np.array(right)) / allowed)) * MARGIN


@every_model
@pytest.mark.parametrize("rtol", [1e-6, 1e-4])
def test_what_a_window_says_of_its_error_is_true(name: str, rtol: float) -> None:
    """Oracle: scipy's DOP853 at rtol 1e-12 from arrival to arrival."""
    rng, used = np.random.default_rng(1), 0
    p = CATALOGUE[name].params(rtol=rtol, atol=0.1 * rtol)
    for dt in (0.1, 0.3, 0.8):
        for _ in range(20):
            y, given = draw(name, dt, 10.0, rng)
            after, hot = settled(name, y, dt, given, p)
            if not hot:
                used += 1
                assert off(after, stepped(name, y, dt, given, p), y, p) <= ALLOWED
    assert used > 10


@every_model
def test_the_error_goes_down_with_the_third_power_of_the_window(name: str) -> None:
    """At least: of small arrivals, whose squares don't count, for a window as well as the next."""
    rng = np.random.default_rng(2)
    p, errors = CATALOGUE[name].params(), []
    port = next(iter(CATALOGUE[name].summable.modes))
    for dt in (1.6, 0.4):
        total = []
        for _ in range(30):
            y, _ = draw(name, dt, 0.0, rng)
            places = np.sort(rng.uniform(0.0, dt, 4)).tolist()
            given = [(t, port, 0.01 * size(CATALOGUE[name], port)) for t in places]
            after, _ = settled(name, y, dt, given, p)
            total.append(off(after, stepped(name, y, dt, given, p), y, p))
        errors.append(np.median(total))
    assert errors[1] < max(errors[0] / 4.0**3, 1e-5)  # or nothing but rounding is left


@every_model
def test_a_volley_at_one_instant_is_known_to_be_rough(name: str) -> None:
    """Wherever it falls: either its error is within the bound, or it is refused."""
    rng, p = np.random.default_rng(3), CATALOGUE[name].params()
    port = next(iter(CATALOGUE[name].summable.modes))
    for dt in (0.05, 0.2, 0.8):
        for share in np.linspace(0.0, 0.99, 23):
            for many in (1.0, 30.0):
                y, _ = draw(name, dt, 0.0, rng)
                given = [(dt * float(share), port, many * size(CATALOGUE[name], port))]
                after, hot = settled(name, y, dt, given, p)
                assert hot or off(after, stepped(name, y, dt, given, p), y, p) <= ALLOWED


@every_model
def test_what_can_not_be_summed_is_refused(name: str) -> None:
    model, p = CATALOGUE[name], CATALOGUE[name].params()
    y, _ = draw(name, 0.2, 0.0, np.random.default_rng(4))
    assert not settled(name, y, 0.05, [], p)[1]
    for w in (1e6, -1e6, nan, inf):  # wherever it leads
        port = next(iter(model.summable.modes))
        assert settled(name, y, 0.05, [(0.01, port, w)], p)[1]
    if "deaf_until" in y._fields:  # what a port does then is another thing
        assert settled(name, y._replace(deaf_until=T + 1.0), 0.05, [], p)[1]
        assert settled(name, y._replace(deaf_until=T + 0.01), 0.05, [], p)[1]
    if "exc" in model.summable.modes:  # a conductance is never below zero
        assert settled(name, y, 0.05, [(0.01, "exc", -1e-9)], p)[1]
    near = y._replace(
        v=next(
            x
            for x in np.arange(-90.0, 90.0, 0.01)
            if MODULES[name].threshold(y._replace(v=float(x)), p) >= 0.0
        )
    )
    assert settled(name, near, 0.05, [], p)[1]


class Case(NamedTuple):
    """A population that hears a thousand sources of 10 Hz, each of them at every neuron."""

    model: Callable[..., Any]
    weight: float
    port: str


CASES = {
    "AdEx": Case(lambda **o: AdEx(i_offset=730.0, tau_syn_exc=2.0, t_ref=2.0, **o), 0.02, "exc"),
    "Izhikevich": Case(lambda **o: Izhikevich(i_offset=5.0, **o), 0.002, "spike"),
    "LIFCondExp": Case(lambda **o: LIFCondExp(i_offset=250.0, **o), 0.1, "exc"),
}


def heard(case: Case, rtol: float = 1e-6, n: int = 30) -> Network:
    """Return the network; `n` neurons differ by their delays alone."""
    net = Network(seed=3)
    net.add("in", PoissonSource(rate=10.0), size=1000)
    net.add("cells", case.model(rtol=rtol, atol=0.1 * rtol), size=n)
    net.connect("in", "cells", AllToAll(), case.weight, Uniform(0.5, 5.0), case.port)
    return net


def times(of: Outcome, n: int) -> list[np.ndarray]:
    """Return the spike times of each neuron."""
    at, neurons = np.array(of.spikes["cells"][0]), np.array(of.spikes["cells"][1])
    return [at[neurons == i] for i in range(n)]


@pytest.mark.parametrize("name", CASES)
def test_spikes_are_as_exact_as_steps_between_arrivals_make_them(name: str) -> None:
    """Oracle: the ordered path at a tolerance of 1e-11."""
    case, until = CASES[name], 250.0
    exact = times(outcome(heard(case, 1e-11), until, path="ordered"), 30)
    assert sum(map(len, exact)) > 60
    for rtol in (1e-6, 1e-5):
        wrong = {}
        for path in ("ordered", "superposition"):
            found = times(outcome(heard(case, rtol), until, path=path), 30)
            assert [len(x) for x in found] == [len(x) for x in exact]
            wrong[path] = max(np.max(np.abs(a - b)) for a, b in zip(found, exact, strict=True))
        assert wrong["superposition"] < 6.0 * wrong["ordered"]
        assert wrong["superposition"] < 5e3 * rtol


def engine_of(sim: Simulation) -> CompiledEngine:
    """Return the engine, which must be the compiled one."""
    assert isinstance(sim.engine, CompiledEngine)
    return sim.engine


def test_dense_input_is_summed_and_sparse_input_is_stepped_through() -> None:
    with Simulation(heard(CASES["AdEx"])) as sim:
        assert engine_of(sim).superposed
    few = Network(seed=1)
    few.add("in", PoissonSource(rate=10.0), size=20)
    few.add("cells", AdEx(), size=30)
    few.connect("in", "cells", AllToAll(), 0.02, 1.0, "exc")
    with Simulation(few) as sim:
        assert not engine_of(sim).superposed


def test_cold_neurons_take_one_step_a_window() -> None:
    """Not one of them is stepped through its arrivals far from a spike at a coarse tolerance."""
    net = heard(CASES["AdEx"], 1e-3)
    with Simulation(net, path="superposition") as sim:
        sim.run(20.0)
        path = next(iter(engine_of(sim).superposed.values()))
        assert path.n_hot == 0
        assert path.landed > 4000


def test_recording_and_threads_change_no_bit() -> None:
    net = heard(CASES["Izhikevich"], n=200)
    plain = outcome(net, 120.0)
    assert plain.count("cells") > 100
    assert plain == outcome(net, 120.0, threads=2)
    assert plain == outcome(net, 120.0, record=SAMPLED)


def test_samples_are_the_ones_of_the_ordered_path() -> None:
    seen = []
    for path in ("ordered", "superposition"):
        with Simulation(heard(CASES["Izhikevich"]), path=path) as sim:
            recorder = sim.record(**SAMPLED)
            sim.run(30.0)
            seen.append([recorder.recording.states("cells", v).values for v in ("v", "u")])
    # some are of the upstroke of a spike, where 1e-4 ms are 2e-3 mV
    np.testing.assert_allclose(seen[1][0], seen[0][0], atol=5e-3)
    np.testing.assert_allclose(seen[1][0][:15], seen[0][0][:15], atol=5e-5)
    np.testing.assert_allclose(seen[1][1], seen[0][1], atol=1e-5)


def test_what_a_script_changes_counts_from_then_on() -> None:
    """Oracle: the ordered path at a tolerance of 1e-11."""

    def script(sim: Simulation) -> None:
        sim.at(20.0, lambda s: s.set_state("cells", v=-55.0))
        sim.at(40.0, lambda s: s.set_parameters("cells", i_offset=800.0))
        sim.send("cells", [60.0], [3], 5.0, port="exc")

    exact = outcome(heard(CASES["AdEx"], 1e-11), 100.0, path="ordered", script=script)
    found = outcome(heard(CASES["AdEx"]), 100.0, path="superposition", script=script)
    for a, b in zip(times(found, 30), times(exact, 30), strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=5e-3)


def test_parameters_of_ones_own_lead_to_the_ordered_path() -> None:
    with Simulation(heard(CASES["AdEx"])) as sim:
        sim.run(10.0)
        assert engine_of(sim).superposed
        sim.set_parameters("cells", i_offset=np.linspace(700.0, 760.0, 30))
        assert not engine_of(sim).superposed
        sim.run(10.0)


def test_independent_input_is_summed_too() -> None:
    """Oracle: the ordered path at a tolerance of 1e-11; a source of its own for each neuron."""
    spikes = []
    for rtol, path in ((1e-11, "ordered"), (1e-6, "superposition")):
        net = Network(seed=5)
        net.add("noise", PoissonSource(rate=20_000.0), size=30)
        net.add("cells", AdEx(tau_syn_exc=2.0, rtol=rtol, atol=0.1 * rtol), size=30)
        net.connect("noise", "cells", OneToOne(), 0.35, 1.0, "exc")
        with Simulation(net, path=path) as sim:
            assert engine_of(sim).drives
        spikes.append(outcome(net, 100.0, path=path).spikes["cells"])
    assert len(spikes[0][0]) > 60
    assert spikes[0][1] == spikes[1][1]
    np.testing.assert_allclose(spikes[1][0], spikes[0][0], rtol=0.0, atol=5e-3)


def test_plastic_synapses_hear_the_same_spikes() -> None:
    """Oracle: the ordered path at a tolerance of 1e-11."""
    found = []
    for rtol, path in ((1e-11, "ordered"), (1e-6, "superposition")):
        net = Network(seed=5)
        net.add("in", PoissonSource(rate=20.0), size=300)
        net.add("cells", AdEx(tau_syn_exc=2.0, rtol=rtol, atol=0.1 * rtol), size=20)
        rule = STDPPair(a_plus=0.02, a_minus=0.02)
        net.connect("in", "cells", AllToAll(), 1.5, Uniform(0.5, 5.0), "exc", rule, (0.0, 3.0))
        found.append(outcome(net, 100.0, path=path))
    assert found[0].count("cells") > 40
    assert found[0].spikes["cells"][1] == found[1].spikes["cells"][1]
    np.testing.assert_allclose(*(f.weights["in->cells"] for f in found), rtol=0.0, atol=1e-4)


def test_what_leads_nowhere_is_refused_as_elsewhere() -> None:
    net = Network(seed=1)
    net.add("in", PoissonSource(rate=1000.0), size=10)
    net.add("cells", Izhikevich(), size=3)
    net.connect("in", "cells", AllToAll(), 1e160, 1.0, "spike")
    with Simulation(net, path="superposition") as sim, pytest.raises(SimulationError, match="v ="):
        sim.run(10.0)


def cell(**changes: Any) -> NeuronModel:
    """Return AdEx anew, declared otherwise."""
    given: dict[str, Any] = {
        "params": adex.Params, "state": adex.State, "initial": adex.initial,
        "derivative": adex.derivative, "threshold": adex.threshold, "on_fire": adex.on_fire,
        "on_input": {"exc": adex.on_exc, "current": adex.on_current}, **changes,
    }  # fmt: skip
    return integrated("Mine", **given)


@pytest.mark.parametrize(
    ("adds", "message"),
    [
        ({"ex": Adds("g_exc")}, "unknown port 'ex'.*did you mean 'exc'"),
        ({"exc": Adds("gexc")}, "unknown variable 'gexc'.*did you mean 'g_exc'"),
        ({"exc": Adds("g_exc", "tau_exc", signed=False)}, "unknown parameter 'tau_exc'"),
        ({"exc": Adds("i"), "current": Adds("i")}, "two ports add to one variable: i, i"),
        ({"exc": Adds("g_exc")}, "a weight of -1 at 'exc' is added to 'g_exc'"),
        ({"exc": Adds("g_inh", signed=False)}, "a weight of 1 at 'exc' is added to 'g_inh'"),
        ({"exc": Adds("g_exc", "tau_w", signed=False)}, "decays with 'tau_w' = 144 ms; at 1"),
    ],
)
def test_a_declaration_that_is_not_so_is_refused(adds: dict[str, Adds], message: str) -> None:
    with pytest.raises(ValueError, match=f"model 'Mine'.*{message}"):
        cell(adds=adds)
