"""One leaky astrocyte that compares a network with its input: the Modulator of NALSM.

    GlobalAstrocyte()    Modulator(tau=99.5, rest=0.15)

    between events   dlevel/dt = -(level - rest) / tau
    spike            level <- level + w
    starts           at rest

Parameter  Unit  Default  Meaning                                              Constraint
tau        ms       99.5  time constant                                        > 0
rest       -        0.15  level where network and input fire equally often

    net.connect(liquid, astrocyte, AllToAll(), weight=gain / 100.0, delay=1.0)
    net.connect(inputs, astrocyte, AllToAll(), weight=-gain / 100.0, delay=1.0)

with a gain of 0.015 for 1,000 neurons and 0.0075 for 8,000. AstrocyteSTDP and
AstrocyteSTDPInhibitory read the level as the amplitude of depression, with a_plus equal to rest. A
step of 1 ms in the original multiplies the distance to rest by 0.99, hence tau = -1 / ln 0.99, and
adds a hundredth of the gain for each spike.

Source: Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760.
Verified against: the original's steps of 1 ms, for spikes that lie on them.
"""

from eventsim.model import Neuron
from eventsim.models.modulators.modulator import Modulator


def GlobalAstrocyte(tau: float = 99.5, rest: float = 0.15) -> Neuron:
    """Return the astrocyte of NALSM, a `Modulator`.

    Parameters
    ----------
    tau : float
        Time constant in ms, > 0.
    rest : float
        Level without input: the amplitude of potentiation of the rule that reads it.

    Examples
    --------
    >>> GlobalAstrocyte()
    Neuron(model=Modulator, values={'tau': 99.5, 'rest': 0.15})
    """
    return Modulator(tau=tau, rest=rest)
