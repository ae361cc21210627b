"""Reading files that somebody may be writing: what doesn't fit at first may fit a moment later."""

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import h5py

from eventsim.recording import locking, superblock
from eventsim.recording.store import UnsettledError

if TYPE_CHECKING:
    from eventsim.recording.reader import Recording

_WAITS = (0.01, 0.1, 0.5, 1.0)  # s between attempts to read a file that somebody writes

Result = TypeVar("Result")


def patiently_opened(path: Path) -> h5py.File:
    """Open a file; one that is being created, or closed, is there a moment later."""
    for wait in _WAITS:
        try:
            return _opened(path)
        except OSError as error:
            if not (locking.is_held(path) or locking.is_busy(error)):
                raise
            time.sleep(wait)
    return _opened(path)


def _opened(path: Path) -> h5py.File:
    """Open a file for reading, whatever became of its writer.

    The mode for files that grow tries again and again where something doesn't fit, for minutes in
    a damaged file. So it is taken only where somebody writes, or where that can't be known.
    """
    if locking.is_held(path) is not False:
        try:
            return locking.opened(path, "r", swmr=True)
        except OSError:
            if locking.is_held(path):
                raise  # else it was closed meanwhile
    if superblock.is_marked_open(path):
        return h5py.File(superblock.AsClosed(path), "r")
    return locking.opened(path, "r")


def readable(method: Callable[..., Result]) -> Callable[..., Result]:
    """Tell HDF5's complaints about a file in one line that names it.

    A file that somebody writes may be caught between two of its writes: HDF5 orders what belongs to
    one dataset, not one dataset after another. So it is opened anew and read again before anybody
    is told that it is damaged.
    """

    @wraps(method)
    def read(self: "Recording", *args: Any, **kwargs: Any) -> Result:
        for wait in _WAITS:
            try:
                return method(self, *args, **kwargs)
            except (UnsettledError, RuntimeError, OSError):
                if not self._may_settle():
                    break
                time.sleep(wait)
                self._open_anew()
        try:
            return method(self, *args, **kwargs)
        except (RuntimeError, OSError, UnicodeDecodeError, RecursionError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"recording {self.name!r} is damaged: {why}") from error

    return read
