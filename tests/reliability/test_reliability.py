"""Short versions of the scripts beside this file; long ones are told in docs/reliability.md."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent


def script(name: str, *words: str) -> str:
    """Run a script in a process of its own: it forks, which other tests' threads would not bear."""
    command = [sys.executable, str(FOLDER / name), *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_twenty_kills_lose_nothing_that_was_flushed_and_no_bit() -> None:
    """Oracle: the run that was never killed."""
    assert script("kill.py", "20").startswith("20 kills")


def test_a_hundred_spoilt_files_are_read_or_refused() -> None:
    told = script("fuzz.py", "100")
    assert "FAULT" not in told
    assert "recording: refused" in told
    assert "checkpoint: refused" in told


def test_random_networks_fire_alike_on_both_engines_and_in_every_way() -> None:
    """Oracle: the reference engine."""
    assert script("engines.py", "4", "--first", "12").startswith("4 of 4 networks agree")


@pytest.mark.slow
def test_a_processor_with_shorter_vectors_finds_the_same_spikes() -> None:
    """Oracle: this processor with all that it has; about 40 s, most of it compiling."""
    config: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    found = config["SIMD Extensions"].get("found", [])
    if not {"AVX2", "X86_V3"} & set(found):
        pytest.skip("needs a processor with AVX2: another can't be told to do as one")
    assert script("machines.py", "nalsm", "--as", "short").startswith("short: nalsm: same spikes")
