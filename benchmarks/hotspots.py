"""Where the compiled engine waits: its hottest instructions, and what comes before them.

    python -m benchmarks.hotspots CASE [--share 1.0]

What a processor waits for stands before the instruction at which it is found most often: a load or
a prefetch of memory that is far away, or a branch that it guessed wrongly. Needs perf and objdump
on Linux. The code is read from this process's memory: Numba's has no names.
"""

import argparse
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.networks import CASES
from benchmarks.ours import build
from eventsim import Simulation

COMPILED = "compiled kernels"
BEFORE = 6  # instructions that are shown before a hot one
REACH = 128  # bytes before it at which reading begins: soon in step with the instructions
INSTRUCTION = re.compile(r"\s*[0-9a-f]+:\t(?:[0-9a-f]{2} )+\s*\t?(.*)")


def sample(name: str) -> Counter[tuple[str, int]]:
    """Run a case after its warm-up; return how often each (file, address) was found at work."""
    case = CASES[name]
    with Simulation(build(case), progress=False) as sim, tempfile.TemporaryDirectory() as folder:
        sim.run(case.warm_up)
        data = Path(folder, "perf.data")
        words = ["-q", "-e", "cpu-clock", "-F", "10000", "-p", str(os.getpid()), "-o", str(data)]
        with subprocess.Popen(["perf", "record", *words]) as perf:
            while not data.exists():
                if perf.poll() is not None:
                    raise SystemExit("perf can't record here; what it said stands above")
                time.sleep(0.1)
            time.sleep(1.0)  # it says nothing when it has begun
            sim.run(case.duration)
            perf.send_signal(signal.SIGINT)
        words = ["-F", "ip,dso", "-i", str(data)]
        found = subprocess.run(
            ["perf", "script", *words], capture_output=True, text=True, check=True
        ).stdout
    counts: Counter[tuple[str, int]] = Counter()
    for line in found.splitlines():
        address, _, file = line.strip().partition(" ")
        kernel = f"perf-{os.getpid()}.map" in file  # where perf would look for names
        counts[COMPILED if kernel else Path(file.strip("() ")).name, int(address, 16)] += 1
    return counts


def before(address: int) -> list[str]:
    """Return the instructions that lead to the one at an address in this process."""
    with tempfile.NamedTemporaryFile() as code:
        Path(code.name).write_bytes(ctypes.string_at(address - REACH, REACH))
        words = ["-D", "-b", "binary", "-m", "i386:x86-64", f"--adjust-vma={address - REACH:#x}"]
        text = subprocess.run(
            ["objdump", *words, code.name], capture_output=True, text=True, check=True
        ).stdout
    found = [m[1] for m in map(INSTRUCTION.match, text.splitlines()) if m]
    return [what for what in found if what][-BEFORE:]  # a long one goes on in a line of its own


def main() -> None:
    """Print who was at work, and where in the kernels."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hotspots", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--share", type=float, default=1.0, help="show from so many per cent on")
    given = parser.parse_args()
    for program in ("perf", "objdump"):
        if shutil.which(program) is None:
            parser.error(f"{program} is not installed")
    counts = sample(given.case)
    total = counts.total()
    files: Counter[str] = Counter()
    for (file, _), n in counts.items():
        files[file] += n
    for file, n in files.most_common():
        if 100 * n >= given.share * total:
            print(f"{100 * n / total:5.1f} %  {file}")
    for (file, address), n in counts.most_common():
        if file == COMPILED and 100 * n >= given.share * total:
            print(f"\n{100 * n / total:5.1f} %  at {address:#x}, behind")
            for what in before(address):
                print(f"         {what}")


if __name__ == "__main__":
    main()
