"""What plastic projections cost beside a static one, on the same network in one run.

    python -m benchmarks.plasticity [--duration MS] [--repeats N]

2,000 noisy neurons at 10 Hz, each with 500 recurrent synapses: static, under pair STDP, under
pair STDP but frozen, under STDP with dopamine; on the ordered path, and on the one that the engine
chooses. Prints nanoseconds of CPU per recurrent arrival, the median of the repeats, and the ratios
to the static projection and to pair STDP on the same path. The repeats take turns.
"""

import argparse
import statistics
import time
from typing import Any

from eventsim import FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.models import LIF, Modulator, PoissonSource, STDPDopamine, STDPPair

RULES: dict[str, Any] = {
    "static": None,
    "frozen": STDPPair(a_plus=1e-9, a_minus=1e-9),
    "pair STDP": STDPPair(a_plus=1e-9, a_minus=1e-9),
    "STDP with dopamine": STDPDopamine(a_plus=1e-9, a_minus=1e-9, dopamine="vta"),
}
PATHS = ("ordered", "auto")


def network(rule: Any, size: int = 2_000, k: int = 500) -> Network:
    """Poisson input makes the activity; the synapses are weak, so that it is always the same."""
    net = Network(seed=1)
    noise = net.add("noise", PoissonSource(rate=7_130.0), size=size)
    cells = net.add("cells", LIF(t_ref=1.0), size=size, initial={"v": Uniform(-65.0, -50.0)})
    reward = net.add("reward", PoissonSource(rate=1.0), size=1)
    vta = net.add("vta", Modulator(tau=200.0), size=1)
    net.connect(reward, vta, OneToOne(), weight=1e-3, delay=1.0)
    net.connect(noise, cells, OneToOne(), weight=0.1, delay=1.0)
    weight = Uniform(0.9e-3, 1.1e-3)  # one for each synapse, as where they have been learned
    net.connect(
        cells, cells, FixedInDegree(k), weight, Uniform(0.5, 5.0), name="rec", plasticity=rule
    )
    return net


def measure(sim: Simulation, duration: float) -> tuple[float, float]:
    """Return ns of CPU per recurrent arrival of a simulation that is under way, and its Hz."""
    before = sim.spike_count("cells")
    clock = time.process_time()
    sim.run(duration)
    clock = time.process_time() - clock
    cells, synapses = sim.population("cells").size, sim.projection("rec").synapses.count
    fired = sim.spike_count("cells") - before
    return 1e9 * clock / (fired * synapses / cells), 1e3 * fired / cells / duration


def main() -> None:
    """Measure all of them, in turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=200.0, help="simulated ms")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    sims = {}
    for path in PATHS:
        for name, rule in RULES.items():
            sims[path, name] = sim = Simulation(network(rule), path=path)
            if name == "frozen":
                sim.freeze("rec")
            sim.run(200.0)  # by then rates have settled
    results: dict[tuple[str, str], list[tuple[float, float]]] = {way: [] for way in sims}
    for _ in range(options.repeats):
        for way, sim in sims.items():
            results[way].append(measure(sim, options.duration))
    cost = {way: statistics.median(ns for ns, _ in values) for way, values in results.items()}
    rates = [rate for values in results.values() for _, rate in values]
    print(f"{min(rates):.1f} to {max(rates):.1f} Hz")
    print(f"{'path':10}{'synapses':22}{'ns/event':>10}{'to static':>11}{'to pair':>9}")
    for (path, name), ns in cost.items():
        static, pair = cost[path, "static"], cost[path, "pair STDP"]
        print(f"{path:10}{name:22}{ns:10.1f}{ns / static:11.2f}{ns / pair:9.2f}")


if __name__ == "__main__":
    main()
