"""Ordered path beside superposition path, on the same networks in one run.

    python -m benchmarks.paths [--duration MS] [--repeats N]

Prints nanoseconds of CPU per synaptic event (recurrent arrivals; drive and everything else
included), the mean rate, and the last window's length. The choice between the paths, and that of
the window, in `eventsim/engine/compiled/superposition.py` go by these figures.
"""

import argparse
import statistics
import time
from dataclasses import replace

from benchmarks.networks import CASES, Balanced, Case
from benchmarks.ours import build
from eventsim import Network, Simulation
from eventsim.engine.compiled import CompiledEngine

PATHS = ("ordered", "superposition")


BRUNEL = Balanced(v_reset=10.0)  # about 38 Hz
NETWORKS: dict[str, Case] = {
    "brunel, 1.5 ms": BRUNEL,
    "brunel, 0.5-5 ms": replace(BRUNEL, delay=(0.5, 5.0)),
    "vogels-abbott 4,000 x 80, 1 ms": CASES["cuba_4000x80"],
    "vogels-abbott 40,000 x 800, 1 ms": CASES["cuba_40000x800"],
}


def measure(net: Network, path: str, duration: float) -> tuple[float, float, float]:
    """Return ns per synaptic event, mean rate in Hz and the last window in ms."""
    sim = Simulation(net, path=path)
    cells = [p for p in net.populations.values() if not p.model.is_source]
    sim.run(duration / 4)
    before = sum(sim.spike_count(p) for p in cells)
    clock = time.process_time()
    sim.run(duration)
    clock = time.process_time() - clock
    spikes = sum(sim.spike_count(p) for p in cells) - before
    size = sum(p.size for p in cells)
    recurrent = sum(p.synapses.count for p in net.projections.values() if p.source in cells)
    window = sim.engine.window if isinstance(sim.engine, CompiledEngine) else 0.0
    return 1e9 * clock / (spikes * recurrent / size), 1e3 * spikes / size / duration, window


def main() -> None:
    """Measure all networks on both paths, interleaved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--duration", type=float, default=100.0, help="simulated ms")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{'network':36}{'path':16}{'ns/event':>10}{'Hz':>8}{'window/ms':>11}")
    for name, case in NETWORKS.items():
        net = build(case)
        results: dict[str, list[tuple[float, float, float]]] = {path: [] for path in PATHS}
        for _ in range(options.repeats):
            for path in PATHS:
                results[path].append(measure(net, path, options.duration))
        for path, rows in results.items():
            cost = statistics.median(row[0] for row in rows)
            print(f"{name:36}{path:16}{cost:10.1f}{rows[-1][1]:8.1f}{rows[-1][2]:11.3f}")


if __name__ == "__main__":
    main()
