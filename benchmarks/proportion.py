"""Does the cost follow the events? Half the rate, half the time; silence, none.

    python -m benchmarks.proportion [--neurons 200000] [--repeats 3]

The sparse network of `networks.py` with background input of two strengths, in turn; then a volley
that all neurons hear, and a stretch of silence, ten times as long in turn, until the next.
"""

import argparse
import statistics
import time
from dataclasses import replace

from benchmarks.networks import CASES, Balanced
from benchmarks.ours import measure
from eventsim import AllToAll, Network, Simulation
from eventsim.models import LIF, SpikeSource

DRIVES = (12.0, 8.5)  # Hz: the second gives about half the rate
SILENCES = (1e3, 1e4)  # ms


def busy(neurons: int, drive: float) -> tuple[float, float]:
    """Return the CPU seconds of a run of the sparse network, and its events in millions."""
    case = CASES["sparse_200k"]
    assert isinstance(case, Balanced)
    size = {"n_exc": neurons * 4 // 5, "n_inh": neurons // 5}
    found = measure(replace(case, drive=drive, **size), threads=1, precision="double")
    noise = neurons * drive * 1e-3 * case.duration
    return found["cpu_s"], (found["events"] + noise) * 1e-6


def silent(neurons: int, silence: float) -> float:
    """Return the CPU seconds that a silent stretch between two volleys takes."""
    net = Network(seed=1)
    cells = net.add("cells", LIF(), size=neurons)
    clock = net.add("clock", SpikeSource([1.0, silence]))
    net.connect(clock, cells, AllToAll(), weight=1.0, delay=1.0)
    with Simulation(net, progress=False) as sim:
        sim.run(10.0)
        start = time.process_time()
        sim.run(silence)
        return time.process_time() - start


def main() -> None:
    """Measure both in turn and print medians."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.proportion", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--neurons", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    runs = [[busy(given.neurons, drive) for drive in DRIVES] for _ in range(given.repeats)]
    ratio = statistics.median(half[0] / full[0] for full, half in runs)
    (_, full), (_, half) = runs[0]
    print(f"{full:.1f} and {half:.1f} million events: the time is {ratio:.2f}, "
          f"the events are {half / full:.2f}")  # fmt: skip
    waits = [[silent(given.neurons, silence) for silence in SILENCES] for _ in range(given.repeats)]
    short, long = (statistics.median(column) * 1e3 for column in zip(*waits, strict=True))
    print(
        f"silence of {SILENCES[0]:g} and {SILENCES[1]:g} ms: {short:.1f} and {long:.1f} ms of CPU"
    )


if __name__ == "__main__":
    main()
