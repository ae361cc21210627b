"""The diffusion approximation against an independent solution and its limits."""

from math import log

import numpy as np
import pytest
from scipy.linalg import solve_banded

from eventsim.analysis import meanfield
from eventsim.analysis.meanfield import Membrane

CELL = Membrane(tau_m=20.0, v_th=20.0, v_reset=10.0, t_ref=2.0)


def first_passage(mu: float, sigma: float, cell: Membrane, n: int = 20_000) -> tuple[float, float]:
    """Return rate (Hz) and CV from the backward Kolmogorov equation on a grid of potentials.

    sigma**2 / 2 T_k'' + (mu - x) T_k' = -k tau_m T_(k-1) for the k-th moment of the time to
    threshold from x; T_k is 0 at the threshold and flat far below.
    """
    x = np.linspace(min(cell.v_reset, mu) - 7.0 * sigma, cell.v_th, n)
    dx = x[1] - x[0]
    diffusion, drift = 0.5 * sigma**2 / dx**2, 0.5 * (mu - x) / dx
    bands = np.zeros((3, n))
    bands[0, 1:], bands[1], bands[2, :-1] = (diffusion + drift)[:-1], -2.0 * diffusion, 0.0
    bands[2, :-1] = (diffusion - drift)[1:]
    bands[0, 1] = 2.0 * diffusion  # reflection at the lower end
    bands[1, -1], bands[2, -2] = 1.0, 0.0  # threshold

    def moment(right: np.ndarray) -> np.ndarray:
        right[-1] = 0.0
        return solve_banded((1, 1), bands, right)

    first = moment(np.full(n, -cell.tau_m))
    second = moment(-2.0 * cell.tau_m * first)
    mean, square = (np.interp(cell.v_reset, x, t) for t in (first, second))
    isi = cell.t_ref + mean
    return 1e3 / isi, np.sqrt(square - mean**2) / isi


@pytest.mark.parametrize(
    ("mu", "sigma"),
    [(21.0, 7.7), (24.2, 10.9), (16.4, 3.1), (10.0, 5.0), (200.0, 15.0), (19.0, 1.0)],
)
def test_rate_and_cv_are_the_moments_of_the_first_passage_time(mu: float, sigma: float) -> None:
    """Oracle: the backward Kolmogorov equation, solved by finite differences."""
    rate, cv = first_passage(mu, sigma, CELL)
    assert meanfield.rate(mu, sigma, CELL) == pytest.approx(rate, rel=1e-4)
    assert meanfield.cv(mu, sigma, CELL) == pytest.approx(cv, rel=1e-3)


def test_with_little_noise_it_is_a_clock() -> None:
    """Oracle: the closed form of the interval under a constant input."""
    interval = CELL.t_ref + CELL.tau_m * log((40.0 - CELL.v_reset) / (40.0 - CELL.v_th))
    assert meanfield.rate(40.0, 0.01, CELL) == pytest.approx(1e3 / interval, rel=1e-6)
    assert meanfield.cv(40.0, 0.01, CELL) < 1e-3


def test_far_below_threshold_it_is_a_rare_poisson_process() -> None:
    """Oracle: the limit of rare escapes, rate 0 and CV 1, without overflow on the way."""
    assert meanfield.rate(-500.0, 1.0, CELL) == 0.0
    assert meanfield.cv(-500.0, 1.0, CELL) == 1.0
    assert meanfield.cv(2.5, 1.0, CELL) == pytest.approx(1.0, abs=1e-6)  # 17.5 sigma
    assert 0.0 < meanfield.rate(2.5, 1.0, CELL) < 1e-100


def test_no_noise_is_refused() -> None:
    """Oracle: the message names sigma, its bound and the value."""
    with pytest.raises(ValueError, match=r"sigma must be > 0 mV, got 0"):
        meanfield.rate(21.0, 0.0, CELL)
