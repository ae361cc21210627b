"""The contract of a scenario: an experiment that runs from the command line and from a notebook.

A scenario is one file, in `scenarios/` or anywhere else (`eventsim run path/to/mine.py`). It holds:

    a docstring           its first line is shown by `eventsim list`, all of it by `--help`
    Settings              a frozen dataclass that inherits `ScenarioSettings`; every field is an
                          int, float, bool or str made by `setting(default, unit, meaning, bounds)`
    run                   (settings: Settings, options: RunOptions) -> Result
    PRESETS               optional: name -> the settings it changes, for `--set preset=NAME`
    figure                optional: (result: Result, recording: Recording) -> matplotlib Figure;
                          `eventsim.analysis.plots.overview` is drawn otherwise

`run` only computes: it builds the network (seeded by `options.seed`), runs it, measures. Usually:

    def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
        network = build(settings, options.seed)
        with options.simulation(network) as sim:
            recorder = options.record(sim, settings, spikes=["exc"])
            sim.run(settings.duration)
        return Result(measure(settings, recorder.recording), recorder.recording)

The options mean the same in every scenario. Files other than the recording are not its business:
`eventsim.runner.execute` prints the table of measures, and writes them and the figure beside the
recording (`--out runs/a.h5` gives `runs/a.json` and `runs/a.png`). `--duration MS` is short for
`--set duration=MS` and is refused where there is no such setting. What is heavy or optional
(scikit-learn, scipy, matplotlib) is imported inside functions, so that listing stays fast.

A scenario that comes with the library also has a line in `scenarios/__init__.py`, and ends in

    if __name__ == "__main__":
        raise SystemExit(run_scenario("its name"))      # from eventsim.cli import run_scenario
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from eventsim import checks
from eventsim.engine.base import SimulationError
from eventsim.network import Network
from eventsim.recording import Recorder, Recording
from eventsim.scripted import Scripted
from eventsim.simulation import ENGINES, Simulation
from eventsim.suggest import unknown


class Setting(NamedTuple):
    """What is known of one setting besides its name, type and default."""

    unit: str
    meaning: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The bounds in words, as far as there are any."""
        signs = ((">=", self.at_least), (">", self.above), ("<=", self.at_most))
        terms = [f"{sign} {bound:g}" for sign, bound in signs if bound is not None]
        return " and ".join(terms) or ", ".join(self.choices)


def setting(
    default: float | str,
    unit: str,
    meaning: str,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field for a scenario's `Settings`.

    Parameters
    ----------
    default : int, float, bool or str
        Its value if nothing is said.
    unit : str
        ms, mV, Hz, ...; empty where there is none.
    meaning : str
        A few words, shown by `eventsim run NAME --help`.
    at_least, above, at_most : float, optional
        Bounds of a number.
    choices : tuple of str, optional
        All allowed values of a text.
    """
    return field(
        default=default,
        metadata={"setting": Setting(unit, meaning, at_least, above, at_most, choices)},
    )


@dataclass(frozen=True, kw_only=True)
class ScenarioSettings:
    """Base of every scenario's `Settings`: refuses values of the wrong type or out of bounds.

    Raises
    ------
    TypeError, ValueError
        When made, if a value is not allowed.
    """

    def __post_init__(self) -> None:
        types = get_type_hints(type(self))
        for f in fields(self):
            value = getattr(self, f.name)
            where = f"scenario {name_of(self)!r}: {f.name} must be"
            checked = _checked(where, value, types[f.name], described(f))
            object.__setattr__(self, f.name, checked)


def described(of: Any) -> Setting:
    """Return what is known of a dataclass field made by `setting`."""
    found: Setting = of.metadata["setting"]
    return found


_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _checked(where: str, value: Any, kind: type, about: Setting) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise TypeError(f"{where} {_WORDS[kind]}, got {value!r}")
    if kind is str and about.choices and value not in about.choices:
        allowed = ", ".join(map(repr, about.choices))
        raise ValueError(f"{where} one of {allowed}, got {value!r}")
    if kind in (int, float) and not _in_bounds(value, about):
        bounds = f"{about.allowed or 'finite'} {about.unit}".rstrip()
        raise ValueError(f"{where} {bounds}, got {value}")
    return value


def _in_bounds(value: Any, about: Setting) -> bool:
    return (
        isfinite(value)
        and (about.at_least is None or value >= about.at_least)
        and (about.above is None or value > about.above)
        and (about.at_most is None or value <= about.at_most)
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a scenario is run: the same options for all of them.

    Parameters
    ----------
    seed : int
        Everything random follows from it.
    threads : int
        Of the compiled engine.
    engine : {"compiled", "reference"}
        Both give the same result.
    out : path or None
        The recording, an .h5 file; None keeps it in memory and writes nothing.
    overwrite : bool
        Whether existing files are replaced.
    quiet : bool
        Print nothing, no progress bar either.
    checkpoint : path or None
        Where checkpoints are written.
    checkpoint_every : float
        s of wall time between two of them.
    resume : path or None
        A checkpoint to go on from: the scenario is run again, but what it simulates up to there is
        skipped.
    notes : dict
        What a checkpoint keeps beside the simulation; set by `eventsim.runner`.

    Raises
    ------
    TypeError, ValueError
        When made, if a value is not allowed.
    """

    seed: int = 1
    threads: int = 1
    engine: str = "compiled"
    out: str | Path | None = None
    overwrite: bool = False
    quiet: bool = False
    checkpoint: str | Path | None = None
    checkpoint_every: float = 600.0
    resume: str | Path | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks.positive("options", "checkpoint_every", self.checkpoint_every, "s")
        checks.whole("options", "seed", self.seed)
        checks.whole("options", "threads", self.threads, at_least=1)
        if self.engine not in ENGINES:
            raise ValueError(f"options: {unknown('engine', self.engine, ENGINES)}")

    def say(self, text: str) -> None:
        """Print a line about the work at hand, unless quiet."""
        if not self.quiet:
            print(text, flush=True)

    @contextmanager
    def simulation(self, network: Network, **more: Any) -> Iterator[Simulation]:
        """Open a simulation of `network` under these options; `more` goes to `Simulation`."""
        with self._simulation(network, more) as sim:
            try:
                yield sim
            except (KeyboardInterrupt, SimulationError) as stop:
                reason = str(stop) or "interrupted"
                sim.close(complete=False, reason=reason)
                kept = "" if self.out is None else f"; {str(self.out)!r} is kept up to there"
                raise type(stop)(f"{reason} at {sim.now:g} ms{kept}") from stop

    def _simulation(self, network: Network, more: Mapping[str, Any]) -> Simulation:
        progress = False if self.quiet else None
        if self.resume is not None:
            sim: Simulation = Scripted.take_up(
                Path(self.resume), network, threads=self.threads, progress=progress
            )
        else:
            kind = Simulation if self.checkpoint is None else Scripted
            sim = kind(network, engine=self.engine, threads=self.threads, progress=progress, **more)
        if self.checkpoint is not None:
            sim.notes = dict(self.notes)
            sim.checkpoint_every(self.checkpoint_every, self.checkpoint)
        return sim

    def record(self, sim: Simulation, settings: ScenarioSettings, **what: Any) -> Recorder:
        """Record to `out`; the settings are kept beside it, `what` goes to `Simulation.record`."""
        return sim.record(
            self.out, overwrite=self.overwrite, scenario=name_of(settings),
            settings=asdict(settings), **what,
        )  # fmt: skip


IN_MEMORY = RunOptions()


def name_of(settings: ScenarioSettings) -> str:
    """Return the name of the scenario that settings belong to: that of its file."""
    return type(settings).__module__.rpartition(".")[2]


MARGIN = 1e-9  # relative, covers the rounding of a value that lies on the edge of what is claimed


@dataclass(frozen=True)
class Measure:
    """One measured number, and what it is compared with.

    Parameters
    ----------
    value : float
        As measured.
    unit : str
        Its unit, or empty.
    expected : float, optional
        What a paper or a theory says.
    tolerance : float, optional
        How far the value may lie from the expected one.
    source : str
        Who expects it, or asks for it: "mean field", "Brunel 2000, fig. 8C", "raw pixels".
    at_least, at_most : float, optional
        Bounds that are asked of the value.
    """

    value: float
    unit: str = ""
    expected: float | None = None
    tolerance: float | None = None
    source: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def asked(self) -> str:
        """The bounds in words, as far as there are any."""
        signs = ((">=", self.at_least), ("<=", self.at_most))
        return " and ".join(f"{sign} {bound:.4g}" for sign, bound in signs if bound is not None)

    @property
    def holds(self) -> bool | None:
        """Whether the value is within tolerance and bounds; None where nothing is claimed."""
        claims = []
        if self.expected is not None and self.tolerance is not None:
            claims.append(abs(self.value - self.expected) <= self.tolerance * (1.0 + MARGIN))
        if self.at_least is not None:
            claims.append(self.value >= self.at_least - MARGIN * abs(self.at_least))
        if self.at_most is not None:
            claims.append(self.value <= self.at_most + MARGIN * abs(self.at_most))
        return all(map(bool, claims)) if claims else None


@dataclass(frozen=True)
class Result:
    """What a scenario returns.

    Parameters
    ----------
    measures : dict of str to Measure
        What was measured, under the words shown in the table.
    recording : Recording
        Open for reading.
    data : dict of str to anything
        Arrays that the figure or a notebook needs; not written to the JSON file.
    """

    measures: Mapping[str, Measure]
    recording: Recording
    data: Mapping[str, Any] = field(default_factory=dict)
