"""Short-term plasticity, alone and with a rule that changes the weight, on both engines."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from driven import DELAY, Times, every, trains, walk

from eventsim import AllToAll, Network, OneToOne, Simulation, Uniform
from eventsim.combine import combined
from eventsim.models import (
    LIF,
    RULES,
    AdExClopath,
    LIFSubtract,
    Modulator,
    PoissonSource,
    SpikeSource,
    STDPMasquelier,
    STDPPair,
    TsodyksMarkram,
    TsodyksMarkramAstrocyte,
)
from eventsim.models.synapses import tsodyks_markram, tsodyks_markram_astrocyte

ADDS_UP = LIF(tau_m=1e300, v_rest=0.0, v_reset=0.0, v_th=1e12)


def transmitted(
    rule: Any, arrivals: Times, w: float = 1.0, level: Any = None,
    script: Callable[[Simulation], object] = lambda sim: None,
) -> Times:  # fmt: skip
    """Return what each arrival transmits: steps of what never decays, on both engines."""
    net = Network()
    source, sink = net.add("pre", SpikeSource(arrivals - DELAY)), net.add("post", ADDS_UP)
    if level:
        net.add("astrocyte", level)
    net.connect(source, sink, AllToAll(), w, DELAY, plasticity=rule)
    seen = []
    for engine in ("compiled", "reference"):
        with Simulation(net, engine=engine) as sim:
            script(sim)
            levels = [0.0]
            for t in arrivals:
                sim.run(t + 1e-6 - sim.now)
                levels.append(float(sim.state("post", "v")[0]))
            seen.append(levels)
    assert seen[0] == seen[1]
    return np.diff(seen[0])


def recursion(arrivals: Times, use: float | Times, tau_rec: float, tau_fac: float) -> Times:
    """Return u x at each arrival, from event to event as Tsodyks and Markram write it."""
    uses = np.broadcast_to(use, arrivals.size)
    u, x, sent = uses[0], 1.0, [uses[0]]
    for h, share in zip(np.diff(arrivals), uses[1:], strict=True):
        x = 1.0 + (x - x * u - 1.0) * np.exp(-h / tau_rec)
        u = share + u * (1.0 - share) * (np.exp(-h / tau_fac) if tau_fac else 0.0)
        sent.append(u * x)
    return np.array(sent)


SETS = [(0.5, 800.0, 0.0), (0.04, 100.0, 1000.0), (0.15, 130.0, 530.0), (0.2, 200.0, 600.0)]


@pytest.mark.parametrize("values", SETS)
def test_the_first_amplitudes_are_those_of_the_recursion(values: Any) -> None:
    """Oracle: the recursion over ten spikes at 20 Hz and over a thousand random ones; 1e-9."""
    rule = TsodyksMarkram(**dict(zip(("use", "tau_rec", "tau_fac"), values, strict=True)))
    for arrivals in (100.0 + 50.0 * np.arange(10), trains()[0]):
        sent = transmitted(rule, arrivals)
        np.testing.assert_allclose(sent, recursion(arrivals, *values), rtol=1e-9, atol=1e-12)


def test_under_an_astrocyte_every_amplitude_is_that_of_the_level_at_its_arrival() -> None:
    """Oracle: the recursion over 1,000 spikes, with a sum over 900 jumps of the level, a third of
    them at arrivals, that takes it below 0 and above 1; 1e-9."""
    arrivals, _ = trains()
    rng = np.random.default_rng(6)
    given = np.unique(np.append(rng.choice(arrivals, 300), rng.uniform(1.0, 2e4, 600)))
    sizes = rng.normal(size=given.size)
    rule = TsodyksMarkramAstrocyte(
        astrocyte="astrocyte", use=0.3, alpha=0.8, tau_rec=200.0, tau_fac=300.0
    )
    seen = transmitted(
        rule, arrivals, 1.0, Modulator(tau=40.0, rest=0.4),
        lambda sim: sim.send("astrocyte", given, np.zeros(given.size, int), sizes),
    )  # fmt: skip
    lags = arrivals[:, None] - given
    level = 0.4 + np.where(lags > 0.0, np.exp(-np.abs(lags) / 40.0), 0.0) @ sizes
    assert min(np.sum(level < 0.0), np.sum(level > 1.0)) > 50
    share = np.clip(level, 0.0, 1.0)
    expected = recursion(arrivals, (1.0 - share) * 0.3 + share * 0.8, 200.0, 300.0)
    np.testing.assert_allclose(seen, expected, rtol=1e-9, atol=1e-12)


STEADY = {  # u x at 5, 10, 20, 40, 100 Hz
    SETS[0]: (0.181133, 0.105148, 0.057126, 0.029848, 0.012270),
    SETS[1]: (0.181588, 0.258673, 0.269397, 0.195566, 0.093048),
    SETS[2]: (0.327373, 0.352379, 0.274565, 0.167305, 0.073463),
    SETS[3]: (0.368209, 0.316900, 0.206585, 0.115292, 0.048614),
}


@pytest.mark.parametrize("values", SETS)
def test_regular_spikes_reach_the_published_steady_state(values: Any) -> None:
    """Oracle: six digits computed by a separate program, which the fixed point confirms."""
    use, tau_rec, tau_fac = values
    rule = TsodyksMarkram(use=use, tau_rec=tau_rec, tau_fac=tau_fac)
    for rate, steady in zip((5.0, 10.0, 20.0, 40.0, 100.0), STEADY[values], strict=True):
        h = 1e3 / rate
        last = transmitted(rule, 100.0 + h * np.arange(int(16e3 / h)))[-1]
        e_f, e_r = (np.exp(-h / tau_fac) if tau_fac else 0.0), np.exp(-h / tau_rec)
        u = use / (1.0 - (1.0 - use) * e_f)
        assert last == pytest.approx(u * (1.0 - e_r) / (1.0 - (1.0 - u) * e_r), abs=1e-6)
        assert last == pytest.approx(steady, abs=1e-6)


@pytest.mark.parametrize("first", [True, False], ids=["stdp first", "stdp second"])
@pytest.mark.parametrize("stateful", [False, True])
def test_short_term_plasticity_leaves_the_weights_of_the_other_rule_alone(
    first: bool, stateful: bool
) -> None:
    """Oracle: the walk over all pairs for the weight; the target fires by other inputs only."""
    own = STDPMasquelier() if stateful else STDPPair(a_plus=0.01, a_minus=0.02)
    parts = (own, TsodyksMarkram()) if first else (TsodyksMarkram(), own)
    arrivals, fired = trains()
    net = Network(seed=1)
    source = net.add("pre", SpikeSource(arrivals - DELAY))
    cell = net.add("post", LIF(v_th=1e12, t_ref=0.0))
    net.connect(source, cell, AllToAll(), 0.5, DELAY, plasticity=combined(*parts), name="both")
    net.connect(source, cell, AllToAll(), 0.5, DELAY, plasticity=own, name="alone")
    seen = []
    for engine in ("compiled", "reference"):
        with Simulation(net, engine=engine) as sim:
            sim.send("post", fired, np.zeros(fired.size, int), 1e13)
            sim.run(21_000.0)
            seen.append((sim.weights("both")[0], sim.weights("alone")[0]))
    assert seen[0] == seen[1]
    assert seen[0][0] == seen[0][1]
    if not stateful:
        slow = walk(
            arrivals, fired, 0.5,
            lambda w, pre, post: w - 0.02 * every(post, 20.0),
            lambda w, pre, post: w + 0.01 * every(pre, 20.0),
        )  # fmt: skip
        assert seen[0][0] == pytest.approx(slow, rel=1e-9)


ALONE = {  # say themselves what an arrival transmits
    "TsodyksMarkram", "TsodyksMarkramAstrocyte", "StochasticRelease", "OUCurrent",
    "UniformCurrent",
}  # fmt: skip
ONTO = {"Clopath": AdExClopath, "Eprop": LIFSubtract}
VALUES = {"STDPActivity": {"tau_c": 200.0, "theta": 4.0, "width": 4.0}}  # open at 20 Hz


def both_onto(name: str) -> Network:
    """A few noisy neurons with modulators; each hears three sources, by the rule and short-term."""
    rule, net = RULES[name], Network(seed=5)
    noise = net.add("noise", PoissonSource(rate=400.0), size=3)
    vta = net.add("vta", PoissonSource(rate=30.0))
    cells = net.add("cells", ONTO.get(name, LIF)(), size=3)
    levels: dict[str, Any] = {}
    for modulator in rule.modulators:
        if modulator in rule.own:
            levels[modulator] = cells
        else:
            levels[modulator] = net.add(modulator, Modulator(tau=30.0, rest=0.05))
            net.connect(vta, modulator, AllToAll(), 0.2, 1.5)
    own = rule(**levels, **VALUES.get(name, {}))
    net.connect(noise, cells, OneToOne(), 400.0 if name == "Clopath" else 8.0, 1.0)
    net.connect(
        noise, cells, AllToAll(), 0.5, Uniform(0.5, 4.0), name="both", bounds=(0.0, 1.0),
        plasticity=combined(own, TsodyksMarkram(use=0.3, tau_fac=50.0)),
    )  # fmt: skip
    return net


@pytest.mark.parametrize("name", RULES)
def test_every_rule_goes_with_short_term_plasticity_on_both_engines(name: str) -> None:
    """Oracle: the reference engine, to the last bit."""
    if name in ALONE:
        pytest.skip("it says itself what an arrival transmits")
    net, seen = both_onto(name), []
    for engine in ("reference", "compiled"):
        with Simulation(net, engine=engine, path="ordered") as sim:
            sim.run(100.0)
            seen.append((sim.weights("both").tolist(), sim.spike_count("cells")))
    assert seen[0] == seen[1]
    assert seen[0][1] > 3
    assert set(seen[0][0]) != {0.5}


def test_rules_that_would_get_in_each_others_way_do_not_combine() -> None:
    with pytest.raises(ValueError, match="both STDPPair and STDPPair have a 'a_minus'"):
        combined(STDPPair, STDPPair)
    with pytest.raises(ValueError, match="both TsodyksMarkram and TsodyksMarkram have a '"):
        combined(TsodyksMarkram, TsodyksMarkram)


@pytest.mark.parametrize("other", ["x", None, LIF])
def test_only_rules_are_combined(other: Any) -> None:
    with pytest.raises(TypeError, match="combined: each must be a plasticity rule") as refusal:
        combined(STDPPair, other)
    assert repr(other) in str(refusal.value)


def test_a_combined_rule_checks_the_parameters_of_both() -> None:
    with pytest.raises(ValueError, match=r"tau_rec must be > 0 ms, got -1.0"):
        combined(STDPPair(), TsodyksMarkram(tau_rec=-1.0)).resolve("projection 'a->b'")


def test_without_its_astrocyte_short_term_plasticity_is_the_plain_one() -> None:
    """Oracle: TsodyksMarkram; and with all receptors activated, with alpha in place of use."""
    p = tsodyks_markram_astrocyte.Params(use=0.3, alpha=0.8)
    s = tsodyks_markram.State(0.2, 0.7, 0.0)
    for level, use in ((0.0, 0.3), (-1.0, 0.3), (1.0, 0.8), (2.5, 0.8)):
        seen = tsodyks_markram_astrocyte.Seen(level)
        plain = tsodyks_markram.on_pre(1.5, s, 0.0, None, tsodyks_markram.Params(use=use))
        assert tsodyks_markram_astrocyte.on_pre(1.5, s, 0.0, seen, p) == plain
