"""Recordings of event cameras: pixels that tell when they became brighter or darker.

Records of 40 bits (N-MNIST, N-Caltech101, and clips of the DVS128): x, y, then one bit of polarity
and 23 bits of time in microseconds, the highest byte first. A record with y = 240 is no event: it
says that 2^13 more microseconds have passed.

Source: Orchard, Jayawant, Cohen & Thakor (2015), Front. Neurosci. 9:437,
doi:10.3389/fnins.2015.00437.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.model import FloatArray
from eventsim.models.encoders.spikes import Spikes, in_order

RECORD = 5  # bytes
OVERFLOW_Y, OVERFLOW_TIME = 240, 2**13  # us


class Events(NamedTuple):
    """Events of a camera, in the order of the recording."""

    times: FloatArray  # ms
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    brighter: NDArray[np.bool_]
    width: int  # pixels
    height: int

    def spikes(self, start: float = 0.0, stop: float = np.inf) -> Spikes:
        """Return the events of [start, stop) as spikes, `start` being 0 ms.

        Returns
        -------
        Spikes
            Of 2 x height x width neurons: a pixel that becomes darker fires neuron y width + x, one
            that becomes brighter the same in the second half. Events of one neuron at one time are
            one spike.
        """
        kept = (self.times >= start) & (self.times < stop)
        pixel = self.y[kept] * self.width + self.x[kept]
        neuron = pixel + self.brighter[kept] * (self.width * self.height)
        both = np.unique(np.stack([self.times[kept] - start, neuron]), axis=1)
        return in_order(both[0], both[1], 2 * self.width * self.height)


def read_records(path: str | Path, width: int = 34, height: int = 34) -> Events:
    """Read a file of 40-bit records.

    Parameters
    ----------
    path : path
        For example `Train/5/00001.bin` of N-MNIST.
    width, height : int
        Pixels of the camera; those of N-MNIST by default.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If its length is not a multiple of 5 bytes, or an event lies outside the camera.
    """
    data = np.fromfile(path, np.uint8)
    if data.size % RECORD:
        raise ValueError(f"{path}: must consist of records of 5 bytes, got {data.size} bytes")
    record = data.reshape(-1, RECORD).astype(np.int64)
    overflow = record[:, 1] == OVERFLOW_Y
    time = (record[:, 2] & 0x7F) << 16 | record[:, 3] << 8 | record[:, 4]
    time += OVERFLOW_TIME * np.cumsum(overflow)
    x, y, polarity = record[:, 0], record[:, 1], record[:, 2] >> 7
    event = ~overflow
    return _events(path, time[event], x[event], y[event], polarity[event], width, height)


def read_archive(path: str | Path, index: int, width: int, height: int) -> Events:
    """Read one recording of a numpy archive that holds many, one after the other.

    Parameters
    ----------
    path : path
        An .npz file with arrays `x`, `y`, `p` (1: brighter), `t_us` (microseconds) and `offset`:
        recording k is the slice offset[k]:offset[k + 1]. Nothing in it is executed.
    index : int
        Which recording.
    width, height : int
        Pixels of the camera.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If an array is missing or arrays do not fit, or an event lies outside the camera.
    IndexError
        If there is no such recording.
    """
    with np.load(path, allow_pickle=False) as archive:
        missing = [name for name in ("x", "y", "p", "t_us", "offset") if name not in archive]
        if missing:
            raise ValueError(f"{path}: must hold the array {missing[0]!r}; it has {archive.files}")
        offset = archive["offset"].astype(np.int64)
        columns = [archive[name].astype(np.int64) for name in ("t_us", "x", "y", "p")]
    sizes = {column.shape for column in columns}
    if len(sizes) > 1 or offset.ndim != 1 or (np.diff(offset) < 0).any() or offset[0] != 0:
        raise ValueError(f"{path}: t_us, x, y and p must be of one length, cut by a rising offset")
    if offset[-1] != columns[0].size:
        raise ValueError(
            f"{path}: the last offset must be the number of events, {columns[0].size}, got "
            f"{offset[-1]}"
        )
    if not 0 <= index < offset.size - 1:
        raise IndexError(f"{path}: recording must be >= 0 and < {offset.size - 1}, got {index}")
    part = slice(offset[index], offset[index + 1])
    time, x, y, polarity = (column[part] for column in columns)
    return _events(path, time, x, y, polarity, width, height)


def _events(
    path: str | Path, time: NDArray[np.int64], x: NDArray[np.int64], y: NDArray[np.int64],
    polarity: NDArray[np.int64], width: int, height: int,
) -> Events:  # fmt: skip
    outside = (x < 0) | (x >= width) | (y < 0) | (y >= height)
    if outside.any():
        k = int(np.argmax(outside))
        raise ValueError(
            f"{path}: pixels must lie in {width} x {height}, got x = {x[k]}, y = {y[k]} for event "
            f"{k}"
        )
    return Events(time / 1e3, x, y, polarity > 0, width, height)
