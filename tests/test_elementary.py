"""Exponentials and logarithms of arrays that are the same whatever the processor's vectors."""

import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from eventsim import elementary
from eventsim.ode.exponential import safe_exp

VALUES = np.random.default_rng(1).normal(0.0, 20.0, 5_000)

HASHED = """
import hashlib
import numpy as np
from eventsim import elementary
x = np.random.default_rng(1).normal(0.0, 20.0, 50_000)
found = [elementary.exp(x), elementary.log(x * x), elementary.log1p(x * x), np.exp(x)]
print(*(hashlib.sha256(values.tobytes()).hexdigest() for values in found))
"""


def test_an_exponential_is_that_of_the_integrator_and_the_c_library_s_to_rounding() -> None:
    """Oracle: the same formula of one number, to the last bit; math.exp, 3e-16."""
    found = elementary.exp(VALUES)
    assert found.tolist() == [safe_exp(x) for x in VALUES.tolist()]
    np.testing.assert_allclose(found, [math.exp(x) for x in VALUES.tolist()], rtol=3e-16)
    assert elementary.exp([0.0, -1e9, 1e9]).tolist() == [1.0, safe_exp(-700.0), safe_exp(700.0)]
    assert elementary.exp(np.zeros((2, 3))).shape == (2, 3)


def test_logarithms_are_those_of_the_c_library() -> None:
    """Oracle: math.log and math.log1p, to the last bit."""
    x = VALUES * VALUES
    assert elementary.log(x).tolist() == [math.log(value) for value in x.tolist()]
    assert elementary.log1p(x).tolist() == [math.log1p(value) for value in x.tolist()]


def test_they_are_the_same_where_vectors_are_short() -> None:
    """Oracle: this processor, and the same without its vectors of 512 bits.

    That there is a difference to be had is seen by numpy's own exponential.
    """
    wide = [name for name in ("X86_V4", "AVX512F", "AVX512_SKX") if name in _features()]
    if not wide:
        pytest.skip("a processor without vectors of 512 bits, or not of this kind")
    here, there = (_hashes(disabled) for disabled in ("", " ".join(wide)))
    assert here[:3] == there[:3]
    if here[3] == there[3]:
        pytest.skip("numpy's exponentials are the same too")


def _features() -> list[str]:
    config: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    return list(config["SIMD Extensions"]["found"])


def _hashes(disabled: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", HASHED], capture_output=True, text=True,
        env=os.environ | {"NPY_DISABLE_CPU_FEATURES": disabled}, check=True,
    )  # fmt: skip
    return done.stdout.split()
