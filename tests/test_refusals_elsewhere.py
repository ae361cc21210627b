"""What is refused at the doors that have no table of their own, and how many cases there are.

The tables: networks (network/test_refusals.py), simulations (test_simulation_refusals.py),
checkpoint files (checkpoint/test_checkpoint_file.py), and this one.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import eventsim
from eventsim import Network, Simulation
from eventsim.cli import main
from eventsim.models import LIF, Signal, SpikeSource
from eventsim.recording import PopulationInfo, Recorder, StateSeries, WeightSeries, layout, recover
from naming import short

TESTS = Path(__file__).parent
Attempt = Callable[[Path], object]


def simulation() -> Simulation:
    net = Network(seed=1)
    net.add("cells", LIF, size=3)
    return Simulation(net, engine="reference")


def recorded(folder: Path, change: Callable[[h5py.File], object]) -> Path:
    """Write a recording and change what is in its file."""
    path = folder / "a.h5"
    with Recorder(path, spikes=[PopulationInfo("exc", 3)]) as recorder:
        recorder.spikes("exc", np.arange(5.0), np.array([0, 1, 2, 0, 1]))
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def put(name: str, value: Any) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return change


def claim(file: h5py.File) -> None:
    """Let two datasets be a terabyte long, of which nothing is stored."""
    for name in ("timestamps", "node_ids"):
        file[f"spikes/exc/{name}"].resize((1 << 37,))
    file["eventsim/flushed"][:] = 1 << 37


def spikes_of(change: Callable[[h5py.File], object]) -> Attempt:
    return lambda folder: eventsim.open(recorded(folder, change)).spikes("exc")


def opened(change: Callable[[h5py.File], object]) -> Attempt:
    return lambda folder: eventsim.open(recorded(folder, change))


ELSEWHERE = h5py.ExternalLink("other.h5", "/spikes")
SERIES = StateSeries("exc", ("v",), np.arange(2), 0.0, 1.0, ("mV",))
EDGES = WeightSeries("e", 2, 2, np.arange(2), np.arange(2), np.ones(1))

REFUSALS: list[tuple[type[Exception], str, Attempt]] = [
    # recordings, as files from elsewhere
    (FileNotFoundError, "no recording at", lambda d: eventsim.open(d / "none.h5")),
    (ValueError, "can't be opened as HDF5",
     lambda d: (d / "a.h5").write_text("no") and eventsim.open(d / "a.h5")),
    (ValueError, "is not a recording of eventsim",
     lambda d: h5py.File(d / "a.h5", "w").close() or eventsim.open(d / "a.h5")),
    (ValueError, "has format 99; this version reads 1",
     opened(lambda f: f["eventsim"].attrs.modify("format", 99))),
    (ValueError, "spikes/exc/timestamps should have 9 rows, has 5",
     spikes_of(lambda f: f["eventsim/flushed"].write_direct(np.array([9, 5])))),
    (ValueError, "should have -1 rows",
     spikes_of(lambda f: f["eventsim/flushed"].write_direct(np.array([-1, 5])))),
    (ValueError, "claims 1099511627776 bytes", spikes_of(claim)),
    (ValueError, "spikes/exc/node_ids is a link; links are refused",
     spikes_of(put("spikes/exc/node_ids", ELSEWHERE))),
    (ValueError, "spikes is a link; links are refused", opened(put("spikes", ELSEWHERE))),
    (ValueError, "spikes/exc/timestamps is not a dataset of this file",
     spikes_of(lambda f: put("spikes/exc/timestamps", 0.0)(f) or f.move(
         "spikes/exc/timestamps", "t") or f.create_group("spikes/exc/timestamps"))),
    (KeyError, "has no spikes/exc/node_ids",
     spikes_of(lambda f: f.__delitem__("spikes/exc/node_ids"))),
    (KeyError, "unknown recorded population 'exq'; did you mean 'exc'?",
     lambda d: eventsim.open(recorded(d, lambda f: None)).spikes("exq")),
    (ValueError, "neurons must be in 0..2, got 3",
     lambda d: eventsim.open(recorded(d, lambda f: None)).spikes("exc", neurons=[3])),
    (KeyError, "unknown sampled population 'exc'",
     lambda d: eventsim.open(recorded(d, lambda f: None)).states("exc")),
    (KeyError, "unknown recorded projection 'e'",
     lambda d: eventsim.open(recorded(d, lambda f: None)).weights("e")),
    (FileExistsError, "exists",
     lambda d: eventsim.open(recorded(d, lambda f: None)).to_nwb(d / "a.h5")),
    (FileNotFoundError, "no unfinished recording", lambda d: recover(d / "a.h5.part")),
    (ValueError, "exists; move it away first",
     lambda d: layout.part(recorded(d, lambda f: None)).write_text("x") and recover(d / "a.h5")),
    (ValueError, "can't be opened as HDF5",
     lambda d: (d / "a.h5.part").write_text("x") and recover(d / "a.h5.part")),
    # recorders
    (ValueError, "population 'a/b': a recorded name must not be empty, '.' or hold '/'",
     lambda d: Recorder(None, spikes=[PopulationInfo("a/b", 1)])),
    (ValueError, "population 'a': size must be >= 1, got 0",
     lambda d: Recorder(None, spikes=[PopulationInfo("a", 0)])),
    (ValueError, "spikes of population 'a': asked for twice",
     lambda d: Recorder(None, spikes=[PopulationInfo("a", 1)] * 2)),
    (ValueError, "interval must be finite and > 0 ms, got 0.0",
     lambda d: Recorder(None, states=[SERIES._replace(interval=0.0)])),
    (ValueError, "start must be finite and >= 0 ms, got -1.0",
     lambda d: Recorder(None, states=[SERIES._replace(start=-1.0)])),
    (ValueError, "needs distinct variables, got ()",
     lambda d: Recorder(None, states=[SERIES._replace(variables=())])),
    (ValueError, "needs 1 units, got 0",
     lambda d: Recorder(None, states=[SERIES._replace(units=())])),
    (ValueError, "neurons must be a 1-D array of at least one number >= 0",
     lambda d: Recorder(None, states=[SERIES._replace(neurons=np.array([-1]))])),
    (ValueError, "source, target and delay must be 1-D and of one length",
     lambda d: Recorder(None, weights=[EDGES._replace(target=np.arange(3))])),
    (ValueError, "can't be written as JSON", lambda d: Recorder(None, provenance={"x": object()})),
    # checkpoints
    (ValueError, "checkpoint: interval must be > 0 s, got 0",
     lambda d: simulation().checkpoint_every(0, d / "c")),
    (OSError, "can't be written: No such file or directory; it needs",
     lambda d: simulation().save(d / "none" / "c")),
    (FileNotFoundError, "no checkpoint at", lambda d: Simulation.load(d)),
    # models that take data
    (ValueError, "SpikeSource: neuron 0: spike times must be strictly increasing",
     lambda d: SpikeSource([3.0, 1.0])),
    (TypeError, "SpikeSource: times must be an array or a list of arrays, got 3.0",
     lambda d: SpikeSource(3.0)),  # type: ignore[arg-type]
    (TypeError, "population 's': unknown parameter of Signal 'x'",
     lambda d: Network().add("s", Signal(x=1.0))),
]  # fmt: skip

COMMANDS: list[tuple[list[str], str]] = [
    (["rum"], "unknown command 'rum'; did you mean 'run'?"),
    (["run", "brunl"], "unknown scenario 'brunl'; did you mean 'brunel'?"),
    (["run", "none.py"], "no scenario at 'none.py'"),
    (["run", "brunel", "--set", "gg=3"], "unknown setting 'gg'"),
    (["run", "brunel", "--set", "g"], "--set 'g': must be key=value"),
    (["run", "brunel", "--set", "j=-1"], "j must be > 0 mV, got -1.0"),
    (["run", "brunel", "--set", "preset=fast"], "unknown preset 'fast'"),
    (["run", "brunel", "--checkpoint", "c", "--checkpoint-every", "10"],
     "--checkpoint-every: must be a time like 30s, 10min or 2h, got '10'"),
    (["run", "brunel", "--checkpoint", "c", "--checkpoint-every", "0s"], "got '0s'"),
    (["run", "brunel", "--engine", "fast"], "unknown engine 'fast'"),
    (["run", "brunel", "--seed", "x"], "invalid int value: 'x'"),
    (["run", "brunel", "--out", "a.txt"], "the name must end in .h5 or .hdf5"),
    (["resume", "none"], "no checkpoint at 'none'"),
    (["recover", "none.h5.part"], "no unfinished recording at 'none.h5.part'"),
    (["info", "none.h5"], "no recording at 'none.h5'"),
    (["plot", "none.h5", "-o", "a.png"], "no recording at 'none.h5'"),
    (["models", "LIFF"], "unknown model 'LIFF'; did you mean 'LIF'?"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "message", "attempt"), REFUSALS, ids=short)
def test_it_is_refused_in_one_line(
    kind: type[Exception], message: str, attempt: Attempt, tmp_path: Path
) -> None:
    with pytest.raises(kind) as told:
        attempt(tmp_path)
    line = str(told.value.args[-1] if told.type is KeyError else told.value)
    assert message in line
    assert "\n" not in line


@pytest.mark.parametrize(("words", "message"), COMMANDS, ids=lambda x: " ".join(x)[:60])
def test_a_command_is_refused_with_status_2(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_tables_hold_at_least_150_cases() -> None:
    tables = {
        "network/test_refusals.py": ("POPULATIONS", "PROJECTIONS"),
        "test_simulation_refusals.py": ("REFUSALS", "RECORD_REFUSALS"),
        "checkpoint/test_checkpoint_file.py": ("SPOILT",),
    }
    count = len(REFUSALS) + len(COMMANDS)
    for file, names in tables.items():
        spec = importlib.util.spec_from_file_location(f"refusals_{len(file)}", TESTS / file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        count += sum(len(getattr(module, name)) for name in names)
    assert count >= 150
