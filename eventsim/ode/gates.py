"""Cells that fire by gates of sodium and potassium: all of such a model but its rates.

    c_m dv/dt = g_na m^3 h (e_na - v) + g_k n^4 (e_k - v) + g_l (e_l - v)
                + g_exc (e_exc - v) + g_inh (e_inh - v) + i + i_offset
    dx/dt = alpha_x(v) (1 - x) - beta_x(v) x     for the gates m, h, n
    dg_exc/dt = -g_exc / tau_syn_exc,  dg_inh/dt = -g_inh / tau_syn_inh

Source: Hodgkin & Huxley (1952), J. Physiol. 117:500-544, doi:10.1113/jphysiol.1952.sp004764.
Verified against: see the models made of it.
"""

from collections.abc import Callable
from math import exp, expm1
from typing import Any, NamedTuple

from eventsim.kernel import kernel

STEEPEST = 10.0  # exponent at which a growing rate is cut, beyond any potential of a cell
FADED = 50.0  # exponent at which a shrinking rate is as good as 0

Function = Callable[..., Any]
Rates = tuple[float, float, float, float, float, float]  # alpha and beta of m, h and n, per ms


UNITS = {"exc": "nS", "inh": "nS", "current": "pA", "v": "mV", "m": "1", "h": "1", "n": "1",
         "g_exc": "nS", "g_inh": "nS", "i": "pA"}  # fmt: skip


class State(NamedTuple):
    v: float  # mV
    m: float  # opening of sodium
    h: float  # inactivation of sodium
    n: float  # opening of potassium
    g_exc: float  # nS
    g_inh: float  # nS
    i: float  # pA, current from outside


@kernel
def ramp(x: float) -> float:
    """Return x / (exp(x) - 1), which is 1 at 0."""
    return x / expm1(min(x, FADED)) if abs(x) > 1e-9 else 1.0 - 0.5 * x


@kernel
def bounded_exp(x: float) -> float:
    """Return exp(x), cut where it grows too steep: no rate may outrun the resolution of time."""
    return exp(min(x, STEEPEST))


@kernel
def threshold(s: State, p: Any) -> float:
    """Return how far v is above the potential that counts as a spike."""
    return float(s.v - p.v_spike)


@kernel
def on_exc(s: State, t: float, w: float, p: Any) -> State:
    """Receive one excitatory spike of weight `w` nS at `t`."""
    return State(s.v, s.m, s.h, s.n, max(s.g_exc + w, 0.0), s.g_inh, s.i)


@kernel
def on_inh(s: State, t: float, w: float, p: Any) -> State:
    """Receive one inhibitory spike of weight `w` nS at `t`."""
    return State(s.v, s.m, s.h, s.n, s.g_exc, max(s.g_inh + w, 0.0), s.i)


@kernel
def on_current(s: State, t: float, w: float, p: Any) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.m, s.h, s.n, s.g_exc, s.g_inh, s.i + w)


def equations(rates: Callable[[float, Any], Rates]) -> tuple[Function, Function]:
    """Return `initial` and `derivative` of the cell whose gates open and close with `rates(v, p)`.

    The parameters need c_m, g_na, g_k, g_l, e_na, e_k, e_l, e_exc, e_inh, tau_syn_exc, tau_syn_inh,
    i_offset, v_spike and v_start.
    """

    @kernel
    def initial(p: Any, key: float) -> State:
        """Start at v_start, with every gate at its level there."""
        a_m, b_m, a_h, b_h, a_n, b_n = rates(p.v_start, p)
        m, h, n = a_m / (a_m + b_m), a_h / (a_h + b_h), a_n / (a_n + b_n)
        return State(p.v_start, m, h, n, 0.0, 0.0, 0.0)

    @kernel
    def derivative(s: State, t: float, p: Any) -> State:
        """Return the change per ms."""
        a_m, b_m, a_h, b_h, a_n, b_n = rates(s.v, p)
        sodium = p.g_na * s.m * s.m * s.m * s.h * (p.e_na - s.v)
        potassium = p.g_k * s.n * s.n * s.n * s.n * (p.e_k - s.v)
        synapses = s.g_exc * (p.e_exc - s.v) + s.g_inh * (p.e_inh - s.v)
        leak = p.g_l * (p.e_l - s.v)
        return State(
            (sodium + potassium + leak + synapses + s.i + p.i_offset) / p.c_m,
            a_m - (a_m + b_m) * s.m,
            a_h - (a_h + b_h) * s.h,
            a_n - (a_n + b_n) * s.n,
            -s.g_exc / p.tau_syn_exc,
            -s.g_inh / p.tau_syn_inh,
            0.0,
        )

    return initial, derivative
