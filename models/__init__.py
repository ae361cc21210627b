"""Everything scientific lives here: one file per model, nothing else.

neurons/      what one cell does when an event reaches it
astrocytes/   cells that listen to synapses and answer slowly
sources/      spike trains from outside: random, regular, correlated, given, replayed
encoders/     images, sounds and event cameras as spikes: functions to call before a run
modulators/   signals that many synapses read: dopamine, an astrocyte, an error
synapses/     what one spike becomes at its target: short-term plasticity, chance, noisy currents
plasticity/   how a weight changes at a pre- or a postsynaptic spike
clocked/      networks in steps of time, to compare with what was published so

`CATALOGUE` names the neurons, astrocytes, modulators and sources that come with the library,
`RULES` what stands in synapses/ and plasticity/; what a user adds in a file of their own is passed
as it is and needs no entry here.
"""

if __name__ == "models":
    raise ImportError("import eventsim.models, not models: the same files would be loaded twice")

from collections.abc import Callable

from eventsim.model import Neuron
from eventsim.models.astrocytes.global_astrocyte import GlobalAstrocyte
from eventsim.models.astrocytes.li_rinzel import LiRinzel
from eventsim.models.modulators.modulator import Modulator
from eventsim.models.modulators.signal import Signal
from eventsim.models.neurons.adex import AdEx
from eventsim.models.neurons.adex_clopath import AdExClopath
from eventsim.models.neurons.adlif import AdLIF
from eventsim.models.neurons.alif import ALIF
from eventsim.models.neurons.diehl_cook import DiehlCook
from eventsim.models.neurons.eif import EIF
from eventsim.models.neurons.hodgkin_huxley import HodgkinHuxley
from eventsim.models.neurons.izhikevich import Izhikevich
from eventsim.models.neurons.lif import LIF
from eventsim.models.neurons.lif_alpha import LIFAlpha
from eventsim.models.neurons.lif_cond_alpha import LIFCondAlpha
from eventsim.models.neurons.lif_cond_exp import LIFCondExp
from eventsim.models.neurons.lif_cond_nmda import LIFCondNMDA
from eventsim.models.neurons.lif_dead_time import LIFDeadTime
from eventsim.models.neurons.lif_double_exp import LIFDoubleExp
from eventsim.models.neurons.lif_escape import LIFEscape
from eventsim.models.neurons.lif_exp import LIFExp
from eventsim.models.neurons.lif_exp_dead_time import LIFExpDeadTime
from eventsim.models.neurons.lif_subtract import LIFSubtract
from eventsim.models.neurons.morris_lecar import MorrisLecar
from eventsim.models.neurons.qif import QIF
from eventsim.models.neurons.readout import Readout
from eventsim.models.neurons.readout_double_exp import ReadoutDoubleExp
from eventsim.models.neurons.resonate_and_fire import ResonateAndFire
from eventsim.models.neurons.traub_miles import TraubMiles
from eventsim.models.plasticity.astrocyte_stdp import (
    AstrocyteSTDP,
    AstrocyteSTDPInhibitory,
    AstrocyteSTDPPaced,
    AstrocyteSTDPPacedInhibitory,
)
from eventsim.models.plasticity.bcm import BCMRule
from eventsim.models.plasticity.clopath import Clopath
from eventsim.models.plasticity.diehl_cook import STDPDiehlCook
from eventsim.models.plasticity.eprop import Eprop
from eventsim.models.plasticity.error_readout import ErrorReadout
from eventsim.models.plasticity.error_readout_double_exp import ErrorReadoutDoubleExp
from eventsim.models.plasticity.inhibitory_stdp import InhibitorySTDP
from eventsim.models.plasticity.masquelier import STDPMasquelier
from eventsim.models.plasticity.oja import OjaRule
from eventsim.models.plasticity.stdp_activity import STDPActivity
from eventsim.models.plasticity.stdp_dopamine import STDPDopamine, STDPDopamineNearest
from eventsim.models.plasticity.stdp_mixed import STDPMixed
from eventsim.models.plasticity.stdp_multiplicative import STDPMultiplicative
from eventsim.models.plasticity.stdp_nearest import STDPNearest
from eventsim.models.plasticity.stdp_pair import STDPPair
from eventsim.models.plasticity.stdp_power_law import STDPPowerLaw
from eventsim.models.plasticity.stdp_reduced import STDPReduced
from eventsim.models.plasticity.stdp_triplet import STDPTriplet, STDPTripletNearest
from eventsim.models.plasticity.zenke import STDPZenke
from eventsim.models.sources.burst import BurstSource
from eventsim.models.sources.gamma import GammaSource
from eventsim.models.sources.multiple_interaction import MultipleInteraction
from eventsim.models.sources.poisson import PoissonSource
from eventsim.models.sources.poisson_dead_time import PoissonDeadTime
from eventsim.models.sources.poisson_rate import PoissonRate, thinned
from eventsim.models.sources.poisson_sine import PoissonSine
from eventsim.models.sources.poisson_steps import PoissonSteps
from eventsim.models.sources.regular import RegularSource
from eventsim.models.sources.single_interaction import SingleInteraction
from eventsim.models.sources.spike_source import SpikeSource, replay
from eventsim.models.synapses.ou_current import OUCurrent
from eventsim.models.synapses.stochastic_release import StochasticRelease
from eventsim.models.synapses.tsodyks_markram import TsodyksMarkram
from eventsim.models.synapses.tsodyks_markram_astrocyte import TsodyksMarkramAstrocyte
from eventsim.models.synapses.uniform_current import UniformCurrent
from eventsim.rule import Rule

CATALOGUE: dict[str, Callable[..., Neuron]] = {
    "AdEx": AdEx,
    "AdExClopath": AdExClopath,
    "AdLIF": AdLIF,
    "ALIF": ALIF,
    "DiehlCook": DiehlCook,
    "EIF": EIF,
    "HodgkinHuxley": HodgkinHuxley,
    "Izhikevich": Izhikevich,
    "LIF": LIF,
    "LIFAlpha": LIFAlpha,
    "LIFCondAlpha": LIFCondAlpha,
    "LIFCondExp": LIFCondExp,
    "LIFCondNMDA": LIFCondNMDA,
    "LIFDeadTime": LIFDeadTime,
    "LIFDoubleExp": LIFDoubleExp,
    "LIFEscape": LIFEscape,
    "LIFExp": LIFExp,
    "LIFExpDeadTime": LIFExpDeadTime,
    "LIFSubtract": LIFSubtract,
    "MorrisLecar": MorrisLecar,
    "QIF": QIF,
    "Readout": Readout,
    "ReadoutDoubleExp": ReadoutDoubleExp,
    "ResonateAndFire": ResonateAndFire,
    "TraubMiles": TraubMiles,
    "LiRinzel": LiRinzel,
    "GlobalAstrocyte": GlobalAstrocyte,
    "Modulator": Modulator,
    "Signal": Signal,
    "PoissonSource": PoissonSource,
    "PoissonDeadTime": PoissonDeadTime,
    "PoissonSteps": PoissonSteps,
    "PoissonRate": PoissonRate,
    "PoissonSine": PoissonSine,
    "RegularSource": RegularSource,
    "GammaSource": GammaSource,
    "BurstSource": BurstSource,
    "SingleInteraction": SingleInteraction,
    "MultipleInteraction": MultipleInteraction,
    "SpikeSource": SpikeSource,
}

_RULES = (
    Eprop,
    ErrorReadout,
    ErrorReadoutDoubleExp,
    AstrocyteSTDP,
    AstrocyteSTDPInhibitory,
    AstrocyteSTDPPaced,
    AstrocyteSTDPPacedInhibitory,
    STDPDopamine,
    STDPDopamineNearest,
    StochasticRelease,
    TsodyksMarkram,
    TsodyksMarkramAstrocyte,
    OUCurrent,
    UniformCurrent,
    BCMRule,
    Clopath,
    STDPDiehlCook,
    InhibitorySTDP,
    STDPMasquelier,
    OjaRule,
    STDPMixed,
    STDPMultiplicative,
    STDPNearest,
    STDPPair,
    STDPPowerLaw,
    STDPReduced,
    STDPTriplet,
    STDPTripletNearest,
    STDPZenke,
    STDPActivity,
)
RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}

__all__ = [
    "ALIF",
    "CATALOGUE",
    "EIF",
    "LIF",
    "QIF",
    "RULES",
    "AdEx",
    "AdExClopath",
    "AdLIF",
    "AstrocyteSTDP",
    "AstrocyteSTDPInhibitory",
    "AstrocyteSTDPPaced",
    "AstrocyteSTDPPacedInhibitory",
    "BCMRule",
    "BurstSource",
    "Clopath",
    "DiehlCook",
    "Eprop",
    "ErrorReadout",
    "ErrorReadoutDoubleExp",
    "GammaSource",
    "GlobalAstrocyte",
    "HodgkinHuxley",
    "InhibitorySTDP",
    "Izhikevich",
    "LIFAlpha",
    "LIFCondAlpha",
    "LIFCondExp",
    "LIFCondNMDA",
    "LIFDeadTime",
    "LIFDoubleExp",
    "LIFEscape",
    "LIFExp",
    "LIFExpDeadTime",
    "LIFSubtract",
    "LiRinzel",
    "Modulator",
    "MorrisLecar",
    "MultipleInteraction",
    "OUCurrent",
    "OjaRule",
    "PoissonDeadTime",
    "PoissonRate",
    "PoissonSine",
    "PoissonSource",
    "PoissonSteps",
    "Readout",
    "ReadoutDoubleExp",
    "RegularSource",
    "ResonateAndFire",
    "STDPActivity",
    "STDPDiehlCook",
    "STDPDopamine",
    "STDPDopamineNearest",
    "STDPMasquelier",
    "STDPMixed",
    "STDPMultiplicative",
    "STDPNearest",
    "STDPPair",
    "STDPPowerLaw",
    "STDPReduced",
    "STDPTriplet",
    "STDPTripletNearest",
    "STDPZenke",
    "Signal",
    "SingleInteraction",
    "SpikeSource",
    "StochasticRelease",
    "TraubMiles",
    "TsodyksMarkram",
    "TsodyksMarkramAstrocyte",
    "UniformCurrent",
    "replay",
    "thinned",
]
