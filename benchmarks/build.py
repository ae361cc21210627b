"""Time to build large networks, and the memory that their synapses take: building and running.

    python -m benchmarks.build [CASE ...] [--precision single] [--threads N] [--run MS]

Prints for each case the seconds to build it (wall and CPU), and three numbers of bytes a synapse:
of the network's own arrays, the most while building, the most while running. Memory is what the
process has in RAM beyond what it had after building and running the same network at a small size:
interpreter, libraries and compiled kernels (some 200 MB) are not counted, everything else is,
neurons and background input too. `large` needs 4 GB and runs only if it is named.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from eventsim import FixedInDegree, Network, Normal, OneToOne, Simulation, Truncated, Uniform
from eventsim.models import LIF, PoissonSource, STDPMultiplicative

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Case:
    """Excitatory and inhibitory LIF neurons, each with a background input of its own."""

    n: int
    k: int  # synapses onto each neuron
    delay: Any
    drawn: bool = False  # weights of which no two are equal
    drive: float = 20_000.0  # Hz
    drive_weight: float = 0.1  # mV
    plastic: bool = False  # pair STDP among excitatory neurons


CASES = {
    "brunel_delta": Case(12_500, 1_250, 1.5),
    "brunel_hetdelay": Case(12_500, 1_250, Uniform(0.5, 5.0)),
    "brunel_drawn": Case(12_500, 1_250, Uniform(0.5, 5.0), drawn=True),
    "stdp": Case(11_250, 1_125, 1.5, drive=27_000.0, plastic=True),
    "sparse_1M": Case(1_000_000, 100, Uniform(1.0, 20.0), drive=12.0, drive_weight=8.0),
    "large": Case(100_000, 3_000, Uniform(0.5, 5.0), drawn=True),
}


def network(case: Case, precision: str, shrink: int = 1) -> Network:
    """Return the network of a case, or one with fewer neurons and fewer synapses onto each."""
    net = Network(seed=1)
    cell = LIF(v_rest=0.0, v_th=20.0, v_reset=0.0)
    n, k = case.n // shrink, max(case.k // shrink, 5)
    exc = net.add("exc", cell, size=n * 4 // 5, initial={"v": Uniform(0.0, 20.0)})
    inh = net.add("inh", cell, size=n // 5, initial={"v": Uniform(0.0, 20.0)})
    for target in (exc, inh):
        noise = net.add(f"noise {target.name}", PoissonSource(rate=case.drive), size=target.size)
        net.connect(noise, target, OneToOne(), weight=case.drive_weight, delay=1.0)
        for source, number, mean in ((exc, k * 4 // 5, 0.1), (inh, k // 5, -0.5)):
            weight: Any = mean * sqrt(1_250 / case.k)
            if case.drawn:
                low, high = sorted((0.0, 2.0 * weight))
                weight = Truncated(Normal(weight, 0.3 * abs(weight)), low, high)
            learns: dict[str, Any] = {}
            if case.plastic and source is target is exc:
                most = 3.0 * weight
                learns = {"plasticity": STDPMultiplicative(w_max=most), "bounds": (0.0, most)}
            net.connect(
                source, target, FixedInDegree(number), weight=weight, delay=case.delay,
                precision=precision, **learns,
            )  # fmt: skip
    return net


def memory(what: str) -> int:
    """Return 'VmRSS' or its peak 'VmHWM' in bytes."""
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(what))
    return 1024 * int(line.split()[1])


def measure(case: Case, precision: str, threads: int, duration: float) -> dict[str, float]:
    """Build and run a case, after a small one that loads what is loaded once."""
    small = Simulation(network(case, precision, 20), threads=threads, progress=False)
    small.run(duration)
    del small
    gc.collect()
    before = memory("VmRSS")
    RESET.write_text("5")  # the peak is counted from here
    wall, cpu = time.perf_counter(), time.process_time()
    net = network(case, precision)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count, building = net.synapse_count, memory("VmHWM") - before
    own = sum(
        array.nbytes
        for s in (p.synapses for p in net.projections.values())
        for array in (s.row_start, s.packed_target, s.weight, s.delay)
    )
    RESET.write_text("5")
    sim = Simulation(net, threads=threads, progress=False)
    recorder = sim.record()
    sim.run(duration)
    running = memory("VmHWM") - before
    spikes = sum(recorder.recording.spikes(name)[0].size for name in ("exc", "inh"))
    return {
        "synapses": count, "wall_s": wall, "cpu_s": cpu, "own": own / count,
        "building": building / count, "running": running / count,
        "rate_hz": 1e3 * spikes / duration / case.n,
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }  # fmt: skip


def main() -> None:
    """Measure each case in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--precision", choices=("double", "single"), default="single")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--run", type=float, default=20.0, metavar="MS")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        (case,) = given.cases
        print(json.dumps(measure(CASES[case], given.precision, given.threads, given.run)))
        return
    options = ["--precision", given.precision, "--threads", str(given.threads)]
    for case in given.cases or [name for name in CASES if name != "large"]:
        words = [sys.executable, "-m", "benchmarks.build", "--here", case, *options]
        words += ["--run", str(given.run)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        m = json.loads(done.stdout)
        print(
            f"{case:16} {m['synapses'] / 1e6:6.1f} M synapses, built in {m['wall_s']:.2f} s "
            f"({m['cpu_s']:.2f} s of CPU); bytes a synapse: {m['own']:.1f} in the network, "
            f"{m['building']:.2f} while building, {m['running']:.2f} while running; "
            f"{m['rate_hz']:.1f} Hz, peak of the process {m['peak_bytes'] / 1e9:.2f} GB"
        )


if __name__ == "__main__":
    main()
