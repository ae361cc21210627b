"""Tripartite synapses: which astrocyte listens to which synapses of a graph, and acts on them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from eventsim.network.explicit import FromArrays, FromGraph
from eventsim.network.population import Population


@dataclass(frozen=True, eq=False)
class Domains:
    """The domains of astrocytes, as `Network.connect` takes them; made by `domains`.

    Parameters
    ----------
    synapses : FromGraph
        Connects source to target: the edges of the graph.
    listens : FromArrays
        Connects source to astrocytes: an edge for each synapse in a domain, so an astrocyte hears a
        neuron once for each of its synapses there.
    acts : ndarray of int64, shape (source.size, target.size)
        Whose domain the synapse from a source to a target is in; -1 where there is no synapse.
        `(population, acts)` gives a plasticity rule its modulator.
    """

    synapses: FromGraph
    listens: FromArrays
    acts: NDArray[np.int64]


def domains(
    graph: nx.Graph[Any], source: Population, target: Population, astrocytes: Population,
    attribute: str = "astrocyte",
) -> Domains:  # fmt: skip
    """Read from a graph which astrocyte every synapse belongs to.

    Parameters
    ----------
    graph : networkx graph
        A node is a neuron, named by its label or its number; an edge is a synapse, whose attribute
        `astrocyte` names the astrocyte that wraps it, by label or number. An edge of an undirected
        graph goes both ways, in the same domain.
    source, target, astrocytes : Population
        Whose neurons, and astrocytes, the graph tells of.
    attribute : str
        Name of that attribute.

    Returns
    -------
    Domains

    Raises
    ------
    TypeError
        If it is not a networkx graph.
    ValueError
        If an edge has no astrocyte, its neurons or its astrocyte are not in the populations, or two
        synapses of one pair of neurons are in different domains.

    Examples
    --------
    >>> import networkx as nx
    >>> from eventsim.models import LIF, LiRinzel
    >>> from eventsim.network import Network, domains
    >>> net = Network()
    >>> cells, glia = net.add("cells", LIF, size=3), net.add("glia", LiRinzel, size=2)
    >>> ring = nx.cycle_graph(3, create_using=nx.DiGraph)
    >>> nx.set_edge_attributes(ring, {(0, 1): 0, (1, 2): 1, (2, 0): 1}, "astrocyte")
    >>> domains(ring, cells, cells, glia).acts
    array([[-1,  0, -1],
           [-1, -1,  1],
           [ 1, -1, -1]])
    """
    synapses = FromGraph(graph)
    pre, post = _numbered(source), _numbered(target)
    wrapped = _numbered(astrocytes)
    acts = np.full((source.size, target.size), -1, np.int64)
    heard, hearers = [], []
    for u, v, data in graph.to_directed().edges(data=True):
        where = f"domains: edge ({u!r}, {v!r})"
        i, j = _known(where, u, pre, source), _known(where, v, post, target)
        if attribute not in data:
            raise ValueError(f"{where}: attribute {attribute!r} is missing")
        k = _known(where, data[attribute], wrapped, astrocytes)
        if acts[i, j] not in (-1, k):
            raise ValueError(f"{where}: its synapses are in the domains of two astrocytes")
        acts[i, j] = k
        heard.append(i)
        hearers.append(k)
    return Domains(synapses, FromArrays(np.array(heard, int), np.array(hearers, int)), acts)


def _numbered(population: Population) -> dict[Hashable, int]:
    labels = range(population.size) if population.labels is None else population.labels
    return {label: i for i, label in enumerate(labels)}


def _known(where: str, name: Any, numbers: dict[Hashable, int], population: Population) -> int:
    if name not in numbers:
        raise ValueError(f"{where}: population {population.name!r} has no neuron {name!r}")
    return numbers[name]
