"""NEST's plastic synapses beside ours, spike trains given; skipped where NEST is not installed.

Found in .peers/nest (`make peers`), or in the folder that EVENTSIM_PEERS names.

Conventions that differ:

- NEST takes the whole delay for dendritic: it compares a spike of the source with one of the target
  that comes a delay later. Here that is a `dendritic_delay`, and an axonal one before it.
- At equal times at the synapse NEST lets the target's spike come first, we the arrival: the trains
  do not meet there.
- NEST updates a weight when the source fires, and shows it as of then: trains end with that.
- NEST's nearest-neighbour synapses take it that the source fired at 0 ms: here it fires first.
- NEST brings a weight up to dopamine whenever the shortest delay has passed, before what the source
  fired in that time: the shortest delay is a step.
- NEST tests the bounds under dopamine at events alone, we also where the level passes through what
  learning has to exceed: there the weight may have turned round.
- Inhibitory weights are positive in `vogels_sprekeler_synapse`, as here onto conductances.

There is no rule here like `stdp_nn_pre_centered_synapse`.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from driven import DELAY, Times, pair_network, weights
from nest_jobs import PYTHON, answers

from eventsim import AllToAll, Network, Simulation
from eventsim.models import (
    InhibitorySTDP,
    Modulator,
    SpikeSource,
    STDPDopamine,
    STDPMixed,
    STDPNearest,
    STDPPowerLaw,
    STDPReduced,
    STDPTriplet,
    TsodyksMarkram,
)
from eventsim.models.plasticity.stdp_triplet import HIPPOCAMPUS

DENDRITE = 1.5  # ms

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="NEST is not installed: make peers")


class Case(NamedTuple):
    """The same synapse twice; `shared` are NEST's common properties, `own` those of a synapse."""

    nest: str
    rule: Any
    w: float
    own: dict[str, float]
    target: dict[str, float]
    shared: dict[str, float] = {}  # noqa: RUF012
    bounds: tuple[float, float] = (-np.inf, np.inf)


TRIPLET = {
    "Aplus": 6.1e-3, "Aplus_triplet": 6.7e-3, "Aminus": 1.6e-3, "Aminus_triplet": 1.4e-3,
    "tau_plus": 16.8, "tau_plus_triplet": 946.0, "Wmax": 1000.0,
}  # fmt: skip
NEAREST = {"lambda": 0.02, "alpha": 1.1, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 1.0,
           "tau_plus": 20.0}  # fmt: skip
CASES = [
    Case("stdp_synapse", STDPMixed(step=0.02, alpha=1.1, mu_plus=0.4, mu_minus=0.7, w_max=2.0),
         0.8, {"lambda": 0.02, "alpha": 1.1, "mu_plus": 0.4, "mu_minus": 0.7, "Wmax": 2.0,
               "tau_plus": 20.0}, {"tau_minus": 20.0}, bounds=(0.0, 2.0)),
    Case("stdp_synapse", STDPMixed(step=0.05, alpha=1.1, mu_plus=0.0, mu_minus=0.0, w_max=1.0),
         0.8, {"lambda": 0.05, "alpha": 1.1, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 1.0,
               "tau_plus": 20.0}, {"tau_minus": 20.0}, bounds=(0.0, 1.0)),
    Case("stdp_pl_synapse_hom", STDPPowerLaw(step=0.05), 0.8, {}, {"tau_minus": 30.0},
         {"lambda": 0.05, "alpha": 0.057, "mu": 0.4, "tau_plus": 15.0},
         (0.0, np.inf)),
    Case("stdp_triplet_synapse", STDPTriplet(**HIPPOCAMPUS), 300.0, TRIPLET,
         {"tau_minus": 33.7, "tau_minus_triplet": 27.0}),
    Case("stdp_nn_symm_synapse", STDPNearest(a_plus=0.02, a_minus=0.022), 0.8, NEAREST,
         {"tau_minus": 20.0}, bounds=(0.0, 1.0)),
    Case("stdp_nn_restr_synapse", STDPReduced(a_plus=0.02, a_minus=0.022), 0.8, NEAREST,
         {"tau_minus": 20.0}, bounds=(0.0, 1.0)),
    Case("vogels_sprekeler_synapse", InhibitorySTDP(step=0.01, rho=5.0), 0.5,
         {"eta": 0.01, "alpha": 0.2, "tau": 20.0, "Wmax": 1000.0}, {"tau_minus": 20.0},
         bounds=(0.0, 1000.0)),
]  # fmt: skip
DOPAMINE = {  # what learning has to exceed, and bounds of the weight
    "tonic": (0.02, (-1e6, 1e6)), "bounded": (0.0, (0.0, 10.0)),
}  # fmt: skip
STATIC = {"stationary": (0.5, 800.0, 0.0), "facilitating": (0.04, 100.0, 1000.0)}


def trains() -> tuple[Times, Times]:
    """Two trains on NEST's grid of 0.1 ms that never meet at the synapse; the source ends both."""
    rng = np.random.default_rng(3)
    pre, post = (np.unique(rng.integers(5, 15_000, 300)) for _ in range(2))
    arrivals, fired = np.append(0.2 * pre, 3300.0), 0.2 * post + 0.1 - (DENDRITE % 0.2)
    return arrivals, fired[fired > arrivals[0]]


def dopamine() -> Times:
    """Spikes of dopamine; a third come with arrivals, a third with spikes of the target."""
    rng, (pre, post) = np.random.default_rng(4), trains()
    own = 0.1 * rng.integers(50, 30_000, 60)
    chosen = [rng.choice(pre[:-1], 60), rng.choice(post, 60) + DENDRITE, own]
    return np.unique(np.round(np.concatenate(chosen), 1))


def identify(case: Case) -> str:
    return f"{case.nest} {case.own.get('mu_plus', '')}".strip()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run all of NEST's synapses in one process of its own."""
    pre, post = (np.round(train, 1).tolist() for train in trains())
    common = {"pre": pre, "post": post, "delay": DENDRITE, "shared": {}, "target": {}}
    jobs = {
        identify(case): {**common, "model": case.nest, "weight": case.w, "own": case.own,
                         "target": case.target, "shared": case.shared}
        for case in CASES
    }  # fmt: skip
    for name, (use, tau_rec, tau_fac) in STATIC.items():
        own = {"U": use, "u": use, "x": 1.0, "tau_rec": tau_rec, "tau_fac": tau_fac}
        jobs[name] = {**common, "model": "tsodyks2_synapse", "weight": 2.0, "own": own}
    given = np.round(dopamine() - 0.1, 1).tolist()
    for name, (tonic, bounds) in DOPAMINE.items():
        jobs[name] = {
            **common, "model": "stdp_dopamine_synapse", "weight": 5.0, "own": {},
            "target": {"tau_minus": 25.0}, "dopamine": given,
            "shared": {"A_plus": 0.5, "A_minus": 0.4, "tau_plus": 20.0, "tau_c": 500.0,
                       "tau_n": 100.0, "b": tonic, "Wmin": bounds[0], "Wmax": bounds[1]},
        }  # fmt: skip
    return answers("nest_synapses.py", jobs, tmp_path_factory.mktemp("nest"))


@pytest.mark.parametrize("case", CASES, ids=identify)
def test_a_weight_after_three_hundred_spikes_on_each_side_is_that_of_nest(
    case: Case, theirs: dict[str, Any]
) -> None:
    """Oracle: NEST's synapse, the same trains; 1e-9."""
    pre, post = trains()
    net = pair_network(case.rule, pre, case.w, case.bounds, dendritic_delay=DENDRITE)
    (seen,) = weights(net, post)
    assert seen == pytest.approx(theirs[identify(case)][-1], rel=1e-9)
    assert abs(seen - case.w) > 1e-3


@pytest.mark.parametrize("name", DOPAMINE)
def test_a_weight_under_dopamine_is_that_of_nest_at_every_arrival(
    name: str, theirs: dict[str, Any]
) -> None:
    """Oracle: `stdp_dopamine_synapse`, the same trains; 1e-9."""
    (pre, post), given, (tonic, bounds) = trains(), dopamine(), DOPAMINE[name]
    rule = STDPDopamine(dopamine="dopamine", a_plus=0.5, a_minus=0.4, tau_minus=25.0, tau_c=500.0)
    level = {"dopamine": Modulator(tau=100.0, rest=-tonic)}
    net = pair_network(rule, pre, 5.0, bounds, level, dendritic_delay=DENDRITE)
    seen = []
    with Simulation(net) as sim:
        sim.send("post", post, np.zeros(post.size, int), 1e13)
        sim.send("dopamine", given, np.zeros(given.size, int), 1.0 / 100.0)
        for t in pre:
            sim.run(t + DENDRITE - sim.now)
            seen.append(sim.weights("pre->post")[0])
    np.testing.assert_allclose(seen, theirs[name], rtol=1e-9)
    assert len(set(seen)) > 100
    assert name == "tonic" or all(seen.count(bound) > 5 for bound in bounds)


@pytest.mark.parametrize("name", STATIC)
def test_short_term_plasticity_transmits_what_that_of_nest_does(
    name: str, theirs: dict[str, Any]
) -> None:
    """Oracle: `tsodyks2_synapse`, spike by spike, the first hundred; 1e-9."""
    use, tau_rec, tau_fac = STATIC[name]
    arrivals = trains()[0][:100]
    net = Network()
    source = net.add("pre", SpikeSource(arrivals - DELAY))
    sink = net.add("post", Modulator(tau=1e300))
    rule = TsodyksMarkram(use=use, tau_rec=tau_rec, tau_fac=tau_fac)
    net.connect(source, sink, AllToAll(), 2.0, DELAY, plasticity=rule)
    levels = [0.0]
    with Simulation(net, engine="reference") as sim:
        for t in arrivals:
            sim.run(t + 1e-3 - sim.now)
            levels.append(float(sim.state("post", "level")[0]))
    np.testing.assert_allclose(np.diff(levels), theirs[name][:100], rtol=1e-9, atol=1e-12)
