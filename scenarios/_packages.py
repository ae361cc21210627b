"""Packages that scenarios need, without importing them: that would take longer than the network."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def require(scenario: str, package: str, name: str) -> str:
    """Return where a package is that is needed later on.

    Raises
    ------
    ImportError
        If it is not installed; the message calls it `name`.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ImportError(f"{scenario} needs {name}: pip install eventsim[scenarios]")
    return found.origin


def handwritten_digits(scenario: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return scikit-learn's 1,797 images of 8 x 8 pixels, (1797, 64) from 0 to 16, and the digits.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    package = Path(require(scenario, "sklearn", "scikit-learn")).parent
    table: Any = np.loadtxt(package / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    return table[:, :-1], table[:, -1].astype(np.int64)
