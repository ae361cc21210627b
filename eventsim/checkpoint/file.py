"""The file of a checkpoint: HDF5 behind a line of text that says how long it is, and its hash.

HDF5 leaves 512 bytes at the beginning of a file to others. Here they hold

    eventsim checkpoint <version> <bytes of the file> <sha256 of what follows the 512 bytes>

so that a damaged file is refused before any library reads it. What follows is an ordinary HDF5
file (h5dump opens it): /about, a JSON text, and arrays, contiguous and uncompressed: nothing in it
can be larger than the file itself.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from eventsim.lasting import Arrays

VERSION = 6
_HEADER = 512  # bytes, the least that HDF5 leaves free
_MAGIC = "eventsim checkpoint"
_KINDS = "fiub"  # of numpy's types: numbers and truth values, nothing that could hold an object


def write(path: Path, about: dict[str, Any], arrays: Arrays) -> None:
    """Write a checkpoint in one step: at any moment there is the previous file or the new one.

    Raises
    ------
    OSError
        If it can't be written; the previous file is untouched.
    """
    temporary = path.with_name(f".{path.name}.tmp")  # what a kill leaves, the next one replaces
    try:
        _write(temporary, about, arrays)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        why = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
        size = sum(array.nbytes for array in arrays.values())
        raise OSError(
            f"checkpoint {str(path)!r} can't be written: {why}; it needs {size} bytes; the "
            "previous one, if there was any, is kept"
        ) from error


def _write(path: Path, about: dict[str, Any], arrays: Arrays) -> None:
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    with h5py.File(path, "w", userblock_size=_HEADER, libver="v110", locking=False) as file:
        file["about"] = text
        for name, array in arrays.items():
            file[f"arrays/{name}"] = array
    with path.open("r+b") as raw:
        raw.seek(_HEADER)
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
        line = f"{_MAGIC} {VERSION} {path.stat().st_size} {digest}\n"
        raw.seek(0)
        raw.write(line.encode().ljust(_HEADER, b"\0"))
        raw.flush()
        os.fsync(raw.fileno())


def _sync(folder: Path) -> None:
    """Have the folder's entries on disk, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the description and the arrays of a checkpoint.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is not a checkpoint, of an unknown version, or damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {str(path)!r}")
    size = _check(path)
    try:
        with h5py.File(path, "r", locking=False) as file:
            about = json.loads(bytes(_values(file, "about", size)))
            arrays, left = {}, size
            for name in _names(file["arrays"], ""):
                arrays[name] = _values(file, f"arrays/{name}", left)
                left -= arrays[name].nbytes
    except (OSError, KeyError, RuntimeError, RecursionError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error).splitlines()[0]) from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(about, dict):
        raise _damaged(path, "its description is not a JSON object")
    return about, arrays


def _check(path: Path) -> int:
    """Check the line at the beginning and the hash; return the file's size in bytes."""
    with path.open("rb") as raw:
        words = raw.read(_HEADER).rstrip(b"\0").decode("ascii", "replace").split()
        size = path.stat().st_size
        if words[:2] != _MAGIC.split() or len(words) != 5:
            raise ValueError(f"{str(path)!r} is not a checkpoint of eventsim")
        if words[2] != str(VERSION):
            raise ValueError(
                f"checkpoint {str(path)!r} has version {words[2]}; this eventsim reads {VERSION}"
            )
        if words[3] != str(size):
            raise _damaged(path, f"it should have {words[3]} bytes, has {size}")
        raw.seek(_HEADER)
        if words[4] != hashlib.file_digest(raw, "sha256").hexdigest():
            raise _damaged(path, "its content does not match its hash")
    return size


def _damaged(path: Path, why: str) -> ValueError:
    return ValueError(f"checkpoint {str(path)!r} is damaged: {why}")


def _names(group: Any, prefix: str) -> Iterator[str]:
    """Yield the names of all arrays; only hard links are followed."""
    if not isinstance(group, h5py.Group):
        raise ValueError("it has no arrays")
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{prefix}{name} is a link; links are refused")
        if isinstance(group[name], h5py.Group):
            if prefix.count("/") > 8:
                raise ValueError(f"{prefix}{name} lies too deep")
            yield from _names(group[name], f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}"


def _values(file: h5py.File, name: str, most: int) -> Any:
    """Return an array of at most so many bytes, which lies in this file."""
    link, found = file.get(name, getlink=True), file.get(name)
    if not isinstance(link, h5py.HardLink) or not isinstance(found, h5py.Dataset):
        raise ValueError(f"{name} is not an array of this file")
    if found.external or found.is_virtual or found.chunks or found.dtype.kind not in _KINDS:
        raise ValueError(f"{name} is not a plain array of numbers")
    if found.nbytes > most:
        raise ValueError(f"{name} can't have {found.nbytes} bytes in a file of that size")
    return found[()] if found.shape else np.asarray(found[()])
