"""What may be wrong with a checkpoint, and what is said of it."""

import hashlib
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import eventsim
from eventsim import AllToAll, Network, Simulation
from eventsim.checkpoint import file as checkpoint_file
from eventsim.checkpoint import naming
from eventsim.models import LIF, PoissonSource
from eventsim.recording import Recorder, layout, locking, recover


def network(weight: float = 2.0) -> Network:
    net = Network(seed=1)
    source = net.add("source", PoissonSource(rate=100.0), size=4)
    cells = net.add("cells", LIF, size=4, labels=["a", ("b", 1), 20, 3.5])
    net.connect(source, cells, AllToAll(), weight=weight, delay=1.0)
    return net


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    sim = Simulation(network(), engine="reference")
    sim.run(20.0)
    sim.save(tmp_path / "c")
    return tmp_path / "c"


def sealed(path: Path) -> None:
    """Make the first line fit what follows."""
    body = path.read_bytes()[512:]
    version = checkpoint_file.VERSION
    line = f"eventsim checkpoint {version} {len(body) + 512} {hashlib.sha256(body).hexdigest()}\n"
    path.write_bytes(line.encode().ljust(512, b"\0") + body)


def rewritten(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    """Return what changes the HDF5 inside, and seals it as an attacker would."""

    def spoil(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)
        sealed(path)

    return spoil


def array(name: str, values: Any) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file[f"arrays/{name}"]
        file[f"arrays/{name}"] = values

    return rewritten(change)


def linked(file: h5py.File) -> None:
    del file["arrays/engine/now"]
    file["arrays/engine/now"] = h5py.ExternalLink("/etc/hostname.h5", "/x")


def huge(file: h5py.File) -> None:
    del file["arrays/engine/now"]
    file.create_dataset("arrays/engine/now", (1 << 40,), np.float64)


def text(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        about = bytes(file["about"][:])
        assert old in about
        del file["about"]
        file["about"] = np.frombuffer(about.replace(old, new), np.uint8)

    return rewritten(change)


SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "flipped": (
        lambda p: p.write_bytes(p.read_bytes()[:-9] + b"x" + p.read_bytes()[-8:]),
        "is damaged: its content does not match its hash",
    ),
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:-9]), "is damaged: it should have .* bytes"),
    "empty": (lambda p: p.write_bytes(b""), "is not a checkpoint of eventsim"),
    "foreign": (lambda p: p.write_bytes(b"\x89HDF\r\n"), "is not a checkpoint of eventsim"),
    "version": (
        lambda p: p.write_bytes(p.read_bytes().replace(b"checkpoint 6 ", b"checkpoint 9 ", 1)),
        "has version 9; this eventsim reads 6",
    ),
    "link": (rewritten(linked), "engine/now is a link; links are refused"),
    "huge": (rewritten(huge), "can't have 8796093022208 bytes in a file of that size"),
    "text": (array("engine/now", b"soon"), "is not a plain array of numbers"),
    "missing": (rewritten(lambda f: f.__delitem__("arrays/engine/now")), "now' is missing"),
    "type": (array("engine/injected", 0.5), "injected' must be whole numbers, got float64"),
    "shape": (array("engine/populations/1/states", np.zeros((4, 9))), "must have shape"),
    "range": (array("network/projections/0/target", np.full(16, 4, np.int32)), "must be <= 3"),
    "rows": (array("network/projections/0/row_start", np.arange(5)), "don't fit together"),
    "json": (text(b'"network"', b'"netw\xff"'), "is damaged"),
    "object": (text(b"{", b"[", ), "is damaged|hold together"),
    "model": (text(b"neurons.lif:LIF", b"neurons.lif:LOF"), "LOF' is not known here"),
    "module": (text(b"eventsim.models.neurons.lif", b"this.module_.has_nothing___"), "not known"),
    "hash": (text(b'"hash": "', b'"hash": "0'), "has changed since the checkpoint was written"),
    "not one": (text(b"neurons.lif:LIF", b"neurons.lif:exp"), "exp. is not known here"),
    "engine": (text(b'"reference"', b'"magical"'), "unknown engine 'magical'"),
    "threads": (text(b'"threads": 1', b'"threads": 0'), "threads must be >= 1, got 0"),
    "port": (text(b'"port": 0', b'"port": 7'), "must name one of 2, got 7"),
    "name": (text(b'"name": "cells"', b'"name": "ce/ls"'), "must not be empty or contain '/'"),
    "twice": (text(b'"name": "cells"', b'"name": "source"'), "already a population 'source'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_checkpoint_is_refused_with_what_is_wrong(kind: str, saved: Path) -> None:
    spoil, message = SPOILT[kind]
    spoil(saved)
    with pytest.raises(ValueError, match=message) as told:
        Simulation.load(saved)
    assert str(saved) in str(told.value)


def test_no_checkpoint_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        Simulation.load(tmp_path / "none")


def test_the_loaded_network_is_the_network(saved: Path) -> None:
    """Oracle: the network built again; labels of all kinds, edges, parameters."""
    sim, net = Simulation.load(saved), network()
    assert sim.network.populations["cells"].labels == ["a", ("b", 1), 20, 3.5]
    graph, plain = (n.to_networkx(neurons=True) for n in (sim.network, net))
    assert dict(graph.nodes(data=True)) == dict(plain.nodes(data=True))
    assert list(graph.edges(data=True)) == list(plain.edges(data=True))
    assert str(sim.network.projections["source->cells"].rule) == "AllToAll(autapses=True)"
    assert Simulation.load(saved, network=net).network is net
    with pytest.raises(ValueError, match="belongs to another network than the one given"):
        Simulation.load(saved, network=network(weight=2.5))


def test_a_checkpoint_that_cant_be_written_leaves_the_previous_one(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the bytes of the previous one; the disk is full for this one."""
    before, sim = saved.read_bytes(), Simulation.load(saved)
    sim.run(5.0)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_file, "_write", full)
    with pytest.raises(OSError, match=r"can't be written: No space left on device; it needs \d+"):
        sim.save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["c"]
    sim.run(5.0)  # it can go on, and be saved elsewhere
    assert sim.now == 30.0


def test_control_events_without_a_name_of_their_own_are_refused(tmp_path: Path) -> None:
    sim = Simulation(network(), engine="reference")
    handle = sim.at(5.0, lambda sim: None)
    with pytest.raises(ValueError, match="control event at 5 ms: has no name; give it one"):
        sim.save(tmp_path / "c")
    assert sim.cancel(handle)
    sim.at(5.0, lambda sim: None, name="reward")
    sim.every(6.0, print, name="reward")
    with pytest.raises(ValueError, match="at 6 ms: has the name 'reward' of another"):
        sim.save(tmp_path / "c")


def test_a_callback_must_be_handed_over_again(tmp_path: Path) -> None:
    sim = Simulation(network(), engine="reference")
    sim.at(5.0, lambda sim: None, name="reward")
    sim.save(tmp_path / "c")
    with pytest.raises(ValueError, match=r"callbacks=\{'reward': function\}"):
        Simulation.load(tmp_path / "c")
    with pytest.raises(ValueError, match="did you mean 'rewards'"):
        Simulation.load(tmp_path / "c", callbacks={"rewards": print})


def test_labels_that_no_text_holds_are_refused(tmp_path: Path) -> None:
    net = Network()
    net.add("cells", LIF, size=1, labels=[frozenset()])
    with pytest.raises(ValueError, match="population 'cells': label frozenset"):
        Simulation(net, engine="reference").save(tmp_path / "c")


def test_every_model_and_rule_of_the_library_is_found_by_its_name() -> None:
    """Oracle: identity; a model made by a call has none, and is handed over."""
    known = [
        m for m in eventsim.models.CATALOGUE.values() if not callable(getattr(m, "__code__", 0))
    ]
    for thing in (*(m for m in known if hasattr(m, "params")), *eventsim.models.RULES.values()):
        assert naming.found(naming.named(thing), "here") is thing


RESUME = """
import sys
from eventsim import Simulation
sim = Simulation.load(sys.argv[1])
sim.run(30.0)
sim.close()
print(sim.state("cells", "v").tobytes().hex())
"""


def test_another_process_goes_on_in_the_same_recording(tmp_path: Path) -> None:
    """Oracle: the run that never stopped."""
    path = tmp_path / "run.h5"
    whole = Simulation(network(), engine="reference")
    plain = whole.record(spikes=["source", "cells"])
    whole.run(50.0)
    half = Simulation(network(), engine="reference")
    half.record(path, spikes=["source", "cells"])
    half.run(20.0)
    half.save(tmp_path / "c")
    half.run(7.0)  # what is beyond the checkpoint is written once more
    half.close()
    command = [sys.executable, "-c", RESUME, str(tmp_path / "c")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == whole.state("cells", "v").tobytes().hex()
    with eventsim.open(path) as run:
        assert run.status == "complete"
        for name in ("source", "cells"):
            for a, b in zip(run.spikes(name), plain.recording.spikes(name), strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_recording_may_go_on_elsewhere_or_not_at_all(tmp_path: Path) -> None:
    sim = Simulation(network(), engine="reference")
    sim.record(tmp_path / "run.h5", spikes=["source"])
    sim.run(20.0)
    sim.save(tmp_path / "c")
    with pytest.raises(ValueError, match="is being written by another process"):
        Simulation.load(tmp_path / "c")
    sim.run(10.0)
    expected = sim.recorder.recording.spikes("source", 20.0)[0].tolist()  # type: ignore[union-attr]
    sim.close()
    assert Simulation.load(tmp_path / "c", record=False).recorder is None
    with Simulation.load(tmp_path / "c", record=tmp_path / "second.h5") as later:
        later.run(10.0)
    assert eventsim.open(tmp_path / "second.h5").spikes("source")[0].tolist() == expected
    (tmp_path / "run.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"is not there; record=PATH begins another one"):
        Simulation.load(tmp_path / "c")


def test_recover_completes_what_a_killed_run_left(tmp_path: Path) -> None:
    """Oracle: what was flushed; the writer is a process of its own, which is killed."""
    code = (
        "import os, sys, numpy as np; from eventsim.recording import *\n"
        "r = Recorder(sys.argv[1], spikes=[PopulationInfo('exc', 3)])\n"
        "r.spikes('exc', np.arange(9.0), np.arange(9) % 3); r.flush(9.0)\n"
        "r.spikes('exc', np.full(10**6, 9.0), np.zeros(10**6, int)); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "run.h5"
    subprocess.run([sys.executable, "-c", code, str(path)])
    assert eventsim.open(path).status == "killed"
    assert recover(layout.part(path)) == path
    with eventsim.open(path) as run:
        assert (run.status, run.duration) == ("aborted: killed", 9.0)
        assert run.spikes("exc")[0].tolist() == list(range(9))
    with h5py.File(path) as plain:  # for those who do not go by our counts
        assert plain["spikes/exc/timestamps"].shape == (9,)
    with pytest.raises(FileNotFoundError, match="no unfinished recording"):
        recover(path)


def test_what_is_being_written_is_not_recovered(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5"):
        with pytest.raises(ValueError, match="is being written by another process"):
            recover(tmp_path / "run.h5.part")
        assert eventsim.open(tmp_path / "run.h5").status == "running"


def test_a_file_system_without_locks_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = h5py.File

    def without(*args: Any, **options: Any) -> h5py.File:
        if options.get("locking") is not False:
            raise OSError(
                37, "unable to lock file, errno = 37, error message = 'No locks available'"
            )
        return real(*args, **options)

    monkeypatch.setattr(locking.h5py, "File", without)
    with pytest.warns(UserWarning, match="can't lock files"):
        Recorder(tmp_path / "a.h5").close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Recorder(tmp_path / "b.h5").close()
    monkeypatch.undo()
    assert eventsim.open(tmp_path / "b.h5").status == "complete"


def test_a_full_disk_stops_before_hdf5_is_spoilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays readable, the end is written into the reserve, a checkpoint goes elsewhere."""
    sim = Simulation(network(), engine="reference")
    sim.record(tmp_path / "run.h5", spikes=["source"])
    sim.run(20.0)
    kept = sim.recorder.recording.spikes("source")[0].size  # type: ignore[union-attr]
    from eventsim.recording import room

    usage = room.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match=r"run.h5': the disk is full: \d+ bytes are needed, 1000 are"):
        sim.run(20.0)
    with pytest.raises(OSError, match="the disk is full"):
        sim.save(tmp_path / "c")  # which would flush
    with pytest.raises(OSError, match="the disk is full"):
        sim.close(complete=False, reason="the disk is full")
    sim.save(tmp_path / "c")
    assert Simulation.load(tmp_path / "c").now == 40.0
    run = eventsim.open(tmp_path / "run.h5")
    assert run.status == "aborted: the disk is full"
    assert run.spikes("source")[0].size >= kept


def test_a_run_of_the_command_line_is_resumed_by_it(tmp_path: Path) -> None:
    """Oracle: the recording of the run that was left alone; the other was stopped on its way."""
    scenario = tmp_path / "mine.py"
    scenario.write_text(SCENARIO)
    environment = {**os.environ, "MPLBACKEND": "agg"}

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "eventsim", *words]
        return subprocess.run(whole, capture_output=True, text=True, cwd=tmp_path, env=environment)

    assert command("run", "mine.py", "--out", "a.h5", "--quiet").returncode == 0
    words = ("--checkpoint", "c", "--checkpoint-every", "0.001s", "--set", "stop=true")
    stopped = command("run", "mine.py", "--out", "b.h5", *words)
    assert stopped.returncode == 130, stopped.stderr
    assert command("resume", "c").stderr.startswith("eventsim: checkpoint 'c' is of a scenario of")
    again = command("resume", "c", "--scenario", "mine.py")
    assert again.returncode == 0, again.stderr
    a, b = (eventsim.open(tmp_path / name) for name in ("a.h5", "b.h5"))
    assert b.status == "complete"
    for x, y in zip(a.spikes("source"), b.spikes("source"), strict=True):
        np.testing.assert_array_equal(x, y)
    assert a.spikes("source")[0].size > 20
    refused = command("run", "mine.py", "--out", "d.h5", "--checkpoint", "c")
    assert "`eventsim resume` goes on from it" in refused.stderr


SCENARIO = '''"""Sources, stopped by hand when half is done, if asked to."""
import os
from dataclasses import dataclass
from eventsim import AllToAll, Network
from eventsim.model import NeuronModel
from eventsim.models import CATALOGUE, LIF, RULES, PoissonSource
from eventsim.scenario import IN_MEMORY, Measure, Result, ScenarioSettings, setting

@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    stop: bool = setting(False, "", "stop after 20 ms")

def run(settings=Settings(), options=IN_MEMORY):
    net = Network(seed=options.seed)
    source = net.add("source", PoissonSource(rate=100.0), size=10)
    net.connect(source, net.add("cells", LIF), AllToAll(), 1.0, 1.0)
    with options.simulation(net) as sim:
        recorder = options.record(sim, settings, spikes=["source", "cells"])
        sim.run(20.0)
        sim.set_parameters("source", rate=200.0)
        sim.run(20.0)
        if settings.stop and options.resume is None:
            raise KeyboardInterrupt
        sim.run(20.0)
    return Result({"one": Measure(1.0)}, recorder.recording)
'''
