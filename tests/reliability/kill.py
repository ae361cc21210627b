"""Kill a run again and again, at random moments, and take it up again each time.

    python tests/reliability/kill.py 200

One run of a small network, recorded to one file and saved to one checkpoint, both all the time, so
that kills fall into flushes, checkpoints and renames. After each kill: the recording opens and says
that it was killed; everything that the run had reported as flushed is there; the checkpoint loads;
and the next process goes on from it, in the same file. While it runs, a reader follows the file. At
last the recording is compared with that of a run that was never killed.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import eventsim
from eventsim import FixedInDegree, Network, OneToOne, Sampled, Simulation
from eventsim.models import LIF, PoissonSource, STDPPair
from eventsim.recording import Recorder, layout, writer

WAIT = (0.0, 0.4)  # s until the kill


def network() -> Network:
    """A small network with plastic synapses; its kernels are compiled by other tests too."""
    net = Network(seed=4)
    noise = net.add("noise", PoissonSource(rate=500.0), size=40)
    cells = net.add("cells", LIF, size=40)
    net.connect(noise, cells, OneToOne(), 2.0, 1.0)
    net.connect(cells, cells, FixedInDegree(5), 0.3, 1.7, plasticity=STDPPair(a_plus=0.01),
                bounds=(0.0, 1.0))  # fmt: skip
    return net


RECORD: dict[str, Any] = {
    "states": {"cells": Sampled("v", 0.9, [0, 7])}, "weights": {"cells->cells": 50.0},
}  # fmt: skip


def live(folder: Path, report: int) -> None:
    """Run until killed; after each flush report how many spikes are on disk."""
    writer._FLUSH_EVERY = 0.003
    flush = Recorder.flush

    def told(self: Recorder, now: float | None = None) -> None:
        flush(self, now)
        os.write(report, b"%d\n" % self._contents.spikes["cells"].neurons.count)

    Recorder.flush = told  # type: ignore[method-assign]
    saved = folder / "run.checkpoint"
    if saved.exists():
        sim = Simulation.load(saved)
    else:
        sim = Simulation(network())
        sim.record(folder / "run.h5", **RECORD)
    sim.checkpoint_every(0.01, saved)
    os.write(report, b"ready\n")
    sim.run(1e9)


def follow(path: Path, seconds: float) -> None:
    """Read the growing file, as another program would: it only ever grows, and fits together."""
    until, before = time.monotonic() + seconds, 0
    with eventsim.open(path) as run:
        while time.monotonic() < until:
            times, neurons = run.spikes("cells")
            assert times.size == neurons.size >= before, "a reader saw the recording shrink"
            assert (np.diff(times) >= 0.0).all()
            before = times.size
            time.sleep(0.01)


def one_round(folder: Path, rng: random.Random) -> tuple[float, int]:
    """Let a process live for a while, and look at what it leaves."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            live(folder, write)
        except BaseException as error:
            print("the run failed:", repr(error), flush=True)
        os._exit(1)
    os.close(write)
    told = b""
    while b"ready" not in told:
        piece = os.read(read, 4096)
        assert piece, "the run ended by itself"
        told += piece
    wait = rng.uniform(*WAIT)
    part = layout.part(folder / "run.h5")
    if rng.random() < 0.3:
        follow(part, wait)
    else:
        time.sleep(wait)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(read, 1 << 16):
        told += piece
    os.close(read)
    flushed = [int(line) for line in told.split(b"\n")[:-1] if line.isdigit()]
    with eventsim.open(folder / "run.h5") as run:
        assert run.status == "killed", run.status
        times, _ = run.spikes("cells")
        assert times.size >= flushed[-1], f"{flushed[-1]} spikes were flushed, {times.size} left"
        run.states("cells", "v")
        run.weights("cells->cells")
    now = 0.0
    if (folder / "run.checkpoint").exists():
        sim = Simulation.load(folder / "run.checkpoint", record=False)
        now = sim.now
    else:
        part.unlink()  # killed before its first checkpoint: it starts anew
    return now, times.size


def kill(rounds: int, folder: Path, seed: int = 1) -> str:
    """Return what was found; raises AssertionError where something was lost."""
    rng = random.Random(seed)
    with Simulation(network()) as warm:  # compile before the first fork
        warm.record(**RECORD)
        warm.run(60.0)
    reached = [one_round(folder, rng)[0] for _ in range(rounds)]
    assert reached == sorted(reached), "a checkpoint went back in time"
    sim = Simulation.load(folder / "run.checkpoint")
    sim.run(10.0)
    end = sim.now
    sim.close()
    with Simulation(network()) as whole:
        recorder = whole.record(**RECORD)
        whole.run(end)
        plain = recorder.recording
        with eventsim.open(folder / "run.h5") as run:
            assert run.status == "complete"
            for a, b in zip(run.spikes("cells"), plain.spikes("cells"), strict=True):
                np.testing.assert_array_equal(a, b)
            a, b = run.states("cells", "v"), plain.states("cells", "v")
            np.testing.assert_array_equal(a.values, b.values)
            a, b = run.weights("cells->cells"), plain.weights("cells->cells")
            np.testing.assert_array_equal(a.values, b.values)
            count = run.spikes("cells")[0].size
    alive = sum(b > a for a, b in zip([0.0, *reached], reached, strict=False))
    return (
        f"{rounds} kills, {alive} of which found a newer checkpoint; {end:g} ms, {count} spikes, "
        f"as in a run that was never killed"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(kill(int(sys.argv[1]), Path(name)))
