"""What `nalsm` shows its network: images as rates of random hits, or films of an event camera.

    digits    scikit-learn's 1,797 images of 8 x 8 pixels, enlarged to 24 x 24: needs no download
    mnist     28 x 28, four idx files, packed or not:  DATA/mnist/train-images-idx3-ubyte.gz, ...
    fashion   the same in DATA/fashion-mnist (or DATA/fashion)
    nmnist    34 x 34 x 2: see _nalsm_films

An image divided by its sum and by the largest value that this leaves in the training set is the
probability of a hit in each ms: all images have the same sum. An input remembers one hit, or event,
that comes within 3 ms of its last spike.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.elementary import log1p
from eventsim.model import Neuron
from eventsim.models import PoissonDeadTime
from eventsim.scenarios._data_files import ASK, data_folder, unpacked
from eventsim.scenarios._nalsm_films import BLANK, DEAD_TIME, Films, read_films
from eventsim.scenarios._packages import handwritten_digits
from eventsim.simulation import Simulation

MOST = 0.99  # largest chance of a hit in a ms: of 1 the rate would be infinite
ENLARGED, DIGITS_TOTAL = 3, 20.0  # digits: times as wide, hits per ms of an image as in MNIST

WHERE = {
    "mnist": "http://yann.lecun.com/exdb/mnist",
    "fashion": "https://github.com/zalandoresearch/fashion-mnist",
    "nmnist": "https://www.garrickorchard.com/datasets/n-mnist",
}
FOLDERS = {"mnist": ("mnist",), "fashion": ("fashion-mnist", "fashion")}

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

    def show(self, sim: Simulation, which: Ints, tick: float, rng: np.random.Generator) -> None:
        """Begin to show one image to each copy; nothing is left of what was shown before."""
        rate = 1e3 * hit_rate(self.chances(which), tick).ravel()  # Hz
        sim.set_state("inputs", remaining=rng.exponential(size=rate.size), blocked_until=0.0)
        sim.set_parameters("inputs", rate=rate)

    def hide(self, sim: Simulation) -> None:
        """Show nothing."""
        sim.set_parameters("inputs", rate=0.0)


Stimuli = Images | Films


def hit_rate(chance: Floats, tick: float) -> Floats:
    """Return the rate of hits per ms that stands for a chance of a hit in each ms.

    With a tick it is that of the same chance. Without, hits don't wait for the next whole ms, so
    the same rate would give more spikes; it is that of the same mean interval of an input:
    3 + exp(-3 r) / r = 3 + (1 - p)^3 / p.
    """
    from scipy.special import lambertw

    if tick > 0.0:
        return -log1p(-chance)
    none = 1.0 - chance  # its cube by hand: that of numpy rounds as the processor likes
    same_interval: Floats = lambertw(DEAD_TIME * chance / (none * none * none)).real / DEAD_TIME
    return same_interval


class Data(NamedTuple):
    """A data set."""

    train: Stimuli
    test: Stimuli
    note: str  # what it is, for the output


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
    root = data_folder(folder)
    where = f"scenario 'nalsm': dataset={dataset} needs"
    hint = f"{ASK} (from {WHERE[dataset]})"
    if not root:
        raise FileNotFoundError(f"{where} a folder DATA; {hint}")
    if dataset == "nmnist":
        train, test = read_films(Path(root), where, hint)
        films = f"{train.labels.size:,} + {test.labels.size:,} films"
        return Data(train, test, f"nmnist, {films} of 34 x 34 pixels and two polarities")
    return _images(dataset, Path(root), where, hint)


def _digits() -> Data:
    small, labels = handwritten_digits("nalsm")
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
    anew = f"get it anew from {WHERE[dataset]}"
    raw = np.frombuffer(unpacked(path, where, anew), np.uint8)
    header = 4 + 4 * len(shape)
    found = tuple(raw[4:header].view(">i4").tolist()) if raw.size >= header else ()
    if found != shape or raw.size != header + int(np.prod(shape)):
        have = f"got {found} and {raw.size:,} bytes; {anew}"
        raise ValueError(f"{where} an array of shape {shape} in {str(path)!r}, {have}")
    return raw[header:].reshape(shape)
