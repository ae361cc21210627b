"""Linear algebra on one thread, so that no number depends on how many a machine has."""

from inspect import signature

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from eventsim.scenarios import motion_delays, spoken_digits, what_when
from eventsim.scenarios._one_thread import on_one_thread


def threads(kind: str) -> set[int]:
    """Return the numbers of threads of the libraries of a kind that are loaded."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == kind}


def test_linear_algebra_has_one_thread_inside_and_as_many_as_before_outside() -> None:
    """Oracle: what the libraries say of themselves; the engine's threads stay as they are."""

    @on_one_thread
    def inside(a: int, *, b: int) -> tuple[int, set[int], set[int]]:
        return a + b, threads("blas"), threads("openmp")

    with threadpool_limits(2, user_api="blas"):
        before = threads("blas")
        others = threads("openmp")
        assert inside(1, b=2) == (3, {1}, others)
        assert threads("blas") == before


def test_it_ends_with_an_error_too() -> None:
    """Oracle: the number of threads before."""

    @on_one_thread
    def wrong() -> None:
        raise ValueError("no")

    before = threads("blas")
    with pytest.raises(ValueError, match="no"):
        wrong()
    assert threads("blas") == before


def test_scenarios_with_linear_algebra_of_their_own_run_so() -> None:
    for scenario in (motion_delays, spoken_digits, what_when):
        assert hasattr(scenario.run, "__wrapped__")
        assert list(signature(scenario.run).parameters) == ["settings", "options"]
