"""One dataset that grows, written through a buffer.

A write to HDF5 costs some 50 microseconds whatever its size, so rows gather in a block of memory
and leave it a few chunks at a time; appending is then a copy.
"""

import os
from typing import Any

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from eventsim.recording.layout import CHUNK

_BLOCK = 4 * CHUNK  # values per write


class Stream:
    """A growing dataset of rows.

    Parameters
    ----------
    group : h5py.Group
        Where the dataset is created.
    name : str
        Its name.
    dtype : dtype
        Stored type.
    width : int, optional
        Values per row; without it the dataset is one-dimensional.
    """

    def __init__(
        self, group: h5py.Group, name: str, dtype: DTypeLike, width: int | None = None
    ) -> None:
        row = () if width is None else (width,)
        values = max(1, width or 1)
        self.dataset: h5py.Dataset = group.create_dataset(
            name,
            shape=(0, *row),
            maxshape=(None, *(max(1, n) for n in row)),
            # rows wider than CHUNK are split, so that memory doesn't follow their width
            chunks=(max(1, CHUNK // values), *(min(values, CHUNK) for _ in row)),
            dtype=dtype,
        )
        # the system gives an empty block's memory only as it is filled; a row too wide for the
        # block leaves it with no room at all and is written at once
        self._block = np.empty((_BLOCK // values, *row), dtype=dtype)
        self._filled = 0
        self._written = 0

    @property
    def count(self) -> int:
        """Rows appended so far."""
        return self._written + self._filled

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
        try:
            self.dataset.resize(end, axis=0)
            # HDF5 would convert a foreign type value by value
            self.dataset[self._written : end] = rows.astype(self.dataset.dtype, copy=False)
        except OSError as error:
            raise unwritable(self.dataset.file.filename, error) from error
        self._written = end


def unwritable(name: str, error: OSError) -> OSError:
    """Return HDF5's many lines about a failed write as one."""
    why = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
    return OSError(f"recording {name!r} can't be written any more: {why}; what it holds is kept")
