"""LIF that integrates while it is refractory: the dead time, and a program in steps."""

from math import exp, log

import numpy as np
import pytest

from eventsim import FromArrays, Network, Simulation
from eventsim.model import FloatArray, IntArray
from eventsim.models import LIFDeadTime, SpikeSource
from eventsim.models.neurons import lif_dead_time as lif
from walk import walk

P = lif.Params(tau_m=63.5, v_rest=0.0, v_th=20.0, v_reset=0.0, t_ref=3.0)


def spikes(*arrivals: tuple[float, float]) -> list[float]:
    """Return the spikes of one neuron that hears weights at times."""
    return walk(LIFDeadTime, P, [(t, "spike", w) for t, w in arrivals], 100.0).spikes


def test_regular_input_sums_to_the_geometric_series_in_a_dead_time_too() -> None:
    """Oracle: after n inputs every T ms, v = w (1 - q**n) / (1 - q), q = exp(-T / tau_m)."""
    s, w, interval, n = lif.State(0.0, 1e9, 0.0), 0.5, 2.0, 40
    for k in range(n):
        s = lif.on_spike(lif.between(s, k * interval, interval, P), (k + 1) * interval, w, P)
    q = exp(-interval / P.tau_m)
    assert s.v == pytest.approx(w * (1 - q**n) / (1 - q), rel=1e-12)


def test_who_is_above_threshold_in_the_dead_time_fires_at_its_end() -> None:
    assert spikes((1.0, 21.0), (2.0, 25.0)) == [1.0, 4.0]
    assert spikes((1.0, 21.0), (4.0, 21.0)) == [1.0, 4.0]


def test_inhibition_or_the_leak_may_take_that_spike_back() -> None:
    """Oracle: w exp(-2 / tau_m) is just above or below 20 mV at the end of the dead time."""
    edge = 20.0 * exp(2.0 / P.tau_m)
    assert spikes((1.0, 21.0), (2.0, 1.000001 * edge)) == [1.0, 4.0]
    assert spikes((1.0, 21.0), (2.0, 0.999999 * edge)) == [1.0]
    assert spikes((1.0, 21.0), (2.0, 25.0), (3.5, -10.0)) == [1.0]


def test_an_arrival_at_the_end_of_the_dead_time_comes_before_the_spike() -> None:
    assert spikes((1.0, 21.0), (2.0, 25.0), (4.0, -10.0)) == [1.0]


def in_steps(
    given: list[IntArray], pre: IntArray, post: IntArray, weight: FloatArray, inputs: int, n: int
) -> list[tuple[int, int]]:
    """A program in steps of 1 ms: each spike is felt in the next step; (ms, neuron) of spikes.

    Sources are numbered inputs first; `given` says which inputs fire in each step.
    """
    v, last, fired = np.zeros(n), np.full(n, -100), []
    for t, active in enumerate(given):
        spiking = np.flatnonzero((v >= P.v_th) & (t - last >= P.t_ref))
        v[spiking], last[spiking] = P.v_reset, t
        fired += [(t, int(i)) for i in spiking]
        heard = np.isin(pre, np.concatenate([active, inputs + spiking]))
        v *= exp(-1.0 / P.tau_m)
        np.add.at(v, post[heard], weight[heard])
    return fired


def test_spikes_on_whole_ms_are_those_of_a_program_in_steps() -> None:
    """Oracle: that program, spike by spike, on every engine and path; half a second of a network
    that fires up to the dead time's limit."""
    rng, inputs, n, steps = np.random.default_rng(4), 40, 48, 500
    given = [np.flatnonzero(rng.random(inputs) < 0.06) for _ in range(steps)]
    wired = rng.random((inputs + n, n)) < 0.25
    pre, post = np.nonzero(wired)
    # no two sums of weights are equal, so none lies on the threshold
    weight = rng.uniform(4.0, 8.0, pre.size) * rng.choice([-1.0, 1.0, 1.0], pre.size)
    net = Network(seed=1)
    trains = [[float(t) for t in range(steps) if i in given[t]] for i in range(inputs)]
    net.add("inputs", SpikeSource(trains), size=inputs)
    net.add("cells", LIFDeadTime(**P._asdict()), size=n)
    own = pre >= inputs
    for source, chosen, first in (("inputs", ~own, 0), ("cells", own, inputs)):
        pairs = FromArrays(pre[chosen] - first, post[chosen])
        net.connect(source, "cells", pairs, weight[chosen], 1.0)
    expected = in_steps(given, pre, post, weight, inputs, n)
    assert len(expected) > 1000
    for options in ({"engine": "reference"}, {"path": "ordered"}, {"path": "superposition"}):
        with Simulation(net, **options) as sim:  # type: ignore[arg-type]
            recorder = sim.record()
            sim.run(float(steps))
            times, neurons = recorder.recording.spikes("cells")
        assert list(zip(times.tolist(), neurons.tolist(), strict=True)) == expected


def test_without_input_a_potential_above_threshold_waits_for_the_dead_time_only() -> None:
    """Oracle: v decays from 25 mV to 20 mV in tau_m log(25 / 20) = 14.2 ms."""
    fall = P.tau_m * log(25.0 / 20.0)
    for blocked, expected in ((5.0, 5.0), (0.999 * fall, 0.999 * fall), (1.001 * fall, np.inf)):
        assert lif.next_fire(lif.State(25.0, blocked, 0.0), 0.0, P) == expected
