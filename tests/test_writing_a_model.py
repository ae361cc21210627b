"""The guide docs/writing-a-model.md, run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "writing-a-model.md"


def script() -> str:
    """Return the guide's first block of code."""
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_model_of_the_guide_has_at_most_thirty_lines() -> None:
    model = script().split("net = ")[0]
    assert len([line for line in model.splitlines() if line.strip()]) <= 30


def test_the_guide_runs_from_a_script_and_compiles_nothing_the_second_time(tmp_path: Path) -> None:
    """Oracle: the files of the cache, and the reference engine's spikes."""
    file = tmp_path / "mine.py"
    file.write_text(script() + "print(times.tolist())\n", encoding="utf-8")
    environment = {**os.environ, "EVENTSIM_CACHE_DIR": str(tmp_path / "cache")}

    def run() -> list[float]:
        done = subprocess.run(
            [sys.executable, str(file)], env=environment, capture_output=True, text=True, check=True
        )
        times = [float(x) for x in done.stdout.strip().strip("[]").split(",")]
        assert len(times) >= 50
        return times

    def compiled() -> set[tuple[str, int]]:
        return {(f.name, f.stat().st_mtime_ns) for f in (tmp_path / "cache").rglob("*.nbc")}

    first, kept = run(), compiled()
    assert kept
    assert run() == first
    assert compiled() == kept
    plain = script().replace("Simulation(net)", 'Simulation(net, engine="reference")')
    file.write_text(plain + "print(times.tolist())\n", encoding="utf-8")
    assert run() == first
