"""Run small scenarios as other processors of the same kind would, and compare every bit.

    python tests/reliability/machines.py [NAME ...] [--as short old threads]

Each is a process of its own, with kernels of its own:

    short     without vectors of 512 bits, which most processors have not: with AVX2, as of 2013
    old       without fused multiplication and addition either, as before 2013
    threads   this processor, and two threads in the engine and in linear algebra

Compiler, numpy, linear algebra and C library are told to do without. A line for each scenario says
whether all spikes are those of the run without such orders, to the last bit, and how far measures
are from theirs.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

SMALL: dict[str, dict[str, Any]] = {
    "brunel": {"scale": 0.1, "duration": 200.0},
    "competition": {"step": 0.01, "duration": 5000.0},
    "inhibitory_balance": {"neurons": 250, "p": 0.4, "duration": 3000.0},
    "microcircuit": {"scale": 0.02, "duration": 200.0},
    "distal_reward": {
        "neurons": 100, "synapses": 20, "noise_rate": 200.0, "noise_weight": 7.1,
        "wait_max": 1000.0, "snapshot": 5000.0, "duration": 20_000.0,
    },
    "what_when": {"neurons": 100, "synapses": 20, "trials": 3, "tests": 1, "error_every": 5.0},
    "motion_delays": {"examples": 4000, "lessons": 80, "movies": 1, "places": 32},
    "nalsm": {
        "neurons": 64, "snippets": 20, "train": 60, "validation": 30, "test": 40,
        "presentation": 80.0,
    },
    "spoken_digits": {"takes": 10, "neurons": 60},
    "digits": {"images": 100, "neurons": 100},
}  # fmt: skip
LONG = ("AVX512", "X86_V4")  # how numpy's names of what has vectors of 512 bits begin
AVX512 = "-AVX512F,-AVX512VL,-AVX512DQ,-AVX512BW,-AVX512CD"  # the C library's names
MACHINES = ("short", "old", "threads")

Found = dict[str, dict[str, Any]]


def orders(machine: str) -> dict[str, str]:
    """Return the environment variables that make this processor do as another would."""
    if machine == "threads":
        return {"NUMBA_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    config: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    features = config["SIMD Extensions"].get("found", [])
    if machine == "short":
        features = [name for name in features if name.startswith(LONG)]
    cpu, blas, c = {
        "short": ("haswell", "Haswell", AVX512),
        "old": ("generic", "Nehalem", f"{AVX512},-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable"),
    }[machine]
    return {
        "NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": "", "OPENBLAS_CORETYPE": blas,
        "NPY_DISABLE_CPU_FEATURES": " ".join(features),
        "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={c}",
    }  # fmt: skip


def found(names: list[str], threads: int) -> Found:
    """Run scenarios; return a hash of all spikes of each, and its measures to the last bit."""
    from eventsim import runner
    from eventsim.scenario import RunOptions

    results = {}
    for name in names:
        module = runner.find(name)
        options = RunOptions(quiet=True, threads=threads)
        result = runner.execute(module, module.Settings(**SMALL[name]), options)
        digest = hashlib.sha256()
        for population in sorted(result.recording.populations):
            for values in result.recording.spikes(population):
                digest.update(values.tobytes())
        measures = {key: float(m.value) for key, m in result.measures.items()}
        results[name] = {"spikes": digest.hexdigest(), "measures": measures}
    return results


def elsewhere(names: list[str], machine: str | None, folder: str) -> Found:
    """Return what is found in a process that does as another machine would."""
    changes = {} if machine is None else orders(machine) | {"EVENTSIM_CACHE_DIR": folder}
    words = ["--found", "2" if machine == "threads" else "1", *names]
    done = subprocess.run(
        [sys.executable, __file__, *words], capture_output=True, text=True,
        env=os.environ | changes,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    parsed: Found = json.loads(done.stdout.splitlines()[-1])
    return parsed


def compared(here: dict[str, Any], there: dict[str, Any]) -> str:
    """Say how two runs of a scenario differ."""
    spikes = "same spikes" if here["spikes"] == there["spikes"] else "OTHER SPIKES"
    pairs = [(value, there["measures"][key]) for key, value in here["measures"].items()]
    off = [abs(a - b) / max(abs(a), abs(b)) for a, b in pairs if a != b and a == a]
    measures = "same measures"
    if off:
        measures = f"{len(off)} of {len(pairs)} measures differ, by {max(off):.1g} at most"
    return f"{spikes}, {measures}"


def main() -> None:
    """Compare all scenarios on all machines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(SMALL), metavar="NAME")
    parser.add_argument("--as", dest="machines", nargs="+", choices=MACHINES, default=MACHINES)
    parser.add_argument("--found", type=int, metavar="THREADS", help="what a process of it does")
    given = parser.parse_args()
    if given.found:
        print(json.dumps(found(given.names, given.found)))
        return
    with tempfile.TemporaryDirectory() as folder:
        here = elsewhere(given.names, None, folder)
        for machine in given.machines:
            there = elsewhere(given.names, machine, str(Path(folder) / machine))
            for name in given.names:
                print(f"{machine}: {name}: {compared(here[name], there[name])}", flush=True)


if __name__ == "__main__":
    main()
