"""Sign changes: functions with known roots, and the promises about the bracket."""

from math import cos, exp, inf, pi

import numba
import pytest

from eventsim.kernel import kernel
from eventsim.roots import EPSILON, sign_change, signs_differ


@kernel
def cubic(x: float, args: tuple[float]) -> float:
    return x * x * x - args[0]


@kernel
def decay(x: float, args: tuple[float]) -> float:
    return exp(-x) - args[0]


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def compiled_cubic_root(value: float) -> float:
    return sign_change(cubic, 0.0, 100.0, 1.0, (value,))


@pytest.mark.parametrize("value", [1e-18, 0.1, 2.0, 27.0, 1e5])
def test_a_rising_cubic_gives_its_cube_root(value: float) -> None:
    """Oracle: value ** (1/3)."""
    root = sign_change(cubic, 0.0, 100.0, 1.0, (value,))
    assert root == pytest.approx(value ** (1 / 3), rel=1e-15, abs=EPSILON)


def test_a_rising_function_is_not_negative_at_the_root_returned() -> None:
    """The bracket ends on the far side, so a threshold is reached, not nearly reached."""
    for value in (0.3, 1.7, 9.9, 1234.5):
        assert cubic(sign_change(cubic, 0.0, 100.0, 1.0, (value,)), (value,)) >= 0.0


def test_a_falling_exponential_is_found_in_a_bracket_that_is_flat_nearly_everywhere() -> None:
    """Oracle: -log(q)."""
    assert sign_change(decay, 0.0, 1e6, 1.0, (exp(-3.0),)) == pytest.approx(3.0, rel=1e-15)


def test_few_evaluations_are_spent_on_a_smooth_function() -> None:
    calls = []

    def counted(x: float, args: tuple[()]) -> float:
        calls.append(x)
        return cos(x)

    assert sign_change(counted, 0.0, 3.0, 1.0, ()) == pytest.approx(pi / 2, rel=1e-15)
    assert len(calls) <= 14


def test_a_step_function_ends_in_a_bracket_of_the_promised_width() -> None:
    """Nothing to interpolate: plain bisection, to the last bit."""

    def step(x: float, at: float) -> float:
        return -1.0 if x < at else 1.0

    root = sign_change(step, 0.0, 10.0, 1.0, 2.3)
    assert 2.3 <= root <= 2.3 + EPSILON * 3.3


def test_without_a_change_of_sign_the_far_end_is_returned() -> None:
    assert sign_change(cubic, 3.0, 5.0, 1.0, (1.0,)) == 5.0


def test_zero_counts_as_not_negative() -> None:
    assert not signs_differ(0.0, 1.0)
    assert signs_differ(-0.5, 0.0)
    assert not signs_differ(-inf, -1e-300)


def test_the_compiled_search_gives_the_bits_of_the_plain_one() -> None:
    for value in (0.1, 2.0, 3.3, 777.7):
        assert compiled_cubic_root(value) == sign_change(cubic, 0.0, 100.0, 1.0, (value,))
