"""The microcircuit scenario: its wiring, its scaling, and how its populations fire."""

import numpy as np
import pytest

from eventsim.scenario import RunOptions
from eventsim.scenarios import _microcircuit_facts as facts
from eventsim.scenarios import microcircuit

TINY = microcircuit.Settings(scale=0.01, warmup=0.0, duration=30.0)


def test_pairs_are_connected_with_the_probabilities_of_the_paper() -> None:
    """Oracle: that of a pair to be hit by one draw at least, and 299 million synapses in all."""
    full, pairs = microcircuit.synapses(1.0), np.outer(facts.SIZES, facts.SIZES)
    np.testing.assert_allclose(-np.expm1(full * np.log1p(-1.0 / pairs)), facts.PROBABILITIES,
                               atol=1e-6)  # fmt: skip
    assert full.sum() == pytest.approx(299e6, rel=1e-3)
    assert sum(facts.SIZES) == 77_169
    net = microcircuit.build(microcircuit.Settings(scale=0.02), seed=1)
    for (target, source), count in np.ndenumerate(microcircuit.synapses(0.02)):
        name = f"{facts.POPULATIONS[source]}->{facts.POPULATIONS[target]}"
        assert (net.projections[name].synapses.count if name in net.projections else 0) == count


def test_weights_and_delays_are_drawn_around_those_of_the_paper() -> None:
    """Oracle: means and spreads of the paper, weights grown by 1 / sqrt(scale), signs by source."""
    scale = 0.02
    net = microcircuit.build(microcircuit.Settings(scale=scale), seed=1)
    for name, mean in (("L4E->L4E", 87.8), ("L4E->L23E", 175.6), ("L4I->L4E", -351.2)):
        synapses = net.projections[name].synapses
        grown = mean / np.sqrt(scale)
        error = 5.0 * 0.1 * abs(grown) / np.sqrt(synapses.count)
        assert synapses.weight.mean() == pytest.approx(grown, abs=error)
        assert synapses.weight.std() == pytest.approx(0.1 * abs(grown), rel=0.05)
        assert (np.sign(synapses.weight) == np.sign(mean)).all()
        assert synapses.delay.min() >= np.float32(0.1)
        assert np.median(synapses.delay) == pytest.approx(1.5 if mean > 0 else 0.75, rel=0.05)


@pytest.mark.parametrize("scale", [0.05, 0.5, 1.0])
def test_a_smaller_network_has_the_mean_and_the_variance_of_the_input(scale: float) -> None:
    """Oracle: shot noise of exponential currents at the rates of the reference (Campbell)."""
    for target in range(8):
        full, small = (
            microcircuit.synapses(s)[target] / round(s * facts.SIZES[target]) for s in (1.0, scale)
        )
        w = np.array([microcircuit.weight(target, source) for source in range(8)])
        outside = facts.EXTERNAL[target] * facts.EXTERNAL_RATE
        mean = (full * w * facts.RATES).sum() + outside * facts.WEIGHT
        variance = (full * w**2 * facts.RATES).sum() + outside * facts.WEIGHT**2
        grown = w / np.sqrt(scale)
        got = (small * grown * facts.RATES).sum() + np.sqrt(scale) * outside * facts.WEIGHT
        lost = microcircuit.lost_current(target, scale)
        assert 1e-3 * facts.TAU_SYN * got + lost == pytest.approx(
            1e-3 * facts.TAU_SYN * mean, abs=2.0
        )
        spread = (small * grown**2 * facts.RATES).sum() + outside * facts.WEIGHT**2
        assert spread == pytest.approx(variance, rel=0.01)


def test_both_engines_run_it_alike() -> None:
    """Oracle: the reference engine, spike by spike."""
    trains = []
    for engine in ("compiled", "reference"):
        result = microcircuit.run(TINY, RunOptions(engine=engine, quiet=True))
        trains.append([result.recording.spikes(name) for name in facts.POPULATIONS])
    for fast, plain in zip(*trains, strict=True):
        np.testing.assert_array_equal(fast[1], plain[1])
        np.testing.assert_allclose(fast[0], plain[0], atol=1e-9)
    assert sum(times.size for times, _ in trains[0]) > 50


def test_each_population_settles_at_a_rate_of_its_own() -> None:
    """Oracle: the order of the rates of the full network, whatever the scale."""
    result = microcircuit.run(
        microcircuit.Settings(**microcircuit.PRESETS["quick"]), RunOptions(quiet=True)
    )
    rates = [result.measures[f"rate {name}"].value for name in facts.POPULATIONS]
    assert np.argsort(rates)[[0, 1]].tolist() in ([0, 6], [6, 0])  # L23E and L6E are slowest
    assert np.argmax(rates) == 5  # L5I
    for found, full in zip(rates, facts.RATES, strict=True):
        assert 0.2 * full < found < 1.2 * full
