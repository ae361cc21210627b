"""Time and memory to build the 12,500-neuron, 15.6-million-synapse network of Brunel (2000).

    python benchmarks/build.py [--small]

Prints, for one constant delay and for delays uniform in 0.5-5 ms: seconds, the size of the result,
and the most memory that building held beyond what the process had before.
"""

import resource
import subprocess
import sys
import time
from typing import Any

from eventsim.models.neurons.lif import LIF
from eventsim.network import FixedInDegree, Network, Uniform

DELAYS: dict[str, Any] = {"constant": 1.5, "uniform": Uniform(0.5, 5.0)}


def brunel(scale: int, delay: Any) -> Network:
    """Build 12,500 / `scale` neurons with 1,250 / `scale` synapses each."""
    net = Network(seed=1)
    exc = net.add("exc", LIF, size=10_000 // scale)
    inh = net.add("inh", LIF, size=2_500 // scale)
    for target in (exc, inh):
        net.connect(exc, target, FixedInDegree(1_000 // scale), weight=0.1, delay=delay)
        net.connect(inh, target, FixedInDegree(250 // scale), weight=-0.5, delay=delay)
    return net


def peak() -> float:
    """Return the most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, scale: int) -> None:
    """Build once to load the compiled loops, then once at full size, and print."""
    brunel(100, DELAYS[kind])
    before, start = peak(), time.perf_counter()
    net = brunel(scale, DELAYS[kind])
    seconds = time.perf_counter() - start
    arrays = [
        array
        for p in net.projections.values()
        for array in (p.synapses.row_start, p.synapses.target, p.synapses.weight, p.synapses.delay)
    ]
    size = sum(array.nbytes for array in arrays) / 2**20
    print(
        f"{kind:9} delays  {net.synapse_count / 1e6:6.2f} M synapses  {seconds:6.2f} s  "
        f"result {size:4.0f} MB  peak {peak() - before:4.0f} MB"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        # one process each: a process's peak memory never comes down
        for kind in DELAYS:
            scale = "10" if "--small" in sys.argv else "1"
            subprocess.run([sys.executable, __file__, "--measure", kind, scale], check=True)
