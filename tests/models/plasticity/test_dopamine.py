"""Dopamine on random trains, event by event in closed form; and dopamine that tells of surprise."""

from math import exp, expm1, log

import numpy as np
import pytest
from driven import FREE, Times, pair_network, trains, weights

from eventsim import AllToAll, Network, Simulation
from eventsim.models import LIF, Modulator, SpikeSource, STDPDopamine, STDPDopamineNearest
from eventsim.models.modulators.reward import Expectation

TAU, TAU_C, TAU_N = 20.0, 1000.0, 200.0
A_PLUS, A_MINUS = 1.0, 1.5
END = 21_000.0


def piece(w: float, c: float, above: float, rest: float, dt: float) -> float:
    """Return the weight `dt` later; both the eligibility and what is above rest decay."""
    rate = 1.0 / TAU_C + 1.0 / TAU_N
    return w - c * (above * expm1(-rate * dt) / rate + rest * TAU_C * expm1(-dt / TAU_C))


def slow(
    arrivals: Times, fired: Times, given: list[tuple[float, float]], rest: float,
    bounds: tuple[float, float], nearest: bool,
) -> tuple[float, int]:  # fmt: skip
    """Return the weight at the end, and how often it met a bound between two events.

    The weight turns round only where dopamine passes through zero: it is cut there.
    """
    events = [(t, 0, 0.0) for t in arrivals] + [(t, 1, 0.0) for t in fired]
    events += [(t, 2, size) for t, size in given]
    x = y = c = above = now = w = 0.0
    met = 0
    for t, kind, size in [*sorted(events), (END, 3, 0.0)]:
        stops, turn = [t - now], 0.0
        if rest * above < 0.0:
            turn = TAU_N * log(-above / rest)
        if 0.0 < turn < t - now:
            stops.insert(0, turn)
        since = 0.0
        for stop in stops:
            dt, since = stop - since, stop
            free = piece(w, c, above, rest, dt)
            w = min(max(free, bounds[0]), bounds[1])
            met += w != free
            c, above = c * exp(-dt / TAU_C), above * exp(-dt / TAU_N)
        x, y, now = x * exp(-(t - now) / TAU), y * exp(-(t - now) / TAU), t
        if kind == 0:
            c, x = c - A_MINUS * y, 1.0 if nearest else x + 1.0
        elif kind == 1:
            c, y = c + A_PLUS * x, 1.0 if nearest else y + 1.0
        above += size
    return w, met


@pytest.mark.parametrize("rest", [0.0, -0.02], ids=["phasic", "turning round"])
@pytest.mark.parametrize("bounds", [FREE, (-150.0, 90.0)], ids=["free", "bounded"])
@pytest.mark.parametrize("nearest", [False, True])
def test_dopamine_on_random_trains_is_the_closed_form_from_event_to_event(
    nearest: bool, bounds: tuple[float, float], rest: float
) -> None:
    """Oracle: 1,000 spikes on each side, 900 jumps of dopamine of either sign, two thirds of them
    at spikes; bounds are met inside intervals; 1e-9."""
    arrivals, fired = trains(n=1000)
    rng = np.random.default_rng(5)
    own = rng.uniform(1.0, 2e4, 300)
    given = np.unique(np.concatenate([rng.choice(arrivals, 300), rng.choice(fired, 300), own]))
    sizes = rng.choice([1.0, -1.0], given.size, p=[0.7, 0.3]) / TAU_N
    rule = (STDPDopamineNearest if nearest else STDPDopamine)(dopamine="dopamine")
    level = Modulator(tau=TAU_N, rest=rest)
    net = pair_network(rule, arrivals, 0.0, bounds, modulators={"dopamine": level})

    def reward(sim: Simulation) -> None:
        sim.send("dopamine", given, np.zeros(given.size, int), sizes)

    (seen,) = weights(net, fired, END, reward)
    jumps = list(zip(given.tolist(), sizes.tolist(), strict=True))
    w, met = slow(arrivals, fired, jumps, rest, bounds, nearest)
    assert seen == pytest.approx(w, rel=1e-9)
    assert (met > 100) == (bounds != FREE)


def test_a_weight_learns_as_long_as_the_reward_surprises_and_unlearns_when_it_fails() -> None:
    """Oracle: of two synapses onto one neuron, each changes in proportion to its stimulus's reward
    minus the mean so far, which moves by a quarter; 1e-6, what one trial leaves to the next."""
    rewards = [("a", 1.0), ("a", 1.0), ("b", 1.0), ("a", 1.0), ("b", 0.0), ("a", 0.0)]
    surprises = [1.0, 0.75, 1.0, 0.5625, -0.25, -0.578125]
    starts = 3000.0 * np.arange(len(rewards))
    net = Network(seed=1)
    cell = net.add("cell", LIF(v_th=1e12, t_ref=0.0))
    net.add("dopamine", Modulator(tau=50.0))
    rule = STDPDopamine(dopamine="dopamine", tau_c=100.0)
    for name in ("a", "b"):
        shown = [start for start, (which, _) in zip(starts, rewards, strict=True) if which == name]
        source = net.add(name, SpikeSource(np.array(shown) + 10.0))
        net.connect(source, cell, AllToAll(), 0.0, 1.0, plasticity=rule)
    for engine in ("compiled", "reference"):
        critic, weights_after = Expectation(rate=0.25), [{"a": 0.0, "b": 0.0}]
        with Simulation(net, engine=engine) as sim:
            sim.send("cell", starts + 15.0, np.zeros(starts.size, int), 1e13)
            for stimulus, reward in rewards:
                sim.run(60.0)
                sim.send("dopamine", sim.now, 0, critic.surprise(stimulus, reward))
                sim.run(2940.0)
                weights_after.append({name: sim.weights(f"{name}->cell")[0] for name in "ab"})
        changes = [
            after[which] - before[which]
            for before, after, (which, _) in zip(
                weights_after[:-1], weights_after[1:], rewards, strict=True
            )
        ]
        assert changes[0] > 0.0
        np.testing.assert_allclose(np.array(changes) / changes[0], surprises, rtol=1e-6)
