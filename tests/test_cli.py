"""The command line: exit statuses, one line per error, nothing odd in a pipe."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import eventsim
from eventsim import models
from eventsim.cli import main
from eventsim.scenarios import SCENARIOS

TOY = '''"""Cells under a constant current.

They fire like clocks.
"""

from dataclasses import dataclass

from eventsim import AllToAll, Network
from eventsim.models import LIF
from eventsim.scenario import Measure, Result, ScenarioSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    current: float = setting(400.0, "pA", "constant input", at_least=0)
    cells: int = setting(2, "", "neurons", above=0)
    duration: float = setting(100.0, "ms", "simulated", above=0)


def run(settings, options):
    net = Network(seed=options.seed)
    cell = net.add("cell", LIF(i_offset=settings.current), size=settings.cells)
    net.connect(cell, cell, AllToAll(), weight=0.0, delay=1.0)
    with options.simulation(net, max_rate=300.0) as sim:
        recorder = options.record(sim, settings)
        sim.run(settings.duration)
    return Result({"spikes": Measure(float(sim.spike_count("cell")))}, recorder.recording)
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Work in an empty folder that holds a scenario of one's own."""
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.chdir(tmp_path)
    return "toy.py"


def run_toy(*more: str) -> int:
    return main(["run", "toy.py", "--engine", "reference", *more])


def test_a_scenario_of_ones_own_runs_and_writes_beside_its_recording(
    toy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: the three files, and a number of spikes that `info` repeats."""
    assert run_toy("--duration", "90", "--set", "cells=3", "current=300") == 0
    assert sorted(p.name for p in Path("runs").iterdir()) == ["toy.h5", "toy.json", "toy.png"]
    spikes = json.loads(Path("runs/toy.json").read_text())["measures"]["spikes"]["value"]
    assert f"spikes  {spikes:>9.4g}" in capsys.readouterr().out
    assert main(["info", "runs/toy.h5"]) == 0
    told = capsys.readouterr().out
    for fact in ("complete", "90 ms", f"3 neurons, {spikes:g} spikes", "reference", "cells = 3"):
        assert fact in told


def test_quiet_prints_nothing(toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: both streams are empty."""
    assert run_toy("--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: one line for each entry of SCENARIOS."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)
    assert all(len(line.split()) > 3 for line in lines)


def test_models_lists_the_catalogue_and_prints_a_datasheet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Oracle: every name of CATALOGUE and RULES; the docstring of LIF."""
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in [*models.CATALOGUE, *models.RULES])
    assert main(["models", "LIF"]) == 0
    assert capsys.readouterr().out.strip() == models.LIF.doc.strip()


def test_help_of_a_scenario_shows_its_settings(
    toy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: the row of one setting, written out."""
    assert main(["run", toy, "--help"]) == 0
    told = capsys.readouterr().out
    assert "They fire like clocks." in told
    assert ["current", "float", "400.0", "pA", ">=", "0", "constant", "input"] in [
        line.split() for line in told.splitlines()
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "brunl"], "unknown scenario 'brunl'; did you mean 'brunel'?"),
        (["run", "brunel", "--set", "etaa=1"], "unknown setting 'etaa'; did you mean 'eta'?"),
        (["run", "brunel", "--set", "g=x"], "g must be a number, got 'x'"),
        (["run", "brunel", "--set", "delay=0"], "delay must be > 0 ms, got 0.0"),
        (["run", "brunel", "--duration", "-5"], "duration must be > 0 ms, got -5.0"),
        (["run", "brunel", "--threads", "0"], "threads must be >= 1, got 0"),
        (["run", "brunel", "--threads", "two"], "invalid int value: 'two'"),
        (["run", "brunel", "--engine", "compild"], "did you mean 'compiled'?"),
        (["run", "brunel", "--out", "a.txt"], "must end in .h5 or .hdf5"),
        (["run", "brunel", "--sed", "1"], "unrecognized arguments: --sed 1"),
        (["run", "nowhere.py"], "no scenario at 'nowhere.py'"),
        (["run"], "which scenario?"),
        (["rnu"], "unknown command 'rnu'; did you mean 'run'?"),
        (["info", "nowhere.h5"], "no recording at 'nowhere.h5'"),
        (["plot", "nowhere.h5", "-o", "a.png"], "no recording at 'nowhere.h5'"),
        (["plot", "nowhere.h5"], "required: -o/--out"),
        (["models", "LIFE"], "unknown model 'LIFE'; did you mean 'LIF'?"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    words: list[str], message: str, toy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: status 2, the literal message, nothing on stdout, no file left."""
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("eventsim: ")
    assert message in err
    assert [p.name for p in Path().iterdir()] == [toy]


def test_debug_shows_where_an_error_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the same status, and a traceback before the same line."""
    assert main(["run", "brunl", "--debug"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert err.splitlines()[-1] == "eventsim: unknown scenario 'brunl'; did you mean 'brunel'?"


def test_an_existing_output_needs_overwrite(toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the first recording stays as it was, byte by byte, until --overwrite."""
    assert run_toy("--quiet") == 0
    before = Path("runs/toy.h5").read_bytes()
    assert run_toy("--seed", "2") == 2
    assert "'runs/toy.h5': exists; --overwrite replaces it" in capsys.readouterr().err
    assert Path("runs/toy.h5").read_bytes() == before
    assert run_toy("--seed", "2", "--overwrite", "--quiet") == 0
    with eventsim.open("runs/toy.h5") as recording:
        assert recording.provenance["seed"] == 2


def test_a_run_that_fails_exits_1_and_keeps_its_recording(
    toy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: a current that drives the cells above the 300 Hz that the scenario allows."""
    assert run_toy("--set", "current=1e6") == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "fires faster than 300 Hz" in err
    assert "'runs/toy.h5' is kept up to there" in err
    with eventsim.open("runs/toy.h5") as recording:
        assert recording.status.startswith("aborted: population 'cell': neuron")


def test_plot_writes_a_picture_and_spares_an_existing_one(
    toy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: the first bytes of a PNG; then a refusal that leaves them."""
    assert run_toy("--quiet") == 0
    assert main(["plot", "runs/toy.h5", "-o", "a.png"]) == 0
    picture = Path("a.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert main(["plot", "runs/toy.h5", "-o", "a.png", "--stop", "50"]) == 2
    assert "exists; --overwrite" in capsys.readouterr().err
    assert Path("a.png").read_bytes() == picture


def test_version_and_help_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the package's own version; an example in the help."""
    for words, expected in (("--version", eventsim.__version__), ("--help", "eventsim run brunel")):
        with pytest.raises(SystemExit) as stop:
            main([words])
        assert stop.value.code == 0
        assert expected in capsys.readouterr().out


def test_a_pipe_gets_plain_text_only(toy: str) -> None:
    """Oracle: no control character but the newline, in a run of more than a second or less."""
    command = [sys.executable, "-m", "eventsim", "run", toy, "--engine", "reference"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert done.stderr == b""
    assert all(byte >= 32 or byte == 10 for byte in done.stdout)
    assert done.stdout.count(b"\n") >= 3


def test_ctrl_c_exits_130_and_leaves_a_readable_file(toy: str) -> None:
    """Oracle: the status in the file, and spikes from before the signal."""
    words = ["run", toy, "--engine", "reference", "--duration", "1e9"]
    process = subprocess.Popen(
        [sys.executable, "-m", "eventsim", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # a shell that started the tests in the background has made children deaf to Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60.0
        while not Path("runs/toy.h5.part").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert err.count("\n") == 1
    assert err.startswith("eventsim: interrupted at ")
    with eventsim.open("runs/toy.h5") as recording:
        assert recording.status == "aborted: interrupted"
        assert recording.spikes("cell")[0].size > 0
