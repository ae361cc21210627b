"""Data files that people bring: damaged ones and folders that nobody reads are refused."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eventsim.cli import main
from eventsim.scenarios import _gestures as gestures
from eventsim.scenarios import _nalsm_data as nalsm_data
from eventsim.scenarios import _nalsm_films as films
from eventsim.scenarios import _spoken_sounds as sounds
from eventsim.scenarios import motion_delays, nalsm, spoken_digits

ARCHIVES: dict[str, tuple[str, Callable[[str], object], str]] = {
    "gestures": (gestures.FILE, gestures.load, "DVS128 Gesture"),
    "sounds": (sounds.FILE, sounds.recorded, "github.com/Jakobovski/free-spoken-digit-dataset"),
    "films": (films.ARCHIVES[0], lambda data: nalsm_data.load("nmnist", data), "garrickorchard"),
}


def archive() -> bytes:
    """Return an npz."""
    path = Path("whole.npz")
    np.savez_compressed(path, x=np.arange(5000) % 77, label=np.zeros(9))
    return path.read_bytes()


def broken_inside(whole: bytes) -> bytes:
    """Return a file with another byte in its first array."""
    at = 200
    return whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :]


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize(
    "harm",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"<html>not found</html>",
        lambda whole: b"",
        broken_inside,
    ],
    ids=["cut off", "a text", "empty", "a byte changed"],
)
def test_a_damaged_archive_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, harm: Callable[[bytes], bytes]
) -> None:
    """Oracle: the message: which file, and where people get it."""
    monkeypatch.chdir(tmp_path)
    file, load, source = ARCHIVES[name]
    for other in (file, *films.ARCHIVES):  # films are looked for in both
        path = tmp_path / other
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(harm(archive()))
    with pytest.raises(ValueError, match=rf"{file}', which is damaged \(.*get it anew.*{source}"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(bytes(90_000))[:-20], "ended before the end-of-stream"),
        (b"<html>not found</html>", "Not a gzipped file"),
        (gzip.compress(bytes(range(250)))[:30] + b"\xff" * 300, ""),
    ],
)
def test_a_damaged_gz_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    """Oracle: the one line of the command, and its status."""
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(content)
    words = ["run", "nalsm", "--set", "dataset=mnist", f"data={tmp_path}"]
    assert main([*words, "--out", str(tmp_path / "a.h5")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "train-images-idx3-ubyte.gz', which is damaged (" in err
    assert reason in err
    assert err.endswith("; get it anew from http://yann.lecun.com/exdb/mnist\n")


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (nalsm.Settings, "say --set dataset=mnist, fashion or nmnist, or leave it out"),
        (motion_delays.Settings, "say --set stimulus=gestures, or leave it out"),
        (spoken_digits.Settings, "say --set sounds=recorded, or leave it out"),
    ],
)
def test_a_folder_that_nothing_will_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, make: Callable[..., object], remedy: str
) -> None:
    """Oracle: the message; one that the environment names is for whoever needs it."""
    with pytest.raises(ValueError, match=f"nothing will read data='/nowhere'; {remedy}"):
        make(data="/nowhere")
    monkeypatch.setenv("EVENTSIM_DATA", "/nowhere")
    make()
