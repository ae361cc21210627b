"""Room on the disk: asked for before HDF5 writes, since HDF5 can't be brought to go on after."""

import errno
import shutil
from pathlib import Path

import h5py

RESERVE = 1 << 20  # bytes, for what is written to end a recording

_abandoned: list[h5py.File] = []


def check(path: Path, needed: int) -> None:
    """Refuse to write so many bytes into the file at `path` if there is no room for them.

    Raises
    ------
    OSError
        ENOSPC; the file is as it was.
    """
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return  # a file system that doesn't say
    if free < needed + RESERVE:
        raise OSError(
            errno.ENOSPC,
            f"recording {str(path)!r}: the disk is full: {needed + RESERVE} bytes are needed, "
            f"{free} are free; what it holds is kept",
        )


def abandon(file: h5py.File) -> None:
    """Keep a file open that can't be written any more: closing it would write, and crash."""
    _abandoned.append(file)


def any_abandoned() -> bool:
    """Whether HDF5 still holds such a file: a process must then end by `os._exit`."""
    return bool(_abandoned)
