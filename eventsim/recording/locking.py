"""Whether somebody is writing a file, and files on systems that can't lock.

HDF5 gives its own lock back as soon as a file may be read while it is written. So a writer holds
one more: on a byte far beyond the end of the file, with the file it has open and not with its
process, where the system can do that. A writer that is killed loses it.
"""

import errno
import fcntl
import os
import struct
import warnings
from pathlib import Path
from typing import Any

import h5py

_PLACE = 1 << 62  # bytes: no file is that long
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_FLOCK = "hhqqi"  # the system's struct flock

_warned: set[str] = set()


def opened(path: Path, mode: str, **options: Any) -> h5py.File:
    """Open an HDF5 file; where the file system has no locks, without one and with one warning."""
    try:
        return h5py.File(path, mode, **options)
    except OSError as error:
        if not _cannot_lock(error):
            raise
    if str(path.parent) not in _warned:
        _warned.add(str(path.parent))
        warnings.warn(
            f"the file system of {str(path)!r} can't lock files: nothing stops a second writer",
            stacklevel=2,
        )
    return h5py.File(path, mode, **options, locking=False)


def is_busy(error: OSError) -> bool:
    """Tell whether a file could not be opened because HDF5 has locked it elsewhere."""
    return f"unable to lock file, errno = {errno.EAGAIN}," in str(error)


def _cannot_lock(error: OSError) -> bool:
    text = str(error)
    return "unable to lock file" in text and any(f"errno = {n}," in text for n in _NO_LOCKS)


def hold(path: Path, new: bool = False) -> int | None:
    """Tell everybody that `path` is being written, until `release` or the end of the process.

    A `new` file is created, empty; it has its name only once it is locked.

    Raises
    ------
    ValueError
        If another process says so already.
    """
    if not hasattr(fcntl, "F_OFD_SETLK"):
        return None
    locked = path.with_name(f".{path.name}.{os.getpid()}") if new else path
    handle = os.open(locked, os.O_RDWR | (os.O_CREAT if new else 0), 0o666)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _lock(fcntl.F_WRLCK))
    except OSError as error:
        os.close(handle)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise ValueError(f"{str(path)!r} is being written by another process") from None
        return None  # no locks here: `opened` has said so
    finally:
        if new:
            locked.replace(path)
    return handle


def release(handle: int | None) -> None:
    """Give back what `hold` returned."""
    if handle is not None:
        os.close(handle)


def is_held(path: Path) -> bool | None:
    """Tell whether a process is writing `path`; None where that can't be known."""
    if not hasattr(fcntl, "F_OFD_GETLK"):
        return None
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        answer = fcntl.fcntl(handle, fcntl.F_OFD_GETLK, _lock(fcntl.F_WRLCK))
        return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)
    except OSError:
        return None
    finally:
        os.close(handle)


def _lock(kind: int) -> bytes:
    return struct.pack(_FLOCK, kind, os.SEEK_SET, _PLACE, 1, 0)
