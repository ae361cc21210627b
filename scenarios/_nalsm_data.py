"""What `nalsm` shows its network: images as rates of random hits, or films of an event camera.

    digits    scikit-learn's 1,797 images of 8 x 8 pixels, enlarged to 24 x 24: needs no download
    mnist     28 x 28, four idx files, packed or not:  DATA/mnist/train-images-idx3-ubyte.gz, ...
    fashion   the same in DATA/fashion-mnist (or DATA/fashion)
    nmnist    34 x 34 x 2: DATA/N-MNIST/Train/5/00001.bin, ..., as published, or two archives
              DATA/nmnist-small/nmnist_train1000.npz and nmnist_test100.npz

An image divided by its sum and by the largest value that this leaves in the training set is the
probability of a hit in each ms: all images have the same sum. An input remembers one hit, or event,
that comes within 3 ms of its last spike.
"""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.model import Neuron
from eventsim.models import PoissonDeadTime, SpikeSource
from eventsim.models.encoders.event_camera import read_records
from eventsim.simulation import Simulation

DEAD_TIME = 3.0  # ms
MOST = 0.99  # largest chance of a hit in a ms: of 1 the rate would be infinite
ENLARGED, DIGITS_TOTAL = 3, 20.0  # digits: times as wide, hits per ms of an image as in MNIST
CAMERA = 34  # pixels
FILM = 300.0  # ms, about the length of a film of N-MNIST
BLANK = -1  # in place of a sample: nothing is shown

WHERE = {
    "mnist": "http://yann.lecun.com/exdb/mnist",
    "fashion": "https://github.com/zalandoresearch/fashion-mnist",
    "nmnist": "https://www.garrickorchard.com/datasets/n-mnist",
}
FOLDERS = {"mnist": ("mnist",), "fashion": ("fashion-mnist", "fashion")}
ARCHIVES = ("nmnist-small/nmnist_train1000.npz", "nmnist-small/nmnist_test100.npz")

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Images(NamedTuple):
    """Images, as chances of a hit in each ms."""

    pixels: NDArray[np.uint8]  # (images, inputs)
    labels: Ints  # (images,)
    largest: float  # value that counts as 1 after division by the sum

    @property
    def inputs(self) -> int:
        """How many inputs an image has."""
        return int(self.pixels.shape[1])

    def chances(self, which: Ints) -> Floats:
        """Return the chance of a hit in each ms, shape (len(which), inputs); 0 if blank."""
        shown = np.where(which[:, None] == BLANK, 0, self.pixels[which]).astype(np.float64)
        total = np.maximum(shown.sum(axis=1, keepdims=True), 1.0)
        chances: Floats = np.minimum(shown / total / self.largest, MOST)
        return chances

    def noisy(self, sd: float, rng: np.random.Generator) -> "Images":
        """Return the images with normal noise on every pixel, cut off at 0 and 255."""
        pixels = self.pixels + rng.normal(0.0, sd, self.pixels.shape)
        return self._replace(pixels=np.clip(np.rint(pixels), 0, 255).astype(np.uint8))

    def only(self, which: Ints) -> "Images":
        """Return some of the images."""
        return self._replace(pixels=self.pixels[which], labels=self.labels[which])

    def source(
        self, order: Ints, onsets: Floats, starts: Floats, length: float, tick: float
    ) -> Neuron:
        """Return the inputs of all copies, silent until `show`."""
        rate = np.zeros(order.shape[1] * self.inputs)
        return PoissonDeadTime(rate=rate, dead_time=DEAD_TIME, tick=tick)

    def show(self, sim: Simulation, which: Ints, rng: np.random.Generator) -> None:
        """Begin to show one image to each copy; nothing is left of what was shown before."""
        rate = -1e3 * np.log1p(-self.chances(which)).ravel()  # Hz
        sim.set_state("inputs", remaining=rng.exponential(size=rate.size), blocked_until=0.0)
        sim.set_parameters("inputs", rate=rate)

    def hide(self, sim: Simulation) -> None:
        """Show nothing."""
        sim.set_parameters("inputs", rate=0.0)


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

    def show(self, sim: Simulation, which: Ints, rng: np.random.Generator) -> None:
        """Do nothing: the inputs know what they show."""

    def hide(self, sim: Simulation) -> None:
        """Do nothing: the inputs know what they show."""


Stimuli = Images | Films


class Data(NamedTuple):
    """A data set."""

    train: Stimuli
    test: Stimuli
    note: str  # what it is, for the output


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


def load(dataset: str, folder: str) -> Data:
    """Return a data set; `folder` "" means $EVENTSIM_DATA.

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message says which, and where people get it.
    ValueError
        If a file holds something else.
    ImportError
        If scikit-learn is not installed and digits are asked for.
    """
    if dataset == "digits":
        return _digits()
    root = folder or os.environ.get("EVENTSIM_DATA", "")
    where = f"scenario 'nalsm': dataset={dataset} needs"
    hint = f"say --set data=DATA or set EVENTSIM_DATA (from {WHERE[dataset]})"
    if not root:
        raise FileNotFoundError(f"{where} a folder DATA; {hint}")
    if dataset == "nmnist":
        return _films(Path(root), where, hint)
    return _images(dataset, Path(root), where, hint)


def _digits() -> Data:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError("nalsm needs scikit-learn: pip install eventsim[scenarios]") from None
    small, labels = load_digits(return_X_y=True)
    large = np.kron(small.reshape(-1, 8, 8), np.ones((1, ENLARGED, ENLARGED)))
    pixels = (large.reshape(len(large), -1) * 15.0).astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(pixels))  # of the same writers in both parts
    train, test = order[:1297], order[1297:]
    images = Images(pixels, labels, 1.0 / DIGITS_TOTAL)
    return Data(
        images.only(train), images.only(test),
        "a stand-in that needs no download: scikit-learn's digits, enlarged to 24 x 24 pixels",
    )  # fmt: skip


def _images(dataset: str, root: Path, where: str, hint: str) -> Data:
    parts = {}
    for name, count in (("train", 60_000), ("t10k", 10_000)):
        pixels = _idx(dataset, root, f"{name}-images-idx3-ubyte", (count, 28, 28), where, hint)
        labels = _idx(dataset, root, f"{name}-labels-idx1-ubyte", (count,), where, hint)
        parts[name] = pixels.reshape(count, -1), labels.astype(np.int64)
    pixels = parts["train"][0]
    largest = float((pixels.max(axis=1) / pixels.sum(axis=1, dtype=np.float64)).max())
    train, test = (Images(*parts[name], largest) for name in ("train", "t10k"))
    return Data(train, test, f"{dataset}, 60,000 + 10,000 images of 28 x 28 pixels")


def _idx(
    dataset: str, root: Path, name: str, shape: tuple[int, ...], where: str, hint: str
) -> NDArray[np.uint8]:
    folders = [root / sub for sub in FOLDERS[dataset]]
    tried = [folder / (name + end) for folder in folders for end in (".gz", "")]
    path = next((p for p in tried if p.is_file()), None)
    if path is None:
        raise FileNotFoundError(f"{where} DATA/{FOLDERS[dataset][0]}/{name}.gz; {hint}")
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        raw = np.frombuffer(file.read(), np.uint8)
    header = 4 + 4 * len(shape)
    found = tuple(raw[4:header].view(">i4").tolist()) if raw.size >= header else ()
    if found != shape or raw.size != header + int(np.prod(shape)):
        raise ValueError(f"{where} an array of shape {shape} in {str(path)!r}, got {found}")
    return raw[header:].reshape(shape)


def _films(root: Path, where: str, hint: str) -> Data:
    if all((root / name).is_file() for name in ARCHIVES):
        train, test = (_archive(root / name, where) for name in ARCHIVES)
    else:
        train, test = (_folder(root / "N-MNIST" / name, where, hint) for name in ("Train", "Test"))
    films = f"{train.labels.size:,} + {test.labels.size:,} films"
    return Data(train, test, f"nmnist, {films} of 34 x 34 pixels and two polarities")


def _archive(path: Path, where: str) -> Films:
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
