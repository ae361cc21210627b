"""The exponential that compilers vectorise, beside the library's."""

from math import exp, isnan, nan

import numba
import numpy as np

from eventsim.ode import safe_exp


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def many(x: np.ndarray, y: np.ndarray) -> None:
    for k in range(x.size):
        y[k] = safe_exp(x[k])


def test_it_is_the_library_s_to_rounding_and_compiled_the_same_to_the_last_bit() -> None:
    """Oracle: math.exp; where it is cut, at 700 on either side, exp(700)."""
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-700, 700, 4000), rng.normal(size=2001), [0.0, 1e9, -1e9]])
    y, plain = np.empty(x.size), np.array([safe_exp(value) for value in x.tolist()])
    many(x, y)
    expected = np.array([exp(value) for value in np.clip(x, -700.0, 700.0).tolist()])
    np.testing.assert_allclose(plain, expected, rtol=3e-16, atol=0.0)
    np.testing.assert_array_equal(y, plain)
    assert isnan(safe_exp(nan))
