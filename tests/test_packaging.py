"""What a wheel holds: one package, with the models and the scenarios in it as ordinary folders."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("eventsim", "models", "scenarios", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """Build from a copy: a build leaves folders behind."""
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("building needs setuptools >= 77")
    folder = tmp_path_factory.mktemp("source")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, folder / part, **{"symlinks": True} if copy is shutil.copytree else {})
    command = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "dist").iterdir()
    return zipfile.Path(built)


def test_a_wheel_puts_one_package_into_site_packages(wheel: zipfile.Path) -> None:
    """Oracle: packages named models or scenarios would collide with a user's own."""
    names = sorted(p.name for p in wheel.iterdir())
    assert [name for name in names if not name.endswith(".dist-info")] == ["eventsim"]


def test_a_wheel_holds_every_module_of_the_checkout(wheel: zipfile.Path) -> None:
    """Oracle: the folders at the root."""
    names = wheel.root.namelist()
    held = {name for name in names if name.startswith("eventsim/") and not name.endswith("/")}
    folders = {"eventsim": "", "models": "eventsim/", "scenarios": "eventsim/"}
    wanted = {
        prefix + path.relative_to(ROOT).as_posix()
        for folder, prefix in folders.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert held == wanted | {"eventsim/py.typed"}


def test_what_a_wheel_holds_runs_without_the_checkout(wheel: zipfile.Path, tmp_path: Path) -> None:
    """Oracle: the files unpacked elsewhere list their scenarios and models."""
    site = tmp_path / "site"
    assert wheel.root.filename is not None
    with zipfile.ZipFile(wheel.root.filename) as plain:  # a Path's own knows folders not in it
        plain.extractall(site)
    script = (
        "import eventsim, eventsim.cli as c; print(eventsim.__file__); c.main(['list']);"
        "c.main(['models'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, *listed = done.stdout.splitlines()
    assert Path(where).is_relative_to(site)
    text = "\n".join(listed)
    assert "brunel" in text
    assert "LIFExp" in text
