"""What recording costs: nanoseconds per spike, appended in pieces of several sizes.

    python benchmarks/recording.py [--spikes N] [--folder FOLDER]

Flushing and closing are included; the time to beat is 20 ns per spike in pieces of 1,000 or more.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from eventsim.recording import PopulationInfo, Recorder

NEURONS = 10_000


def nanoseconds(path: Path | None, spikes: int, piece: int) -> float:
    """Return the cost of one of about `spikes` spikes that come `piece` at a time."""
    times = np.linspace(0.0, 1.0, piece)
    neurons = np.arange(piece, dtype=np.int64) % NEURONS
    pieces = max(1, spikes // piece)
    recorder = Recorder(path, spikes=[PopulationInfo("exc", NEURONS)], overwrite=True)
    start = time.perf_counter()
    for _ in range(pieces):
        times += 1.0
        recorder.spikes("exc", times, neurons)
        recorder.maybe_flush()
    recorder.close()
    return (time.perf_counter() - start) / (pieces * piece) * 1e9


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spikes", type=int, default=10_000_000, help="spikes per measurement")
    parser.add_argument("--folder", help="where the file is written (default: a temporary one)")
    options = parser.parse_args()
    print("spikes per piece   on disk (ns/spike)   in memory (ns/spike)")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for piece in (10, 100, 1_000, 10_000, 100_000):
            disk = nanoseconds(Path(folder) / "run.h5", options.spikes, piece)
            memory = nanoseconds(None, options.spikes, piece)
            print(f"{piece:16,d}   {disk:18.1f}   {memory:20.1f}")


if __name__ == "__main__":
    main()
