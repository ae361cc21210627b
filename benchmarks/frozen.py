"""What a frozen plastic projection costs beside a static one, on the same network in one run.

    python benchmarks/frozen.py [--duration MS] [--repeats N]

2,000 noisy neurons, each with 500 recurrent synapses under pair STDP: learning, frozen, and as if
they had never been plastic, all on the ordered path; then static and frozen on the path that the
engine chooses. Prints nanoseconds of CPU per synaptic event, the median of the repeats, and the
ratio to the static projection on the ordered path. The repeats take turns.
"""

import argparse
import statistics
import time
from typing import Any

from eventsim import FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.models import LIF, PoissonSource, STDPPair

WAYS: dict[str, tuple[bool, bool, str]] = {  # plastic, frozen, path
    "static": (False, False, "ordered"),
    "frozen": (True, True, "ordered"),
    "learning": (True, False, "ordered"),
    "static, chosen path": (False, False, "auto"),
    "frozen, chosen path": (True, True, "auto"),
}


def network(plastic: bool, size: int = 2_000, k: int = 500) -> Network:
    """Some 20 Hz from Poisson input; the synapses are weak, so that all ways have one activity."""
    net = Network(seed=1)
    noise = net.add("noise", PoissonSource(rate=8_000.0), size=size)
    cells = net.add("cells", LIF(t_ref=1.0), size=size, initial={"v": Uniform(-65.0, -50.0)})
    net.connect(noise, cells, OneToOne(), weight=0.1, delay=1.0)
    learns: dict[str, Any] = {"plasticity": STDPPair(a_plus=1e-9, a_minus=1e-9)} if plastic else {}
    net.connect(cells, cells, FixedInDegree(k), 1e-3, Uniform(0.5, 5.0), name="rec", **learns)
    return net


def measure(sim: Simulation, duration: float) -> float:
    """Return ns of CPU per recurrent arrival, of a simulation that is under way."""
    before = sim.spike_count("cells")
    clock = time.process_time()
    sim.run(duration)
    clock = time.process_time() - clock
    cells, synapses = sim.population("cells").size, sim.projection("rec").synapses.count
    return 1e9 * clock / ((sim.spike_count("cells") - before) * synapses / cells)


def main() -> None:
    """Measure all ways, in turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=200.0, help="simulated ms")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    sims = {}
    for name, (plastic, frozen, path) in WAYS.items():
        sims[name] = Simulation(network(plastic), path=path)
        if frozen:
            sims[name].freeze("rec")
        sims[name].run(50.0)
    results: dict[str, list[float]] = {name: [] for name in sims}
    for _ in range(options.repeats):
        for name, sim in sims.items():
            results[name].append(measure(sim, options.duration))
    base = statistics.median(results["static"])
    print(f"{'synapses':24}{'ns/event':>10}{'ratio':>8}")
    for name, values in results.items():
        cost = statistics.median(values)
        print(f"{name:24}{cost:10.1f}{cost / base:8.2f}")


if __name__ == "__main__":
    main()
