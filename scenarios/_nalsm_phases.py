"""The two phases of `nalsm`: weights settle on snippets, then samples are shown and spikes counted.

One sample after the other is shown in one continuous simulation. While the last spikes of one
arrive, the liquid is held far below threshold; then it is let go from rest:

    onset            the next sample; potentials are held, learning goes on
    onset + gap      all that was under way has arrived: v and currents are 0, the astrocyte at rest

The inputs begin such that none is felt before. As in the published program, traces of plasticity
are not reset. Many copies of the liquid side by side, one sample each, cost less than one.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.analysis import statistics
from eventsim.network import Network
from eventsim.recording import Recording
from eventsim.scenarios._nalsm_data import Stimuli
from eventsim.scenarios._nalsm_films import BLANK
from eventsim.scenarios._nalsm_network import (
    A_PLUS,
    JUMP,
    Learning,
    Weights,
    Wiring,
    build,
    longest_delay,
)
from eventsim.simulation import Simulation

HELD = -1e6  # mV: whatever arrives, no spike
CHUNK = 240  # samples of one simulation
SYNAPSES = 1_200_000  # of all copies together: what they read stays in the cache
SNIPPET_STARTS = (1.0, 278.0)  # ms, where a snippet of a film may begin
LOOKS, EVERY = (10, 100, 1_000), 2_500  # snippets after which weights are told, and kept

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Course(NamedTuple):
    """How samples follow each other."""

    period: float  # ms, from onset to onset
    gap: float  # ms, from an onset until the liquid is let go
    lead: float  # ms, from the beginning of the inputs until then
    tick: float  # ms, raster of the inputs' spikes, 0 for none


def course(wiring: Wiring, period: float, tick: float) -> Course:
    """Return how samples follow each other."""
    lead = float(wiring.edges["input"].delay.min())
    return Course(period, max(longest_delay(wiring), 1.0), lead, tick)


class Job(NamedTuple):
    """A liquid, and how samples are shown to it."""

    wiring: Wiring
    weights: Weights
    course: Course
    learning: Learning | None = None
    seed: int = 0
    engine: str = "compiled"
    threads: int = 1


class Task(NamedTuple):
    """Samples to be shown to a liquid; each finds the job's weights."""

    job: Job
    stimuli: Stimuli


def present(
    sim: Simulation, stimuli: Stimuli, which: Ints, of: Course, rng: np.random.Generator,
    weights: Weights | None = None,
) -> None:  # fmt: skip
    """Show one sample to each copy for a period; with `weights`, begin with these."""
    end = (round(sim.now / of.period) + 1) * of.period  # sums would drift
    sim.set_state("liquid", v=HELD)
    stimuli.hide(sim)
    wait = of.gap - of.lead
    sim.run(wait)
    stimuli.show(sim, which, of.tick, rng)
    sim.run(of.gap - wait)
    for name, w in (weights or {}).items():
        sim.set_weights(name, JUMP * w)
    variables = sim.network.populations["liquid"].model.variables
    sim.set_state("liquid", **dict.fromkeys(variables, 0.0))
    for name, level in (("astrocyte", A_PLUS), ("pace", 1.0)):
        if name in sim.network.populations:
            sim.set_state(name, level=level)
    sim.run(end - sim.now)


def inputs_of(stimuli: Stimuli, order: Ints, of: Course, starts: Floats) -> Any:
    """Return the inputs of a simulation that shows samples in this order."""
    onsets = of.period * np.arange(len(order)) + (of.gap - of.lead)
    return stimuli.source(order, onsets, starts, of.period - of.gap + of.lead, of.tick)


def copies_for(job: Job) -> int:
    """Return how many liquids are simulated side by side."""
    synapses = sum(edges.pre.size for edges in job.wiring.edges.values())
    return 1 if job.learning is not None else int(np.clip(SYNAPSES // synapses, 1, 32))


def arrange(samples: int, copies: int) -> Ints:
    """Return which sample each copy sees when, shape (presentations, copies), BLANK at the end."""
    presentations = -(-samples // copies)
    order = np.full(presentations * copies, BLANK)
    order[:samples] = np.arange(samples)
    return order.reshape(presentations, copies)


def chunks(samples: int) -> list[Ints]:
    """Return which samples belong to each simulation: the same however many processes there are."""
    return [np.arange(k, min(k + CHUNK, samples)) for k in range(0, samples, CHUNK)]


def prepared(task: Task, copies: int) -> tuple[Network, Ints]:
    """Return the network of a task, and the order in which it shows the samples."""
    job = task.job
    order = arrange(task.stimuli.labels.size, copies)
    inputs = inputs_of(task.stimuli, order, job.course, np.zeros(len(order)))
    network = build(job.wiring, job.weights, inputs, job.seed, copies=copies, learning=job.learning)
    return network, order


def show_all(sim: Simulation, task: Task, order: Ints) -> None:
    """Show all samples of a task."""
    job = task.job
    again = None if job.learning is None else job.weights
    for k, which in enumerate(order):
        rng = np.random.default_rng([job.seed, k])
        present(sim, task.stimuli, which, job.course, rng, again)


def count(task: Task) -> Ints:
    """Return how often each neuron fired during each sample, shape (samples, neurons)."""
    network, order = prepared(task, copies_for(task.job))
    with _simulation(network, task.job) as sim:
        recorder = sim.record(spikes=["liquid"])
        show_all(sim, task, order)
    times, neurons = recorder.recording.spikes("liquid")
    edges = task.job.course.period * np.arange(len(order) + 1)
    counts = statistics.counts(times, neurons, network.populations["liquid"].size, edges)
    by_sample = counts.reshape(order.size, task.job.wiring.neurons)
    return by_sample[: task.stimuli.labels.size].astype(np.uint16)


def rasters(recording: Recording, job: Job, samples: int) -> NDArray[np.bool_]:
    """Return who fired in which ms of samples shown to one liquid, (samples, neurons, ms)."""
    times, neurons = recording.spikes("liquid")
    sample = (times // job.course.period).astype(np.int64)
    ms = (times - sample * job.course.period).astype(np.int64)
    fired = np.zeros((samples, job.wiring.neurons, int(np.ceil(job.course.period))), np.bool_)
    fired[sample, neurons, ms] = True
    return fired


def _simulation(network: Network, job: Job) -> Simulation:
    return Simulation(network, engine=job.engine, threads=job.threads, progress=False)


class Settled(NamedTuple):
    """What became of the weights."""

    weights: Weights
    shown: Ints  # snippets, when the others were noted
    means: Floats  # mean weight of excitation and inhibition, mean size of inputs'
    rate: Floats  # Hz, of the liquid, since the time before


def settle(
    job: Job, stimuli: Stimuli, order: Ints, checkpoint: Path | None, say: Callable[[str], None]
) -> Settled:
    """Let the weights settle while snippets are shown, one each of the samples in `order`.

    With a checkpoint, what was done before is taken up.
    """
    of = job.course
    starts = np.random.default_rng(job.seed).uniform(*SNIPPET_STARTS, order.size)
    inputs = inputs_of(stimuli, order[:, None], of, starts)
    network = build(job.wiring, job.weights, inputs, job.seed, learning=job.learning)
    looks = [*LOOKS, *range(EVERY, order.size, EVERY)]
    looks = [*(k for k in looks if k < order.size), order.size]
    sim, rows = _begin(network, job, checkpoint)
    with sim:
        for begin, end in pairwise([0, *looks]):
            if end <= rows[-1][0]:
                continue
            for k in range(begin, end):
                present(sim, stimuli, order[k : k + 1], of, np.random.default_rng([job.seed, k]))
            rows.append([float(end), float(sim.spike_count("liquid")), *_means(sim)])
            say(f"{end:,} of {order.size:,} snippets, mean weights {_words(rows[-1])}")
            if checkpoint is not None:
                sim.notes = {"rows": rows}
                sim.save(checkpoint)
        weights = {name: sim.weights(name) / JUMP for name in job.weights}
    table = np.array(rows)
    spans = np.diff(table[:, 0]) * of.period * 1e-3 * job.wiring.neurons
    return Settled(
        weights, table[1:, 0].astype(np.int64), table[1:, 2:], np.diff(table[:, 1]) / spans
    )


def _begin(
    network: Network, job: Job, checkpoint: Path | None
) -> tuple[Simulation, list[list[float]]]:
    if checkpoint is None or not checkpoint.exists():
        return _simulation(network, job), [[0.0] * 5]
    sim = Simulation.load(checkpoint, network=network, record=False, progress=False)
    return sim, [list(row) for row in sim.notes["rows"]]


def _means(sim: Simulation) -> list[float]:
    e, i, x = (sim.weights(name) / JUMP for name in ("excitation", "inhibition", "input"))
    return [float(np.mean(e)), float(np.mean(i)), float(np.mean(np.abs(x)))]


def _words(row: Iterable[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in list(row)[2:])
