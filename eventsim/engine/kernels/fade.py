"""What is left of an arrival some time later; for short times many at once."""

from math import exp

from eventsim.engine.buffers import Floats
from eventsim.kernel import fused, kernel

TAU, POWER = 0, 1  # columns of a mode: its time constant in ms, the power of the factor `age`


@kernel
def faded(age: float, mode: Floats) -> float:
    """Return what an arrival of weight 1 gives to the sum of a mode, `age` ms later."""
    return lifted(exp(-age / mode[TAU]), age, int(mode[POWER]))


@kernel
def lifted(left: float, age: float, power: int) -> float:
    """Return what is `left`, times `age` to a power of at most 2."""
    return left if power == 0 else age * left if power == 1 else age * (age * left)


@kernel
def fade_far(x: float) -> float:
    """Return exp(-x)."""
    return exp(-x)


@fused
def fade(x: float) -> float:
    """Return exp(-x) for 0 <= x <= 1 to rounding, by a polynomial that compilers vectorise."""
    y = -0.125 * x
    e = 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (
        1 / 720 + y * (1 / 5040 + y * (1 / 40320 + y * (1 / 362880)))))))))  # fmt: skip
    e *= e
    e *= e
    return e * e


@fused
def fade_little(x: float) -> float:
    """Return exp(-x) for 0 <= x <= 1/64 to rounding."""
    y = -x
    return 1.0 + y * (
        1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720)))))
    )
