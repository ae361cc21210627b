"""Release by chance: its distribution, and that nothing but the seed decides it."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from eventsim import AllToAll, FixedInDegree, Network, OneToOne, Simulation
from eventsim.combine import combined
from eventsim.models import (
    LIF,
    PoissonSource,
    SpikeSource,
    STDPPair,
    StochasticRelease,
)

N = 4000  # synapses, independent of one another
STEPS = LIF(tau_m=1e300, v_rest=0.0, v_reset=0.0, v_th=1e12)  # adds up what arrives
ARRIVALS = 10.0 + np.cumsum([0.0, 15.0, 15.0, 40.0, 15.0, 15.0, 200.0])  # ms


def sent(rule: Any, n: int = N) -> Any:
    """Return what each of `n` synapses transmits at each arrival, as a share of its weight."""
    net = Network(seed=8)
    source = net.add("pre", SpikeSource(ARRIVALS - 1.0))
    sink = net.add("post", STEPS, size=n)
    net.connect(source, sink, AllToAll(), 1.0, 1.0, plasticity=rule)
    with Simulation(net) as sim:
        levels = [sim.state("post", "v")]
        for t in ARRIVALS:
            sim.run(t + 1e-3 - sim.now)
            levels.append(sim.state("post", "v"))
    return np.diff(levels, axis=0)


def expected(use: float, tau_rec: float, tau_fac: float) -> Any:
    """Return u x at each arrival, by the recursion of Tsodyks and Markram."""
    u, x, out = use, 1.0, [use]
    for h in np.diff(ARRIVALS):
        x = 1.0 + (x - x * u - 1.0) * (np.exp(-h / tau_rec) if tau_rec else 0.0)
        u = use + u * (1.0 - use) * (np.exp(-h / tau_fac) if tau_fac else 0.0)
        out.append(u * x)
    return np.array(out)


@pytest.mark.parametrize(
    "values", [(1, 0.3, 0.0, 0.0), (1, 0.5, 100.0, 0.0), (5, 0.2, 60.0, 120.0)], ids=str
)
def test_the_number_released_is_binomial_at_every_arrival(values: Any) -> None:
    """Oracle: Binomial(sites, u x) with u x of Tsodyks & Markram; chi square over N synapses."""
    sites, *constants = values
    rule = StochasticRelease(
        **dict(zip(("sites", "use", "tau_rec", "tau_fac"), values, strict=True))
    )
    for share, p in zip(sent(rule), expected(*constants), strict=True):
        released = np.rint(share * sites)
        assert released == pytest.approx(share * sites, abs=1e-9)
        counts = np.bincount(released.astype(int), minlength=sites + 1)
        law = stats.binom(sites, p).pmf(np.arange(sites + 1)) * N
        assert stats.chisquare(counts, law).pvalue > 1e-4


def test_a_release_makes_the_next_one_less_likely_at_the_same_synapse() -> None:
    """Oracle: after a release use (1 - exp(-h / tau_rec)), after none use; 5 standard errors."""
    share = sent(StochasticRelease(use=0.5, tau_rec=100.0))
    refilled = 1.0 - np.exp(-15.0 / 100.0)
    for before, p in ((1.0, 0.5 * refilled), (0.0, 0.5)):
        after = share[1][share[0] == before]
        assert after.mean() == pytest.approx(p, abs=5.0 * np.sqrt(p * (1 - p) / after.size))


def test_arrivals_and_synapses_are_independent_without_depression() -> None:
    """Oracle: correlations of independent numbers stay within 4 / sqrt(n)."""
    share = sent(StochasticRelease(use=0.4))
    assert abs(np.corrcoef(share[0], share[1])[0, 1]) < 4.0 / np.sqrt(N)
    assert abs(np.corrcoef(share[0, 1:], share[0, :-1])[0, 1]) < 4.0 / np.sqrt(N)


def test_very_many_sites_release_like_the_mean() -> None:
    """Oracle: the recursion of Tsodyks & Markram; 5 standard deviations of 10,000 sites."""
    share = sent(StochasticRelease(sites=10_000, use=0.3, tau_rec=80.0, tau_fac=50.0), n=3)
    mean = expected(0.3, 80.0, 50.0)[:, None]
    assert np.all(np.abs(share - mean) < 5.0 * np.sqrt(mean * (1.0 - mean) / 1e4))
    assert np.all(share != mean)


def test_release_leaves_the_weights_of_another_rule_alone() -> None:
    """Oracle: the other rule alone, on a target that fires by other inputs only."""
    pair = STDPPair(a_plus=0.1, a_minus=0.07)
    net = Network(seed=1)
    source = net.add("pre", SpikeSource(ARRIVALS - 1.0))
    cell = net.add("post", LIF(v_th=1e12, t_ref=0.0))
    for name, rule in (("both", combined(pair, StochasticRelease())), ("alone", pair)):
        net.connect(source, cell, AllToAll(), 0.5, 1.0, plasticity=rule, name=name)
    with Simulation(net, engine="reference") as sim:
        sim.send("post", ARRIVALS + 3.0, np.zeros(ARRIVALS.size, int), 1e13)
        sim.run(400.0)
        assert sim.weights("both")[0] == sim.weights("alone")[0] > 0.6


def release_network(extra: bool = False) -> Network:
    """A recurrent network whose synapses release by chance."""
    net = Network(seed=6)
    noise = net.add("noise", PoissonSource(rate=900.0), size=150)
    cells = net.add("cells", LIF(t_ref=1.0), size=150)
    net.connect(noise, cells, OneToOne(), weight=2.2, delay=1.0)
    rule = StochasticRelease(use=0.4, tau_rec=30.0, sites=2)
    net.connect(cells, cells, FixedInDegree(6), 1.5, 1.5, plasticity=rule)
    if extra:
        net.add("more", LIF(), size=3)
        net.connect(noise, "more", FixedInDegree(2), 1.0, 1.5, plasticity=rule)
    return net


def outcome(net: Network, cuts: int = 1, **options: Any) -> Any:
    with Simulation(net, **options) as sim:
        recorder = sim.record()
        for _ in range(cuts):
            sim.run(200.0 / cuts)
        times, neurons = recorder.recording.spikes("cells")
        return times.tolist(), neurons.tolist()


def test_engines_threads_cuts_and_additions_leave_every_release_as_it_is() -> None:
    """Oracle: the reference engine, to the last bit; another seed differs."""
    net = release_network()
    plain = outcome(net, engine="reference")
    assert len(plain[0]) > 500
    assert outcome(net) == plain
    assert outcome(net, threads=2) == plain
    assert outcome(net, cuts=7) == plain
    assert outcome(release_network(extra=True)) == plain
    assert outcome(net, seed=7) != plain


def test_a_number_of_sites_that_is_not_whole_is_refused() -> None:
    with pytest.raises(ValueError, match=r"projection 'a->b': sites must be whole, got 2.5"):
        StochasticRelease(sites=2.5).resolve("projection 'a->b'")
