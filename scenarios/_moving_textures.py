"""Textures that move over an event camera, and detectors of motion learned from them offline.

Used by `motion_delays`. A detector's weights stand by delay (0 to 8 ms), pixel of a disc around its
place, and direction; what it is shown is 1 for ON, -1 for OFF, 0 for no event.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZE, FRAMES, DIRECTIONS = 48, 32, 8  # pixels, ms, directions at 1 pixel per ms
CUTOFF, THRESHOLD = 0.12, 0.8  # cycles per pixel, of brightness in its standard deviations
DELAYS, RADIUS_2 = 9, 20  # ms from 0 on, squared pixels: a disc of 69
START, RATE, MOMENTUM, DECAY, BATCH = 0.05, 3e-3, 0.9, 0.999, 250  # of learning

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Kernel(NamedTuple):
    """What is learned: weight by delay, place in the disc and direction; bias by direction."""

    weight: Floats  # (9, 69, 8)
    bias: Floats  # (8,)


def film(direction: Ints, rng: np.random.Generator) -> Ints:
    """Return the events of one moving texture for each direction, (movies, frames, 48, 48).

    White noise, low-passed, moves by shifts of Fourier phase; what a pixel has changed since its
    last event adds up until it exceeds the threshold, which is then taken off.
    """
    f = np.fft.fftfreq(SIZE)
    shape = np.exp(-((np.hypot(f[:, None], f) / CUTOFF) ** 4))
    shape[0, 0] = 0.0  # no mean brightness
    spectrum = np.fft.fft2(rng.normal(size=(direction.size, SIZE, SIZE))) * shape
    spectrum /= np.fft.ifft2(spectrum).real.std(axis=(1, 2), keepdims=True)
    angle = 2.0 * np.pi * direction[:, None, None] / DIRECTIONS
    phase = f[None, :, None] * np.sin(angle) + f[None, None, :] * np.cos(angle)
    events = np.zeros((direction.size, FRAMES, SIZE, SIZE), np.int8)
    residue, last = np.zeros(spectrum.shape), np.fft.ifft2(spectrum).real
    for t in range(FRAMES):
        frame = np.fft.ifft2(spectrum * np.exp(-2j * np.pi * (t + 1) * phase)).real
        residue += frame - last
        events[:, t] = np.sign(residue) * (np.abs(residue) > THRESHOLD)
        residue -= THRESHOLD * events[:, t]
        last = frame
    return events


def disc() -> tuple[Ints, Ints]:
    """Return rows and columns of a detector's pixels, relative to its own place."""
    row, column = np.mgrid[-4:5, -4:5]
    inside = row**2 + column**2 <= RADIUS_2
    return row[inside], column[inside]


def seen(events: Ints, movie: Ints, frame: Ints, row: Ints, column: Ints) -> Floats:
    """Return what detectors see, ON - OFF by delay and place: shape (n, 9, 69)."""
    up, right = disc()
    past = frame[:, None, None] - np.arange(DELAYS)[:, None]
    rows = (row[:, None, None] + up) % SIZE
    columns = (column[:, None, None] + right) % SIZE
    patch: Floats = events[movie[:, None, None], past, rows, columns].astype(np.float64)
    return patch


def learn(examples: int, lessons: int, epochs: int, rng: np.random.Generator) -> Kernel:
    """Learn the weights from movies of their own: softmax regression on |K . x| + b, by Adam."""
    n = examples
    direction = np.arange(lessons) % DIRECTIONS
    events = film(direction, rng)
    movie, frame = rng.integers(0, lessons, n), rng.integers(DELAYS - 1, FRAMES, n)
    row, column = rng.integers(0, SIZE, n), rng.integers(0, SIZE, n)
    x, label = seen(events, movie, frame, row, column).reshape(n, -1), direction[movie]
    parts = [rng.normal(0.0, START, (x.shape[1], DIRECTIONS)), np.zeros(DIRECTIONS)]
    first, second = [0.0 * p for p in parts], [0.0 * p for p in parts]
    step = 0
    for _ in range(epochs):
        order = rng.permutation(n)
        for batch in np.split(order, range(BATCH, n, BATCH)):
            step += 1
            evidence = x[batch] @ parts[0]
            error = _softmax(np.abs(evidence) + parts[1])
            error[np.arange(batch.size), label[batch]] -= 1.0
            error /= batch.size
            slopes = (x[batch].T @ (error * np.sign(evidence)), error.sum(axis=0))
            for k, slope in enumerate(slopes):
                first[k] += (1.0 - MOMENTUM) * (slope - first[k])
                second[k] += (1.0 - DECAY) * (slope**2 - second[k])
                pace = np.sqrt(second[k] / (1.0 - DECAY**step)) + 1e-8
                parts[k] -= RATE * first[k] / (1.0 - MOMENTUM**step) / pace
    return Kernel(parts[0].reshape(DELAYS, -1, DIRECTIONS), parts[1])


def _softmax(x: Floats) -> Floats:
    power = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))
