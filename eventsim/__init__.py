"""Event-driven simulation of spiking neural networks in exact continuous time.

network/     what is simulated: populations and projections on a networkx graph
engine/      how: the reference engine (the specification) and the compiled one
recording/   what is kept: HDF5 in the SONATA layout, written while the run goes on
analysis/    what it says: rates, intervals, correlations, plots
models/      the biology: neurons, sources, plasticity rules (one file each)
scenarios/   experiments, runnable from the command line and from a notebook
"""

__version__ = "0.1.0"

from eventsim.engine.base import SimulationError
from eventsim.network import (
    AllToAll,
    Bernoulli,
    DistanceDelay,
    DistanceDependent,
    FixedInDegree,
    FixedOutDegree,
    FixedTotal,
    FromArrays,
    FromGraph,
    FromSparse,
    LogNormal,
    Network,
    Normal,
    OneToOne,
    Truncated,
    Uniform,
)
from eventsim.observer import Histogram, Sampled
from eventsim.recording import Recording
from eventsim.recording import open as open  # not in __all__: * must not hide Python's own
from eventsim.simulation import Simulation

__all__ = [
    "AllToAll",
    "Bernoulli",
    "DistanceDelay",
    "DistanceDependent",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedTotal",
    "FromArrays",
    "FromGraph",
    "FromSparse",
    "Histogram",
    "LogNormal",
    "Network",
    "Normal",
    "OneToOne",
    "Recording",
    "Sampled",
    "Simulation",
    "SimulationError",
    "Truncated",
    "Uniform",
]
