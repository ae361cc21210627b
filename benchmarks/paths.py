"""Ordered path beside superposition path, on the same networks in one run.

    python benchmarks/paths.py [--duration MS] [--repeats N]

Prints nanoseconds of CPU per synaptic event (recurrent arrivals; drive and everything else
included), the mean rate, and the last window's length. The choice between the paths, and that of
the window, in `eventsim/engine/compiled/superposition.py` go by these figures.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from eventsim import FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.engine.compiled import CompiledEngine
from eventsim.models import LIF, LIFExp, PoissonSource

PATHS = ("ordered", "superposition")


def brunel(delay: object) -> Network:
    """12,500 LIF neurons, 15.6 million synapses, 20 kHz of Poisson input each (about 38 Hz)."""
    net = Network(seed=1)
    cell = LIF(v_rest=0.0, v_th=20.0, v_reset=10.0)
    exc, inh = net.add("exc", cell, size=10_000), net.add("inh", cell, size=2_500)
    for target in (exc, inh):
        noise = net.add(f"noise {target.name}", PoissonSource(rate=20_000.0), size=target.size)
        net.connect(noise, target, OneToOne(), weight=0.1, delay=1.5)
        net.connect(exc, target, FixedInDegree(1000), weight=0.1, delay=delay)
        net.connect(inh, target, FixedInDegree(250), weight=-0.5, delay=delay)
    return net


def vogels_abbott(neurons: int, synapses: int, delay: float) -> Network:
    """Current-based network with `synapses` per neuron that sustains itself (a few Hz)."""
    net = Network(seed=1)
    cell = LIFExp(v_rest=-49.0, v_th=-50.0, v_reset=-60.0, t_ref=5.0, c_m=200.0)
    start = {"v": Uniform(-60.0, -50.0)}
    exc = net.add("exc", cell, size=neurons * 4 // 5, initial=start)
    inh = net.add("inh", cell, size=neurons // 5, initial=start)
    scale = 80.0 / synapses
    for target in (exc, inh):
        for source, k, w, port in (
            (exc, synapses * 4 // 5, 16.2 * scale, "exc"),
            (inh, synapses // 5, -90.0 * scale, "inh"),
        ):
            net.connect(source, target, FixedInDegree(k), weight=w, delay=delay, port=port)
    return net


NETWORKS: dict[str, Callable[[], Network]] = {
    "brunel, 1.5 ms": lambda: brunel(1.5),
    "brunel, 0.5-5 ms": lambda: brunel(Uniform(0.5, 5.0)),
    "vogels-abbott 4,000 x 80, 1 ms": lambda: vogels_abbott(4_000, 80, 1.0),
    "vogels-abbott 40,000 x 800, 1 ms": lambda: vogels_abbott(40_000, 800, 1.0),
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
    for name, build in NETWORKS.items():
        net = build()
        results: dict[str, list[tuple[float, float, float]]] = {path: [] for path in PATHS}
        for _ in range(options.repeats):
            for path in PATHS:
                results[path].append(measure(net, path, options.duration))
        for path, rows in results.items():
            cost = statistics.median(row[0] for row in rows)
            print(f"{name:36}{path:16}{cost:10.1f}{rows[-1][1]:8.1f}{rows[-1][2]:11.3f}")


if __name__ == "__main__":
    main()
