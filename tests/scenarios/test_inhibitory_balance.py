"""The inhibitory_balance scenario: its network, and the rate that inhibition comes to."""

import numpy as np
import pytest

from eventsim import Simulation, runner
from eventsim.scenario import Result, RunOptions
from eventsim.scenarios import inhibitory_balance

QUICK = inhibitory_balance.Settings(**inhibitory_balance.PRESETS["quick"])
TINY = inhibitory_balance.Settings(neurons=20, p=0.5, duration=2000.0)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run, as the command line makes it."""
    out = tmp_path_factory.mktemp("balance") / "quick.h5"
    return runner.execute(inhibitory_balance, QUICK, RunOptions(out=out, quiet=True))


def test_learned_inhibition_brings_rates_down_to_a_few_hertz(quick: Result) -> None:
    """Oracle: the bounds that another program keeps; 146 Hz without inhibition (142 there)."""
    assert {name for name, m in quick.measures.items() if m.holds is False} == set()
    assert quick.measures["rate in second 20"].holds
    assert quick.measures["CV of intervals"].holds
    assert quick.measures["rate without learning"].value > 120.0


@pytest.mark.slow
def test_in_a_hundred_seconds_inhibition_comes_to_its_target_rate_from_above() -> None:
    """Oracle: another program of the same network, in steps: at most 9 Hz in second 20 and 6 in
    second 40, 3 to 4.5 Hz in the last tenth (the target is 3), irregular."""
    result = inhibitory_balance.run(inhibitory_balance.Settings(), RunOptions(quiet=True))
    asked = ["rate in second 20", "rate in second 40", "rate in the last tenth", "CV of intervals"]
    assert [result.measures[name].holds for name in asked] == [True] * 4


def test_nothing_is_learned_before_its_time() -> None:
    """Oracle: weights of 0 after the free second, and not after two."""
    with Simulation(inhibitory_balance.build(TINY, seed=1)) as sim:
        inhibitory_balance.begin_late(sim)
        sim.run(inhibitory_balance.FREE)
        assert (sim.weights("learned") == 0.0).all()
        sim.run(500.0)
        assert (sim.weights("learned") > 0.0).any()


def test_four_projections_connect_a_tenth_of_the_pairs() -> None:
    """Oracle: n_pre n_post p synapses within five standard deviations; weights and ports."""
    net = inhibitory_balance.build(inhibitory_balance.Settings(), seed=1)
    expected = {
        "exc->exc": (800 * 799, 0.3, "exc"), "exc->inh": (800 * 200, 0.3, "exc"),
        "inh->inh": (200 * 199, 3.0, "inh"), "learned": (200 * 800, 0.0, "inh"),
    }  # fmt: skip
    for name, (pairs, weight, port) in expected.items():
        projection = net.projections[name]
        deviation = np.sqrt(pairs * 0.1 * 0.9)
        assert projection.synapses.count == pytest.approx(0.1 * pairs, abs=5.0 * deviation)
        assert np.unique(projection.synapses.weight).tolist() == [weight]
        assert projection.target.model.ports[projection.port] == port


def test_both_engines_run_it_alike() -> None:
    """Oracle: the reference engine, spike by spike and weight by weight."""
    runs = []
    for engine in ("compiled", "reference"):
        result = inhibitory_balance.run(TINY, RunOptions(engine=engine, quiet=True))
        weights = result.recording.weights("learned", -1).values
        runs.append((*result.recording.spikes("exc"), *result.recording.spikes("inh"), weights))
    assert runs[0][0].size > 20
    for fast, plain in zip(*runs, strict=True):
        np.testing.assert_array_equal(fast, plain)
