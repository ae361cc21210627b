"""A sound as spikes of mel channels: how loud each is, and where it rises and falls.

Used by `spoken_digits`. The level of a channel is the logarithm of its power above what counts as
silence: so much below the loudest moment of the loudest channel. Between frames it is a straight
line.

    sustained   a spike whenever the level's integral has grown by a quantum: the rate is the level
    changes     a spike whenever the level has moved by a step, of one neuron up, of another down
"""

from collections.abc import Sequence
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.model import FloatArray
from eventsim.models.encoders import Spikes, delta, log_mel
from eventsim.scenarios._spoken_sounds import RATE

WINDOW, HOP, LOW = 32.0, 8.0, 60.0  # ms, ms, Hz: of the mel channels
FLOOR = 1e-12  # power that no sound is without
PADDING = WINDOW  # ms of silence before and after a sound, so that every level starts and ends at 0

Floats = NDArray[np.floating[Any]]


class Code(NamedTuple):
    """How a sound becomes spikes."""

    channels: int
    depth: float  # of log(power), from the loudest down to silence
    step: float  # of log(power), for a spike of a change
    quantum: float  # log(power) x ms, for a spike of a level


class Word(NamedTuple):
    """One sound as spikes from 0 ms on."""

    spikes: Spikes
    duration: float  # ms


class Heard(NamedTuple):
    """Sounds as spikes, one after the other."""

    trains: list[FloatArray]  # ms, of each encoder neuron
    onset: Floats  # ms, of each sound
    duration: Floats  # ms


def levels(wave: Floats, code: Code) -> tuple[Floats, Floats]:
    """Return times in ms, and the channels' levels then, shape (frames, channels)."""
    quiet = np.zeros(round(PADDING * 1e-3 * RATE))
    times, energy = log_mel(
        np.concatenate([quiet, wave, quiet]), RATE, channels=code.channels,
        window=WINDOW, hop=HOP, low=LOW, floor=FLOOR,
    )  # fmt: skip
    # so that the loudest level is the depth to the last bit: it may be a whole number of steps
    loudest = max(float(energy.max()), log(FLOOR) + code.depth)
    return times - times[0], np.clip(energy - loudest + code.depth, 0.0, None)


def encode(wave: Floats, code: Code) -> Word:
    """Return a sound as spikes.

    Neuron c is sustained by channel c; channels + c fires where it falls, 2 channels + c where it
    rises. Of equal times of one neuron one is kept.
    """
    times, level = levels(wave, code)
    grown = 0.5 * (level[1:] + level[:-1]) * np.diff(times)[:, np.newaxis]
    integral = np.concatenate([np.zeros((1, code.channels)), np.cumsum(grown, axis=0)])
    sustained = delta(times, integral, step=code.quantum)  # never falls: all spikes are upwards
    changes = delta(times, level, step=code.step)
    t = np.concatenate([sustained.times, changes.times])
    who = np.concatenate([sustained.neurons - code.channels, changes.neurons + code.channels])
    kept = np.unique(np.stack([t, who], axis=1), axis=0)
    spikes = Spikes(kept[:, 0], kept[:, 1].astype(np.int64), 3 * code.channels)
    return Word(spikes, float(times[-1]))


def one_after_another(words: Sequence[Word], silence: float) -> Heard:
    """Return the words in their order, so many ms of silence after each."""
    duration = np.array([word.duration for word in words])
    onset = np.concatenate([[0.0], np.cumsum(duration + silence)[:-1]])
    times = [word.spikes.times + begin for word, begin in zip(words, onset, strict=True)]
    neurons = np.concatenate([word.spikes.neurons for word in words])
    every = Spikes(np.concatenate(times), neurons, words[0].spikes.size)
    return Heard(every.trains(), onset, duration)
