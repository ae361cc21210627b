"""Exponentials by short polynomials."""

import numba
import numpy as np

from eventsim.engine.kernels.fade import fade, fade_little


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def both(x: float) -> tuple[float, float]:
    return fade(x), fade_little(x)


def test_short_exponentials_are_right_to_rounding() -> None:
    """Oracle: numpy; three squarings make eight roundings of one. In Python and compiled."""
    for x in np.linspace(0.0, 1.0, 999):
        for value in (fade(x), both(x)[0]):
            assert abs(value / np.exp(-x) - 1.0) < 8 * 2**-51
    for x in np.linspace(0.0, 1 / 64, 999):
        for value in (fade_little(x), both(x)[1]):
            assert abs(value / np.exp(-x) - 1.0) < 2**-51
