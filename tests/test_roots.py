"""Sign changes: functions with known roots, and the promises about the bracket."""

from math import cos, exp, inf, log, pi

import numba
import pytest

from eventsim.kernel import kernel
from eventsim.roots import EPSILON, first_rise, sign_change, signs_differ


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


def parabola(x: float, c: tuple[float, float, float]) -> float:
    return c[0] + x * (c[1] + x * c[2])


def rise_of_parabola(c: tuple[float, float, float], hi: float, scale: float = 1.0) -> float:
    return first_rise(parabola, 0.0, hi, scale, c, (c[1], 2.0 * c[2], 0.0))


@pytest.mark.parametrize("roots", [(0.5, 3.0), (1e-9, 1.0), (2.0, 2.0 + 1e-6), (40.0, 41.0)])
def test_of_a_hump_the_first_of_two_crossings_is_found(roots: tuple[float, float]) -> None:
    """Oracle: -(x - a)(x - b), whose roots are a and b."""
    a, b = roots
    assert rise_of_parabola((-a * b, a + b, -1.0), 100.0) == pytest.approx(a, rel=1e-9, abs=1e-15)


def test_a_valley_is_left_on_its_far_side() -> None:
    """Oracle: (x + 1)(x - 30), which falls until 14.5."""
    assert rise_of_parabola((-30.0, -29.0, 1.0), 100.0) == pytest.approx(30.0, rel=1e-15)


def test_a_hump_that_stays_below_and_a_crossing_beyond_the_end_are_none() -> None:
    assert rise_of_parabola((-1.001, 2.0, -1.0), 100.0) == inf
    assert rise_of_parabola((-1.0, -2.0, -1.0), 100.0) == inf
    assert rise_of_parabola((-5.0, 1.0, 0.0), 4.9) == inf
    assert rise_of_parabola((0.0, -1.0, 0.0), 4.9) == 0.0


def test_a_slow_approach_to_zero_from_below_ends() -> None:
    """What never arrives: -exp(-x), and the same on a level just below and just above zero."""

    def fading(x: float, c: tuple[float, float]) -> float:
        return c[0] + c[1] * exp(-x)

    assert first_rise(fading, 0.0, 600.0, 1.0, (0.0, -1.0), (0.0, 1.0)) == inf
    assert first_rise(fading, 0.0, 600.0, 1.0, (-1e-9, -1.0), (0.0, 1.0)) == inf
    late = first_rise(fading, 0.0, 600.0, 1.0, (1e-9, -1.0), (0.0, 1.0))
    assert late == pytest.approx(9.0 * log(10.0), rel=1e-12)


def test_a_crossing_within_rounding_of_where_the_search_begins_ends_it() -> None:
    """The straight line leads nowhere: 1e9 + 1e-30 is 1e9."""
    found = first_rise(parabola, 1e9, 2e9, 1.0, (-1e9 - 1e-7, 1.0, 0.0), (1.0, 0.0, 0.0))
    assert 1e9 <= found <= 1e9 + 1e-6
