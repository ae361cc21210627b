"""One scenario over several settings and seeds: a process and a recording for each job.

A sweep is a folder. Each job leaves there what `eventsim run` would: a recording, its measures as
JSON, a figure. A job whose measures are there, for the same settings and seed, is not run again:
after a kill the same command goes on where it stopped.
"""

import csv
import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from itertools import product
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, NamedTuple

from eventsim import checks, interrupts, runner
from eventsim.scenario import RunOptions, ScenarioSettings

PATIENCE = 5.0  # s that an interrupted job has to end its recording


class Job(NamedTuple):
    """One run of a sweep."""

    scenario: str  # name, or path of a file
    settings: ScenarioSettings
    varied: tuple[str, ...]  # "key=value" of what differs between jobs
    options: RunOptions
    overwrite: bool  # run it again although it is done

    @property
    def measures(self) -> Path:
        """The file whose existence says that the job is done."""
        return runner.outputs(str(self.options.out))[1]

    @property
    def label(self) -> str:
        """What tells this job from the others."""
        return " ".join([*self.varied, f"seed={self.options.seed}"])


def jobs(
    scenario: str, assignments: Iterable[str], seeds: int, out: Path, options: RunOptions
) -> list[Job]:
    """Return all jobs of a sweep, seeds running fastest.

    Parameters
    ----------
    scenario : str
        Its name, or the path of its file.
    assignments : iterable of str
        "key=value", or "key=value,value,..." for each of the values.
    seeds : int
        How many, counted up from that of the options.
    out : Path
        The folder of the sweep.
    options : RunOptions
        Those of every job, but for seed and output. `overwrite`: run again what is done.

    Raises
    ------
    KeyError, TypeError, ValueError
        If a setting is unknown, has the wrong type or is out of bounds, or a value comes twice.
    """
    checks.whole("sweep", "seeds", seeds, at_least=1)
    choices = [_choices(text) for text in assignments]
    module = runner.find(scenario)
    made = []
    for chosen in product(*choices):
        settings = runner.settings(module, chosen)
        varied = tuple(t for t, among in zip(chosen, choices, strict=True) if len(among) > 1)
        for seed in range(options.seed, options.seed + seeds):
            name = "_".join([*varied, f"seed={seed}"]).replace("/", "-")
            # a recording without measures is what a killed job left: it is replaced
            one = replace(options, seed=seed, out=out / f"{name}.h5", overwrite=True, quiet=True)
            made.append(Job(scenario, settings, varied, one, options.overwrite))
    return made


def _choices(text: str) -> list[str]:
    key, equals, values = text.partition("=")
    if not equals:
        raise ValueError(f"--set {text!r}: must be key=value or key=value,value")
    given = values.split(",")
    twice = next((value for value in given if given.count(value) > 1), None)
    if twice is not None:
        raise ValueError(f"--set {text!r}: {twice!r} comes twice")
    return [f"{key}={value}" for value in given]


def sweep(todo: Sequence[Job], processes: int, say: Callable[[str], None]) -> dict[str, str]:
    """Run the jobs that are not done yet, each in a process of its own.

    Parameters
    ----------
    todo : sequence of Job
        As `jobs` returns them.
    processes : int
        How many at a time.
    say : (str) -> None
        Told of every job that ends, and about how long the others will take.

    Returns
    -------
    dict of str to str
        What went wrong, by the label of the job; a job that fails stops no other.

    Raises
    ------
    ValueError
        If measures of other settings are in the way, or the folder can't be written.
    """
    checks.whole("sweep", "jobs", processes, at_least=1)
    waiting = [job for job in todo if not _done(job)]
    for job in waiting:
        runner.check_output(job.options)
    before = len(todo) - len(waiting)
    if before:
        say(f"{before} of {len(todo)} jobs are done already")
    failed: dict[str, str] = {}
    spent = 0.0
    try:
        with closing(_run_all(waiting, processes)) as ended:
            for k, (job, seconds, error) in enumerate(ended, start=1):
                spent += seconds
                left = _clock(spent / k * (len(waiting) - k) / processes)
                text = f"{before + k} of {len(todo)}: {job.label}, {_clock(seconds)}"
                text += f", FAILED: {error}" if error else ""
                say(text if k == len(waiting) else f"{text} (about {left} left)")
                if error:
                    failed[job.label] = error
    except KeyboardInterrupt:
        text = "interrupted; the same command goes on where it stopped"
        raise KeyboardInterrupt(text) from None
    return failed


def _done(job: Job) -> bool:
    """Tell whether a job's measures are there; refuse those of another."""
    if job.overwrite or not job.measures.exists():
        return False
    try:
        told = json.loads(job.measures.read_text(encoding="utf-8"))
        found = told["settings"], told["provenance"]["seed"]
    except (ValueError, KeyError, TypeError):  # killed while it was written
        return False
    if found == (asdict(job.settings), job.options.seed):
        return True
    raise ValueError(
        f"output {str(job.measures)!r}: holds measures of other settings; --overwrite replaces "
        "them, --out goes elsewhere"
    )


class _Running(NamedTuple):
    process: SpawnProcess
    job: Job
    since: float


def _run_all(
    waiting: Sequence[Job], processes: int
) -> Generator[tuple[Job, float, str], None, None]:
    """Run jobs in processes; yield each that ends, its seconds, and its error or nothing."""
    # spawned, not forked: compiled code keeps threads, which a fork would lose
    context = get_context("spawn")
    queue = list(reversed(waiting))
    running: dict[Any, _Running] = {}  # by the end of the pipe that tells how the job went
    try:
        while queue or running:
            while queue and len(running) < processes:
                job = queue.pop()
                here, there = context.Pipe(duplex=False)
                # settings as a dictionary: the class in a user's file can't be found by its name
                given = (there, job.scenario, asdict(job.settings), job.options)
                process = context.Process(target=_run, args=given, daemon=True)
                with interrupts.kept_back():
                    process.start()
                    running[here] = _Running(process, job, time.monotonic())
                there.close()
            for pipe in wait(list(running)):
                process, job, since = running.pop(pipe)
                yield job, time.monotonic() - since, _told(pipe)
                process.join()
    finally:
        for left in running.values():  # after Ctrl-C they end their recordings themselves
            left.process.join(PATIENCE)
            left.process.terminate()
            left.process.join()


def _told(pipe: Any) -> str:
    try:
        return str(pipe.recv())
    except EOFError:
        return "its process was killed"


def _run(pipe: Any, scenario: str, settings: dict[str, Any], options: RunOptions) -> None:
    """Run one job in a process of its own; tell what went wrong or nothing."""
    error = ""
    try:
        interrupts.let_through()
        module = runner.find(scenario)
        runner.execute(module, module.Settings(**settings), options)
    except KeyboardInterrupt:
        error = "interrupted"
    except Exception as caught:  # a scenario may raise anything, and the others shall go on
        text = caught.args[0] if isinstance(caught, KeyError) else caught
        error = " ".join(str(text).split()) or type(caught).__name__
    pipe.send(error)


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60.0)
    return f"{seconds:.0f} s" if seconds < 100.0 else f"{minutes // 60}:{minutes % 60:02d} h"


Found = list[tuple[Job, dict[str, dict[str, Any]]]]


def read(todo: Iterable[Job]) -> Found:
    """Return the jobs that are done, with their measures as they stand in the JSON files."""
    return [
        (job, json.loads(job.measures.read_text(encoding="utf-8"))["measures"])
        for job in todo
        if job.measures.exists()
    ]


def table(found: Found) -> str:
    """Return mean, least and greatest of every measure over the seeds, as lines of text."""
    lines = []
    groups: dict[tuple[str, ...], Found] = {}
    for job, measures in found:
        groups.setdefault(job.varied, []).append((job, measures))
    for varied, members in groups.items():
        seeds = ", ".join(str(job.options.seed) for job, _ in members)
        lines.append(" ".join([*varied, f"(seeds {seeds})"]))
        names = list(dict.fromkeys(name for _, measures in members for name in measures))
        width = max(map(len, names), default=0)
        for name in names:
            rows = [measures[name] for _, measures in members if name in measures]
            lines.append(f"  {name:<{width}}  {_summary(rows)}".rstrip())
    return "\n".join(lines)


def _summary(rows: Sequence[Mapping[str, Any]]) -> str:
    values = [row["value"] for row in rows if row["value"] is not None]
    if not values:
        return "      nan"
    mean = sum(values) / len(values)
    text = f"{mean:>9.4g} {rows[0]['unit']:<3}  [{min(values):.4g}, {max(values):.4g}]"
    if len(values) < len(rows):
        text += f"  {len(rows) - len(values)} undefined"
    judged = [row["holds"] for row in rows if row["holds"] is not None]
    return text + (f"  holds in {sum(judged)} of {len(judged)}" if judged else "")


def write_csv(path: Path, found: Found) -> None:
    """Write a row for each job: what was varied, its seed, its measures."""
    rows = []
    for job, measures in found:
        varied = dict(text.split("=", 1) for text in job.varied)
        values = {name: m["value"] for name, m in measures.items()}
        rows.append({**varied, "seed": job.options.seed, **values})
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
