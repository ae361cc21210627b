"""Poisson process whose rate goes up and down like a sine.

    rate(t) = max(0, rate (1 + depth sin(2 pi frequency t + phase)))      exact, by thinning

Parameter  Unit  Default  Meaning                                   Constraint
rate       Hz       10.0  mean rate, where depth is at most 1       > 0
depth      -         0.5  amplitude in units of the mean            >= 0
frequency  Hz       10.0  of the modulation                         >= 0
phase      rad       0.0  at t = 0

Source: Lewis & Shedler (1979), Naval Res. Logist. Q. 26:403-413, doi:10.1002/nav.3800260304.
Verified against: exponential intervals in rescaled time (Kolmogorov-Smirnov), the integral of the
rate in closed form; both engines.
"""

from math import pi, sin
from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.models.sources.poisson_rate import thinned


class Params(NamedTuple):
    rate: float = 10.0
    depth: float = 0.5
    frequency: float = 10.0
    phase: float = 0.0


@kernel
def rate(t: float, p: Params) -> float:
    """Return the expected rate in Hz at `t`."""
    swing = p.depth * sin(2.0 * pi * 1e-3 * p.frequency * t + p.phase)
    return max(p.rate * (1.0 + swing), 0.0)


@kernel
def bound(p: Params) -> float:
    """Return the highest rate in Hz."""
    return p.rate * (1.0 + p.depth)


PoissonSine = thinned("PoissonSine", params=Params, rate=rate, bound=bound, doc=__doc__ or "")
