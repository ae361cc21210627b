"""E-prop in continuous time: against scipy event by event, and as the limit of the stepped rule."""

from typing import Any

import numpy as np
import pytest
from driven import Times
from scipy.integrate import quad, solve_ivp

from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation
from eventsim.models import LIF, Eprop, LIFSubtract, Modulator, PoissonSource, Signal, SpikeSource
from eventsim.models.plasticity.eprop import Params, spread, spread_moment

TAU, THETA, DRIVE = 20.0, 15.0, 10.0  # ms, mV, pA: it lifts v by 0.8 mV
RULE: dict[str, float] = {"rate": 0.5, "tau_out": 20.0}
ERRORS = [(0.0, 0.3), (150.0, -0.5), (320.0, 0.0), (400.0, 0.8)]  # ms, level from then on
END = 600.0


def arrivals() -> list[Times]:
    """Three trains, the first excitatory; some of their spikes coincide."""
    rng = np.random.default_rng(2)
    trains = [np.unique(rng.choice(np.arange(10.0, 580.0), n, replace=False)) for n in (60, 50, 30)]
    return [trains[0], np.unique(np.append(trains[1], trains[0][::7])), trains[2] + 0.25]


WEIGHTS = np.array([6.0, 4.0, -7.0])


def eprop_network(rule: dict[str, float]) -> Network:
    net = Network()
    cell = net.add("cell", LIFSubtract(i_offset=DRIVE))
    error = net.add("error", Signal())
    source = net.add("source", SpikeSource([train - 0.5 for train in arrivals()]), size=3)
    learns = Eprop(error=error, voltage=cell, **rule)
    net.connect(source, cell, AllToAll(), WEIGHTS, 0.5, plasticity=learns, name="learns")
    return net


def teach(sim: Simulation) -> None:
    for t, level in ERRORS:
        sim.at(t, lambda sim, level=level: sim.set_state("error", level=level))


def learned(net: Network, engine: str) -> tuple[list[float], int]:
    with Simulation(net, engine=engine) as sim:
        teach(sim)
        sim.run(END)
        return sim.weights("learns").tolist(), sim.spike_count("cell")


def slow(rule: dict[str, float]) -> tuple[list[float], int]:
    """Return weights and spikes by DOP853 at rtol 1e-12 between all events, of 10 variables."""
    p = Params(**rule)

    def change(t: float, y: Times, error: float, on: Times) -> Times:
        v, x, f = y[0], y[1:4], y[4:7]
        psi = p.gamma / THETA * max(0.0, 1.0 - abs(v - THETA) / THETA)
        rise = DRIVE * TAU / 250.0
        return np.concatenate([
            [(rise - v) / TAU], -x / TAU, on * (psi * x - f) / p.tau_out, -p.rate * error * on * f,
        ])  # fmt: skip

    y, t, error, spikes = np.concatenate([np.zeros(7), WEIGHTS]), 0.0, 0.0, 0
    until = np.zeros(3)
    events = [(a, k) for k, train in enumerate(arrivals()) for a in train]
    stops = sorted({END, *(a for a, _ in events), *(a for a, _ in ERRORS),
                    *(a + p.cutoff for a, _ in events if a + p.cutoff < END)})  # fmt: skip
    for stop in stops:
        # a kink of psi where v passes through zero: short steps there are the solver's business
        if stop > t:
            on = (t < until).astype(float)
            solution = solve_ivp(
                change, (t, stop), y, "DOP853", rtol=1e-12, atol=1e-14, args=(error, on),
                max_step=2.0,
            )  # fmt: skip
            y, t = solution.y[:, -1], stop
            y[4:7][t >= until] = 0.0
        for a, k in events:
            if a == t:
                y[0] += y[7 + k]
                y[1 + k] += 1.0
                until[k] = a + p.cutoff
        while y[0] >= THETA:
            y[0] -= THETA
            spikes += 1
        error = next((level for a, level in ERRORS if a == t), error)
    return y[7:].tolist(), spikes


@pytest.mark.parametrize("cutoff", [1e9, 12.3], ids=["whole", "cut off"])
def test_the_event_form_follows_scipy_between_all_events_on_both_engines(cutoff: float) -> None:
    """Oracle: DOP853 at rtol 1e-12; spikes coincide, the error turns round, v goes below rest."""
    rule = {**RULE, "cutoff": cutoff}
    net = eprop_network(rule)
    seen = learned(net, "compiled")
    assert seen == learned(net, "reference")
    weights, spikes = slow(rule)
    assert seen[1] == spikes > 5
    changes = np.array(seen[0]) - WEIGHTS
    np.testing.assert_allclose(changes, np.array(weights) - WEIGHTS, rtol=1e-10)
    assert np.all(np.abs(changes) > 1e-4)


def stepped(dt: float) -> Times:
    """Return the changes of the weights by the stepped rule, at steps of `dt` ms, fixed weights."""
    alpha, kappa = np.exp(-dt / TAU), np.exp(-dt / 20.0)
    n, trains = round(END / dt), arrivals()
    hits = np.zeros((n + 1, 3))
    for k, train in enumerate(trains):
        hits[np.round(train / dt).astype(int), k] = 1.0
    v, x, f, w = 0.0, np.zeros(3), np.zeros(3), np.zeros(3)
    for t in range(n):
        v = alpha * v + (1.0 - alpha) * DRIVE * TAU / 250.0 + float(WEIGHTS @ hits[t])
        x = alpha * x + hits[t]
        v -= THETA * (v >= THETA)
        psi = 0.3 / THETA * max(0.0, 1.0 - abs(v - THETA) / THETA)
        f = kappa * f + (1.0 - kappa) * psi * x
        error = [level for start, level in ERRORS if start <= t * dt][-1]
        w -= 1e-6 * dt * error * f
    return w


def test_the_stepped_rule_comes_closer_by_half_with_half_the_step() -> None:
    """Oracle: first-order convergence, error ratio 2.0 +- 0.2; a rate that leaves v as it is."""
    exact = np.array(learned(eprop_network({"rate": 1e-6}), "compiled")[0]) - WEIGHTS
    coarse, fine = (np.abs(stepped(dt) - exact).max() for dt in (0.125, 0.0625))
    assert coarse / fine == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(("a", "b"), [(0.05, 0.05), (0.05, 0.0501), (0.1, 0.05), (0.02, 0.4)])
@pytest.mark.parametrize("d", [1e-3, 0.3, 7.0, 300.0])
def test_integrals_of_two_exponentials_hold_where_their_rates_meet(
    a: float, b: float, d: float
) -> None:
    """Oracle: quadrature to 1e-13."""

    def inner(s: float) -> float:
        return spread(a, b, s)

    product = quad(lambda s: np.exp(-a * s - b * (d - s)), 0.0, d, epsabs=0.0, epsrel=1e-13)[0]
    assert inner(d) == pytest.approx(product, rel=1e-11)
    twice = quad(inner, 0.0, d, epsabs=0.0, epsrel=1e-13, limit=200)[0]
    assert spread_moment(a, b, d) == pytest.approx(twice, rel=1e-11)


def recurrent(**options: Any) -> tuple[list[float], list[float], int]:
    """A network whose error is made by its own spikes: one modulator for each of its neurons."""
    net = Network(seed=3)
    noise = net.add("noise", PoissonSource(rate=400.0), size=12)
    cell = net.add("cell", LIFSubtract(i_offset=100.0), size=12)
    error = net.add("error", Modulator(tau=20.0, rest=-0.3), size=12)
    net.connect(noise, cell, OneToOne(), 3.0, 1.0)
    net.connect(cell, error, AllToAll(), 0.02, 0.7)
    rule = Eprop(error=error, voltage=cell, rate=1.0)
    net.connect(cell, cell, FixedInDegree(6), 1.0, 1.3, plasticity=rule, name="learns")
    with Simulation(net, **options) as sim:
        sim.every(31.0, lambda sim: sim.weights("learns"))
        sim.at(50.0, lambda sim: sim.freeze("learns"))
        sim.at(80.0, lambda sim: sim.unfreeze("learns"))
        sim.run(400.0)
        return (
            sim.weights("learns").tolist(),
            sim.state("cell", "v").tolist(),
            sim.spike_count(cell),
        )


def test_engines_agree_where_synapses_read_the_neurons_they_project_to() -> None:
    """Oracle: the reference engine, to the last bit; the courses are cut."""
    plain = recurrent(engine="reference")
    assert recurrent() == plain
    assert plain[2] > 200
    assert len(set(plain[0])) > 50


def test_the_voltage_is_the_target_s_own() -> None:
    net = Network()
    net.add("lif", LIF(), size=2)
    source, cell = net.add("pre", SpikeSource([1.0])), net.add("cell", LIFSubtract(), size=2)
    error, other = net.add("error", Signal()), net.add("other", LIFSubtract(), size=2)
    for target, voltage, message in (
        (cell, (cell, [1, 0]), r"must be each target's own; give 'cell' without channels$"),
        (cell, other, r"'voltage' of Eprop must be the target itself, 'cell', got 'other'$"),
        ("lif", other, r"'voltage' of Eprop must be the target itself, 'lif', got 'other'$"),
    ):
        rule = Eprop(error=error, voltage=voltage)
        with pytest.raises(ValueError, match=message):
            net.connect(source, target, AllToAll(), 1.0, 1.0, plasticity=rule)
