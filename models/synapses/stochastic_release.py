"""Release by chance: each site of a synapse lets a vesicle go, or doesn't, and refills by chance.

    between   du/dt = -u / tau_fac;  an empty site refills with the rate 1 / tau_rec
    on_pre    u <- u + use (1 - u);  each filled site releases with probability u and is empty then;
              the arrival transmits w released / sites
    on_post   nothing

Parameter  Unit  Default  Meaning                                                 Constraint
sites      -         1.0  release sites of one synapse                            whole and >= 1
use        -         0.5  probability that a first spike finds, at each site      >= 0 and <= 1
tau_rec    ms        0.0  mean time to refill a site; 0 for at once               >= 0
tau_fac    ms        0.0  decay of facilitation; 0 for none                       >= 0

By default a synapse transmits w with probability `use`, each time anew. With tau_rec it is
depressed by its own releases. The mean over many synapses is that of TsodyksMarkram with the same
constants, to which one synapse of very many sites comes: the number released at an arrival is
binomial. Each synapse has a random stream of its own: the same seed gives the same releases.

w itself stays, so that this combines with a rule that changes it:
combined(STDPPair(), StochasticRelease(use=0.3)). A frozen projection goes on releasing.

Source: Maass & Zador (1999), Neural Comput. 11:903-917, doi:10.1162/089976699300016494; Fuhrmann,
Segev, Markram & Tsodyks (2002), J. Neurophysiol. 87:140-148, doi:10.1152/jn.00258.2001.
Verified against: the binomial distribution; the mean of TsodyksMarkram.
"""

from math import exp
from typing import Any, NamedTuple

from eventsim.kernel import kernel, kernel_call
from eventsim.random import uniform
from eventsim.rule import Rule, unmoved, weighted_sent


class Params(NamedTuple):
    sites: float = 1.0
    use: float = 0.5
    tau_rec: float = 0.0
    tau_fac: float = 0.0


class State(NamedTuple):
    key: float = 0.0  # the random stream
    drawn: float = 0.0  # numbers drawn from it
    u: float = 0.0
    empty: float = 0.0  # sites just after the last arrival
    last: float = 0.0  # ms, time of that arrival
    sent: float = 0.0  # share of the sites that released at it


@kernel
def between(s: State, t: float, dt: float, p: Params) -> State:
    """Forget the use; whether a site has refilled is drawn when the next spike asks."""
    u = s.u * exp(-dt / p.tau_fac) if p.tau_fac > 0.0 else 0.0
    return State(s.key, s.drawn, u, s.empty, s.last, s.sent)


@kernel_call
def on_pre(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    """Refill, and release."""
    u = s.u + p.use * (1.0 - s.u)
    still_empty = exp(-(t - s.last) / p.tau_rec) if p.tau_rec > 0.0 else 0.0
    drawn, empty, released = s.drawn, 0.0, 0.0
    for site in range(int(p.sites)):
        if site < s.empty and uniform(s.key, drawn) < still_empty:
            empty += 1.0
        elif uniform(s.key, drawn + 1.0) < u:
            released += 1.0
        drawn += 2.0
    return w, State(s.key, drawn, u, empty + released, t, released / p.sites)


StochasticRelease = Rule(
    name="StochasticRelease",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=between,
    transmits=weighted_sent,
    doc=__doc__,
)
