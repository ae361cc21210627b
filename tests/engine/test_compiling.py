"""Functions inside kernels are not compiled for themselves, where Numba is known."""

import numba
import pytest
from numba.core import codegen

from eventsim import compiling
from eventsim.kernel import kernel


@kernel
def squared(x: float) -> float:
    """Return x x."""
    return x * x


@numba.njit
def known_elsewhere(x: float) -> float:
    """Return x; under a decorator of Numba's own, as a user's helper might be."""
    return x


@numba.njit  # as `loop`, but not kept on disk: it must be compiled here
def sum_of_squares(n: int) -> float:
    """Return 1 + 4 + 9 + ... + n n."""
    total = 0.0
    for k in range(n + 1):
        total += squared(known_elsewhere(float(k)))
    return total


def test_a_kernel_becomes_machine_code_and_what_it_calls_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not numba.__version__.startswith(compiling.TRIED):
        pytest.skip(f"nobody has tried this with Numba {numba.__version__}")
    made = []
    add = codegen.JITCodeLibrary._finalize_specific
    monkeypatch.setattr(
        codegen.JITCodeLibrary, "_finalize_specific",
        lambda library: (made.append((library.name, compiling._inside.now)), add(library))[1],
    )  # fmt: skip
    monkeypatch.setattr(compiling, "OURS", (__name__,))
    assert sum_of_squares(10) == 385.0
    assert [inside for name, inside in made if "sum_of_squares" in name] == [False]
    assert [inside for name, inside in made if "squared" in name] == [True]  # it returned at once
    assert [inside for name, inside in made if "known_elsewhere" in name] == [False]
    assert known_elsewhere(3.0) == 3.0
    assert not compiling._inside.now


def test_what_others_compile_is_compiled_as_ever() -> None:
    @numba.njit
    def inner(x: float) -> float:
        return x + 1.0

    @numba.njit
    def outer(x: float) -> float:
        return inner(x)

    assert outer(1.0) == 2.0
    assert inner(2.0) == 3.0  # both can be called


def test_a_numba_that_nobody_has_tried_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = codegen.JITCodeLibrary._finalize_specific
    monkeypatch.setattr(numba, "__version__", "0.99.1")
    compiling.begin()
    assert codegen.JITCodeLibrary._finalize_specific is before
