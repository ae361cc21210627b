"""What trials with the cue alone show in `what_when`, beside least squares on the same spikes."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from eventsim.recording import Recording
from eventsim.scenarios._what_when_network import OPEN, TAU_DECAY, TAU_RISE, TO_READOUT, TRIAL
from eventsim.scenarios._what_when_offline import Floats, LeastSquares, filtered
from eventsim.scenarios._what_when_plan import SIGMA, Block, Trial

RLS_EVERY, RLS_PRIOR = 10, 2.0  # ms; variance of the weights before learning


class Scale(NamedTuple):
    """How large the readouts' inputs are, so that rates of learning don't depend on it."""

    square: float  # mean |r|^2 of the filtered spikes
    counts: float  # length of the vector of spike counts


class Look(NamedTuple):
    """What a few trials with the cue alone show, a column for each channel."""

    block: int
    learned: int  # trials of this block before it
    what: Floats  # (tests, channels)
    when: Floats  # (tests, ms, channels), while the gate is open
    control: Floats  # the same of least squares; (0,) without
    weights: tuple[Floats, Floats]  # of when and what, (channels, neurons)

    @property
    def output(self) -> Floats:
        """What times when."""
        return self.what[:, np.newaxis] * self.when

    @property
    def control_output(self) -> Floats:
        """The same with least squares for when."""
        return self.what[:, np.newaxis] * self.control


def activity(recording: Recording, trial: Trial, size: int, every: int = 1) -> Floats:
    """Return the filtered spikes as the readouts hear them, every few ms while the gate is open."""
    times, neurons = recording.spikes("cells", trial.start, trial.start + TRIAL)
    arrivals = times - trial.start + TO_READOUT
    at = np.arange(OPEN, TRIAL, every)
    return filtered(arrivals, neurons, size, at, TAU_RISE, TAU_DECAY)


def scale_of(recording: Recording, trial: Trial, size: int) -> Scale:
    """Return how large the readouts' inputs are in one trial."""
    r = activity(recording, trial, size)
    arrive = trial.start + OPEN - TO_READOUT, trial.start + TRIAL - TO_READOUT
    counts = np.bincount(recording.spikes("cells", *arrive)[1], minlength=size)
    return Scale(float((r**2).sum(axis=1).mean()), float(np.linalg.norm(counts)))


class Control:
    """Least squares for the same gated targets, a learner for each channel."""

    def __init__(self, recording: Recording, size: int, blocks: Sequence[Block], scale: Scale):
        self.recording, self.size, self.blocks = recording, size, blocks
        self.unit = np.sqrt(scale.square)
        self.learners = [LeastSquares(size, RLS_PRIOR) for _ in blocks[0].p]

    def learn(self, trial: Trial) -> None:
        """Take one trial's samples to the learner of the event that came."""
        (came,) = trial.events
        r = activity(self.recording, trial, self.size, RLS_EVERY) / self.unit
        at = np.arange(OPEN, TRIAL, RLS_EVERY)
        self.learners[came].learn(r, self.blocks[trial.block].wanted(at)[:, came])

    def outputs(self, trial: Trial) -> Floats:
        """Return what the weights so far make of a trial, shape (ms, channels)."""
        weights = np.column_stack([learner.weights for learner in self.learners])
        found: Floats = activity(self.recording, trial, self.size) / self.unit @ weights
        return found


def looks(
    recording: Recording, trials: Sequence[Trial], what: Sequence[Floats], control: Control | None
) -> list[Look]:
    """Return what is seen in each group of trials with the cue alone, in their order."""
    found: list[Look] = []
    numbered = zip(trials, what, strict=True)
    for (block, learned, _), group in groupby(numbered, lambda pair: pair[0][1:]):
        some, outcomes = zip(*group, strict=True)
        if some[0].events:
            if control is not None:
                control.learn(some[0])
            continue
        when = [
            recording.states("when", "v", trial.start + OPEN, trial.start + TRIAL).values
            for trial in some
        ]
        fitted = [] if control is None else [control.outputs(trial) for trial in some]
        weights = (
            _weights(recording, "when", len(found)), _weights(recording, "what", len(found))
        )  # fmt: skip
        found.append(Look(
            block, learned, np.array(outcomes), np.array(when), np.array(fitted), weights
        ))  # fmt: skip
    return found


def _weights(recording: Recording, projection: str, snapshot: int) -> Floats:
    """Return recorded weights with a row for each channel and a column for each neuron."""
    weights = recording.weights(projection, snapshot)
    table = np.zeros((weights.target.max() + 1, weights.source.max() + 1))
    table[weights.target, weights.source] = weights.values[0]
    return table


def peaks(look: Look, block: Block) -> Floats:
    """Return how long after its latency each mean when output is largest, in ms."""
    found: Floats = OPEN + look.when.mean(axis=0).argmax(axis=0) - block.latency
    return found


def amplitudes(look: Look, block: Block) -> Floats:
    """Return the mean output of each channel within two widths of its latency."""
    t = np.arange(OPEN, TRIAL)[:, np.newaxis]
    near = np.abs(t - block.latency) <= 2.0 * SIGMA
    found: Floats = (look.output.mean(axis=0) * near).sum(axis=0) / near.sum(axis=0)
    return found
