"""The exponential of short times, many at once."""

from eventsim.kernel import fused


@fused
def fade(x: float) -> float:
    """Return exp(-x) for 0 <= x <= 1 to rounding, by a polynomial that compilers vectorise."""
    y = -0.125 * x
    e = 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (
        1 / 720 + y * (1 / 5040 + y * (1 / 40320 + y / 362880))))))))  # fmt: skip
    e *= e
    e *= e
    return e * e


@fused
def fade_little(x: float) -> float:
    """Return exp(-x) for 0 <= x <= 1/64 to rounding."""
    y = -x
    return 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y / 720)))))
