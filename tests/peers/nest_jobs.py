"""Jobs for NEST: tests ask, a script run by NEST's own Python answers.

Both sides are here, jobs and answers are JSON; NEST's Python knows neither eventsim nor pytest.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("EVENTSIM_PEERS", HERE.parents[1] / ".peers"))
PYTHON = PEERS / "nest" / "bin" / "python"


def answers(script: str, jobs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a script here answers to each job, all in one process of its own."""
    out = folder / "answers.json"
    done = subprocess.run(
        [PYTHON, HERE / script, out], input=json.dumps(jobs), text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(out.read_text())
    return answer


def run_jobs(run: Callable[[Any, Any], Any]) -> None:
    """Answer with `run(nest, job)`; NEST itself prints to stdout, so the answer goes to a file."""
    import nest

    nest.set_verbosity("M_ERROR")
    jobs = json.load(sys.stdin)
    Path(sys.argv[1]).write_text(
        json.dumps({name: run(nest, job) for name, job in jobs.items()}), encoding="utf-8"
    )
