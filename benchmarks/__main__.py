"""Compare eventsim with its peers on the same networks: `make bench`.

    python -m benchmarks [--cases brunel_delta,...] [--simulators eventsim,nest,...] [--repeats 3]
                         [--threads 1,2] [--out runs/bench]

Every repetition runs every simulator once, each in a process of its own, so that what else the
machine does meets all of them alike. Medians go to OUT.json and, as a table, to OUT.md. A peer that
is not installed (`make peers`) is reported as missing. With integrated neurons come the errors of
their spike times, here and on a grid (`benchmarks.accuracy`).
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import accuracy
from benchmarks.networks import CASES, as_plain
from eventsim.suggest import unknown

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("EVENTSIM_PEERS", HERE.parent / ".peers"))
SIMULATORS = ("eventsim", "eventsim_single", "nest", "nest_exact", "brian2")
COLUMNS = {
    "ns/event": lambda r: 1e9 * r["cpu_s"] / max(r["events"], 1),
    "real-time factor": lambda r: r["wall_s"] / r["simulated_s"],
    "build s": lambda r: r["build_s"],
    "bytes/synapse": lambda r: r["peak_bytes"] / r["synapses"],
    "peak MB": lambda r: r["peak_bytes"] / 1e6,
    "rate Hz": lambda r: r["rate_hz"],
    "CV": lambda r: r["cv"],
}


def command(simulator: str, case: str, threads: int, folder: Path) -> list[str] | None:
    """Return what runs a case, or None if that simulator is missing or does not do it."""
    if simulator.startswith("eventsim"):
        precision = "single" if simulator.endswith("single") else "double"
        return [
            sys.executable, "-m", "benchmarks.ours", case, "--threads", str(threads),
            "--precision", precision,
        ]  # fmt: skip
    peer, _, exact = simulator.partition("_")
    python = PEERS / peer / "bin" / "python"
    if not python.exists():
        return None
    described = folder / f"{case}.json"
    described.write_text(json.dumps(as_plain(CASES[case])))
    script = HERE / "peers" / f"run_{peer}.py"
    words = [str(python), str(script), str(described), "--threads", str(threads)]
    return [*words, "--exact"] if exact else words


CELLS = {"adaptive": accuracy.adex, "quadratic": accuracy.izhikevich}  # whose errors are told too


def run_once(words: list[str]) -> dict[str, Any] | str:
    """Run a command; return the JSON it prints last, or why there is none."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    for line in reversed((done.stdout + "\n" + done.stderr).strip().splitlines()):
        if line.startswith("{"):
            result: dict[str, Any] = json.loads(line)
            return result
    return (done.stderr.strip().splitlines() or ["nothing was printed"])[-1]


def start_seconds(case: str, folder: Path) -> list[tuple[float, float]]:
    """Return seconds from process start to the end of a first short run: (wall, CPU) cold, warm."""
    environment = {**os.environ, "EVENTSIM_CACHE_DIR": str(folder / f"cache of {case}")}
    seconds = []
    for _ in range(2):
        start = time.time()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.ours", case, "--first-window"],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        told = json.loads(done.stdout)
        seconds.append((told["ended"] - start, told["cpu_s"]))
    return seconds


def median(runs: list[dict[str, Any]], column: str) -> float:
    """Return the median of one column over repetitions."""
    return statistics.median(COLUMNS[column](run) for run in runs)


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return all medians as a Markdown table."""
    head = ["network", "simulator", "threads", *COLUMNS]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for key, runs in results.items():
        case, simulator, threads = key.split("/")
        if isinstance(runs, str):
            cells = [runs] + [""] * (len(COLUMNS) - 1)
        else:
            cells = [f"{median(runs, column):.3g}" for column in COLUMNS]
        lines.append("| " + " | ".join([case, simulator, threads, *cells]) + " |")
    return "\n".join(lines)


def start_table(starts: dict[str, list[tuple[float, float]]]) -> str:
    """Return what `start_seconds` found as a Markdown table."""
    lines = [
        "Start of an eventsim process to the end of its first window, in s (of CPU):", "",
        "| network | nothing compiled | compiled before |", "| --- | --- | --- |",
    ]  # fmt: skip
    for case, seconds in starts.items():
        cells = [f"{wall:.1f} ({cpu:.1f})" for wall, cpu in seconds]
        lines.append("| " + " | ".join([case, *cells]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run everything that was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--cases", default="brunel_delta,brunel_hetdelay,cuba_40000x80,sparse_200k,"
                        "stdp_45Hz", help=f"of {', '.join(CASES)}; or 'all'")  # fmt: skip
    parser.add_argument(
        "--simulators", default=",".join(SIMULATORS), help="also neuron, for balanced networks"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--out", default="runs/bench", help="without ending")
    given = parser.parse_args()
    cases = list(CASES) if given.cases == "all" else given.cases.split(",")
    simulators = given.simulators.split(",")
    for kind, names, known in (
        ("case", cases, CASES), ("simulator", simulators, (*SIMULATORS, "neuron"))
    ):  # fmt: skip
        for name in names:
            if name not in known:
                parser.error(unknown(kind, name, known))
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(given.repeats):
            for case in cases:
                for threads in map(int, given.threads.split(",")):
                    for simulator in simulators:
                        key = f"{case}/{simulator}/{threads}"
                        words = command(simulator, case, threads, Path(folder))
                        found = "missing" if words is None else run_once(words)
                        if isinstance(found, str):
                            results[key] = found
                            continue
                        found["simulated_s"] = CASES[case].duration * 1e-3
                        results.setdefault(key, []).append(found)
                        print(
                            f"{repeat + 1}/{given.repeats} {key}: "
                            f"{COLUMNS['ns/event'](found):.1f} ns an event"
                        )
        ours = any(simulator.startswith("eventsim") for simulator in simulators)
        starts = {case: start_seconds(case, Path(folder)) for case in cases if ours}
    out = Path(given.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"), "machine": platform.processor()
        or platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
    }  # fmt: skip
    out.with_suffix(".json").write_text(
        json.dumps({"about": about, "start_s": starts, "runs": results}, indent=1)
    )
    cells = [cell() for kind, cell in CELLS.items() if any(CASES[c].kind == kind for c in cases)]
    errors = f"{accuracy.table(cells)}\n\n" if cells else ""
    started = f"{start_table(starts)}\n\n" if starts else ""
    out.with_suffix(".md").write_text(f"{table(results)}\n\n{errors}{started}{about}\n")
    print(out.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
