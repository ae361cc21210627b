"""Recorded gestures: an arm that circles one way, then the other, before a real event camera.

Used by `motion_delays`. The file is an npz of arrays x, y (0 to 127), p (1 for ON), t_us
(microseconds within a clip) and offset (where each clip begins): clips of the DVS128 Gesture data,
Amir et al. (2017), CVPR, doi:10.1109/CVPR.2017.781 (CC BY 4.0).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.scenarios._data_files import data_file

WIDTH = 128  # pixels
FILE = "dvs128-clips/dvs128_10clips.npz"
# clips in the file, and which way the arm turns as the performer sees it
CIRCLES = {
    "right arm, clockwise": 3,
    "right arm, counter-clockwise": 4,
    "left arm, clockwise": 5,
    "left arm, counter-clockwise": 6,
}
SMOOTH = 9  # frames

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Clip(NamedTuple):
    """The events of one gesture."""

    time: Floats  # ms
    source: Ints  # pixel by row and column, for ON; and as many pixels more for OFF


def load(folder: str) -> dict[str, Clip]:
    """Return the clips of circling arms from a data folder; "" means $EVENTSIM_DATA.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or file.
    ValueError
        If the file holds something else.
    """
    where = "scenario 'motion_delays': stimulus=gestures needs"
    path = data_file(where, folder, FILE, "clips of the DVS128 Gesture data")
    with np.load(path, allow_pickle=False) as file:
        missing = {"x", "y", "p", "t_us", "offset"} - set(file.files)
        if missing:
            raise ValueError(f"{where} the array {min(missing)!r} in {str(path)!r}")
        arrays = {name: file[name] for name in ("x", "y", "p", "t_us", "offset")}
    offset, last = arrays["offset"], max(CIRCLES.values())
    inside = max(arrays["x"].max(initial=0), arrays["y"].max(initial=0)) < WIDTH
    if offset.size < last + 2 or offset[-1] != arrays["x"].size or not inside:
        raise ValueError(f"{where} {last + 1} clips of {WIDTH} x {WIDTH} pixels in {str(path)!r}")
    return {name: _clip(arrays, slice(*offset[k : k + 2])) for name, k in CIRCLES.items()}


def _clip(arrays: Mapping[str, NDArray[Any]], part: slice) -> Clip:
    row, column = arrays["y"][part].astype(np.int64), arrays["x"][part].astype(np.int64)
    off = arrays["p"][part] == 0
    return Clip(1e-3 * arrays["t_us"][part], row * WIDTH + column + WIDTH**2 * off)


def grid(step: int) -> tuple[Ints, Ints]:
    """Return rows and columns of detectors every so many pixels, none beyond the edge."""
    row, column = np.mgrid[step : WIDTH - step : step, step : WIDTH - step : step]
    return row.ravel(), column.ravel()


def trains(clips: Mapping[str, Clip], speed: float, period: float) -> list[Floats]:
    """Return the times in ms of every pixel's ON, then OFF events, `speed` times as fast.

    One clip follows another every `period` ms. Of equal times at a pixel one is kept.
    """
    time = np.concatenate([period * k + clip.time / speed for k, clip in enumerate(clips.values())])
    source = np.concatenate([clip.source for clip in clips.values()])
    order = np.lexsort((time, source))
    time, source = time[order], source[order]
    again = (np.diff(time) == 0.0) & (np.diff(source) == 0)
    kept = np.concatenate([[True], ~again])
    ends = np.cumsum(np.bincount(source[kept], minlength=2 * WIDTH**2))
    return np.split(time[kept], ends[:-1])


def headings(evidence: Floats) -> NDArray[np.complexfloating[Any, Any]]:
    """Return where things move in every frame, as the mean direction weighted by evidence.

    Parameters
    ----------
    evidence : ndarray, shape (frames, places, directions)

    Returns
    -------
    ndarray of complex, shape (frames,)
        Smoothed; its angle grows clockwise on the screen, whose rows count downwards.
    """
    size = np.abs(evidence).sum(axis=1)
    angle = 2.0 * np.pi * np.arange(size.shape[1]) / size.shape[1]
    total = np.maximum(size.sum(axis=1), 1e-12)
    return np.convolve(size @ np.exp(1j * angle) / total, np.ones(SMOOTH) / SMOOTH, "same")


def progress(heading: NDArray[np.complexfloating[Any, Any]]) -> Floats:
    """Return how far a heading has turned since the first frame, in turns, by frame.

    A change counts by the length of the heading, in units of the mean length: where nothing moves,
    or things move every way at once, the angle says nothing.
    """
    change = np.angle(heading[1:] * heading[:-1].conj())
    weight = np.abs(heading[1:])
    share = weight / max(float(weight.mean()), 1e-12)
    return np.concatenate([[0.0], np.cumsum(change * share)]) / (2.0 * np.pi)


def turns(heading: NDArray[np.complexfloating[Any, Any]]) -> float:
    """Return the mean rotation of a heading, in turns per frame, weighted by its length."""
    return float(progress(heading)[-1] / (heading.size - 1))
