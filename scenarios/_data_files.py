"""Where data that the project doesn't ship are looked for: `--set data=DATA`, or EVENTSIM_DATA."""

import gzip
import os
import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

ASK = "say --set data=DATA or set EVENTSIM_DATA"


def data_folder(folder: str) -> str:
    """Return the folder that was given; without one that of the environment, or ""."""
    return folder or os.environ.get("EVENTSIM_DATA", "")


def data_file(where: str, folder: str, name: str, what: str) -> Path:
    """Return the path of a file in the data folder.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or file; `where` begins the message, `what` says what is in it.
    """
    folder = data_folder(folder)
    path = Path(folder, name)
    if not folder or not path.is_file():
        raise FileNotFoundError(f"{where} DATA/{name}, not found in {folder!r}; {ASK} ({what})")
    if path.suffix == ".npz":
        check_archive(path, where, f"get it anew ({what})")
    return path


def check_archive(path: Path, where: str, remedy: str) -> None:
    """Refuse an npz that is cut off, damaged, or no npz.

    Raises
    ------
    ValueError
        If anything in it can't be read as it was written.
    """
    try:
        with ZipFile(path) as file:
            broken = file.testzip()
            strange = [name for name in file.namelist() if not name.endswith(".npy")]
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged(path, where, error, remedy) from error
    if broken is not None or strange:
        raise damaged(path, where, f"{broken or strange[0]!r} can't be read", remedy)


def unpacked(path: Path, where: str, remedy: str) -> bytes:
    """Return the content of a file, which may be packed (.gz).

    Raises
    ------
    ValueError
        If it is cut off, damaged, or not packed at all.
    """
    raw = path.read_bytes()
    if path.suffix != ".gz":
        return raw
    try:
        return gzip.decompress(raw)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged(path, where, error, remedy) from error


def damaged(path: Path, where: str, reason: object, remedy: str) -> ValueError:
    """Return the error that a file can't be read; `where` begins the message."""
    return ValueError(f"{where} {str(path)!r}, which is damaged ({reason}); {remedy}")


def refuse_unread(scenario: str, folder: str, read: bool, remedy: str) -> None:
    """Refuse a data folder that was given though nothing will read it.

    Raises
    ------
    ValueError
        If there is one; one that only EVENTSIM_DATA names is for whoever needs it.
    """
    if folder and not read:
        raise ValueError(f"scenario {scenario!r}: nothing will read data={folder!r}; {remedy}")
