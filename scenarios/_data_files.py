"""Where data that the project doesn't ship are looked for: `--set data=DATA`, or EVENTSIM_DATA."""

import os
from pathlib import Path

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
    return path
