"""Run random networks on the reference engine and in every way on the compiled one.

    python tests/reliability/engines.py 100 [--first SEED]

Neurons with currents or delta input, one or two populations of background input, delays that
differ, plasticity; in the middle a projection is frozen, rates and delays change, states are begun
anew.
Spikes must be those of the reference engine, to 1e-8 ms: larger than rounding grows in 60 ms.
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from eventsim import FixedInDegree, FromArrays, Network, OneToOne, Simulation, Uniform
from eventsim.models import LIF, LIFExp, PoissonSource, STDPPair

WAYS: list[dict[str, Any]] = [
    {}, {"path": "ordered"}, {"path": "superposition"}, {"threads": 2},
    {"path": "ordered", "threads": 2},
]  # fmt: skip
DURATION = 60.0  # ms

Spikes = tuple[NDArray[np.float64], NDArray[np.int64]]
Acts = list[tuple[float, Callable[[Simulation], Any]]]


def network(seed: int) -> Network:
    """Draw a network."""
    rng = np.random.default_rng(seed)
    size, rate = int(rng.choice([20, 64, 70, 150, 400])), float(rng.choice([5, 50, 400, 3e3, 3e4]))
    delta, plastic = rng.random() < 0.5, rng.random() < 0.5
    net = Network(seed=seed)
    start = {"v": Uniform(0.0, 19.0)} if delta else None
    model: Any = (
        LIF(v_rest=0.0, v_th=20.0, v_reset=5.0, t_ref=1.0) if delta else LIFExp(i_offset=180.0)
    )
    cells = net.add("cells", model, size=size, initial=start)
    port, weight = ("spike", min(8.0, 16e3 / rate)) if delta else ("exc", min(600.0, 6e5 / rate))
    for k in range(int(rng.integers(1, 3))):
        rates = np.where(rng.random(size) < 0.2, 0.0, rate * rng.uniform(0.5, 1.5, size))
        given = rates if rng.random() < 0.4 else rate
        noise = net.add(f"noise{k}", PoissonSource(rate=given), size=size)
        anywhere = FromArrays(np.arange(size), rng.integers(0, size, size))
        net.connect(
            noise, cells, OneToOne() if rng.random() < 0.7 else anywhere,
            weight=Uniform(0.5 * weight, 1.5 * weight) if rng.random() < 0.5 else weight,
            delay=Uniform(0.1, 7.0) if rng.random() < 0.5 else 1.0, port=port,
        )  # fmt: skip
    strength = 0.4 if delta else 12.0
    rule = STDPPair(a_plus=0.01, a_minus=0.012)
    learning: Any = {"plasticity": rule, "bounds": (0.0, 2.0 * strength)} if plastic else {}
    net.connect(
        cells, cells, FixedInDegree(15), Uniform(0.0, strength),
        Uniform(float(rng.choice([0.1, 0.5, 1.0])), 6.0), port=port, name="recurrent",
        changing_delays=bool(np.random.default_rng([seed, 2]).random() < 0.3), **learning,
    )  # fmt: skip
    if not delta:
        net.connect(cells, cells, FixedInDegree(5), weight=strength, delay=1.5, port="inh")
    return net


def script(seed: int, net: Network) -> Acts:
    """Draw what is done to it in the middle."""
    rng = np.random.default_rng([seed, 1])
    acts: Acts = []
    if net.projections["recurrent"].plasticity is not None and rng.random() < 0.7:
        acts += [(11.3, lambda s: s.freeze("recurrent")), (31.7, lambda s: s.unfreeze("recurrent"))]
    if net.projections["recurrent"].changing_delays:
        count = net.projections["recurrent"].synapses.count
        for t in (9.5, 14.2, 41.0):
            delays = rng.uniform(0.3, 12.0, count)
            acts.append((t, partial(Simulation.set_delays, projection="recurrent", values=delays)))
    if rng.random() < 0.5:
        acts.append((17.9, lambda s: s.set_parameters("noise0", rate=700.0)))
    if rng.random() < 0.3:
        acts.append((23.1, lambda s: s.reset_state()))
    if rng.random() < 0.4:
        acts.append((27.7, lambda s: s.state("noise0", "remaining")))
    return acts


def spikes(net: Network, acts: Acts, *, again: bool = False, **how: Any) -> Spikes:
    """Return the spikes; `again` after a run that was begun and reset."""
    with Simulation(net, **how) as sim:
        if again:
            sim.run(25.0)
            sim.reset()
        recorder = sim.record(spikes=["cells"])
        for t, act in acts:
            sim.at(t, act)
        sim.run(DURATION)
        times, neurons = recorder.recording.spikes("cells")
        return times, neurons


def first_difference(found: Spikes, expected: Spikes) -> str:
    """Say where two runs part, or nothing."""
    n = min(found[0].size, expected[0].size)
    apart = (found[1][:n] != expected[1][:n]) | (np.abs(found[0][:n] - expected[0][:n]) > 1e-8)
    if apart.any():
        k = int(apart.argmax())
        return (
            f"neuron {found[1][k]} at {found[0][k]}, expected {expected[1][k]} at {expected[0][k]}"
        )
    if found[0].size != expected[0].size:
        return f"{found[0].size} spikes, expected {expected[0].size}"
    return ""


def main() -> None:
    """Print a line for each difference, and at last how many networks agreed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int, help="of networks")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (0)")
    given = parser.parse_args()
    agreed = fired = 0
    for seed in tqdm(range(given.first, given.first + given.number), unit="network"):
        net = network(seed)
        acts = script(seed, net)
        expected = spikes(net, acts, engine="reference")
        differences = {
            str(way): first_difference(spikes(net, acts, **way), expected)
            for way in [*WAYS, {"again": True}, {"again": True, "path": "ordered", "threads": 2}]
        }
        for way, difference in differences.items():
            if difference:
                print(f"DIFFERENCE: network {seed}, {way}: {difference}", flush=True)
        agreed += not any(differences.values())
        fired += expected[0].size
    print(f"{agreed} of {given.number} networks agree, {fired} spikes")


if __name__ == "__main__":
    main()
