"""Rules of traces and flags, on both engines, against a walk over all pairs of spikes.

A thousand spikes on each side, some of which coincide; more than one history of the target.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from driven import FREE, Lags, Step, Times, before, every, last, pair_network, trains, walk, weight

from eventsim import Simulation
from eventsim.models import (
    BCMRule,
    InhibitorySTDP,
    OjaRule,
    STDPDiehlCook,
    STDPMasquelier,
    STDPMixed,
    STDPMultiplicative,
    STDPNearest,
    STDPPair,
    STDPPowerLaw,
    STDPReduced,
    STDPTriplet,
    STDPTripletNearest,
)
from eventsim.models.plasticity.stdp_triplet import (
    HIPPOCAMPUS,
    HIPPOCAMPUS_MINIMAL,
    VISUAL_CORTEX,
    VISUAL_CORTEX_MINIMAL,
    VISUAL_CORTEX_NEAREST,
)


class Case(NamedTuple):
    """A rule, the weight it starts from, and its steps written down once more."""

    rule: Any
    w: float
    on_pre: Step
    on_post: Step
    bounds: tuple[float, float] = FREE


def stay(w: float, pre: Lags, post: Lags) -> float:
    return w


def triplet(rule: Any, kept: Any) -> Case:
    p = rule.values
    return Case(
        rule,
        0.5,
        lambda w, pre, post: (
            w - kept(post, p["tau_minus"]) * (p["a2_minus"] + p["a3_minus"] * kept(pre, p["tau_x"]))
        ),
        lambda w, pre, post: (
            w + kept(pre, p["tau_plus"]) * (p["a2_plus"] + p["a3_plus"] * kept(post, p["tau_y"]))
        ),
    )


def rate(lags: Lags, tau: float) -> float:
    return 1e3 * every(lags, tau) / tau


CASES = {
    "pair": Case(
        STDPPair(a_plus=0.01, a_minus=0.02),
        0.5,
        lambda w, pre, post: w - 0.02 * every(post, 20.0),
        lambda w, pre, post: w + 0.01 * every(pre, 20.0),
    ),
    "pair at its bounds": Case(
        STDPPair(a_plus=0.5, a_minus=0.5),
        0.5,
        lambda w, pre, post: w - 0.5 * every(post, 20.0),
        lambda w, pre, post: w + 0.5 * every(pre, 20.0),
        (0.0, 1.0),
    ),
    "multiplicative": Case(
        STDPMultiplicative(step=0.05, alpha=1.2),
        0.5,
        lambda w, pre, post: w - 0.05 * 1.2 * w * every(post, 20.0),
        lambda w, pre, post: w + 0.05 * (1.0 - w) * every(pre, 20.0),
    ),
    "mixed": Case(
        STDPMixed(step=0.05, mu_plus=0.3, mu_minus=0.6, w_max=2.0),
        0.5,
        lambda w, pre, post: w - 0.05 * 1.05 * 2.0 * (w / 2.0) ** 0.6 * every(post, 20.0),
        lambda w, pre, post: w + 0.05 * 2.0 * (1.0 - w / 2.0) ** 0.3 * every(pre, 20.0),
        (0.0, 2.0),
    ),
    "power law": Case(
        STDPPowerLaw(w_0=2.0),
        0.5,
        lambda w, pre, post: w - 0.1 * 0.057 * w * every(post, 30.0),
        lambda w, pre, post: w + 0.1 * 2.0 * (w / 2.0) ** 0.4 * every(pre, 15.0),
        (0.0, 50.0),
    ),
    "nearest": Case(
        STDPNearest(a_plus=0.01, a_minus=0.02),
        0.5,
        lambda w, pre, post: w - 0.02 * last(post, 20.0),
        lambda w, pre, post: w + 0.01 * last(pre, 20.0),
    ),
    "reduced": Case(
        STDPReduced(a_plus=0.01, a_minus=0.02),
        0.5,
        lambda w, pre, post: w - (0.0 if before(post, pre) else 0.02 * last(post, 20.0)),
        lambda w, pre, post: w + (0.01 * last(pre, 20.0) if before(post, pre) else 0.0),
    ),
    "masquelier": Case(
        STDPMasquelier(),
        0.5,
        lambda w, pre, post: w - (0.0 if before(post, pre) else 0.0265625 * last(post, 33.7)),
        lambda w, pre, post: w + 0.03125 * last(pre, 16.8),
    ),
    "diehl-cook": Case(
        STDPDiehlCook(a_minus=0.003),
        0.5,
        lambda w, pre, post: w - 0.003 * last(post, 20.0),
        lambda w, pre, post: w + 0.01 * last(pre, 20.0) * last(post, 40.0),
    ),
    "inhibitory": Case(
        InhibitorySTDP(),
        0.5,
        lambda w, pre, post: w + 0.01 * (every(post, 20.0) - 2.0 * 0.003 * 20.0),
        lambda w, pre, post: w + 0.01 * every(pre, 20.0),
    ),
    "inhibitory, negative weights": Case(
        InhibitorySTDP(step=-0.05),
        -0.5,
        lambda w, pre, post: w - 0.05 * (every(post, 20.0) - 2.0 * 0.003 * 20.0),
        lambda w, pre, post: w - 0.05 * every(pre, 20.0),
        (-1.0, 0.0),
    ),
    "oja": Case(
        OjaRule(step=0.02),
        0.5,
        stay,
        lambda w, pre, post: w + 0.02 * (every(pre, 20.0) - w * every(post, 20.0)),
    ),
    "bcm": Case(
        BCMRule(),
        0.5,
        stay,
        lambda w, pre, post: (
            w + 1e-4 * every(pre, 20.0) * (rate(post, 50.0) - rate(post, 5000.0) ** 2 / 10.0)
        ),
    ),
    "triplet": triplet(STDPTriplet(**VISUAL_CORTEX), every),
    "minimal triplet": triplet(STDPTriplet(**HIPPOCAMPUS_MINIMAL), every),
    "nearest triplet": triplet(STDPTripletNearest(**VISUAL_CORTEX_NEAREST), last),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_is_the_walk_over_all_pairs(name: str) -> None:
    """Oracle: at every spike, a direct sum over (or search in) all earlier ones; 1e-9."""
    case = CASES[name]
    arrivals, fired = trains()
    seen = weight(case.rule, arrivals, fired, case.w, case.bounds)
    slow = walk(arrivals, fired, case.w, case.on_pre, case.on_post, case.bounds)
    assert seen == pytest.approx(slow, rel=1e-9)
    assert seen != case.w


@pytest.mark.parametrize("name", ["pair at its bounds", "triplet"])
def test_with_a_dendrite_a_rule_compares_the_times_at_which_spikes_reach_the_synapse(
    name: str,
) -> None:
    """Oracle: the walk over all pairs with the target's spikes later by the dendritic delay; 1e-9.

    The delay is a whole number of ms, so that some arrivals meet what comes along the dendrite.
    """
    case, dendrite = CASES[name], 3.0
    arrivals, fired = trains()
    seen = weight(case.rule, arrivals, fired, case.w, case.bounds, dendritic_delay=dendrite)
    late = fired + dendrite
    assert np.intersect1d(arrivals, late).size > 0
    slow = walk(arrivals, late, case.w, case.on_pre, case.on_post, case.bounds)
    assert seen == pytest.approx(slow, rel=1e-9)


def sixty_pairs(rho: float, lag: float) -> tuple[Times, Times]:
    """Pairs at `rho` Hz whose target fires `lag` ms after the arrival."""
    arrivals = 100.0 + np.arange(60) * 1e3 / rho
    return arrivals, arrivals + lag


# change of the weight by sixty pairs at 0.1, 10, 20, 40, 50 Hz
FULL_AFTER = (0.000000, 0.132053, 0.246962, 0.533723, 0.740906)
FULL_BEFORE = (-0.312161, -0.333623, -0.351622, 0.154795, 0.727247)
MINIMAL_AFTER = (0.000000, 0.118641, 0.227795, 0.532112, 0.762731)
MINIMAL_BEFORE = (-0.316620, -0.332213, -0.341735, 0.173715, 0.749177)


@pytest.mark.parametrize(
    ("values", "lag", "changes"),
    [
        (VISUAL_CORTEX, 10.0, FULL_AFTER),
        (VISUAL_CORTEX, -10.0, FULL_BEFORE),
        (VISUAL_CORTEX_MINIMAL, 10.0, MINIMAL_AFTER),
        (VISUAL_CORTEX_MINIMAL, -10.0, MINIMAL_BEFORE),
    ],
    ids=["full, after", "full, before", "minimal, after", "minimal, before"],
)
def test_sixty_pairs_change_a_triplet_weight_by_the_published_protocol(
    values: Any, lag: float, changes: tuple[float, ...]
) -> None:
    """Oracle: the visual-cortex protocol, computed once by a separate program to six digits."""
    for rho, change in zip((0.1, 10.0, 20.0, 40.0, 50.0), changes, strict=True):
        seen = weight(STDPTriplet(**values), *sixty_pairs(rho, lag), w=0.0)
        assert seen == pytest.approx(change, abs=1e-6)


def test_the_sets_of_triplet_parameters_are_the_published_ones() -> None:
    """Oracle: tables 3 and 4 of Pfister & Gerstner (2006)."""
    names = ("a2_plus", "a3_plus", "a2_minus", "a3_minus", "tau_x", "tau_y")
    read = {n: VISUAL_CORTEX_NEAREST[n] for n in names}
    assert list(read.values()) == [8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0]
    assert [HIPPOCAMPUS[n] for n in names] == [6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0]


def course(rule: Any, rho: float, w: float = 0.0, seconds: float = 4000.0) -> Times:
    """Return the weight at the ends of a hundred pieces of time, but for the first five.

    Both trains are independent Poisson processes, of 10 Hz and of `rho`.
    """
    rng = np.random.default_rng(3)
    counts = rng.poisson([10.0 * seconds, rho * seconds])
    arrivals, fired = (np.sort(rng.uniform(1.0, 1e3 * seconds, n)) for n in counts)
    seen = []
    with Simulation(pair_network(rule, arrivals, w)) as sim:
        sim.send("post", fired, np.zeros(fired.size, int), 1e13)
        for _ in range(100):
            sim.run(10.0 * seconds)
            seen.append(sim.weights("pre->post")[0])
    return np.array(seen[5:])


MINIMAL = VISUAL_CORTEX_MINIMAL
THRESHOLD = 1e3 * MINIMAL["a2_minus"] * MINIMAL["tau_minus"] / MINIMAL["a3_plus"]
THRESHOLD /= MINIMAL["tau_plus"] * MINIMAL["tau_y"]  # 19.22 Hz


@pytest.mark.parametrize(
    ("rule", "rho", "direction"),
    [
        (STDPTriplet(**MINIMAL), THRESHOLD, 1.0),
        (InhibitorySTDP(rho=8.0), 8.0, 1.0),
        (BCMRule(), 9.9, -1.0),
    ],
    ids=["minimal triplet", "inhibitory", "bcm"],
)
def test_the_direction_of_learning_changes_at_the_rate_of_the_closed_form(
    rule: Any, rho: float, direction: float
) -> None:
    """Oracle: between independent trains the drift is zero at a rate of the target of

    a2_minus tau_minus / (a3_plus tau_plus tau_y), the threshold that BCM asks for; rho; and
    rho - 1 / (2 tau_z), where the variance of the filtered train counts. Four standard errors, over
    pieces that are longer than any trace; 10 % off there is a drift.
    """
    for factor, sign in ((0.9, -direction), (1.0, 0.0), (1.1, direction)):
        seen = np.diff(course(rule, factor * rho))
        error = float(seen.std(ddof=1)) / np.sqrt(seen.size)
        if sign:
            assert sign * seen.mean() > 4.0 * error
        else:
            assert abs(seen.mean()) < 4.0 * error


def test_an_oja_weight_settles_at_the_ratio_of_both_traces() -> None:
    """Oracle: <x> / <y> is the ratio of the rates of independent trains, 10 and 20 Hz.

    Four standard errors: the weight forgets within 12 s, and is looked at every 40 s.
    """
    seen = course(OjaRule(step=0.01), 20.0, w=1.0)
    error = float(seen.std(ddof=1)) / np.sqrt(seen.size)
    assert abs(seen.mean() - 0.5) < 4.0 * error < 0.04
