"""Leaky integrate-and-fire neuron, synaptic currents that rise and decay exponentially.

    between events   dv/dt = -(v - v_rest) / tau_m + (i_exc + i_inh + i + i_offset) / c_m
                     di_x/dt = r_x - i_x / tau_decay_x,  dr_x/dt = -r_x / tau_rise_x;  x: exc, inh
    exc, inh         r_x <- r_x + w / k_x: i_x rises by w at its peak, then decays
                                                     (w in pA; inhibition has w < 0)
    current          i <- i + w                      (w in pA)
    fires            when v >= v_th; then v <- v_reset for t_ref                           exact

Parameter      Unit  Default  Meaning                              Constraint
tau_m          ms       20.0  membrane time constant               > 0
c_m            pF      250.0  membrane capacitance                 > 0
v_rest         mV      -65.0  resting potential
v_th           mV      -50.0  firing threshold                     > v_reset
v_reset        mV      -65.0  potential after a spike
t_ref          ms        2.0  absolute refractory period           >= 0
i_offset       pA        0.0  constant current
tau_rise_exc   ms        0.5  rise of the excitatory current       > 0
tau_decay_exc  ms        5.0  decay of the excitatory current      > 0
tau_rise_inh   ms        1.0  rise of the inhibitory current       > 0
tau_decay_inh  ms       10.0  decay of the inhibitory current      > 0

One arrival's current is proportional to exp(-t/tau_decay) - exp(-t/tau_rise), and k_x is its peak
for r_x = 1 pA/ms: tau/e for equal time constants, where the shape is the alpha function. Rise and
decay may be exchanged: the current is the same. During the refractory period v waits at v_reset
while the currents go on and arrivals still count.

Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402, doi:10.1007/s004220050570; the shape:
Roth & van Rossum (2009), in De Schutter (ed.), Computational Modeling Methods for Neuroscientists,
MIT Press, chapter 6.
Verified against: scipy's matrix exponential; LIFAlpha and LIFExp in their limits; a fine scan for
the first crossing.
"""

from math import exp, inf
from typing import Any, NamedTuple

from eventsim.cascade import (
    earliest_rise,
    filled,
    lag,
    overlap,
    overlap_of_three,
    peak,
    spare,
)
from eventsim.kernel import fused, kernel, kernel_call
from eventsim.linear import CAUTION, Linear, Sums
from eventsim.model import FloatArray, NeuronModel
from eventsim.room import room
from eventsim.roots import sign_change, signs_differ

FADED = 600.0  # time constants after which a course is at its level
MOST_KNOTS = 8  # six: two ends and four zeros


class Params(NamedTuple):
    tau_m: float = 20.0
    c_m: float = 250.0
    v_rest: float = -65.0
    v_th: float = -50.0
    v_reset: float = -65.0
    t_ref: float = 2.0
    i_offset: float = 0.0
    tau_rise_exc: float = 0.5
    tau_decay_exc: float = 5.0
    tau_rise_inh: float = 1.0
    tau_decay_inh: float = 10.0


class State(NamedTuple):
    v: float  # mV
    i_exc: float  # pA
    r_exc: float  # pA/ms, how fast it rises
    i_inh: float  # pA, below zero for inhibition
    r_inh: float  # pA/ms
    i: float  # pA, current from outside
    deaf_until: float  # ms, end of the refractory period


class Currents(NamedTuple):
    """Both synaptic currents and how fast they rise."""

    i_exc: float  # pA
    r_exc: float  # pA/ms
    i_inh: float
    r_inh: float


class Weighted(NamedTuple):
    """A constant and a weighted sum of the four: what v' and its combinations are made of."""

    constant: float
    of: Currents


class Course(NamedTuple):
    """How v passes on if nothing arrives, v_th being zero."""

    level: float  # mV, where it ends
    leak: float  # mV, its way from there
    start: Currents


@kernel
def initial(p: Params, key: float) -> State:
    """Start at rest, without currents."""
    return State(p.v_rest, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@kernel
def v_steady(current: float, p: Params) -> float:
    """Return the potential that a constant current leads to."""
    return p.v_rest + current * (p.tau_m / p.c_m)


@kernel
def passed(c: Currents, dt: float, p: Params) -> Currents:
    """Return the currents `dt` later."""
    return Currents(
        filled(c.i_exc, c.r_exc, dt, p.tau_rise_exc, p.tau_decay_exc),
        c.r_exc * exp(-dt / p.tau_rise_exc),
        filled(c.i_inh, c.r_inh, dt, p.tau_rise_inh, p.tau_decay_inh),
        c.r_inh * exp(-dt / p.tau_rise_inh),
    )


@kernel
def charge(c: Currents, dt: float, p: Params) -> float:
    """Return what the currents have brought v by `dt`, in mV."""
    exc = c.i_exc * overlap(dt, p.tau_m, p.tau_decay_exc)
    exc += c.r_exc * overlap_of_three(dt, p.tau_m, p.tau_rise_exc, p.tau_decay_exc)
    inh = c.i_inh * overlap(dt, p.tau_m, p.tau_decay_inh)
    inh += c.r_inh * overlap_of_three(dt, p.tau_m, p.tau_rise_inh, p.tau_decay_inh)
    return (exc + inh) / p.c_m


@kernel
def course(s: State, wait: float, p: Params) -> Course:
    """Return the course of v that starts after `wait` ms of refractoriness."""
    v_inf = v_steady(p.i_offset + s.i, p)
    start = passed(Currents(s.i_exc, s.r_exc, s.i_inh, s.r_inh), wait, p)
    return Course(v_inf - p.v_th, s.v - v_inf, start)


@kernel_call
def height(dt: float, step: Any) -> float:
    """Return how far above the threshold a course is after `dt`."""
    c, p = step
    return float(c.level + c.leak * exp(-dt / p.tau_m) + charge(c.start, dt, p))


@kernel_call
def weighed(dt: float, step: Any) -> float:
    """Return a weighted sum of the currents after `dt`."""
    start, w, p = step
    c = passed(start, dt, p)
    exc = w.of.i_exc * c.i_exc + w.of.r_exc * c.r_exc
    return float(w.constant + exc + w.of.i_inh * c.i_inh + w.of.r_inh * c.r_inh)


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Pass from `t` to `t + dt` with no event."""
    # v waits at v_reset until the refractory period ends, then moves for the rest
    free = min(dt, max(0.0, t + dt - s.deaf_until))
    v = s.v
    if free > 0.0:
        gap = course(s, dt - free, p)
        v = v_steady(p.i_offset + s.i, p) + gap.leak * exp(-free / p.tau_m)
        v += charge(gap.start, free, p)
    c = passed(Currents(s.i_exc, s.r_exc, s.i_inh, s.r_inh), dt, p)
    return State(v, c.i_exc, c.r_exc, c.i_inh, c.r_inh, s.i, s.deaf_until)


@kernel
def on_exc(s: State, t: float, w: float, p: Params) -> State:
    """Receive one excitatory spike of weight `w` pA at `t`."""
    r_exc = s.r_exc + w / peak(p.tau_rise_exc, p.tau_decay_exc)
    return State(s.v, s.i_exc, r_exc, s.i_inh, s.r_inh, s.i, s.deaf_until)


@kernel
def on_inh(s: State, t: float, w: float, p: Params) -> State:
    """Receive one inhibitory spike of weight `w` pA (below zero) at `t`."""
    r_inh = s.r_inh + w / peak(p.tau_rise_inh, p.tau_decay_inh)
    return State(s.v, s.i_exc, s.r_exc, s.i_inh, r_inh, s.i, s.deaf_until)


@kernel
def on_current(s: State, t: float, w: float, p: Params) -> State:
    """Change the current from outside by `w` pA at `t`."""
    return State(s.v, s.i_exc, s.r_exc, s.i_inh, s.r_inh, s.i + w, s.deaf_until)


@kernel
def fires(s: State, p: Params) -> bool:
    """Tell whether the threshold is reached."""
    return s.v >= p.v_th


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    """Reset, and wait for the refractory period; the currents go on."""
    return State(p.v_reset, s.i_exc, s.r_exc, s.i_inh, s.r_inh, s.i, t + p.t_ref)


@kernel
def v_bound(s: State, p: Params) -> float:
    """Return what v would tend to if every current stayed at the most that it can become."""
    most = max(s.i_exc, 0.0) + max(s.r_exc, 0.0) * peak(p.tau_rise_exc, p.tau_decay_exc)
    most += max(s.i_inh, 0.0) + max(s.r_inh, 0.0) * peak(p.tau_rise_inh, p.tau_decay_inh)
    return v_steady(p.i_offset + s.i + most, p)


@kernel
def safe_until(s: State, t: float, p: Params) -> float:
    """Return a time before which v can't reach the threshold, or infinity."""
    start = max(t, s.deaf_until)
    if s.v >= p.v_th:
        return start
    return start + earliest_rise(s.v, p.v_th, v_bound(s, p), p.tau_m)


@kernel_call
def next_fire(s: State, t: float, p: Params) -> float:
    """Return when v reaches the threshold if nothing arrives, or infinity."""
    earliest = safe_until(s, t, p)
    if s.v >= p.v_th or earliest == inf:
        return earliest
    start = max(t, s.deaf_until)
    gap = course(s, start - t, p)
    step, knots = (gap, p), room(MOST_KNOTS)
    n = write_knots(knots, gap, p)
    crossing = inf
    for k in range(1, n):
        lo, hi = float(knots[k - 1]), float(knots[k])
        above = height(hi, step)
        # strictly at the end: a level that equals the threshold is never reached
        if above > 0.0 or (above == 0.0 and k < n - 1):
            crossing = sign_change(height, lo, hi, shortest(p), step)
            break
    # currents that cancel to the last digit could bring rounding in front of the bound
    return max(earliest, start + crossing)


@kernel
def shortest(p: Params) -> float:
    """Return the shortest time constant, over which a course bends."""
    exc, inh = min(p.tau_rise_exc, p.tau_decay_exc), min(p.tau_rise_inh, p.tau_decay_inh)
    return min(p.tau_m, exc, inh)


@kernel
def write_knots(knots: FloatArray, gap: Course, p: Params) -> int:
    """Write times between which `gap` has one zero at most; return how many.

    Between two zeros of f' + f / tau the product f exp(t / tau) is monotone, so f has one zero
    there at most. Each such step takes one exponential away; the last sum has one zero at most.
    Then zeros are found from the last sum back to the first, gap' + gap / tau_m.
    """
    alpha, beta = 1.0 / p.tau_decay_inh, 1.0 / p.tau_rise_inh
    slow, fast = 1.0 / p.tau_decay_exc, 1.0 / p.tau_rise_exc
    # factors of i_inh and r_inh: their slope; the same without tau_decay_exc; without tau_rise_exc
    i_2, r_2 = -alpha, 1.0
    i_3, r_3 = i_2 * (slow - alpha), i_2 + r_2 * (slow - beta)
    i_4, r_4 = i_3 * (fast - alpha), i_3 + r_3 * (fast - beta)
    end = FADED * max(p.tau_m, p.tau_decay_exc, p.tau_rise_exc, p.tau_decay_inh, p.tau_rise_inh)
    knots[0], knots[1], n = 0.0, end, 2
    n = find_zeros(knots, n, gap.start, Weighted(0.0, Currents(0.0, 0.0, i_4, r_4)), p)
    n = find_zeros(knots, n, gap.start, Weighted(0.0, Currents(0.0, -fast, i_3, r_3)), p)
    n = find_zeros(knots, n, gap.start, Weighted(0.0, Currents(-slow, 1.0, i_2, r_2)), p)
    constant = gap.level * p.c_m / p.tau_m
    return find_zeros(knots, n, gap.start, Weighted(constant, Currents(1.0, 0.0, 1.0, 0.0)), p)


@kernel_call
def find_zeros(knots: FloatArray, n: int, start: Currents, w: Weighted, p: Params) -> int:
    """Put the zeros of a weighted sum in the place of the inner knots; return how many there are.

    Between two of the given knots it has one zero at most.
    """
    step, end, found = (start, w, p), float(knots[n - 1]), 1
    scale, lo = shortest(p), 0.0
    for k in range(1, n):
        hi = float(knots[k])
        while k == n - 1 and weighed(hi, step) == 0.0 and hi - lo > scale:
            hi = 0.5 * (lo + hi)  # where everything has faded to 0 there is no sign
        if signs_differ(weighed(lo, step), weighed(hi, step)):
            knots[found] = sign_change(weighed, lo, hi, scale, step)
            found += 1
        lo = hi
    knots[found] = end
    return found + 1


class Port(NamedTuple):
    """What all neurons need to take one port's current over a window."""

    decay: float  # of the current
    decay_rise: float  # of its slope
    lift: float  # pA of current at the end, for a slope of 1 pA/ms at the beginning
    reach_i: float  # mV of v at the end, for 1 pA of current at the beginning
    reach_r: float  # the same for a slope of 1 pA/ms
    slope: float  # pA/ms, for a weight of 1 pA
    gain: float  # pA, of the difference between the sums of decay and rise
    gain_decay: float  # mV, of the difference between the sums of decay and membrane
    gain_rise: float  # the same of rise and membrane
    share: float  # of its weight, the most that an arrival's current can reach in the window
    share_r: float  # ms, the same for a slope of 1 pA/ms


class Step(NamedTuple):
    decay: float  # of the membrane over a window
    exc: Port
    inh: Port
    lag: float  # see `spare`
    press: float  # pA/mV


@kernel
def prepare_port(dt: float, rise: float, decay: float, p: Params) -> Port:
    """Return what all neurons need to take the current of a port over `dt`."""
    gain = 1.0 / (1.0 / rise - 1.0 / decay)
    highest = peak(rise, decay)
    return Port(
        exp(-dt / decay),
        exp(-dt / rise),
        overlap(dt, rise, decay),
        overlap(dt, p.tau_m, decay) / p.c_m,
        overlap_of_three(dt, p.tau_m, rise, decay) / p.c_m,
        1.0 / highest,
        gain / highest,
        gain / highest / (1.0 / p.tau_m - 1.0 / decay) / p.c_m,
        gain / highest / (1.0 / p.tau_m - 1.0 / rise) / p.c_m,
        min(1.0, dt / highest),
        min(highest, dt),
    )


@kernel
def prepare(dt: float, p: Params) -> Step:
    """Return what all neurons need to pass over `dt`."""
    return Step(
        exp(-dt / p.tau_m),
        prepare_port(dt, p.tau_rise_exc, p.tau_decay_exc, p),
        prepare_port(dt, p.tau_rise_inh, p.tau_decay_inh, p),
        lag(dt, p.tau_m),
        p.c_m / p.tau_m,
    )


@fused
def gained(membrane: float, rise: float, decay: float, port: Port) -> float:
    """Return what a port's arrivals have brought v, in mV, from their decayed weights."""
    return (decay - membrane) * port.gain_decay - (rise - membrane) * port.gain_rise


@fused
def absorb(s: State, t: float, dt: float, step: Step, sums: Sums, p: Params) -> State:
    """Pass to `t + dt` over arrivals whose decayed weights are `sums`.

    The sums are, for exc and then for inh, positive and negative: over tau_m, over tau_rise, over
    tau_decay.
    """
    exc, inh = step.exc, step.inh
    rise_exc, decay_exc = sums[2] + sums[3], sums[4] + sums[5]
    rise_inh, decay_inh = sums[8] + sums[9], sums[10] + sums[11]
    i_exc = s.i_exc * exc.decay + s.r_exc * exc.lift + (decay_exc - rise_exc) * exc.gain
    i_inh = s.i_inh * inh.decay + s.r_inh * inh.lift + (decay_inh - rise_inh) * inh.gain
    r_exc = s.r_exc * exc.decay_rise + rise_exc * exc.slope
    r_inh = s.r_inh * inh.decay_rise + rise_inh * inh.slope
    if t + dt <= s.deaf_until:
        return State(s.v, i_exc, r_exc, i_inh, r_inh, s.i, s.deaf_until)
    v_inf = v_steady(p.i_offset + s.i, p)
    v = v_inf + (s.v - v_inf) * step.decay
    v += s.i_exc * exc.reach_i + s.r_exc * exc.reach_r
    v += s.i_inh * inh.reach_i + s.r_inh * inh.reach_r
    v += gained(sums[0] + sums[1], rise_exc, decay_exc, exc)
    v += gained(sums[6] + sums[7], rise_inh, decay_inh, inh)
    return State(v, i_exc, r_exc, i_inh, r_inh, s.i, s.deaf_until)


@fused
def most(i: float, r: float, port: Port) -> float:
    """Return the most that a port's current can become in a window if nothing arrives."""
    return max(i, i * port.decay) + max(r, 0.0) * port.share_r


@fused
def excitation(step: Step, sums: Sums) -> float:
    """Return the most that the currents can have become by arrivals, in pA."""
    exc, inh = step.exc, step.inh
    return exc.share * sums[4] / exc.decay + inh.share * sums[10] / inh.decay


@fused
def headroom(s: State, t: float, dt: float, step: Step, p: Params) -> float:
    """Return which excitation v can't take without perhaps reaching the threshold.

    As if it all came at once and stayed at the most it can become in the window, the inhibition
    there is were as weak as at the end, and no more came.
    """
    if t < s.deaf_until:
        return -inf if t + dt > s.deaf_until else inf
    gap = p.v_th - CAUTION - s.v
    current = p.i_offset + s.i + most(s.i_exc, s.r_exc, step.exc)
    current += most(s.i_inh, s.r_inh, step.inh)
    return spare(gap, s.v - p.v_rest, step.lag, step.press) - current


@fused
def restless(s: State, p: Params) -> bool:
    """Tell whether the threshold might be reached without a spike arriving."""
    return not (s.v < p.v_th - CAUTION and v_bound(s, p) < p.v_th - CAUTION)


def admits(p: Params) -> bool:
    """Tell whether the modes of each current differ enough to be told apart."""
    return all(
        abs(a / b - 1.0) > 0.05
        for rise, decay in ((p.tau_rise_exc, p.tau_decay_exc), (p.tau_rise_inh, p.tau_decay_inh))
        for a, b in ((rise, decay), (rise, p.tau_m), (decay, p.tau_m))
    )


LIFDoubleExp = NeuronModel(
    name="LIFDoubleExp",
    params=Params,
    state=State,
    initial=initial,
    between=between,
    on_input={"exc": on_exc, "inh": on_inh, "current": on_current},
    fires=fires,
    on_fire=on_fire,
    next_fire=next_fire,
    safe_until=safe_until,
    linear=Linear(
        modes={
            "exc": ("tau_m", "tau_rise_exc", "tau_decay_exc"),
            "inh": ("tau_m", "tau_rise_inh", "tau_decay_inh"),
        },
        prepare=prepare,
        absorb=absorb,
        excitation=excitation,
        headroom=headroom,
        restless=restless,
        admits=admits,
    ),
    units={"exc": "pA", "inh": "pA", "current": "pA", "v": "mV", "i_exc": "pA", "r_exc": "pA/ms",
           "i_inh": "pA", "r_inh": "pA/ms", "i": "pA", "deaf_until": "ms"},
    doc=__doc__,
)  # fmt: skip
