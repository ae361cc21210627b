"""The brunel scenario: its network, its theory, and the rate of the asynchronous regime."""

from math import pi, sqrt

import numpy as np
import pytest
from scipy import integrate, special

from eventsim import Network, OneToOne, Simulation
from eventsim.analysis import statistics
from eventsim.models import LIF, PoissonSource
from eventsim.scenario import RunOptions
from eventsim.scenarios import brunel

TINY = brunel.Settings(scale=0.002, warmup=0.0, duration=25.0)


def test_every_neuron_has_its_1250_synapses_and_one_source() -> None:
    """Oracle: the in-degrees and weights of the paper, counted; no neuron hears itself."""
    net = brunel.build(brunel.Settings(scale=0.01, g=5.0), seed=1)
    assert [p.size for p in net.populations.values()] == [100, 25, 100, 25]
    degrees = {"exc": (1000, 0.1), "inh": (250, -0.5)}
    for source, (degree, weight) in degrees.items():
        for target in ("exc", "inh"):
            synapses = net.projections[f"{source}->{target}"].synapses
            incoming = np.bincount(synapses.target, minlength=net.populations[target].size)
            assert (incoming == degree).all()
            assert np.unique(synapses.weight) == pytest.approx([weight])
            assert np.unique(synapses.delay) == pytest.approx([1.5])
            if source == target:
                assert (synapses.source != synapses.target).all()
    assert brunel.external_rate(brunel.Settings()) == pytest.approx(20_000.0)  # 20 kHz at eta = 2


def test_both_engines_run_it_alike() -> None:
    """Oracle: the reference engine, spike by spike."""
    trains = []
    for engine in ("compiled", "reference"):
        result = brunel.run(TINY, RunOptions(engine=engine, quiet=True))
        trains.append([result.recording.spikes(name) for name in ("exc", "inh")])
    for fast, plain in zip(*trains, strict=True):
        assert fast[0].size > 0
        np.testing.assert_array_equal(fast, plain)


@pytest.mark.parametrize("name", ["AI", "SI-fast", "SI-slow"])
def test_the_predicted_rate_reproduces_itself(name: str) -> None:
    """Oracle: Siegert's formula as it is printed, with the input that this rate causes."""
    s = brunel.Settings(**brunel.PRESETS[name])
    theory = brunel.mean_field(s)
    external = s.eta * 20.0 / (0.1 * 20.0)  # spikes per ms
    excitation, inhibition = external + theory.rate, 0.25 * theory.rate
    mu = 20.0 * 0.1 * (excitation - s.g * inhibition)
    sigma = 0.1 * sqrt(20.0 * (excitation + s.g**2 * inhibition))
    waiting, _ = integrate.quad(
        lambda u: np.exp(u * u) * (1.0 + special.erf(u)), (10.0 - mu) / sigma, (20.0 - mu) / sigma
    )
    assert (theory.mu, theory.sigma) == pytest.approx((mu, sigma))
    assert theory.rate == pytest.approx(1e3 / (2.0 + 20.0 * sqrt(pi) * waiting), rel=1e-6)


def test_the_theory_describes_neurons_with_independent_poisson_input() -> None:
    """Oracle: the simulation of what the theory assumes. 100 neurons for 1 s: standard errors are
    0.4 Hz and 0.02; jumps of finite size add about as much."""
    theory = brunel.mean_field(brunel.Settings())
    net = Network(seed=3)
    cell = LIF(tau_m=20.0, v_rest=0.0, v_th=20.0, v_reset=10.0, t_ref=2.0)
    cells = net.add("cell", cell, size=100)
    inputs = (("exc", 20_000.0 + 1000 * theory.rate, 0.1), ("inh", 250 * theory.rate, -0.5))
    for name, rate, weight in inputs:
        source = net.add(name, PoissonSource(rate=rate), size=100)
        net.connect(source, cells, OneToOne(), weight=weight, delay=1.5)
    with Simulation(net) as sim:
        recorder = sim.record()
        sim.run(1100.0)
    times, neurons = recorder.recording.spikes("cell", start=100.0)
    assert times.size / 100 == pytest.approx(theory.rate, abs=1.5)
    assert np.nanmean(statistics.cv(times, neurons, 100)) == pytest.approx(theory.cv, abs=0.06)


def test_measures_begin_after_the_warm_up() -> None:
    """Oracle: spikes counted by hand in the recording."""
    settings = brunel.Settings(scale=0.002, warmup=20.0, duration=30.0)
    result = brunel.run(settings, RunOptions(quiet=True))
    times, _ = result.recording.spikes("exc")
    counted = np.count_nonzero((times >= 20.0) & (times < 50.0))
    assert result.recording.duration == 50.0
    assert result.measures["rate excitatory"].value == pytest.approx(counted / 20 / 0.03)


@pytest.mark.slow
def test_the_asynchronous_regime_fires_at_38_hz() -> None:
    """Oracle: 38.35 Hz by another exact-time simulator (37.5 Hz on a grid of 0.1 ms)."""
    result = brunel.run(brunel.Settings(), RunOptions(quiet=True))
    assert result.measures["rate excitatory"].value == pytest.approx(38.3, abs=0.6)
