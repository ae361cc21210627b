"""Simulate 1e9 synaptic events with recording and checkpoints on, and watch the memory.

    python tests/reliability/soak.py 1e9

The network of Brunel (2000), 12,500 neurons with 1,250 synapses each: spikes of all neurons, the
potential of 100 of them at 0.1 ms, and a checkpoint every 20 s go to a temporary folder.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from eventsim import Sampled, Simulation
from eventsim.scenarios.brunel import C_EXC, C_INH, Settings, build

PARTS = 40


def resident() -> float:
    """Return this process's resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def events(sim: Simulation) -> int:
    """Return how many spikes have reached a synapse of the network, roughly those fired."""
    fired = sum(sim.spike_count(name) for name in ("exc", "inh"))
    return fired * (C_EXC + C_INH)  # each neuron has as many targets as sources, on average


def soak(total: float, folder: Path) -> None:
    """Print a line for each part of the way."""
    with Simulation(build(Settings(), seed=1)) as sim:
        sim.record(folder / "soak.h5", spikes=["exc", "inh"],
                   states={"exc": Sampled("v", 0.1, range(100))})  # fmt: skip
        sim.checkpoint_every(20.0, folder / "soak.checkpoint")
        sim.run(20.0)
        start, sizes, due = time.process_time(), [], total / PARTS
        while events(sim) < total:
            sim.run(10.0)
            if events(sim) >= due:
                due += total / PARTS
                sizes.append(resident())
                print(f"{events(sim):.3g} events, {sim.now:g} ms, {sizes[-1]:.0f} MiB", flush=True)
        cpu = time.process_time() - start
    after = sizes[len(sizes) // 10 :]
    spread = 100.0 * (max(after) - min(after)) / after[0]
    size = (folder / "soak.h5").stat().st_size / 2**20
    print(f"memory after the first tenth: {min(after):.0f} to {max(after):.0f} MiB, "
          f"{spread:.1f} %; recorded {size:.0f} MiB; {cpu:.0f} s of CPU")  # fmt: skip
    assert spread <= 10.0, "memory grows"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        soak(float(sys.argv[1]), Path(name))
