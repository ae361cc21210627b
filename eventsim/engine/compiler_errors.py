"""What the compiler says of a user's function, in one line that names the place."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numba
from numba.core.errors import NumbaError

import eventsim
from eventsim.engine.specialise import cache_folder

_PLACE = re.compile(r'(?:During: [^\n]* at |File ")([^"\n]+?)(?: \(|", line )(\d+)')
_REASON = re.compile(r"Failed in nopython mode pipeline[^\n]*\n\s*([^\n]+)(?:\s*(>>> [^\n]+))?")
_OURS = tuple(Path(str(package.__file__)).resolve().parent for package in (eventsim, numba))


@contextmanager
def explained() -> Iterator[None]:
    """Turn the compiler's pages about a function that was handed in into one line.

    Raises
    ------
    TypeError
        With file, line and reason; the compiler's own words stay its cause.
    """
    try:
        yield
    except NumbaError as error:
        line = one_line(str(error))
        if line is None:
            raise
        raise TypeError(line) from error


def one_line(said: str) -> str | None:
    """Return where a user's function can't be compiled and why; None if that can't be seen."""
    places = [
        f"{Path(name).name}, line {number}"
        for name, number in _PLACE.findall(said)
        if not _is_ours(name)
    ]
    reasons = [found for found in _REASON.findall(said) if not found[0].startswith("Failed in")]
    if not reasons:
        return None
    # the innermost place comes first, and of reasons last; of an unknown name there is no line
    place = places[0] if places else "a model or rule"
    reason = " ".join(part.strip() for part in reasons[-1] if part)
    return (
        f"{place}: can't be compiled: {reason} (functions of models and rules may use "
        "numbers, tuples and math, and make no arrays; engine='reference' runs them as they are)"
    )


def _is_ours(name: str) -> bool:
    path = Path(name).resolve()
    return any(root in path.parents for root in (*_OURS, cache_folder().resolve()))
