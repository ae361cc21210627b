"""Short-term plasticity under an astrocyte: its transmitter sets how much a spike uses.

    reads     astrocyte, a modulator: the share of presynaptic receptors that its transmitter has
              activated, taken to be 0 below 0 and 1 above 1
    between   dx/dt = (1 - x) / tau_rec        du/dt = -u / tau_fac
    on_pre    used = (1 - astrocyte) use + astrocyte alpha
              u <- u + used (1 - u);  the arrival transmits w u x;  x <- x - u x
    on_post   nothing

Parameter  Unit  Default  Meaning                                                 Constraint
use        -         0.5  share of the resources that a first spike uses          > 0 and <= 1
alpha      -         0.0  the same when all receptors are activated               >= 0 and <= 1
tau_rec    ms      800.0  recovery of the resources                               > 0
tau_fac    ms        0.0  decay of facilitation; 0 for none                       >= 0

alpha < use: the astrocyte weakens release, alpha > use: it strengthens it. The signal is a
Modulator onto which the astrocyte projects: each of its releases activates receptors (the weight),
which go on for tau.

    net.add("receptors", Modulator(tau=2000.0))
    net.connect("astrocyte", "receptors", OneToOne(), weight=0.6, delay=1.0)
    net.connect("pre", "post", ..., plasticity=TsodyksMarkramAstrocyte(astrocyte="receptors"))

Source: De Pitta, Volman, Berry & Ben-Jacob (2011), PLoS Comput. Biol. 7:e1002293,
doi:10.1371/journal.pcbi.1002293; activation there saturates, here it adds up.
Verified against: the recursion of amplitudes with the level at each arrival in closed form;
TsodyksMarkram without an astrocyte; releases of LiRinzel; both engines.
"""

from typing import NamedTuple

from eventsim.kernel import kernel
from eventsim.models.synapses.tsodyks_markram import State, between, used
from eventsim.rule import Rule, unmoved, weighted_sent


class Params(NamedTuple):
    use: float = 0.5
    alpha: float = 0.0
    tau_rec: float = 800.0
    tau_fac: float = 0.0


class Seen(NamedTuple):
    astrocyte: float


@kernel
def on_pre(w: float, s: State, t: float, seen: Seen, p: Params) -> tuple[float, State]:
    """Use up a share of the resources, as the astrocyte has it."""
    activated = min(max(seen.astrocyte, 0.0), 1.0)
    return w, used(s, (1.0 - activated) * p.use + activated * p.alpha)


TsodyksMarkramAstrocyte = Rule(
    name="TsodyksMarkramAstrocyte",
    params=Params,
    on_pre=on_pre,
    on_post=unmoved,
    state=State,
    between=between,
    modulators=("astrocyte",),
    transmits=weighted_sent,
    doc=__doc__,
)
