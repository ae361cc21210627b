"""Readouts that an error teaches, on both engines: constant errors, rewards, errors that decay."""

from math import exp, expm1, log
from typing import Any

import numpy as np
import pytest
from driven import FREE, Times, pair_network, trains, weights
from scipy.integrate import solve_ivp

from eventsim import Simulation
from eventsim.cascade import peak
from eventsim.models import ErrorReadout, ErrorReadoutDoubleExp, Modulator, Signal
from eventsim.models.modulators.reward import Expectation

RATE, SPAN = 1e-3, 20_000.0  # 1/ms; ms
TAU, TAU_RISE, TAU_DECAY = 30.0, 3.0, 15.0  # ms, of the two filters
TAU_E, REST = 200.0, -0.3  # ms, of an error that decays
CUTS = np.arange(0.0, SPAN, 25.0)  # on whole ms, like half of the spikes
RULES: dict[str, Any] = {
    "one exponential": ErrorReadout(error="error", tau=TAU),
    "two": ErrorReadoutDoubleExp(error="error", tau_rise=TAU_RISE, tau_decay=TAU_DECAY),
}


def filters(name: str) -> list[tuple[float, float]]:
    """Return size and time constant of the exponentials that an arrival leaves behind."""
    if name == "one exponential":
        return [(1.0, TAU)]
    at = log(TAU_DECAY / TAU_RISE) * TAU_RISE * TAU_DECAY / (TAU_DECAY - TAU_RISE)
    top = exp(-at / TAU_DECAY) - exp(-at / TAU_RISE)
    return [(1.0 / top, TAU_DECAY), (-1.0 / top, TAU_RISE)]


@pytest.mark.parametrize("name", RULES)
def test_a_readout_is_the_sum_over_arrivals_and_stretches_of_constant_error(name: str) -> None:
    """Oracle: rate error times the integral of the course, over each of 800 stretches and 1,000
    arrivals; some stretches begin with an arrival, a spike of the target or both; 1e-9."""
    arrivals, fired = trains()
    assert min(np.intersect1d(train, CUTS).size for train in (arrivals, fired)) > 5
    errors = np.random.default_rng(4).normal(size=CUTS.size) * (np.arange(CUTS.size) % 3 > 0)
    net = pair_network(RULES[name], arrivals, 0.0, modulators={"error": Signal()})

    def teach(sim: Simulation) -> None:
        for t, error in zip(CUTS, errors, strict=True):
            sim.at(t, lambda sim, error=error: sim.set_state("error", level=error))

    (seen,) = weights(net, fired, SPAN, teach)
    begin = np.maximum(CUTS[:, None] - arrivals, 0.0)
    end = np.maximum(CUTS[:, None] + 25.0 - arrivals, 0.0)
    total = 0.0
    for size, tau in filters(name):
        area = size * tau * (np.exp(-begin / tau) - np.exp(-end / tau))
        total += RATE * float(errors @ area.sum(axis=1))
    assert seen == pytest.approx(total, rel=1e-9)


def surprises(stimuli: Times, rewards: Times, rate: float) -> Times:
    """Return each reward minus the mean of its stimulus so far, by a sum over all earlier ones."""
    seen = []
    for k, reward in enumerate(rewards):
        earlier = rewards[:k][stimuli[:k] == stimuli[k]]
        ages = np.arange(earlier.size)[::-1]
        seen.append(reward - rate * float((earlier * (1.0 - rate) ** ages).sum()))
    return np.array(seen)


def walked(
    arrivals: Times, given: Times, sizes: Times, exponentials: list[tuple[float, float]],
    bounds: tuple[float, float],
) -> tuple[float, int]:  # fmt: skip
    """Return the weight at the end, and how often it met a bound between two events.

    The filtered arrivals are never negative: the weight turns round only with the error.
    """
    jumps = [(t, 1, size) for t, size in zip(given, sizes, strict=True)]
    events = sorted([(t, 0, 0.0) for t in arrivals] + jumps)
    r, above, w, now, met = [0.0 for _ in exponentials], 0.0, 0.0, 0.0, 0
    for t, kind, size in [*events, (SPAN, 2, 0.0)]:
        turn = TAU_E * log(-above / REST) if above > 0.0 else 0.0
        for stop in (now + turn, t) if 0.0 < turn < t - now else (t,):
            dt, change = stop - now, 0.0
            for c, (_, tau) in zip(r, exponentials, strict=True):
                both = 1.0 / tau + 1.0 / TAU_E
                change -= c * (above * expm1(-both * dt) / both + REST * tau * expm1(-dt / tau))
            free = w + RATE * change
            w = min(max(free, bounds[0]), bounds[1])
            met += w != free
            r = [c * exp(-dt / tau) for c, (_, tau) in zip(r, exponentials, strict=True)]
            above, now = above * exp(-dt / TAU_E), stop
        if kind == 0:
            r = [c + one for c, (one, _) in zip(r, exponentials, strict=True)]
        above += size
    return w, met


@pytest.mark.parametrize("bounds", [FREE, (-0.3, 0.1)], ids=["free", "bounded"])
@pytest.mark.parametrize("name", RULES)
def test_a_reward_beside_what_was_expected_teaches_in_closed_form_from_event_to_event(
    name: str, bounds: tuple[float, float]
) -> None:
    """Oracle: 1,000 arrivals, 900 rewards for two stimuli, two thirds of them at spikes of either
    side, each less the mean of its stimulus so far; bounds are met inside intervals; 1e-9."""
    arrivals, fired = trains()
    rng = np.random.default_rng(5)
    own = rng.uniform(1.0, SPAN, 300)
    given = np.unique(np.concatenate([rng.choice(arrivals, 300), rng.choice(fired, 300), own]))
    stimuli = rng.integers(0, 2, given.size)
    rewards = 2.0 * (rng.random(given.size) < np.where(stimuli, 0.8, 0.3))
    critic = Expectation(rate=0.25)
    sizes = np.array([critic.surprise(*trial) for trial in zip(stimuli, rewards, strict=True)])
    np.testing.assert_allclose(sizes, surprises(stimuli, rewards, 0.25), atol=1e-12)
    level = Modulator(tau=TAU_E, rest=REST)
    net = pair_network(RULES[name], arrivals, 0.0, bounds, modulators={"error": level})

    def reward(sim: Simulation) -> None:
        sim.send("error", given, np.zeros(given.size, int), sizes)

    (seen,) = weights(net, fired, SPAN, reward)
    w, met = walked(arrivals, given, sizes, filters(name), bounds)
    assert seen == pytest.approx(w, rel=1e-9)
    assert (met > 50) == (bounds != FREE)


@pytest.mark.parametrize("tau_rise", [3.0, 15.0])
def test_an_error_that_decays_is_integrated_exactly(tau_rise: float) -> None:
    """Oracle: scipy's solve_ivp (DOP853, rtol 1e-12) of weight, filter and error together."""
    arrivals = np.array([10.0, 31.5, 32.0, 60.0])
    rule = ErrorReadoutDoubleExp(error="error", rate=0.01, tau_rise=tau_rise, tau_decay=15.0)
    net = pair_network(rule, arrivals, 0.0, modulators={"error": Modulator(tau=40.0, rest=-0.3)})
    seen = weights(net, np.array([20.0]), 100.0, lambda sim: sim.send("error", 32.0, 0, 2.0))[0]

    def change(t: float, y: Any) -> Any:
        return [0.01 * y[1] * y[3], y[2] - y[1] / 15.0, -y[2] / tau_rise, -(y[3] + 0.3) / 40.0]

    y, now = np.array([0.0, 0.0, 0.0, -0.3]), 0.0
    for t in [*arrivals, 100.0]:
        y = solve_ivp(change, (now, t), y, "DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
        y[2] += 1.0 / peak(tau_rise, 15.0)
        y[3] += 2.0 * (t == 32.0)
        now = t
    assert seen == pytest.approx(y[0], rel=1e-9)
