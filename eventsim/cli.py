"""The command line: eventsim list | run | sweep | resume | info | plot | recover | models."""

import argparse
import os
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, get_type_hints

import eventsim
from eventsim import datasheet, models, recording, runner, summary, sweep
from eventsim.engine.base import SimulationError
from eventsim.profiling import profile
from eventsim.recording import room
from eventsim.scenario import RunOptions, described
from eventsim.scenarios import SCENARIOS
from eventsim.simulation import ENGINES
from eventsim.suggest import unknown

REFUSED, FAILED, INTERRUPTED = 2, 1, 130

_EXAMPLES = """examples:
  eventsim list                                      what can be run
  eventsim run brunel --help                         its settings, with units and bounds
  eventsim run brunel --set g=4.5 eta=0.9            writes runs/brunel.h5, .json and .png
  eventsim run brunel --duration 300 --seed 2 --out runs/second.h5
  eventsim run path/to/mine.py                       a scenario of your own
  eventsim sweep brunel --seeds 5 --set g=4.5,5,6    15 runs and a table; two at a time: --jobs 2
  eventsim run brunel --checkpoint brunel.checkpoint --checkpoint-every 10min
  eventsim resume brunel.checkpoint                  goes on after a crash, to the last bit
  eventsim recover runs/brunel.h5.part               completes the recording of a killed run
  eventsim info runs/brunel.h5                       what a recording holds
  eventsim plot runs/brunel.h5 -o brunel.png         its raster, rates and irregularity
  eventsim models LIF                                the datasheet of a model
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    Returns
    -------
    int
        0; 2 if something was refused before it began; 1 if a run failed; 130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    try:
        arguments = _parse([word for word in words if word != "--debug"])
        arguments.command(arguments)
        sys.stdout.flush()
        return 0
    except BrokenPipeError:
        # whoever read has enough; the interpreter must not try to flush once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt as stop:
        return _fail(INTERRUPTED, stop, str(stop) or "interrupted", debug)
    except (ValueError, TypeError, KeyError, IndexError, FileNotFoundError, ImportError) as error:
        message = error.args[0] if isinstance(error, KeyError) else error
        return _fail(REFUSED, error, str(message), debug)
    except (SimulationError, OSError, MemoryError) as error:
        return _fail(FAILED, error, str(error) or type(error).__name__, debug)


def run_scenario(name: str) -> int:
    """Run a scenario with the options of this process's command line; return the exit status."""
    return main(["run", name, *sys.argv[1:]])


def _fail(status: int, error: BaseException, message: str, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    print(f"eventsim: {' '.join(message.split())}", file=sys.stderr)
    if room.any_abandoned():  # HDF5 would try to write once more, and crash
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _parse(words: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="eventsim", description="Event-driven simulation of spiking neural networks.",
        epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"eventsim {eventsim.__version__}")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, function: Any, text: str, **more: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **more)
        sub.set_defaults(command=function)
        return sub

    command("list", _list, "list the scenarios")
    run = command("run", _run, "run a scenario", add_help=False)
    _add_run_options(run)
    _add_sweep_options(command("sweep", _sweep, "run a scenario with several settings and seeds"))
    again = command("resume", _resume, "go on with a run from its checkpoint")
    again.add_argument("file", metavar="FILE")
    again.add_argument("--scenario", metavar="FILE.py", help="of a run of your own scenario")
    again.add_argument("--threads", type=int, metavar="N", help="default: as before")
    again.add_argument("--quiet", action="store_true", help="print nothing but errors")
    rescue = command("recover", _recover, "complete the recording of a killed run")
    rescue.add_argument("file", metavar="FILE.part")
    info = command("info", _info, "show what a recording holds")
    info.add_argument("file", metavar="FILE")
    plot = command("plot", _plot, "draw an overview of a recording")
    plot.add_argument("file", metavar="FILE")
    plot.add_argument("-o", "--out", required=True, metavar="PNG", help="PNG, PDF or SVG")
    plot.add_argument("--start", type=float, default=0.0, metavar="MS", help="from here")
    plot.add_argument("--stop", type=float, metavar="MS", help="up to here (default: the end)")
    plot.add_argument("--overwrite", action="store_true", help="replace an existing file")
    catalogue = command("models", _models, "list the models, or show the datasheet of one")
    catalogue.add_argument("name", metavar="NAME", nargs="?")
    if words and not words[0].startswith("-") and words[0] not in commands.choices:
        raise ValueError(unknown("command", words[0], commands.choices))
    return parser.parse_args(words or ["--help"])


def _add_run_options(run: argparse.ArgumentParser) -> None:
    run.add_argument("name", metavar="NAME", nargs="?", help="see `eventsim list`, or a .py file")
    run.add_argument(
        "--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE", dest="assignments",
        help="change settings, one or several",
    )  # fmt: skip
    run.add_argument("--duration", metavar="MS", help="short for --set duration=MS")
    run.add_argument("--seed", type=int, default=1, metavar="N", help="default: 1")
    _add_engine_options(run)
    run.add_argument("--out", metavar="FILE", help="the recording; default: runs/NAME.h5")
    run.add_argument("--overwrite", action="store_true", help="replace existing files")
    run.add_argument("--checkpoint", metavar="FILE", help="write checkpoints; see `resume`")
    run.add_argument(
        "--checkpoint-every", default="10min", metavar="TIME", help="30s, 10min, 2h; default: 10min"
    )
    run.add_argument("--quiet", action="store_true", help="print nothing but errors")
    run.add_argument("--profile", action="store_true", help="say at the end where the time went")
    run.add_argument("-h", "--help", action="store_true", help="with NAME: its settings")
    run.set_defaults(parser=run)


def _add_engine_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=int, default=1, metavar="N", help="default: 1")
    command.add_argument(
        "--engine", default="compiled", metavar="|".join(ENGINES), help="default: compiled"
    )


def _add_sweep_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="see `eventsim list`, or a .py file")
    command.add_argument(
        "--set", action="extend", nargs="+", default=[], metavar="KEY=V,V", dest="assignments",
        help="change settings; of several values, each with each",
    )  # fmt: skip
    command.add_argument("--seeds", type=int, default=1, metavar="N", help="how many; default: 1")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="the first; default: 1")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="at a time; default: 1")
    _add_engine_options(command)
    command.add_argument("--out", metavar="DIR", help="a folder; default: runs/NAME-sweep")
    command.add_argument("--overwrite", action="store_true", help="run again what is done already")
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _list(arguments: argparse.Namespace) -> None:
    width = max(map(len, SCENARIOS))
    for name in SCENARIOS:
        print(f"{name:<{width}}  {runner.summary(runner.find(name))}")


def _run(arguments: argparse.Namespace) -> None:
    if arguments.name is None:
        if not arguments.help:
            raise ValueError(f"run: which scenario? known: {', '.join(SCENARIOS)}")
        arguments.parser.print_help()
        return
    module = runner.find(arguments.name)
    if arguments.help:
        arguments.parser.print_usage()
        print(_settings_help(module))
        return
    assignments = [*arguments.assignments]
    if arguments.duration is not None:
        if "duration" not in (f.name for f in fields(module.Settings)):
            raise ValueError(
                f"--duration: {arguments.name!r} has none; it follows from its settings"
            )
        assignments.append(f"duration={arguments.duration}")
    options = RunOptions(
        seed=arguments.seed, threads=arguments.threads, engine=arguments.engine,
        out=arguments.out or Path("runs", f"{Path(arguments.name).stem}.h5"),
        overwrite=arguments.overwrite, quiet=arguments.quiet, checkpoint=arguments.checkpoint,
        checkpoint_every=_seconds(arguments.checkpoint_every),
    )  # fmt: skip
    settings = runner.settings(module, assignments)
    if not arguments.profile:
        runner.execute(module, settings, options)
        return
    with profile() as where:
        runner.execute(module, settings, options)
    print(where.table())


def _sweep(arguments: argparse.Namespace) -> None:
    options = RunOptions(
        seed=arguments.seed, threads=arguments.threads, engine=arguments.engine,
        overwrite=arguments.overwrite, quiet=arguments.quiet,
    )  # fmt: skip
    out = Path(arguments.out or Path("runs", f"{Path(arguments.name).stem}-sweep"))
    todo = sweep.jobs(arguments.name, arguments.assignments, arguments.seeds, out, options)
    failed = sweep.sweep(todo, arguments.jobs, options.say)
    found = sweep.read(todo)
    options.say(sweep.table(found))
    if found:
        sweep.write_csv(out / "sweep.csv", found)
        options.say(f"wrote {out / 'sweep.csv'}")
    if failed:
        label, error = next(iter(failed.items()))
        raise SimulationError(f"{len(failed)} of {len(todo)} jobs failed: {label}: {error}")


def _settings_help(module: ModuleType) -> str:
    """Return a scenario's docstring and the table of its settings."""
    types = get_type_hints(module.Settings)
    rows = [("setting", "type", "default", "unit", "allowed", "meaning")]
    for f in fields(module.Settings):
        about, kind = described(f), types[f.name].__name__
        rows.append((f.name, kind, str(f.default), about.unit, about.allowed, about.meaning))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    presets = getattr(module, "PRESETS", {})
    named = [
        f"preset={name:<10} {', '.join(f'{k}={v}' for k, v in values.items()) or 'the defaults'}"
        for name, values in presets.items()
    ]
    return "\n".join([(module.__doc__ or "").strip(), "", *lines, *([""] if named else []), *named])


def _seconds(text: str) -> float:
    """Return a time like 30s, 10min or 2h in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?)\s*(s|min|h)", text)
    if not found or float(found[1]) == 0.0:
        raise ValueError(f"--checkpoint-every: must be a time like 30s, 10min or 2h, got {text!r}")
    return float(found[1]) * {"s": 1.0, "min": 60.0, "h": 3600.0}[found[2]]


def _resume(arguments: argparse.Namespace) -> None:
    runner.resume(
        arguments.file, arguments.scenario, threads=arguments.threads, quiet=arguments.quiet
    )


def _recover(arguments: argparse.Namespace) -> None:
    path = recording.recover(arguments.file)
    with recording.open(path) as opened:
        print(f"wrote {path}: {opened.status}, {opened.duration:g} ms")


def _info(arguments: argparse.Namespace) -> None:
    with recording.open(arguments.file) as opened:
        print(summary.describe(opened))


def _plot(arguments: argparse.Namespace) -> None:
    from eventsim.analysis import plots

    out = Path(arguments.out)
    if out.exists() and not arguments.overwrite:
        raise ValueError(f"output {str(out)!r}: exists; --overwrite replaces it")
    with recording.open(arguments.file) as opened:
        plots.overview(opened, arguments.start, arguments.stop).savefig(out)


def _models(arguments: argparse.Namespace) -> None:
    groups: dict[str, dict[str, Any]] = {
        "neurons and sources": {**models.CATALOGUE},
        "plasticity rules": {**models.RULES},
    }
    known = {name: model for group in groups.values() for name, model in group.items()}
    if arguments.name is None:
        width = max(map(len, known))
        for title, group in groups.items():
            print(f"{title}:")
            for name, model in group.items():
                print(f"  {name:<{width}}  {datasheet.text(model).splitlines()[0]}")
        return
    if arguments.name not in known:
        raise KeyError(unknown("model", arguments.name, known))
    print(datasheet.text(known[arguments.name]))
