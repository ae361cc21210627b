"""A pulse that passes through leaky integrators in a row: decaying exponentials, convolved.

One formula for all time constants, equal ones included: the slowest exponential stands in front, so
that nothing overflows, and no small difference is formed of large numbers. What is left is a
divided difference of exp, taken from its ends.

Source: McCurdy, Ng & Parlett (1984), Math. Comput. 43:501-528,
doi:10.1090/S0025-5718-1984-0758198-0 (divided differences of the exponential).
Verified against: a power series in rational arithmetic, for time constants apart, near and equal.
"""

from math import exp, expm1, inf, log, log1p

from eventsim.kernel import fused, kernel

SERIES = 1.0  # exponents below this are near: the series has all digits, the difference hasn't
TERMS = 19  # of that series; the first that is left out is below 1e-18


@kernel
def overlap(dt: float, tau_a: float, tau_b: float) -> float:
    """Return the convolution of exp(-t/tau_a) and exp(-t/tau_b) at `dt`, in ms."""
    fast, slow = min(tau_a, tau_b), max(tau_a, tau_b)
    rate = (slow - fast) / slow / fast
    return exp(-dt / slow) * (-expm1(-rate * dt) / rate if rate > 0.0 else dt)


@kernel
def filled(level: float, inflow: float, dt: float, tau_in: float, tau: float) -> float:
    """Return the level of a leaky integrator `dt` later; what flows in decays with `tau_in`."""
    return level * exp(-dt / tau) + inflow * overlap(dt, tau_in, tau)


@kernel
def overlap_of_three(dt: float, tau_a: float, tau_b: float, tau_c: float) -> float:
    """Return the convolution of exp(-t/tau_a), exp(-t/tau_b), exp(-t/tau_c) at `dt`, in ms^2."""
    fast, slow = min(tau_a, tau_b, tau_c), max(tau_a, tau_b, tau_c)
    middle = max(min(tau_a, tau_b), min(max(tau_a, tau_b), tau_c))
    near = dt * ((slow - middle) / slow / middle)
    far = dt * ((slow - fast) / slow / fast)
    return dt * dt * exp(-dt / slow) * divided(near, far, dt * ((middle - fast) / middle / fast))


@kernel
def divided(near: float, far: float, apart: float) -> float:
    """Return the divided difference of exp at 0, -near and -far; `apart` is far - near."""
    if far >= SERIES:
        return (mean_decay(near) - exp(-near) * mean_decay(apart)) / far
    # sum of (-1)^n h_n / (n + 2)!, h_n the sum of all products near^i far^(n - i)
    total, h, power, factorial = 0.0, 1.0, 1.0, 2.0
    for n in range(TERMS):
        total += h / factorial
        power *= -near
        h = power - far * h
        factorial *= n + 3.0
    return total


@kernel
def mean_decay(x: float) -> float:
    """Return the mean of exp(-s) for s from 0 to x."""
    return -expm1(-x) / x if x > 0.0 else 1.0


@kernel
def peak_time(tau_a: float, tau_b: float) -> float:
    """Return when `overlap` is largest, in ms."""
    fast, slow = min(tau_a, tau_b), max(tau_a, tau_b)
    share = (slow - fast) / fast
    return slow * log1p(share) / share if share > 0.0 else slow


@kernel
def peak(tau_a: float, tau_b: float) -> float:
    """Return the largest value of `overlap`, in ms."""
    return overlap(peak_time(tau_a, tau_b), tau_a, tau_b)


@kernel
def earliest_rise(v: float, v_th: float, v_max: float, tau: float) -> float:
    """Return a time before which v can't reach v_th, if it is drawn to v_max at most; or infinity.

    `v` is below `v_th`, and `tau` the time constant of its leak.
    """
    if v_max <= v_th:
        return inf
    # the margin covers the rounding of both the bound and the search
    lapse = (1.0 - 1e-9) * log((v_max - v) / (v_max - v_th)) - 1e-12
    return tau * max(lapse, 0.0)


@kernel
def lag(dt: float, tau: float) -> float:
    """Return how far v is from where it is drawn, by how far it gets within `dt`."""
    part = -expm1(-dt / tau)
    return 1.0 / part if part > 0.0 else inf


@fused
def spare(gap: float, height: float, lag: float, press: float) -> float:
    """Return the current that draws v, `gap` below threshold and `height` above rest, just there.

    In pA, over a window with this `lag`; `press` is the current that lifts v by 1 mV for good. A
    neuron that is not below threshold has none to spare.
    """
    return (gap * lag + height) * press if gap > 0.0 else -inf
