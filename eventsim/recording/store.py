"""Reading one HDF5 file with suspicion: it may be growing, broken off, or made by someone else."""

from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventsim.recording import layout


class UnsettledError(ValueError):
    """Two parts of a file contradict each other: damage, or its writer is between the two."""


class Store:
    """An open file; groups and datasets are looked up anew each time, as they are on disk."""

    def __init__(self, file: h5py.File, name: str | None = None) -> None:
        self.file = file
        self.name = str(file.filename) if name is None else name

    @property
    def is_live(self) -> bool:
        """Whether the file may grow while it is read."""
        return bool(self.file.swmr_mode) and self.file.mode == "r"

    def group(self, *path: str) -> h5py.Group:
        """Return a group of this file."""
        found = _inside(self.file, path)
        if not isinstance(found, h5py.Group):
            raise ValueError(f"{self.name!r}: {'/'.join(path)} is not a group")
        return found

    def dataset(self, *path: str) -> h5py.Dataset:
        """Return a dataset whose values lie in this file, as long as it is now."""
        found = _inside(self.file, path)
        plain = isinstance(found, h5py.Dataset) and found.dtype.kind != "O"
        if not plain or found.external or found.is_virtual:
            raise ValueError(f"{self.name!r}: {'/'.join(path)} is not a dataset of this file")
        if self.is_live:
            found.refresh()  # what the writer has added meanwhile
        if not found.chunks and found.nbytes > (size := self.file.id.get_filesize()):
            raise ValueError(
                f"{self.name!r}: {'/'.join(path)} claims {found.nbytes} bytes, the file has {size}"
            )
        return found

    def growing(self, *path: str) -> tuple[h5py.Dataset, int]:
        """Return a growing dataset, and how many of its rows are certainly there."""
        # first the counts, then the dataset: the other way round it might be the shorter one
        flushed = self.dataset("eventsim", "flushed")[:]
        dataset = self.dataset(*path)
        rows = int(flushed[dataset.attrs["stream"]])
        if not 0 <= rows <= len(dataset):
            raise UnsettledError(
                f"{self.name!r}: {'/'.join(path)} should have {rows} rows, has {len(dataset)}"
            )
        self._refuse_phantom(dataset, rows)
        return dataset, rows

    def names(self, parent: str) -> list[str]:
        """Return the groups inside `parent`, if it is there."""
        return list(self.group(parent)) if parent in self.file else []

    def _refuse_phantom(self, dataset: h5py.Dataset, rows: int) -> None:
        """Refuse a dataset that says it is larger than what is stored of it."""
        claimed = rows * (dataset.nbytes // max(len(dataset), 1))
        stored = dataset.id.get_storage_size()
        if claimed > stored:
            raise UnsettledError(
                f"{self.name!r}: {dataset.name} claims {claimed} bytes, {stored} are stored"
            )

    def attributes(self, parent: str, attribute: str) -> dict[str, Any]:
        """Return one attribute of every group inside `parent`, by the group's name."""
        names = list(self.group(parent))
        return {name: self.attribute(self.group(parent, name), attribute) for name in names}

    def attribute(self, of: h5py.HLObject, name: str) -> Any:
        """Return an attribute; texts of any length are refused (see `layout.texts`)."""
        if of.attrs.get_id(name).dtype.kind == "O":
            raise ValueError(f"{self.name!r}: attribute {name} of {of.name} is not plain")
        return of.attrs[name]

    def texts(self, of: h5py.HLObject, name: str) -> list[str]:
        """Return an attribute that is one text, or several."""
        return [bytes(text).decode() for text in np.atleast_1d(self.attribute(of, name))]


def _inside(file: h5py.File, path: tuple[str, ...]) -> Any:
    """Follow hard links only: a recording from elsewhere must not reach into other files."""
    found: Any = file
    for name in path:
        link = found.get(name, getlink=True)
        if link is None:
            raise KeyError(f"{file.filename!r} has no {'/'.join(path)}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{file.filename!r}: {'/'.join(path)} is a link; links are refused")
        found = found[name]
    return found


def search(times: h5py.Dataset, count: int, t: float) -> int:
    """Return how many of the first `count` times are before `t`, reading only a few of them."""
    low, high = 0, count
    while high - low > layout.CHUNK:
        middle = (low + high) // 2
        if times[middle] < t:
            low = middle + 1
        else:
            high = middle
    return low + int(np.searchsorted(times[low:high], t))


def indices(population: str, neurons: ArrayLike, size: int) -> NDArray[np.int64]:
    """Return neuron numbers as an array, all within a population of `size`."""
    asked = np.atleast_1d(np.asarray(neurons, dtype=np.int64))
    outside = asked[(asked < 0) | (asked >= size)]
    if outside.size:
        raise ValueError(
            f"population {population!r}: neurons must be in 0..{size - 1}, got {outside[0]}"
        )
    return asked
