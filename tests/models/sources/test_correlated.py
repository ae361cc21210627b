"""Single- and multiple-interaction processes: Poisson each, correlated as told, to the last bit."""

from typing import Any

import numpy as np
import pytest
from fired import Times, spikes
from scipy import stats

from eventsim.model import NeuronModel
from eventsim.models.sources import multiple_interaction, single_interaction
from eventsim.models.sources.shared import first_key
from eventsim.random import KEY_BITS

SIP: NeuronModel = single_interaction.MODEL
MIP: NeuronModel = multiple_interaction.MODEL
RATE, C = 50.0, 0.3

both = pytest.mark.parametrize("model", [SIP, MIP], ids=["SIP", "MIP"])


def trains(model: NeuronModel, size: int, n: int, seed: int = 1) -> list[Times]:
    """Return the first `n` spikes of each neuron of a population."""
    return [
        spikes(model, model.params(RATE, C, float(k)), n, stream=k, seed=seed) for k in range(size)
    ]


@both
def test_each_neuron_is_a_poisson_process(model: NeuronModel) -> None:
    """Oracle: Kolmogorov-Smirnov against exponential intervals; variance of counts = mean."""
    (times,) = trains(model, 1, 5000)
    assert stats.kstest(np.diff(times), "expon", (0.0, 20.0)).pvalue > 0.001
    counts = np.histogram(times, np.arange(0.0, times[-1], 100.0))[0]
    n = counts.size
    assert counts.var() == pytest.approx(counts.mean(), rel=4.0 * (2.1 / n) ** 0.5)


@both
@pytest.mark.parametrize("window", [2.0, 50.0])
def test_counts_of_two_neurons_are_correlated_as_told(model: NeuronModel, window: float) -> None:
    """Oracle: the coefficient itself, in windows of any length; four standard errors."""
    a, b = trains(model, 2, 6000)
    edges = np.arange(0.0, min(a[-1], b[-1]), window)
    x, y = np.histogram(a, edges)[0], np.histogram(b, edges)[0]
    error = (1.0 + 1.0 / (1e-3 * RATE * window)) ** 0.5 / edges.size**0.5
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(C, abs=4.0 * error)


def together(model: NeuronModel, size: int) -> tuple[Any, Any]:
    """Return the times of a population's spikes, each once, and how many neurons fire at each."""
    each = trains(model, size, 400)
    end = min(train[-1] for train in each)
    spiked = np.concatenate(each)
    return np.unique(spiked[spiked < end], return_counts=True)


def test_in_a_single_interaction_process_one_or_all_fire() -> None:
    """Oracle: common events come at c rate, others at size (1 - c) rate; four standard errors."""
    times, counts = together(SIP, 5)
    assert set(counts.tolist()) == {1, 5}
    common = (counts == 5).sum()
    span = times[-1] * 1e-3
    assert common == pytest.approx(C * RATE * span, abs=4.0 * (C * RATE * span) ** 0.5)
    alone = 5 * (1 - C) * RATE * span
    assert times.size - common == pytest.approx(alone, abs=4.0 * alone**0.5)


def test_in_a_multiple_interaction_process_events_are_copied_binomially() -> None:
    """Oracle: the binomial distribution without its zeros; chi-squared."""
    _, counts = together(MIP, 5)
    chances = stats.binom.pmf(np.arange(1, 6), 5, C)
    expected = counts.size * chances / chances.sum()
    seen = np.bincount(counts, minlength=6)[1:]
    assert stats.chisquare(seen, expected).pvalue > 0.001


@both
def test_a_changed_rate_is_shared_from_then_on(model: NeuronModel) -> None:
    """Oracle: the common events coincide after it too; a mother's rate, not a neuron's, counts."""
    ends = []
    for place in (0.0, 1.0):
        slow, fast, off = (model.params(r, 1.0, place) for r in (10.0, 500.0, 0.0))
        s, t = model.plan(model.initial(slow, 7.0 + place), 0.0, slow), 0.0
        for p, until in ((slow, 300.0), (off, 400.0), (fast, 600.0)):
            s = model.plan(s, t, p)
            while (due := model.next_fire(s, t, p)) < until:
                assert p is not off
                s, t = model.plan(s, due, p), due
            t = until
        ends.append(model.next_fire(s, t, p))
    assert ends[0] == ends[1] < 620.0


@both
def test_a_silent_process_never_fires(model: NeuronModel) -> None:
    p = model.params(0.0, C, 0.0)
    s = model.plan(model.initial(p, 3.0), 0.0, p)
    assert model.next_fire(s, 0.0, p) == np.inf


def test_the_first_stream_is_found_where_the_keys_wrap_round() -> None:
    assert first_key(10.0, 4.0) == 6.0
    assert first_key(1.0, 4.0) == 2.0**KEY_BITS - 3.0
