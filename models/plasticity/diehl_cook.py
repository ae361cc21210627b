"""The rule that learns digits without labels: a triplet of nearest spikes.

    traces    x of the source (1 at its last spike, tau_x), seen after the delay
              y, z of the target (1 at its last spike, tau_y, tau_z)
    on_pre    w <- w - a_minus y             the arrival then transmits this w
    on_post   w <- w + a_plus x z            the target's first spike does nothing

Parameter  Unit  Default  Meaning                                        Constraint
a_plus     -        0.01  step of potentiation, in the weight's unit
a_minus    -      0.0001  step of depression, in the weight's unit
tau_x      ms       20.0  memory of the source's spike                   > 0
tau_y      ms       20.0  window of depression                           > 0
tau_z      ms       40.0  memory of the target's spike before the last   > 0

The times compared are the arrival at the synapse (after the axonal delay) and the target's spike
as it reaches the synapse (after the dendritic delay). At equal times on_pre is called before
on_post: a coincident pair counts as pre-before-post.

Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, doi:10.3389/fncom.2015.00099, in the
form of the program that the authors published.
Verified against: a search for the nearest spikes.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    a_plus: float = 0.01
    a_minus: float = 0.0001
    tau_x: float = 20.0
    tau_y: float = 20.0
    tau_z: float = 40.0


class Seen(NamedTuple):
    x: float
    y: float
    z: float


@kernel
def on_pre(w: float, seen: Seen, p: Params) -> float:
    """Depress by the target's last spike."""
    return w - p.a_minus * seen.y


@kernel
def on_post(w: float, seen: Seen, p: Params) -> float:
    """Potentiate by the source's last spike and the target's spike before this one."""
    return w + p.a_plus * seen.x * seen.z


STDPDiehlCook = Rule(
    name="STDPDiehlCook",
    params=Params,
    on_pre=on_pre,
    on_post=on_post,
    pre={"x": Trace("tau_x", "set")},
    post={"y": Trace("tau_y", "set"), "z": Trace("tau_z", "set")},
    doc=__doc__,
)
