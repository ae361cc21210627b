"""Short-term depression and facilitation: resources x are used up, their share u grows with use.

    between   dx/dt = (1 - x) / tau_rec        du/dt = -u / tau_fac
    on_pre    u <- u + use (1 - u);  the arrival transmits w u x;  x <- x - u x
    on_post   nothing

Parameter  Unit  Default  Meaning                                                 Constraint
use        -         0.5  share of the resources that a first spike uses          > 0 and <= 1
tau_rec    ms      800.0  recovery of the resources                               > 0
tau_fac    ms        0.0  decay of facilitation; 0 for none                       >= 0

w itself stays, so that this combines with a rule that changes it:
combined(STDPPair(), TsodyksMarkram()). A frozen projection goes on with short-term plasticity.

Source: Tsodyks, Pawelzik & Markram (1998), Neural Comput. 10:821-835,
doi:10.1162/089976698300017502; Tsodyks, Uziel & Markram (2000), J. Neurosci. 20:RC50.
Verified against: the recursion of amplitudes and its fixed point in closed form; NEST
tsodyks2_synapse (1e-9).
"""

from math import exp
from typing import Any, NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, unmoved, weighted_sent


class Params(NamedTuple):
    use: float = 0.5
    tau_rec: float = 800.0
    tau_fac: float = 0.0


class State(NamedTuple):
    u: float = 0.0
    x: float = 1.0
    sent: float = 0.0  # u x at the last arrival


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Recover, and forget the use."""
    x = 1.0 + (s.x - 1.0) * exp(-dt / p.tau_rec)
    u = s.u * exp(-dt / p.tau_fac) if p.tau_fac > 0.0 else 0.0
    return State(u, x, s.sent)


@kernel
def used(s: State, use: float) -> State:
    """Return the state after a spike that uses a share of `use` of what is not in use."""
    u = s.u + use * (1.0 - s.u)
    return State(u, s.x - u * s.x, u * s.x)


@kernel
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    """Use up a share of the resources."""
    return w, used(s, p.use)


TsodyksMarkram = Rule(
    name="TsodyksMarkram",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=between,
    transmits=weighted_sent,
    doc=__doc__,
)
