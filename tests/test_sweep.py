"""Sweeps: one recording a job, nothing run twice, one job's failure spares the others."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import eventsim
from eventsim.cli import main

TOY = '''"""Cells under a constant current, whose number follows from the seed."""

import os
from dataclasses import dataclass

from eventsim import Network
from eventsim.models import LIF
from eventsim.scenario import Measure, Result, ScenarioSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    current: float = setting(400.0, "pA", "constant input", at_least=0)
    kind: str = setting("plain", "", "of nothing", choices=("plain", "other"))


def run(settings, options):
    if settings.current == 13.0:
        raise RuntimeError("bad luck")
    if settings.current == 14.0:
        os._exit(9)
    net = Network(seed=options.seed)
    net.add("cell", LIF(i_offset=settings.current), size=options.seed)
    with options.simulation(net) as sim:
        recorder = options.record(sim, settings)
        sim.run(1e9 if settings.current == 15.0 else 50.0)
    spikes = float(sim.spike_count("cell"))
    return Result({"spikes": Measure(spikes, "", 2.0, 1.0)}, recorder.recording)
'''
SWEEP = ("sweep", "toy.py", "--engine", "reference", "--out", "out")


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder that holds a scenario of one's own."""
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.chdir(tmp_path)


def spikes(path: str) -> float:
    return float(json.loads(Path(path).read_text())["measures"]["spikes"]["value"])


def test_every_setting_meets_every_seed_and_the_table_sums_them_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Oracle: what `run` finds with the same settings and seed; mean and extremes by hand."""
    words = ("--set", "current=300,400", "--seeds", "2", "--seed", "1", "--jobs", "2")
    assert main([*SWEEP, *words]) == 0
    told = capsys.readouterr().out
    jobs = [f"current={c}_seed={s}" for c in (300, 400) for s in (1, 2)]
    found = {name: spikes(f"out/{name}.json") for name in jobs}
    for name in jobs:
        current, seed = (text.split("=")[1] for text in name.split("_"))
        one = ["--set", f"current={current}", "--seed", seed, "--out", f"{name}.h5", "--quiet"]
        assert main(["run", "toy.py", "--engine", "reference", *one]) == 0
        assert found[name] == spikes(f"{name}.json") > 0
        with eventsim.open(f"out/{name}.h5") as recording:
            assert recording.provenance["seed"] == int(seed)
    few, many = found[jobs[2]], found[jobs[3]]
    holds = sum(abs(n - 2.0) <= 1.0 for n in (few, many))
    assert "current=400 (seeds 1, 2)" in told
    line = f"  spikes  {(few + many) / 2:>9.4g}      [{few:.4g}, {many:.4g}]"
    assert f"{line}  holds in {holds} of 2" in told
    with Path("out/sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["current"], r["seed"]) for r in rows] == [
        ("300", "1"), ("300", "2"), ("400", "1"), ("400", "2")
    ]  # fmt: skip
    assert [float(r["spikes"]) for r in rows] == list(found.values())


def test_what_is_done_is_not_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the first job's recording keeps its bytes; one without measures is replaced."""
    assert main([*SWEEP, "--quiet"]) == 0
    before = Path("out/seed=1.h5").read_bytes()
    Path("out/seed=2.h5").write_text("half a recording of a killed job")
    capsys.readouterr()
    assert main([*SWEEP, "--seeds", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 of 2 jobs are done already\n2 of 2: seed=2, ")
    assert Path("out/seed=1.h5").read_bytes() == before
    assert eventsim.open("out/seed=2.h5").status == "complete"
    assert main([*SWEEP, "--quiet", "--overwrite"]) == 0
    assert Path("out/seed=1.h5").read_bytes() != before  # the time of the run stands in it


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("wait", [0.05, 0.8])
def test_ctrl_c_while_a_job_starts_is_told_in_one_line(wait: float) -> None:
    """Oracle: the status, and the one line, whatever the job's process was about."""
    words = [*SWEEP, "--set", "current=15", "--seeds", "3", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "eventsim", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # a shell that started the tests in the background has made children deaf to Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 60.0
        # the first child keeps track of resources, those after it are jobs
        while len(children.read_text().split()) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
        err = process.communicate(timeout=30)[1]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert err == "eventsim: interrupted; the same command goes on where it stopped\n"
    assert process.returncode == 130


def test_a_job_that_fails_or_dies_spares_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: status 1, the message of the first that failed, the measures of the other."""
    assert main([*SWEEP, "--set", "current=13,14,400"]) == 1
    out, err = capsys.readouterr()
    assert err == "eventsim: 2 of 3 jobs failed: current=13 seed=1: bad luck\n"
    assert "FAILED: bad luck" in out
    assert "FAILED: its process was killed" in out
    assert spikes("out/current=400_seed=1.json") > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "current=1,x"], "current must be a number, got 'x'"),
        (["--set", "kind=plain,odd"], "kind must be one of 'plain', 'other', got 'odd'"),
        (["--set", "curent=1"], "unknown setting 'curent'; did you mean 'current'?"),
        (["--set", "current=1,1"], "--set 'current=1,1': '1' comes twice"),
        (["--set", "current"], "must be key=value or key=value,value"),
        (["--seeds", "0"], "seeds must be >= 1, got 0"),
        (["--jobs", "0"], "jobs must be >= 1, got 0"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: status 2, the literal message, no folder."""
    assert main([*SWEEP, *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert not Path("out").exists()


def test_measures_of_other_settings_are_not_taken_for_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Oracle: a refusal that names the file."""
    assert main([*SWEEP, "--quiet"]) == 0
    assert main([*SWEEP, "--set", "current=300"]) == 2
    message = "output 'out/seed=1.json': holds measures of other settings"
    assert message in capsys.readouterr().err
