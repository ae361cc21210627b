"""Films of an event camera for `nalsm`: N-MNIST, as published or in two archives.

    DATA/N-MNIST/Train/5/00001.bin, ...     40-bit records, a folder for each digit
    DATA/nmnist-small/nmnist_train1000.npz  arrays x, y, p (1: brighter), t_us, offset, label, of
                      nmnist_test100.npz    many films, one after the other

Source: Orchard, Jayawant, Cohen & Thakor (2015), Front. Neurosci. 9:437,
doi:10.3389/fnins.2015.00437.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.model import Neuron
from eventsim.models import SpikeSource
from eventsim.models.encoders.event_camera import read_records
from eventsim.scenarios._data_files import check_archive
from eventsim.simulation import Simulation

DEAD_TIME = 3.0  # ms, of an input, which remembers one event that comes within it
CAMERA = 34  # pixels
FILM = 300.0  # ms, about the length of a film
ARCHIVES = ("nmnist-small/nmnist_train1000.npz", "nmnist-small/nmnist_test100.npz")
BLANK = -1  # in place of a sample: nothing is shown

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Films(NamedTuple):
    """Films of an event camera; each pixel has an input for either polarity."""

    times: Floats  # ms, of the events of all films, one film after the other
    input: Ints  # whose events they are
    offset: Ints  # (films + 1,), where each begins
    labels: Ints  # (films,)

    @property
    def inputs(self) -> int:
        """How many inputs a film has."""
        return 2 * CAMERA * CAMERA

    def noisy(self, sd: float, rng: np.random.Generator) -> "Films":
        """Return the films, each shifted in time by a normal number, turned round at its ends."""
        shift = np.repeat(rng.normal(0.0, sd, self.labels.size), np.diff(self.offset))
        times = np.abs(self.times + shift)
        return self._replace(times=np.where(times > FILM, 2.0 * FILM - times, times))

    def only(self, which: Ints) -> "Films":
        """Return some of the films."""
        size = np.diff(self.offset)[which]
        event = np.concatenate([np.arange(*self.offset[k : k + 2]) for k in which])
        offset = np.concatenate([[0], np.cumsum(size)])
        return Films(self.times[event], self.input[event], offset, self.labels[which])

    def source(
        self, order: Ints, onsets: Floats, starts: Floats, length: float, tick: float
    ) -> Neuron:
        """Return the inputs of all copies, with all that is going to be shown.

        Parameters
        ----------
        order : ndarray of int, shape (presentations, copies)
            Which films, or BLANK.
        onsets, starts : ndarray of float, shape (presentations,)
            When each presentation begins, and where in the film, ms.
        length : float
            ms of a film that are shown.
        tick : float
            Raster of the spikes in ms, 0 for none.
        """
        times: list[Floats] = []
        inputs: list[Ints] = []
        for (k, copy), which in np.ndenumerate(order):
            if which == BLANK:
                continue
            part = slice(*self.offset[which : which + 2])
            since = self.times[part] - starts[k]
            seen = (since >= 0.0) & (since < length)
            at, who = remembered(since[seen], self.input[part][seen], tick)
            times.append(onsets[k] + at[at < length])
            inputs.append(who[at < length] + copy * self.inputs)
        return SpikeSource(_trains(times, inputs, order.shape[1] * self.inputs))

    def show(self, sim: Simulation, which: Ints, tick: float, rng: np.random.Generator) -> None:
        """Do nothing: the inputs know what they show."""

    def hide(self, sim: Simulation) -> None:
        """Do nothing: the inputs know what they show."""


def remembered(times: Floats, inputs: Ints, tick: float = 0.0) -> tuple[Floats, Ints]:
    """Return the spikes that events make: those within the dead time give one at its end.

    Parameters
    ----------
    times : ndarray of float
        ms, in any order.
    inputs : ndarray of int
        Whose they are.
    tick : float
        Events are moved up to whole multiples of it; 0 leaves them.
    """
    if tick > 0.0:
        times = np.ceil(times / tick) * tick
    order = np.lexsort((times, inputs))
    kept_times, kept_inputs = [], []
    last, owner = -np.inf, -1
    for t, i in zip(times[order].tolist(), inputs[order].tolist(), strict=True):
        if i != owner:
            last, owner = -np.inf, i
        if t > last:
            last = max(t, last + DEAD_TIME)
            kept_times.append(last)
            kept_inputs.append(i)
    return np.array(kept_times), np.array(kept_inputs, np.int64)


def _trains(times: list[Floats], inputs: list[Ints], size: int) -> list[Floats]:
    t = np.concatenate(times) if times else np.zeros(0)
    i = np.concatenate(inputs) if inputs else np.zeros(0, np.int64)
    order = np.lexsort((t, i))
    ends = np.cumsum(np.bincount(i, minlength=size))
    return np.split(t[order], ends[:-1])


def read_films(root: Path, where: str, hint: str) -> tuple[Films, Films]:
    """Return the films to train and to test with; `where` and `hint` stand in messages."""
    if all((root / name).is_file() for name in ARCHIVES):
        train, test = (_archive(root / name, where, hint) for name in ARCHIVES)
    else:
        train, test = (_folder(root / "N-MNIST" / name, where, hint) for name in ("Train", "Test"))
    return train, test


def _archive(path: Path, where: str, hint: str) -> Films:
    check_archive(path, where, f"get it anew; {hint}")
    with np.load(path, allow_pickle=False) as file:
        missing = {"x", "y", "p", "t_us", "offset", "label"} - set(file.files)
        if missing:
            raise ValueError(f"{where} the array {min(missing)!r} in {str(path)!r}")
        x, y, p = (file[name].astype(np.int64) for name in ("x", "y", "p"))
        offset, labels = file["offset"].astype(np.int64), file["label"].astype(np.int64)
        times = file["t_us"] / 1e3
    if offset.size != labels.size + 1 or offset[-1] != times.size or max(x.max(), y.max()) > 33:
        raise ValueError(f"{where} films of 34 x 34 pixels in {str(path)!r}")
    return Films(times, (p * CAMERA + y) * CAMERA + x, offset, labels)


def _folder(path: Path, where: str, hint: str) -> Films:
    files = sorted(path.glob("[0-9]/*.bin"), key=lambda file: file.stem)
    if not files:
        raise FileNotFoundError(f"{where} {str(path / '0' / '*.bin')!r} and so on; {hint}")
    films = [read_records(file, CAMERA, CAMERA).spikes() for file in files]
    offset = np.cumsum([0, *(film.times.size for film in films)])
    labels = np.array([int(file.parent.name) for file in files])
    times = np.concatenate([film.times for film in films])
    return Films(times, np.concatenate([film.neurons for film in films]), offset, labels)
