"""A BCM rule between spikes: potentiation above a threshold that slides with the target's activity.

    traces    x of the source (+1 at its spikes, tau_x), as seen at the synapse after the delay
              y of the target (+1 at its spikes, tau_y); its rate now: r = y / tau_y
              z of the target (+1 at its spikes, tau_z); its rate on average: q = z / tau_z
    on_pre    w stays; the arrival transmits it
    on_post   w <- w + step x (r - q**2 / rho)

Parameter  Unit  Default  Meaning                                                 Constraint
step       -        1e-4  change by one pair and Hz, in the weight's unit         >= 0
rho        Hz       10.0  rate at which the threshold is the rate itself          > 0
tau_x      ms       20.0  window of coincidence                                   > 0
tau_y      ms       50.0  memory for the rate now                                 > 0
tau_z      ms     5000.0  memory for the average rate: how fast the threshold is  > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts.

Source: Bienenstock, Cooper & Munro (1982), J. Neurosci. 2:32-48,
doi:10.1523/JNEUROSCI.02-01-00032.1982; rates stand there for traces.
Verified against: a walk through the merged list of spikes, and the rate at which the drift is zero.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    step: float = 1e-4
    rho: float = 10.0
    tau_x: float = 20.0
    tau_y: float = 50.0
    tau_z: float = 5000.0


class Seen(NamedTuple):
    x: float
    y: float
    z: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Leave the weight as it is."""
    return w


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate above the sliding threshold, depress below it."""
    now, average = 1e3 * seen.y / p.tau_y, 1e3 * seen.z / p.tau_z
    return w + p.step * seen.x * (now - average * average / p.rho)


BCMRule = Rule(
    name="BCMRule",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_x")},
    post={"y": Trace("tau_y"), "z": Trace("tau_z")},
    doc=__doc__,
)
