"""One dataset that grows, written through a buffer.

A write to HDF5 costs some 50 microseconds whatever its size, so rows gather in a block of memory
and leave it a few chunks at a time; appending is then a copy.
"""

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from eventsim.recording import room
from eventsim.recording.layout import CHUNK

_BLOCK = 4 * CHUNK  # values per write


class Stream:
    """A growing dataset of rows.

    Parameters
    ----------
    dataset : h5py.Dataset
        Where they go.
    written : int
        Rows that are there already; what the dataset holds beyond is overwritten.
    """

    def __init__(self, dataset: h5py.Dataset, written: int = 0) -> None:
        self.dataset = dataset
        row = dataset.shape[1:]
        # the system gives an empty block's memory only as it is filled; a row too wide for the
        # block leaves it with no room at all and is written at once
        self._block = np.empty((_BLOCK // max(1, *row, 1), *row), dtype=dataset.dtype)
        self._filled = 0
        self._written = written
        self.broken = False  # a write has failed
        self.from_reserve = False  # whether it may use the room that is kept for the end

    @classmethod
    def create(
        cls, group: h5py.Group, name: str, dtype: DTypeLike, width: int | None = None
    ) -> "Stream":
        """Create a dataset in a group; with a `width` its rows have so many values."""
        row = () if width is None else (width,)
        values = max(1, width or 1)
        return cls(group.create_dataset(
            name,
            shape=(0, *row),
            maxshape=(None, *(max(1, n) for n in row)),
            # rows wider than CHUNK are split, so that memory doesn't follow their width
            chunks=(max(1, CHUNK // values), *(min(values, CHUNK) for _ in row)),
            dtype=dtype,
        ))  # fmt: skip

    @property
    def count(self) -> int:
        """Rows appended so far."""
        return self._written + self._filled

    @property
    def waiting(self) -> int:
        """Bytes that are yet to be handed to HDF5."""
        return int(self._block[: self._filled].nbytes)

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end; they are copied."""
        filled = self._filled + len(rows)
        if filled > len(self._block):
            self.flush()
            filled = len(rows)
        if filled > len(self._block):
            self._write(rows)
            return
        self._block[self._filled : filled] = rows
        self._filled = filled

    def flush(self) -> None:
        """Hand everything appended so far to HDF5."""
        if self._filled:
            self._write(self._block[: self._filled])
            self._filled = 0

    def _write(self, rows: NDArray[Any]) -> None:
        end = self._written + len(rows)
        file = self.dataset.file
        if file.driver != "core" and not self.from_reserve:
            room.check(Path(file.filename), rows.nbytes)
        try:
            if end > len(self.dataset):
                self.dataset.resize(end, axis=0)
            # HDF5 would convert a foreign type value by value
            self.dataset[self._written : end] = rows.astype(self.dataset.dtype, copy=False)
        except OSError as error:
            self.broken = True
            raise unwritable(file.filename, error) from error
        self._written = end

    def cut(self) -> None:
        """Drop what the dataset holds beyond the rows that were appended."""
        if len(self.dataset) > self._written:
            self.dataset.resize(self._written, axis=0)


def unwritable(name: str, error: OSError) -> OSError:
    """Return HDF5's many lines about a failed write as one."""
    why = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
    return OSError(f"recording {name!r} can't be written any more: {why}; what it holds is kept")
