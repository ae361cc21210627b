"""Convolutions of decaying exponentials against many digits."""

from fractions import Fraction
from itertools import combinations_with_replacement
from math import e, factorial

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from eventsim.cascade import overlap, overlap_of_three, peak, peak_time

TAUS = [0.5, 2.0, 2.0 * (1 + 1e-12), 2.0 * (1 + 1e-7), 2.02, 10.0, 300.0]


def exact(dt: float, *taus: float) -> float:
    """Return the convolution by its power series in rational numbers: no digit is lost.

    The convolution of n exponentials is the divided difference of exp(x dt) over their rates:
    the sum of dt^k h_(k - n + 1)(rates) / k!, h the complete homogeneous polynomials.
    """
    rates = [-1 / Fraction(tau) for tau in taus]
    terms = 40 + int(8 * dt / min(taus))
    h = [Fraction(1)] + [Fraction(0)] * terms
    for rate in rates:
        for k in range(1, terms + 1):
            h[k] = round_off(h[k] + rate * h[k - 1])
    n = len(taus) - 1
    t = Fraction(dt)
    return float(sum(h[k] * t ** (k + n) / factorial(k + n) for k in range(terms + 1)))


def round_off(x: Fraction) -> Fraction:
    """Keep 400 binary digits behind the point: fractions would grow without bound."""
    return Fraction(round(x * 2**400), 2**400)


@pytest.mark.parametrize("taus", list(combinations_with_replacement(TAUS, 3)), ids=str)
def test_a_pulse_through_three_integrators_has_all_its_digits(taus: tuple[float, ...]) -> None:
    """Oracle: a power series in rational numbers."""
    for dt in (1e-6, 0.3, 1.7, 6.0):
        expected = exact(dt, *taus)
        for order in (taus, taus[::-1], (taus[1], taus[2], taus[0])):
            assert overlap_of_three(dt, *order) == pytest.approx(expected, rel=3e-15)


def test_a_pulse_through_two_integrators_has_all_its_digits() -> None:
    """Oracle: a power series in rational numbers."""
    for taus in combinations_with_replacement(TAUS, 2):
        for dt in (1e-6, 0.3, 6.0):
            assert overlap(dt, *taus) == pytest.approx(exact(dt, *taus), rel=2e-15)


@pytest.mark.parametrize("taus", [(0.5, 2.0), (2.0, 0.5), (3.0, 3.0), (3.0, 3.0 + 1e-9)])
def test_the_peak_is_where_a_search_finds_it(taus: tuple[float, float]) -> None:
    """Oracle: scipy's bounded search; for equal time constants tau / e."""
    found = minimize_scalar(lambda t: -overlap(t, *taus), bounds=(0.0, 20.0), method="bounded")
    assert peak_time(*taus) == pytest.approx(found.x, abs=1e-4)
    assert peak(*taus) == pytest.approx(-found.fun, rel=1e-9)
    if taus[0] == taus[1]:
        assert peak(*taus) == pytest.approx(taus[0] / e, rel=1e-15)


def test_nothing_overflows_after_any_time() -> None:
    for dt in (0.0, 1e-300, 1e3, 1e8):
        for taus in combinations_with_replacement((1e-3, 2.0, 2.0 + 1e-15, 1e6), 3):
            assert np.isfinite(overlap_of_three(dt, *taus))
