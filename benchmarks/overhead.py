"""What recording costs a run of the `brunel` network: all spikes, or 100 potentials at 0.1 ms.

    python -m benchmarks.overhead [--duration MS] [--repeats N]

CPU seconds, medians of interleaved repetitions, each a simulation of its own.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.networks import CASES
from benchmarks.ours import build
from eventsim import Sampled, Simulation

WAYS: dict[str, dict[str, Any] | None] = {
    "nothing": None,
    "all spikes": {"spikes": ["cells"]},
    "100 potentials": {
        "spikes": [], "states": {"cells": Sampled("v", every=0.1, neurons=range(100))},
    },
}  # fmt: skip


def main() -> None:
    """Measure all ways in turn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--duration", type=float, default=200.0, help="simulated ms")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    net = build(CASES["brunel_delta"])
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(given.repeats):
            for way, record in WAYS.items():
                with Simulation(net, progress=False) as sim:
                    if record is not None:
                        sim.record(Path(folder, f"{repeat}{way}.h5"), **record)
                    sim.run(50.0)
                    start = time.process_time()
                    sim.run(given.duration)
                    seconds[way].append(time.process_time() - start)
    plain = statistics.median(seconds["nothing"])
    for way, found in seconds.items():
        cost = statistics.median(found)
        print(f"{way:<16} {cost:.3f} s  {100 * (cost / plain - 1):+.1f} %")


if __name__ == "__main__":
    main()
