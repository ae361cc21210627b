"""Where the resting states of cells that oscillate lose their stability: the published values."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, fsolve

from eventsim.models.astrocytes import li_rinzel
from eventsim.models.neurons import hodgkin_huxley, morris_lecar

CASES = [  # file, moving variables, parameter, near the bifurcation, guess, published
    (hodgkin_huxley, 4, "i_offset", (900.0, 1050.0), [-60.0, 0.1, 0.4, 0.4], 978.0),
    (morris_lecar, 2, "i_offset", (85.0, 100.0), [-27.0, 0.12], 93.86),
    (morris_lecar, 2, "i_offset", (200.0, 225.0), [5.0, 0.5], 212.0),
    (li_rinzel, 2, "ip3_rest", (0.33, 0.4), [0.15, 0.75], 0.355),
    (li_rinzel, 2, "ip3_rest", (0.6, 0.68), [0.3, 0.6], 0.637),
]


def growth(file: ModuleType, n: int, values: dict[str, float], guess: Any) -> float:
    """Return the largest real part of the eigenvalues of the Jacobian at rest, per ms."""
    p = file.Params(**values)
    held = file.initial(p, 0.0)[n:]

    def slope(y: Any) -> Any:
        return np.array(file.derivative(file.State(*map(float, y), *held), 0.0, p)[:n])

    rest = fsolve(slope, guess, xtol=1e-13)
    assert np.abs(slope(rest)).max() < 1e-9
    steps = 1e-6 * np.diag(np.maximum(1.0, np.abs(rest)))
    jacobian = [(slope(rest + h) - slope(rest - h)) / (2.0 * h.max()) for h in steps]
    return float(np.linalg.eigvals(np.transpose(jacobian)).real.max())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__[16:]} {case[-1]}")
def test_the_resting_state_becomes_unstable_where_it_is_published(case: Any) -> None:
    """Oracle: Rinzel & Miller (1980), Rinzel & Ermentrout (1998), Li & Rinzel (1994)."""
    file, n, name, (low, high), guess, published = case
    found = brentq(lambda x: growth(file, n, {name: x}, guess), low, high)
    assert found == pytest.approx(published, rel=2e-3)
