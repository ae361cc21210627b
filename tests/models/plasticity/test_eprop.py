"""E-prop in continuous time: against scipy event by event, and as the limit of the stepped rule."""

from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pytest
from driven import FREE, Times, trains
from scipy.integrate import quad, solve_ivp

from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation
from eventsim.models import LIF, Eprop, LIFSubtract, Modulator, PoissonSource, Signal, SpikeSource
from eventsim.models.plasticity.eprop import Params, spread, spread_moment

TAU, THETA, DRIVE = 20.0, 15.0, 10.0  # ms, mV, pA: it lifts v by 0.8 mV
RULE: dict[str, float] = {"rate": 0.5, "tau_out": 20.0}
ERRORS = [(0.0, 0.3), (150.0, -0.5), (320.0, 0.0), (400.0, 0.8)]  # ms, level from then on
END = 600.0
WEIGHTS = np.array([6.0, 4.0, -7.0])


class Lesson(NamedTuple):
    """What a neuron hears, and the error it is told: levels, or jumps of one that decays."""

    trains: list[Times]
    drive: float  # pA
    errors: list[tuple[float, float]]
    end: float  # ms
    decay: tuple[float, float] | None = None  # ms, and the rest; without: levels
    bounds: tuple[float, float] = FREE

    def network(self, rule: dict[str, float]) -> Network:
        net = Network()
        cell = net.add("cell", LIFSubtract(i_offset=self.drive))
        tau, rest = self.decay or (1.0, 0.0)
        error = net.add("error", Modulator(tau=tau, rest=rest) if self.decay else Signal())
        source = net.add("source", SpikeSource([train - 0.5 for train in self.trains]), size=3)
        learns = Eprop(error=error, voltage=cell, **rule)
        net.connect(
            source, cell, AllToAll(), WEIGHTS, 0.5, plasticity=learns, name="learns",
            bounds=self.bounds,
        )  # fmt: skip
        return net

    def teach(self, sim: Simulation) -> None:
        if self.decay:
            times, sizes = map(np.array, zip(*self.errors, strict=True))
            sim.send("error", times, np.zeros(times.size, int), sizes)
        else:
            for t, level in self.errors:
                sim.at(t, lambda sim, level=level: sim.set_state("error", level=level))


def arrivals() -> list[Times]:
    """Three trains, the first excitatory; some of their spikes coincide."""
    rng = np.random.default_rng(2)
    trains = [np.unique(rng.choice(np.arange(10.0, 580.0), n, replace=False)) for n in (60, 50, 30)]
    return [trains[0], np.unique(np.append(trains[1], trains[0][::7])), trains[2] + 0.25]


SHORT = Lesson(arrivals(), DRIVE, ERRORS, END)


def long(bounds: tuple[float, float]) -> Lesson:
    """Two trains of 1,000 spikes onto a neuron that fires as often; 600 jumps, half at spikes."""
    rng = np.random.default_rng(7)
    first, second = trains()
    inhibitory = np.sort(rng.uniform(1.0, 20_000.0, 400))
    times = np.unique(np.append(rng.choice(first, 300), rng.uniform(1.0, 20_000.0, 300)))
    jumps = list(zip(times.tolist(), rng.normal(size=times.size).tolist(), strict=True))
    return Lesson([first, second, inhibitory], 260.0, jumps, 20_100.0, (50.0, 0.05), bounds)


def learned(lesson: Lesson, rule: dict[str, float], engine: str) -> tuple[list[float], int]:
    with Simulation(lesson.network(rule), engine=engine) as sim:
        lesson.teach(sim)
        sim.run(lesson.end)
        return sim.weights("learns").tolist(), sim.spike_count("cell")


def passing(start: float, level: float, end: float, tau: float) -> float:
    """Return when what goes from `start` towards `end` passes `level`, or infinity."""
    within = min(start, end) < level < max(start, end)
    return tau * float(np.log((end - start) / (end - level))) if within else np.inf


class Course:
    """The variables of a neuron with three synapses, by DOP853 at rtol 1e-12 between all events.

    They are v, then arrivals, eligibility and weight of each synapse.
    """

    def __init__(self, lesson: Lesson, rule: dict[str, float]) -> None:
        self.p, self.lesson = Params(**rule), lesson
        self.rise = lesson.drive * TAU / 250.0
        self.tau, self.rest = lesson.decay or (1.0, 0.0)
        self.above = 0.0  # of the error, over its rest
        self.y, self.t, self.until = np.concatenate([np.zeros(7), WEIGHTS]), 0.0, np.zeros(3)
        self.spikes = self.met = 0

    def change(self, t: float, y: Times) -> Times:
        v, x, f, p = y[0], y[1:4], y[4:7], self.p
        on = (self.t < self.until).astype(float)
        psi = p.gamma / THETA * max(0.0, 1.0 - abs(v - THETA) / THETA)
        error = self.rest + self.above * np.exp(-(t - self.t) / self.tau)
        return np.concatenate([
            [(self.rise - v) / TAU], -x / TAU, on * (psi * x - f) / p.tau_out,
            -p.rate * error * on * f,
        ])  # fmt: skip

    def pass_to(self, stop: float) -> None:
        """Cut where v crosses zero or the threshold, and where the error turns the weights round.

        Between the cuts weights go one way, so that bounds count at their ends.
        """
        while self.t < stop:
            ways = [passing(self.y[0], level, self.rise, TAU) for level in (0.0, THETA)]
            ways.append(passing(self.rest + self.above, 0.0, self.rest, self.tau))
            end = min(stop, self.t + max(min(ways), 1e-12 * stop))
            self.y = solve_ivp(
                self.change, (self.t, end), self.y, "DOP853", rtol=1e-12, atol=1e-14
            ).y[:, -1]
            free = self.y[7:].copy()
            self.y[7:] = np.clip(free, *self.lesson.bounds)
            self.met += np.sum(self.y[7:] != free)
            self.above *= np.exp(-(end - self.t) / self.tau)
            self.t = end
            self.y[4:7][end >= self.until] = 0.0
            if end < stop:
                self.fire(1e-9)

    def fire(self, off: float = 0.0) -> None:
        """Take the threshold off as often as it is reached."""
        while self.y[0] >= THETA - off:
            self.y[0] -= THETA
            self.spikes += 1


def slow(lesson: Lesson, rule: dict[str, float]) -> tuple[list[float], int, int]:
    """Return weights and spikes, and how often a weight met a bound."""
    c = Course(lesson, rule)
    events = [(a, k) for k, train in enumerate(lesson.trains) for a in train]
    events += [(a + c.p.cutoff, 3) for a, k in events if a + c.p.cutoff < lesson.end]
    events += [(t, 4 + k) for k, (t, _) in enumerate(lesson.errors)]
    stops = {t: [k for _, k in group] for t, group in groupby(sorted(events), lambda e: e[0])}
    for t, kinds in stops.items():
        c.pass_to(t)
        for k in kinds:
            if k < 3:
                c.y[0] += c.y[7 + k]
                c.y[1 + k] += 1.0
                c.until[k] = t + c.p.cutoff
        c.fire()
        for k in kinds:
            if k > 3 and lesson.decay:
                c.above += lesson.errors[k - 4][1]
            elif k > 3:
                c.rest = lesson.errors[k - 4][1]
    c.pass_to(lesson.end)
    return c.y[7:].tolist(), c.spikes, c.met


@pytest.mark.parametrize("cutoff", [1e9, 12.3], ids=["whole", "cut off"])
def test_the_event_form_follows_scipy_between_all_events_on_both_engines(cutoff: float) -> None:
    """Oracle: DOP853 at rtol 1e-12; spikes coincide, the error turns round, v goes below rest."""
    rule = {**RULE, "cutoff": cutoff}
    seen = learned(SHORT, rule, "compiled")
    assert seen == learned(SHORT, rule, "reference")
    weights, spikes, _ = slow(SHORT, rule)
    assert seen[1] == spikes > 5
    changes = np.array(seen[0]) - WEIGHTS
    np.testing.assert_allclose(changes, np.array(weights) - WEIGHTS, rtol=1e-10)
    assert np.all(np.abs(changes) > 1e-4)


@pytest.mark.parametrize("bounds", [FREE, (-7.03, 6.03)], ids=["free", "bounded"])
@pytest.mark.parametrize("cutoff", [1e9, 12.3], ids=["whole", "cut off"])
def test_a_thousand_spikes_on_each_side_follow_scipy(
    cutoff: float, bounds: tuple[float, float]
) -> None:
    """Oracle: DOP853 at rtol 1e-12; the error jumps at spikes and decays, bounds are met inside
    intervals; 1e-9."""
    lesson, rule = long(bounds), {**RULE, "rate": 0.1, "cutoff": cutoff}
    seen = learned(lesson, rule, "compiled")
    assert seen == learned(lesson, rule, "reference")
    weights, spikes, met = slow(lesson, rule)
    assert seen[1] == spikes > 1000
    np.testing.assert_allclose(seen[0], weights, rtol=1e-9)
    assert np.all(np.abs(seen[0] - WEIGHTS) > 1e-3)
    assert (met > 20) == (bounds != FREE)


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
    exact = np.array(learned(SHORT, {"rate": 1e-6}, "compiled")[0]) - WEIGHTS
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
