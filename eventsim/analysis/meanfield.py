"""Firing statistics of an integrate-and-fire neuron under white noise: the diffusion approximation.

    tau_m dv/dt = mu - v + sigma sqrt(tau_m) xi(t)       fires at v_th, then v_reset for t_ref

holds for a sum of many small, independent jumps of v: jumps of size J_k at rates nu_k give
mu = tau_m sum J_k nu_k and sigma**2 = tau_m sum J_k**2 nu_k. Potentials are relative to rest.

Sources: Siegert (1951), Phys. Rev. 81:617-623, doi:10.1103/PhysRev.81.617; Brunel (2000),
J. Comput. Neurosci. 8:183-208, doi:10.1023/A:1008925309027.
"""

from math import exp, inf, pi, sqrt
from typing import Any, NamedTuple

_UNREACHABLE = 18.0  # standard deviations to threshold: the rate is below e**-324


class Membrane(NamedTuple):
    """The constants of the neuron; potentials in mV relative to rest, times in ms."""

    tau_m: float
    v_th: float
    v_reset: float
    t_ref: float


def rate(mu: float, sigma: float, cell: Membrane) -> float:
    """Return the stationary rate in Hz; `mu` and `sigma` in mV, `sigma` > 0.

    Notes
    -----
    1 / nu = t_ref + tau_m sqrt(pi) times the integral of e**(u**2) (1 + erf u) from
    (v_reset - mu) / sigma to (v_th - mu) / sigma. The integrand is erfcx(-u), which doesn't
    overflow where its factors do.
    """
    special, integrate = _scipy()
    low, high = _bounds(mu, sigma, cell)
    if high > _UNREACHABLE:
        return 0.0
    waiting = integrate.quad(lambda u: special.erfcx(-u), low, high, epsrel=1e-10, limit=200)[0]
    return 1e3 / (cell.t_ref + cell.tau_m * sqrt(pi) * float(waiting))


def cv(mu: float, sigma: float, cell: Membrane) -> float:
    """Return the coefficient of variation of the interspike intervals.

    Notes
    -----
    cv**2 = 2 pi (nu tau_m)**2 times the integral of h from (v_reset - mu) / sigma to
    (v_th - mu) / sigma, where h(x) is e**(x**2) times the integral of e**(y**2) (1 + erf y)**2 up
    to x. With y = x - z, h(x) is the integral of e**(2 x z - z**2) erfcx(z - x)**2 over z > 0.
    """
    special, integrate = _scipy()
    low, high = _bounds(mu, sigma, cell)
    if high > _UNREACHABLE:
        return 1.0  # a rare escape waits like a Poisson process

    def h(x: float) -> float:
        def inner(z: float) -> float:
            return exp(2.0 * x * z - z * z) * float(special.erfcx(z - x)) ** 2

        # what comes in beyond this is below e**-50 of the whole
        reach = 8.0 if x > -3.0 else 25.0 / -x
        return float(integrate.quad(inner, 0.0, reach, epsrel=1e-8, limit=200)[0])

    variance = float(integrate.quad(h, low, high, epsrel=1e-7, limit=200)[0])
    cycles = 1e-3 * rate(mu, sigma, cell) * cell.tau_m
    return sqrt(2.0 * pi * variance) * cycles


def _bounds(mu: float, sigma: float, cell: Membrane) -> tuple[float, float]:
    if not 0.0 < sigma < inf:
        raise ValueError(f"mean field: sigma must be > 0 mV, got {sigma}")
    return (cell.v_reset - mu) / sigma, (cell.v_th - mu) / sigma


def _scipy() -> tuple[Any, Any]:
    try:
        from scipy import integrate, special
    except ImportError:
        raise ImportError("mean field needs scipy: pip install eventsim[scenarios]") from None
    return special, integrate
