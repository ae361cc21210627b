"""Rules that read modulators, on both engines, against sums and integrals over all spikes."""

from typing import Any

import numpy as np
import pytest
from driven import Times, every, pair_network, trains, weights

from eventsim import AllToAll, Network, Simulation
from eventsim.models import (
    LIF,
    AstrocyteSTDP,
    AstrocyteSTDPInhibitory,
    AstrocyteSTDPPaced,
    AstrocyteSTDPPacedInhibitory,
    Modulator,
    Signal,
    SpikeSource,
    STDPDopamine,
    STDPPair,
)
from eventsim.models.modulators.reward import Expectation

TAU_C, TAU_N = 1000.0, 200.0
RULE = STDPDopamine(dopamine="dopamine")


def dopamine_at(times: Any, weight: Any = 1.0 / TAU_N) -> Any:
    return lambda sim: sim.send("dopamine", times, np.zeros(len(times), int), weight)


@pytest.mark.parametrize(
    ("tonic", "expected"), [(0.0, 2.345246399832699), (0.001, 1.5122149115809833)]
)
def test_a_dopamine_weight_is_the_exact_integral_of_eligibility_times_dopamine(
    tonic: float, expected: float
) -> None:
    """Oracle: the closed form, computed by a separate program that brute force agrees with."""
    arrivals, fired = np.array([10.0, 110.0, 300.0]), np.array([15.0, 100.0, 305.0, 320.0])
    level = Modulator(tau=TAU_N, rest=-tonic)
    net = pair_network(RULE, arrivals, 0.0, modulators={"dopamine": level})
    seen = weights(net, fired, 2000.0, dopamine_at([50.0, 350.0, 351.0, 900.0]))
    assert seen[0] == pytest.approx(expected, rel=1e-12)


def jumps(arrivals: Times, fired: Times) -> tuple[Times, Times]:
    """Return when the eligibility jumps, and by how much: direct sums over all pairs."""
    up = [every(t - arrivals[arrivals <= t], 20.0) for t in fired]
    down = [-1.5 * every(t - fired[fired < t], 20.0) for t in arrivals]
    return np.concatenate([fired, arrivals]), np.array(up + down)


def test_dopamine_on_random_trains_is_the_double_sum_of_all_integrals() -> None:
    """Oracle: sum over jumps of eligibility and of dopamine, each product integrated; 1e-9.

    A third of the dopamine spikes coincide with arrivals, a third with spikes of the target, and
    the histories of both are cut many times.
    """
    arrivals, fired = trains(n=1000)
    rng = np.random.default_rng(5)
    own = rng.uniform(1.0, 20_000.0, 300)
    given = np.unique(np.concatenate([rng.choice(arrivals, 300), rng.choice(fired, 300), own]))
    net = pair_network(RULE, arrivals, 0.0, modulators={"dopamine": Modulator(tau=TAU_N)})
    end = 21_000.0
    seen = weights(net, fired, end, dopamine_at(given))
    times, sizes = jumps(arrivals, fired)
    total, rate = 0.0, 1.0 / TAU_C + 1.0 / TAU_N
    for t in given:
        first = np.maximum(times, t)
        whole = np.exp(-(first - times) / TAU_C - (first - t) / TAU_N)
        rest = np.exp(-(end - times) / TAU_C - (end - t) / TAU_N)
        total += float((sizes * (whole - rest)).sum()) / rate / TAU_N
    assert seen[0] == pytest.approx(total, rel=1e-9)


def test_bounds_that_are_met_between_events_count_even_if_the_weight_turns_round() -> None:
    """Oracle: fine steps of 0.01 ms, clipped at each; dopamine rests below zero, and jumps up."""
    arrivals = np.array([10.0, 200.0, 420.0])
    fired = np.array([12.0, 195.0, 423.0])
    given, sizes, rest = np.array([50.0, 250.0, 500.0]), np.array([0.02, 0.03, 0.02]), -0.004
    level = Modulator(tau=TAU_N, rest=rest)
    bounds = (-0.4, 0.6)
    net = pair_network(RULE, arrivals, 0.0, bounds, modulators={"dopamine": level})
    seen = weights(net, fired, 1500.0, dopamine_at(given, sizes))[0]

    times, c_jumps = jumps(arrivals, fired)
    step, w, touched = 0.01, 0.0, set()
    for t in np.arange(0.0, 1500.0, step) + step / 2.0:
        past, now = times < t, given < t
        c = (c_jumps[past] * np.exp(-(t - times[past]) / TAU_C)).sum()
        n = rest + (sizes[now] * np.exp(-(t - given[now]) / TAU_N)).sum()
        w = min(max(w + step * c * n, bounds[0]), bounds[1])
        touched |= {w} & set(bounds)
    assert touched
    assert seen == pytest.approx(w, abs=2e-5)


def test_dopamine_may_come_from_neurons_of_the_network() -> None:
    """Oracle: the same jumps sent by a script."""
    arrivals, fired = trains(n=100, span=300.0)
    reward = np.arange(20.0, 300.0, 17.0)
    level = Modulator(tau=TAU_N)
    sent = pair_network(RULE, arrivals, 0.0, modulators={"dopamine": level})
    fired_by = pair_network(RULE, arrivals, 0.0, modulators={"dopamine": level})
    vta = fired_by.add("vta", SpikeSource(reward - 1.0))
    fired_by.connect(vta, "dopamine", AllToAll(), weight=1.0 / TAU_N, delay=1.0)
    assert weights(fired_by, fired) == weights(sent, fired, script=dopamine_at(reward))


@pytest.mark.parametrize("paced", [False, True])
@pytest.mark.parametrize("inhibitory", [False, True])
def test_astrocyte_stdp_is_the_sum_over_pairs_with_the_level_at_each(
    inhibitory: bool, paced: bool
) -> None:
    """Oracle: at every spike a sum over all earlier spikes and all inputs of the astrocyte; where
    it is paced, times a level that decays from 1.2 to 0.2."""
    arrivals, fired = trains()
    rng = np.random.default_rng(2)
    given = np.unique(np.concatenate([rng.choice(arrivals, 200), rng.uniform(1.0, 2e4, 800)]))
    sizes = rng.choice([-0.015, 0.015], given.size)
    plain = AstrocyteSTDPInhibitory if inhibitory else AstrocyteSTDP
    slowed = AstrocyteSTDPPacedInhibitory if inhibitory else AstrocyteSTDPPaced
    rule = slowed(astrocyte="a", pace="p") if paced else plain(astrocyte="a")
    sign, bounds = (-1.0, (-3.0, 0.0)) if inhibitory else (1.0, (0.0, 3.0))
    level = Modulator(tau=99.5, rest=0.15)
    modulators = {"a": level, "p": Modulator(tau=4e3, rest=0.2)}
    net = pair_network(rule, arrivals, 1.5 * sign, bounds, modulators=modulators)

    def script(sim: Simulation) -> None:
        sim.send("a", given, np.zeros(given.size, int), sizes)
        sim.send("p", 0.5, 0)

    seen = weights(net, fired, script=script)[0]

    w = 1.5 * sign
    for t, side in sorted([(t, 0) for t in arrivals] + [(t, 1) for t in fired]):
        past = given < t
        astrocyte = 0.15 + float((sizes[past] * np.exp(-(t - given[past]) / 99.5)).sum())
        pace = 0.2 + np.exp(-(t - 0.5) / 4e3) if paced else 1.0
        if side == 0:
            y = every(t - fired[fired < t], 10.0)
            w += pace * 0.1 * y * (0.15 if inhibitory else -astrocyte)
        else:
            x = every(t - arrivals[arrivals <= t], 10.0)
            w += pace * 0.1 * x * (-astrocyte if inhibitory else 0.15)
        w = min(max(w, bounds[0]), bounds[1])
    assert seen == pytest.approx(w, rel=1e-9)


def test_each_target_reads_its_own_signal_or_the_one_that_it_is_given() -> None:
    """Oracle: the eligibility's integral times the level of the channel, which a script sets."""
    for channels, levels in ((None, [1.0, 0.0, -2.0]), ([2, 2, 0], [-2.0, -2.0, 1.0])):
        net = Network()
        source, error = net.add("pre", SpikeSource([9.0])), net.add("error", Signal(), size=3)
        cells = net.add("post", LIF(v_th=1e12, t_ref=0.0), size=3)
        signal = error if channels is None else (error, channels)
        net.connect(source, cells, AllToAll(), 0.0, 1.0, plasticity=STDPDopamine(dopamine=signal))
        seen = []
        for engine in ("compiled", "reference"):
            with Simulation(net, engine=engine) as sim:
                sim.send("post", 12.0, [0, 1, 2], 1e13)
                sim.at(20.0, lambda sim: sim.set_state("error", level=[1.0, 0.0, -2.0]))
                sim.at(50.0, lambda sim: sim.set_state("error", level=0.0))
                sim.run(100.0)
                seen.append(sim.weights("pre->post").tolist())
        assert seen[0] == seen[1]
        area = np.exp(-2.0 / 20.0) * TAU_C * (np.exp(-8.0 / TAU_C) - np.exp(-38.0 / TAU_C))
        np.testing.assert_allclose(seen[0], area * np.array(levels), rtol=1e-12)


def connect(net: Network, **modulators: Any) -> None:
    net.connect("pre", "post", AllToAll(), 0.5, 1.0, plasticity=STDPDopamine(**modulators))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"modulator 'dopamine' of STDPDopamine is missing"),
        ({"dopamine": "vat"}, r"unknown population 'vat'.*'vta'"),
        ({"dopamine": "post"}, r"must be a population of modulators, got 'post' of LIF"),
        ({"dopamine": "vta"}, r"must have size 1 or, like 'post', 3; 'vta' has 2"),
        (
            {"dopamine": ("vta", [0, 1])},
            r"each of 3 targets, or .* pair of 1 sources and 3 targets, got shape \(2,\)",
        ),
        ({"dopamine": ("vta", [0, 1, 2])}, r"must be from 0 to 1, got 2 for target 2"),
    ],
)
def test_a_modulator_that_is_missing_or_wrong_is_refused(given: Any, message: str) -> None:
    net = Network()
    net.add("vta", Modulator(), size=2)
    net.add("pre", SpikeSource([1.0]))
    net.add("post", LIF, size=3)
    with pytest.raises(ValueError, match=rf"projection 'pre->post'.*{message}"):
        connect(net, **given)


def test_unmodulated_rules_take_no_modulator() -> None:
    with pytest.raises(TypeError, match=r"unknown parameter of STDPPair 'dopamine'"):
        STDPPair(dopamine=1.0).resolve("projection 'a->b'")


def test_a_reward_that_is_expected_no_longer_surprises() -> None:
    """Oracle: surprises shrink by (1 - rate) each, for every stimulus by itself."""
    critic = Expectation(rate=0.25)
    seen = [critic.surprise(stimulus, 2.0) for stimulus in ("a", "a", "b", "a")]
    assert seen == [2.0, 1.5, 2.0, 1.125]


def test_an_expectation_that_never_moves_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rate must be > 0 and <= 1, got 0.0"):
        Expectation(rate=0.0)
