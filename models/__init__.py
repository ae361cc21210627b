"""Everything scientific lives here: one file per model, nothing else.

neurons/      what one cell does when an event reaches it
sources/      spike trains from outside: Poisson, given times, replayed recordings
plasticity/   how a weight changes at a pre- or a postsynaptic spike

`CATALOGUE` names the neurons and sources that come with the library, `RULES` the plasticity rules;
what a user adds in a file of their own is passed as it is and needs no entry here.
"""

if __name__ == "models":
    raise ImportError("import eventsim.models, not models: the same files would be loaded twice")

from collections.abc import Callable

from eventsim.model import Neuron
from eventsim.models.neurons.lif import LIF
from eventsim.models.neurons.lif_exp import LIFExp
from eventsim.models.plasticity.stdp_multiplicative import STDPMultiplicative
from eventsim.models.plasticity.stdp_pair import STDPPair
from eventsim.models.sources.poisson import PoissonSource
from eventsim.models.sources.poisson_steps import PoissonSteps
from eventsim.models.sources.spike_source import SpikeSource, replay
from eventsim.rule import Rule

CATALOGUE: dict[str, Callable[..., Neuron]] = {
    "LIF": LIF,
    "LIFExp": LIFExp,
    "PoissonSource": PoissonSource,
    "PoissonSteps": PoissonSteps,
    "SpikeSource": SpikeSource,
}

RULES: dict[str, Rule] = {
    "STDPPair": STDPPair,
    "STDPMultiplicative": STDPMultiplicative,
}

__all__ = [
    "CATALOGUE",
    "LIF",
    "RULES",
    "LIFExp",
    "PoissonSource",
    "PoissonSteps",
    "STDPMultiplicative",
    "STDPPair",
    "SpikeSource",
    "replay",
]
