"""What is simulated: populations and projections on a networkx graph.

network        Network: add, connect, from_networkx, to_networkx
population     neurons of one model: parameters, initial states, places
projection     the synapses from one population to another, and the checks at their door
synapses       their compiled form: rows by source, sorted by delay
rules          who is connected to whom: all, one-to-one, fixed degrees, fixed total, Bernoulli
view           some neurons of a population as an end: `cells[:800]`
distance       the same by distance; delays that grow with it
tripartite     which astrocyte listens to which synapses, and acts on them
explicit       the same from arrays, a sparse matrix, a networkx graph
distributions  random parameters, weights and delays
graph          networks from and to networkx graphs
checks         refusals
_sort, threads the compiled loops of building, and who shares them
"""

from eventsim.network.distance import DistanceDelay, DistanceDependent, Exponential, Gaussian
from eventsim.network.distributions import (
    Constant,
    Distribution,
    LogNormal,
    Normal,
    Truncated,
    Uniform,
)
from eventsim.network.explicit import FromArrays, FromGraph, FromSparse
from eventsim.network.network import Network
from eventsim.network.population import Population
from eventsim.network.projection import Projection
from eventsim.network.rules import (
    AllToAll,
    Bernoulli,
    ConnectionRule,
    Ends,
    FixedInDegree,
    FixedOutDegree,
    FixedTotal,
    OneToOne,
)
from eventsim.network.synapses import Synapses
from eventsim.network.tripartite import Domains, domains
from eventsim.network.view import PopulationView

__all__ = [
    "AllToAll",
    "Bernoulli",
    "ConnectionRule",
    "Constant",
    "DistanceDelay",
    "DistanceDependent",
    "Distribution",
    "Domains",
    "Ends",
    "Exponential",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedTotal",
    "FromArrays",
    "FromGraph",
    "FromSparse",
    "Gaussian",
    "LogNormal",
    "Network",
    "Normal",
    "OneToOne",
    "Population",
    "PopulationView",
    "Projection",
    "Synapses",
    "Truncated",
    "Uniform",
    "domains",
]
