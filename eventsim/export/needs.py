"""A package that is needed for one thing only."""

import importlib
from typing import Any


def needed(package: str, extra: str, what: str) -> Any:
    """Return a package.

    Raises
    ------
    ImportError
        If it is missing; the message names the extra that brings it.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ImportError(f"{what} need {extra}: pip install eventsim[{extra}]") from None
