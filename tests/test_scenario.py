"""The contract of scenarios: settings are refused in one line, results are written beside."""

import json
import re
import sys
import time
from dataclasses import dataclass, replace
from importlib.metadata import version
from math import nan
from pathlib import Path
from types import ModuleType

import pytest

from eventsim import Network, open, runner
from eventsim.models import LIF
from eventsim.scenario import (
    IN_MEMORY,
    Measure,
    Result,
    RunOptions,
    ScenarioSettings,
    name_of,
    setting,
)
from eventsim.scenarios import SCENARIOS


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    current: float = setting(400.0, "pA", "constant input", at_least=0, at_most=1e6)
    cells: int = setting(3, "", "neurons", above=0)
    deaf: bool = setting(False, "", "whether the current is off")
    mode: str = setting("fast", "", "pace", choices=("fast", "slow"))
    duration: float = setting(100.0, "ms", "simulated", above=0)


PRESETS = {"quick": {"duration": 20.0, "cells": 1}}


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """A few cells under a constant current."""
    net = Network(seed=options.seed)
    net.add("cell", LIF(i_offset=settings.current), size=settings.cells)
    with options.simulation(net) as sim:
        recorder = options.record(sim, settings)
        sim.run(settings.duration)
    measures = {
        "spikes": Measure(float(sim.spike_count("cell")), expected=3.0, tolerance=0.0, source="us"),
        "nothing": Measure(nan, "Hz"),
    }
    return Result(measures, recorder.recording)


def this_module() -> ModuleType:
    module = ModuleType(__name__)
    module.__dict__.update(Settings=Settings, PRESETS=PRESETS, run=run)
    return module


REFERENCE = RunOptions(engine="reference", quiet=True)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("current=250", "current", 250.0),
        ("current=1e3", "current", 1000.0),
        ("cells=7", "cells", 7),
        ("deaf=true", "deaf", True),
        ("deaf=False", "deaf", False),
        ("mode=slow", "mode", "slow"),
    ],
)
def test_a_text_is_read_by_the_type_of_its_setting(text: str, name: str, value: object) -> None:
    """Oracle: the value written out, of the type written out."""
    read = getattr(runner.settings(this_module(), [text]), name)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("current=-1", "current must be >= 0 and <= 1e+06 pA, got -1.0"),
        ("current=nan", "current must be >= 0 and <= 1e+06 pA, got nan"),
        ("current=much", "current must be a number, got 'much'"),
        ("cells=1.5", "cells must be a whole number, got '1.5'"),
        ("cells=0", "cells must be > 0, got 0"),
        ("deaf=maybe", "deaf must be true or false, got 'maybe'"),
        ("mode=fst", "mode must be one of 'fast', 'slow', got 'fst'"),
        ("duration=inf", "duration must be > 0 ms, got inf"),
        ("curent=1", "unknown setting 'curent'; did you mean 'current'?"),
        ("preset=quik", "unknown preset 'quik'; did you mean 'quick'?"),
        ("current", "--set 'current': must be key=value"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(text: str, message: str) -> None:
    """Oracle: the literal message: it names setting, unit, bound and value."""
    with pytest.raises((ValueError, TypeError, KeyError)) as caught:
        runner.settings(this_module(), [text])
    assert str(caught.value.args[0]).endswith(message)
    assert "\n" not in str(caught.value)


def test_the_same_bounds_hold_in_python() -> None:
    """Oracle: settings made by a notebook pass the door of the command line."""
    with pytest.raises(ValueError, match="current must be >= 0"):
        Settings(current=-1.0)
    with pytest.raises(TypeError, match="cells must be a whole number, got True"):
        Settings(cells=True)
    assert Settings(current=250).current == 250.0


def test_a_preset_gives_way_to_what_is_set_whatever_the_order() -> None:
    """Oracle: the preset's duration, and the number of cells that was set."""
    made = runner.settings(this_module(), ["cells=5", "preset=quick"])
    assert made == Settings(duration=20.0, cells=5)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_tried_out(name: str) -> None:
    """Oracle: a preset "quick", and presets whose values their own settings allow."""
    module = runner.find(name)
    assert "quick" in module.PRESETS
    for preset, values in module.PRESETS.items():
        assert runner.settings(module, [f"preset={preset}"]) == module.Settings(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"threads": 0}, "threads must be >= 1"),
        ({"seed": -1}, "seed must be >= 0"),
        ({"engine": "compild"}, "did you mean 'compiled'"),
    ],
)
def test_wrong_options_are_refused(values: dict[str, object], message: str) -> None:
    """Oracle: the message names the option and the bound."""
    with pytest.raises(ValueError, match=message):
        replace(REFERENCE, **values)


def test_without_an_output_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: an empty folder stays empty."""
    monkeypatch.chdir(tmp_path)
    runner.execute(this_module(), Settings(), REFERENCE)
    assert list(tmp_path.iterdir()) == []


def test_measures_and_figure_lie_beside_the_recording(tmp_path: Path) -> None:
    """Oracle: what the run returned, read back from the files."""
    out = tmp_path / "deep" / "a.h5"
    result = runner.execute(this_module(), Settings(cells=2), replace(REFERENCE, out=out, seed=7))
    assert sorted(p.name for p in out.parent.iterdir()) == ["a.h5", "a.json", "a.png"]
    told = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["scenario"] == name_of(Settings())
    assert told["settings"]["cells"] == 2
    assert told["provenance"]["seed"] == 7
    assert told["run_seconds"] >= told["provenance"]["wall_seconds"] >= 0.0
    assert told["measures"]["spikes"]["value"] == result.measures["spikes"].value
    assert told["measures"]["nothing"]["value"] is None
    with open(out) as recording:
        assert recording.status == "complete"
        assert recording.provenance["settings"]["cells"] == 2
        assert recording.spikes("cell")[0].size == result.measures["spikes"].value


@pytest.mark.parametrize("name", ["a.h5", "a.json", "a.png", "a.h5.part"])
def test_an_existing_output_is_refused_before_anything_runs(tmp_path: Path, name: str) -> None:
    """Oracle: the file keeps its content, and the scenario is never called."""
    (tmp_path / name).write_text("precious")
    module = this_module()
    module.run = lambda *_: pytest.fail("it ran")
    with pytest.raises(ValueError, match=r"exists; --overwrite"):
        runner.execute(module, Settings(), replace(REFERENCE, out=tmp_path / "a.h5"))
    assert (tmp_path / name).read_text() == "precious"


def test_overwrite_replaces_all_three_files(tmp_path: Path) -> None:
    """Oracle: the seed of the second run, read back."""
    options = replace(REFERENCE, out=tmp_path / "a.h5")
    runner.execute(this_module(), Settings(), options)
    runner.execute(this_module(), Settings(), replace(options, seed=2, overwrite=True))
    assert json.loads((tmp_path / "a.json").read_text())["provenance"]["seed"] == 2


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs a folder closed to everybody")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("a.txt", "must end in .h5 or .hdf5"),
        ("folder.h5", "is a folder"),
        ("file/a.h5", "is not a folder"),
        pytest.param("/proc/a.h5", "can't write in '/proc'", marks=LINUX),
    ],
)
def test_an_output_that_can_t_be_is_refused(tmp_path: Path, out: str, message: str) -> None:
    """Oracle: the message names the path and the reason."""
    (tmp_path / "folder.h5").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=message):
        runner.check_output(replace(REFERENCE, out=tmp_path / out))


def test_the_table_says_whether_a_claim_holds() -> None:
    """Oracle: |value - expected| <= tolerance, by hand."""
    measures = {
        "rate": Measure(38.31, "Hz", 38.3, 0.6, "paper"),
        "longer name": Measure(1.0, "", 2.0, 0.5),
        "plain": Measure(nan),
    }
    assert [m.holds for m in measures.values()] == [True, False, None]
    assert runner.table(measures).splitlines() == [
        "  rate             38.31 Hz   (paper: 38.3 +- 0.6, holds)",
        "  longer name          1      (expected: 2 +- 0.5, DOES NOT HOLD)",
        "  plain              nan",
    ]


def test_bounds_are_shown_as_what_is_asked_and_judged_with_what_is_expected() -> None:
    """Oracle: by hand."""
    measures = {
        "error": Measure(0.5, at_most=0.6),
        "gain": Measure(2.5, source="paper", at_most=2.0),
        "rate": Measure(3.5, "Hz", at_least=3.0, at_most=4.5),
        "accuracy": Measure(96.4, "%", 95.96, source="paper", at_least=95.5),
        "far": Measure(7.0, "", 5.0, 1.0, at_least=0.0),
        "undefined": Measure(nan, at_least=0.0),
    }
    assert [m.holds for m in measures.values()] == [True, False, True, True, False, False]
    assert [line.partition("(")[2] for line in runner.table(measures).splitlines()] == [
        "asked <= 0.6, holds)",
        "paper: asked <= 2, DOES NOT HOLD)",
        "asked >= 3 and <= 4.5, holds)",
        "paper: 95.96; asked >= 95.5, holds)",
        "expected: 5 +- 1; asked >= 0, DOES NOT HOLD)",
        "asked >= 0, DOES NOT HOLD)",
    ]


def test_the_time_of_the_whole_run_is_told_beside_that_of_what_was_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: a run that spends 0.3 s on something else."""
    module, out = this_module(), tmp_path / "a.h5"

    def slow(settings: Settings, options: RunOptions) -> Result:
        time.sleep(0.3)
        return run(settings, options)

    module.run = slow
    runner.execute(module, Settings(), RunOptions(engine="reference", out=out))
    told = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["run_seconds"] >= 0.3 + told["provenance"]["wall_seconds"]
    line = r"the run took \d+\.\d s; recorded 100 ms and \d+ spikes, simulated in \d+\.\d s"
    assert re.search(line, capsys.readouterr().out)


def test_versions_are_told_of_what_is_installed(tmp_path: Path) -> None:
    """Oracle: importlib.metadata, for what every installation and that of the tests has."""
    runner.execute(this_module(), Settings(), replace(REFERENCE, out=tmp_path / "a.h5"))
    told = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["provenance"]["packages"]
    for name in ("numpy", "scipy", "scikit-learn"):
        assert told[name] == version(name)


def test_bounds_stand_in_the_json_as_such(tmp_path: Path) -> None:
    """Oracle: the bound as given, and no expected value made of it."""
    module, out = this_module(), tmp_path / "a.h5"

    def bounded(settings: Settings, options: RunOptions) -> Result:
        return Result({"error": Measure(0.5, at_most=0.6)}, run(settings, options).recording)

    module.run = bounded
    runner.execute(module, Settings(), replace(REFERENCE, out=out))
    told = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))["measures"]["error"]
    assert told == {
        "value": 0.5, "unit": "", "expected": None, "tolerance": None, "source": "",
        "at_least": None, "at_most": 0.6, "holds": True,
    }  # fmt: skip


def test_a_value_on_the_edge_of_what_is_claimed_holds() -> None:
    """Oracle: by hand; in binary 1 - 0.975 is above 0.025, and 0.1 + 0.2 above 0.3."""
    assert Measure(1.0, "", 0.975, 0.025).holds
    assert not Measure(1.0, "", 0.975, 0.0249).holds
    assert Measure(0.1 + 0.2, at_most=0.3).holds
    assert Measure(0.3, at_least=0.1 + 0.2).holds
