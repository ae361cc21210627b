"""Voltage-based plasticity: filtered voltages of the target decide at arrivals and at its spikes.

    state     arrivals, filtered:         darrivals/dt = -arrivals / tau_x
    reads     u_minus and u_plus of the target, its filtered voltages (`AdExClopath` has them)
    on_pre    w <- w - a_ltd [u_minus - theta_minus]+     the arrival then transmits this w
              arrivals <- arrivals + 1 / tau_x
    on_post   lift <- [u_plus - theta_minus]+, kept for the time of the spike
    between   dw/dt = a_ltp arrivals (v_spike - theta_plus) lift    during the spike; exact

Parameter    Unit       Default  Meaning                                             Constraint
a_ltd        1/mV       1.4e-4   depression per arrival                              >= 0
a_ltp        1/mV^2     8e-5     potentiation per mV of lift and v_spike             >= 0
theta_minus  mV         -70.6    voltage above which the filtered ones count
theta_plus   mV         -45.3    voltage above which there is potentiation
v_spike      mV         33.0     voltage of the target during its spike              > theta_plus
t_spike      ms         2.0      width of its spike                                  > 0
tau_x        ms         15.0     memory of the arrivals                              > 0

v_spike and t_spike must be those of the target. What differs from the continuous form, which is
dw/dt = a_ltp x [v - theta_plus]+ [u_plus - theta_minus]+ with filtered voltages that are delayed by
a few ms so that a spike does not count for itself: here they are those at its beginning. And the
upstroke before a spike, whose share is about 1 in 100, does not count. The amplitude of depression
is constant; the published one may follow the mean voltage.

The times compared are the arrival at the soma and the target's spike there: no dendritic delay. At
equal times on_pre is called before on_post.

Source: Clopath, Buesing, Vasilaki & Gerstner (2010), Nat. Neurosci. 13:344-352,
doi:10.1038/nn.2479.
Verified against: the sum over arrivals and pairs, with levels that stand for the voltages (1e-9)
and with those by scipy (1e-6); the published sign of the change at 10 to 50 Hz; NEST
clopath_synapse, whose voltages are delayed, where they stand still before a spike: depression to
1e-8, potentiation as the step shrinks.
"""

from math import exp, expm1
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule


class Params(NamedTuple):
    a_ltd: float = 1.4e-4
    a_ltp: float = 8e-5
    theta_minus: float = -70.6
    theta_plus: float = -45.3
    v_spike: float = 33.0
    t_spike: float = 2.0
    tau_x: float = 15.0


class Seen(NamedTuple):
    u_minus: float
    u_plus: float


class State(NamedTuple):
    arrivals: float = 0.0  # 1/ms
    lift: float = 0.0  # mV, at the beginning of the target's last spike
    until: float = 0.0  # ms, end of that spike


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Forget the arrivals."""
    return State(s.arrivals * exp(-dt / p.tau_x), s.lift, s.until)


@kernel
def drift(w: float, s: State, t: float, dt: float, m: Any, p: Params) -> float:
    """Potentiate as long as the target's spike lasts."""
    within = min(dt, max(0.0, s.until - t))
    gone = -p.tau_x * expm1(-within / p.tau_x)
    return w + p.a_ltp * (p.v_spike - p.theta_plus) * s.lift * s.arrivals * gone


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Depress by what the target's voltage was lately."""
    depressed = w - p.a_ltd * max(0.0, seen.u_minus - p.theta_minus)
    return depressed, State(s.arrivals + 1.0 / p.tau_x, s.lift, s.until)


@kernel
def on_post(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Keep what the target's voltage was before its spike."""
    return w, State(s.arrivals, max(0.0, seen.u_plus - p.theta_minus), t + p.t_spike)


Clopath = Rule(
    name="Clopath",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    state=State,
    between=between,
    drift=drift,
    reads=("u_minus", "u_plus"),
    doc=__doc__,
)
