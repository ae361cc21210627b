"""A file that another process is writing, or was writing when it was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import eventsim.recording as recording
from eventsim.recording.layout import part

# appends spike k of neuron k % 10 at k ms, in pieces; flushes and reports when told to by a line
WRITER = """
import sys
import numpy as np
from eventsim.recording import PopulationInfo, Recorder, StateSeries, WeightSeries

recorder = Recorder(
    sys.argv[1],
    spikes=[PopulationInfo("exc", 10)],
    states=[StateSeries("exc", ("v",), np.arange(2), 0.0, 1.0, ("mV",))],
    weights=[WeightSeries("exc->exc", 10, 10, np.arange(3), np.arange(3), np.ones(1), "mV")],
    provenance={"seed": 5},
)
done = 0
for line in sys.stdin:
    count = int(line)
    if count == 0:
        recorder.close(duration=float(done))
        print("closed", flush=True)
        break
    k = np.arange(done, done + count)
    recorder.spikes("exc", k.astype(float), k % 10)
    recorder.states("exc", np.repeat(k.astype(float), 2).reshape(count, 2, 1))
    recorder.weights("exc->exc", float(k[-1]), np.full(3, k[-1]))
    done += count
    recorder.flush(float(done))
    # what follows the last flush may be lost, but must not spoil the file
    recorder.spikes("exc", np.full(200_000, float(done)), np.zeros(200_000, int))
    print(done, flush=True)
"""

Say = Callable[[int], str]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str], Say]]:
    path = tmp_path / "run.h5"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def say(count: int) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{count}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield path, process, say
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


Writer = tuple[Path, "subprocess.Popen[str]", Say]


def test_all_that_was_flushed_survives_kill_9(writer: Writer) -> None:
    """Oracle: spike k at k ms, as the killed process had appended it before its last flush."""
    path, process, say = writer
    assert say(50_000) == "50000"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not path.exists()
    with recording.open(path) as run:
        assert run.status == "killed"
        times, neurons = run.spikes("exc")
        np.testing.assert_array_equal(times, np.arange(50_000.0))
        np.testing.assert_array_equal(neurons, np.arange(50_000) % 10)
        np.testing.assert_array_equal(run.states("exc").values[:, 1], np.arange(50_000.0))
        assert run.weights("exc->exc", -1).values.tolist() == [[49_999.0] * 3]
        assert run.provenance == {"seed": 5}
        assert run.duration == 50_000.0


def test_a_reader_follows_a_running_writer_to_its_end(writer: Writer) -> None:
    """Oracle: what the writer said it had flushed."""
    path, _, say = writer
    say(10)
    with recording.open(path) as run:
        assert run.status == "running"
        assert run.duration == 10.0
        assert run.spikes("exc")[0].tolist() == list(range(10))
        say(30_000)
        assert run.duration == 30_010.0
        assert run.states("exc").values.shape == (30_010, 2)
        assert run.weights("exc->exc").times.tolist() == [9.0, 30_009.0]
        assert say(0) == "closed"
        assert run.status == "complete"
        assert run.provenance == {"seed": 5, "duration": 30_010.0}
    assert path.exists()
    assert not part(path).exists()


FULL = """
import os, resource, signal, sys
import numpy as np
from eventsim.recording import PopulationInfo, Recorder

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recorder = Recorder(sys.argv[1], spikes=[PopulationInfo("exc", 10)])
recorder.spikes("exc", np.arange(20_000.0), np.arange(20_000) % 10)
recorder.flush(20_000.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    for k in range(100):
        recorder.spikes("exc", np.full(50_000, 3e4 + k), np.zeros(50_000, int))
except OSError as error:
    print(error, flush=True)
os._exit(0)
"""


def test_a_full_disk_is_told_in_one_line_and_spoils_nothing(tmp_path: Path) -> None:
    """Oracle: what was flushed before; a limit on the file's size stands for the full disk."""
    path = tmp_path / "run.h5"
    command = [sys.executable, "-c", FULL, str(path)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert "run.h5.part' can't be written any more: File too large" in told
    assert told.count("\n") == 1
    with recording.open(path) as run:
        np.testing.assert_array_equal(run.spikes("exc")[0], np.arange(20_000.0))


MEMORY = """
import resource, sys
import numpy as np
from eventsim.recording import PopulationInfo, Recorder, StateSeries

recorder = Recorder(
    sys.argv[1],
    spikes=[PopulationInfo("exc", 1000)],
    states=[StateSeries("exc", ("v",), np.arange(10), 0.0, 1.0, ("mV",))],
)
times, neurons, rows = np.zeros(5_000), np.arange(5_000) % 1000, np.zeros((500, 10, 1))
for k in range(int(sys.argv[2])):
    recorder.spikes("exc", times + k, neurons)
    recorder.states("exc", rows)
recorder.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_length_of_the_run(tmp_path: Path) -> None:
    """Oracle: the largest resident size of a ten times shorter run; 80 MB more are written."""

    def largest(name: str, pieces: int) -> int:
        command = [sys.executable, "-c", MEMORY, str(tmp_path / name), str(pieces)]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert largest("long.h5", 750) < 1.1 * largest("short.h5", 75)


SIMULATION = """
import sys
from eventsim import Network, OneToOne, Sampled, Simulation
from eventsim.models import LIF, PoissonSource
from eventsim.recording import writer

writer._FLUSH_EVERY = 0.0
net = Network(seed=1)
cells = net.add("cells", LIF(), size=50)
noise = net.add("noise", PoissonSource(rate=3000.0), size=50)
net.connect(noise, cells, OneToOne(), weight=0.6, delay=1.0)
with Simulation(net, progress=False) as sim:
    sim.record(sys.argv[1], spikes=["cells"], states={"cells": Sampled("v", every=1.0)})
    sim.run(1500.0)
"""


def test_a_reader_follows_a_simulation_that_flushes_all_the_time(tmp_path: Path) -> None:
    """Oracle: the complete file, of which everything read before is the beginning."""
    path = tmp_path / "run.h5"
    process = subprocess.Popen([sys.executable, "-c", SIMULATION, str(path)])
    while not (path.exists() or part(path).exists()):
        assert process.poll() in (None, 0)
    seen, samples = [np.empty(0)], [0]
    while process.poll() is None or len(seen) < 3:
        with recording.open(path) as run:
            for _ in range(20):
                seen.append(run.spikes("cells")[0])
                samples.append(len(run.states("cells", "v").times))
    assert process.wait() == 0
    with recording.open(path) as run:
        assert run.status == "complete"
        times = run.spikes("cells")[0]
    assert times.size > 100
    assert all(np.array_equal(part_of_it, times[: part_of_it.size]) for part_of_it in seen)
    assert np.all(np.diff([part_of_it.size for part_of_it in seen]) >= 0)
    assert np.all(np.diff(samples) >= 0)
