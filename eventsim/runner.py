"""Runs a scenario: finds it, reads its settings, and puts what it found beside the recording."""

import importlib
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from eventsim.checkpoint.whole import Opened
from eventsim.recording import Recording, layout
from eventsim.scenario import Measure, Result, RunOptions, ScenarioSettings, name_of
from eventsim.scenarios import SCENARIOS
from eventsim.suggest import unknown


def find(name: str) -> ModuleType:
    """Return the scenario of that name, or the one in the file `name` (ending in .py).

    Raises
    ------
    KeyError
        If there is none; the nearest name is suggested.
    FileNotFoundError, TypeError
        If there is no such file, or it doesn't hold a scenario.
    """
    if name.endswith(".py"):
        return _from_file(Path(name))
    if name not in SCENARIOS:
        raise KeyError(unknown("scenario", name, SCENARIOS))
    return importlib.import_module(SCENARIOS[name])


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError(f"no scenario at {str(path)!r}")
    name = f"own_scenario.{path.stem}"  # can't hide or be hidden by a package
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up there
    spec.loader.exec_module(module)
    for needed in ("Settings", "run"):
        if not hasattr(module, needed):
            raise TypeError(f"scenario {str(path)!r}: has no {needed}; see eventsim/scenario.py")
    return module


def summary(module: ModuleType) -> str:
    """Return the first line of a scenario's docstring."""
    return (module.__doc__ or "").strip().partition("\n")[0]


def settings(module: ModuleType, assignments: Iterable[str]) -> Any:
    """Return a scenario's settings from texts "key=value"; `preset` comes before all others.

    Raises
    ------
    KeyError
        If there is no such setting or preset; the nearest name is suggested.
    TypeError, ValueError
        If a value has the wrong type or is out of bounds.
    """
    cls, presets = module.Settings, getattr(module, "PRESETS", {})
    where = f"scenario {module.__name__.rpartition('.')[2]!r}"
    types, known = get_type_hints(cls), [f.name for f in fields(cls)]
    values: dict[str, Any] = {}
    chosen: dict[str, Any] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--set {text!r}: must be key=value")
        if key == "preset" and presets:
            if value not in presets:
                raise KeyError(f"{where}: {unknown('preset', value, presets)}")
            chosen = presets[value]
        elif key in known:
            values[key] = _read(key, value, types[key])
        else:
            names = [*known, *(["preset"] if presets else [])]
            raise KeyError(f"{where}: {unknown('setting', key, names)}")
    return cls(**{**chosen, **values})


def _read(key: str, text: str, kind: type) -> Any:
    """Return a text as a value of a type; what it can't be is left for `Settings` to refuse."""
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text


def outputs(out: str | Path) -> tuple[Path, Path, Path]:
    """Return the recording, the measures and the figure that belong to `--out`."""
    path = Path(out)
    if path.suffix not in (".h5", ".hdf5"):
        raise ValueError(f"output {str(out)!r}: the name must end in .h5 or .hdf5")
    return path, path.with_suffix(".json"), path.with_suffix(".png")


def check_output(options: RunOptions) -> None:
    """Refuse an output that exists or can't be written, before anything is computed."""
    if options.checkpoint is not None and Path(options.checkpoint).exists():
        if not options.overwrite:
            raise ValueError(
                f"checkpoint {str(options.checkpoint)!r}: exists; `eventsim resume` goes on from "
                "it, --overwrite replaces it"
            )
        Path(options.checkpoint).unlink()
    if options.out is None:
        return
    paths = outputs(options.out)
    for path in (*paths, layout.part(paths[0])):
        if path.is_dir():
            raise ValueError(f"output {str(path)!r}: is a folder")
        if path.exists() and not options.overwrite:
            raise ValueError(f"output {str(path)!r}: exists; --overwrite replaces it")
    folder = next(p for p in paths[0].absolute().parents if p.exists())
    if not folder.is_dir():
        raise ValueError(f"output {str(paths[0])!r}: {str(folder)!r} is not a folder")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        why = f"can't write in {str(folder)!r}: {error.strerror}"
        raise ValueError(f"output {str(paths[0])!r}: {why}") from error


def execute(module: ModuleType, settings: ScenarioSettings, options: RunOptions) -> Result:
    """Run a scenario, print its measures, and write them and a figure beside the recording.

    Raises
    ------
    ValueError
        If the output exists or can't be written, or the network can't be built.
    SimulationError
        If the run can't go on; what was recorded is kept.
    """
    if options.resume is None:
        check_output(options)
    notes = {
        "scenario": name_of(settings), "settings": asdict(settings), "seed": options.seed,
        "out": None if options.out is None else str(Path(options.out).absolute()),
        "every": options.checkpoint_every,
    }  # fmt: skip
    begin = time.monotonic()
    result: Result = module.run(settings, replace(options, notes=notes))
    seconds = time.monotonic() - begin
    options.say(table(result.measures))
    if options.out is not None:
        recording, measures, figure = outputs(options.out)
        measures.write_text(_json(settings, result, seconds) + "\n", encoding="utf-8")
        written = [recording, measures]
        try:
            _draw(module, result).savefig(figure)
            written.append(figure)
        except ImportError as error:
            options.say(f"no figure: {error}")
        options.say(_effort(result.recording, seconds))
        options.say("wrote " + ", ".join(map(str, written)))
    return result


def resume(
    path: str | Path, scenario: str | None = None, *, threads: int | None = None,
    quiet: bool = False,
) -> Result:  # fmt: skip
    """Go on with a scenario from its checkpoint, up to its end; see `execute`.

    Parameters
    ----------
    path : path
        The checkpoint; it is kept up to date.
    scenario : str, optional
        The file of a scenario of one's own: none is executed because a checkpoint names it.
    threads : int, optional
        By default as before.
    quiet : bool
        Print nothing.
    """
    about = Opened(Path(path)).about
    notes = about.get("notes") or {}
    if not {"scenario", "settings", "seed", "out", "every"} <= notes.keys():
        raise ValueError(
            f"checkpoint {str(path)!r} was not written by `eventsim run`; use Simulation.load"
        )
    if scenario is None and notes["scenario"] not in SCENARIOS:
        raise ValueError(
            f"checkpoint {str(path)!r} is of a scenario of your own, {notes['scenario']!r}; say "
            "where it is: --scenario FILE.py"
        )
    module = find(scenario or notes["scenario"])
    options = RunOptions(
        seed=notes["seed"], threads=threads or about["options"]["threads"], out=notes["out"],
        engine=about["options"]["engine"], quiet=quiet, resume=path, checkpoint=path,
        checkpoint_every=notes["every"],
    )  # fmt: skip
    return execute(module, module.Settings(**notes["settings"]), options)


def table(measures: Mapping[str, Measure]) -> str:
    """Return the measures as lines of text."""
    width = max(map(len, measures), default=0)
    lines = []
    for name, m in measures.items():
        line = f"  {name:<{width}}  {m.value:>9.4g} {m.unit:<3}"
        if claim := _claim(m):
            verdict = {True: ", holds", False: ", DOES NOT HOLD", None: ""}[m.holds]
            line += f"  ({claim}{verdict})"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _claim(m: Measure) -> str:
    """Return what a measure is compared with, in words."""
    asked = f"asked {m.asked}" if m.asked else ""
    if m.expected is None:
        return f"{m.source}: {asked}" if asked and m.source else asked
    tolerance = "" if m.tolerance is None else f" +- {m.tolerance:g}"
    terms = [f"{m.source or 'expected'}: {m.expected:.4g}{tolerance}", asked]
    return "; ".join(filter(None, terms))


def _effort(recording: Recording, seconds: float) -> str:
    spikes = sum(recording.spikes(name)[0].size for name in recording.populations)
    wall = recording.provenance.get("wall_seconds", 0.0)
    recorded = f"recorded {recording.duration:g} ms and {spikes:,} spikes"
    return f"the run took {seconds:.1f} s; {recorded}, simulated in {wall:.1f} s"


def _draw(module: ModuleType, result: Result) -> Any:
    if hasattr(module, "figure"):
        return module.figure(result, result.recording)
    from eventsim.analysis import plots

    return plots.overview(result.recording)


def _json(settings: ScenarioSettings, result: Result, seconds: float) -> str:
    provenance = result.recording.provenance
    content = {
        "scenario": name_of(settings),
        "settings": asdict(settings),
        "measures": {
            name: {**_plain(asdict(m)), "holds": m.holds} for name, m in result.measures.items()
        },
        # of the whole run; wall_seconds in provenance are those of the recorded simulation
        "run_seconds": round(seconds, 3),
        # the network is described in the recording
        "provenance": {k: v for k, v in provenance.items() if k not in ("network", "settings")},
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what JSON has no word for: NaN and infinity."""
    return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in values.items()}
