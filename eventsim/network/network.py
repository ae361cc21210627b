"""The network: populations and projections on a networkx graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from numpy.random import Generator, SeedSequence
from numpy.typing import ArrayLike

from eventsim import profiling
from eventsim.model import Neuron, NeuronModel
from eventsim.network.checks import check_name, free_name, whole_number
from eventsim.network.graph import Defaults, read, write_neurons
from eventsim.network.population import Population, populate
from eventsim.network.projection import Projection, Request, project
from eventsim.network.rules import ConnectionRule
from eventsim.network.synapses import Synapses
from eventsim.network.view import PopulationView, among
from eventsim.rule import Plasticity, Rule
from eventsim.suggest import unknown

# First word of every seed: what is drawn. Then the object's index, then which of its quantities.
_POPULATION, _PROJECTION = 0, 1


class Network:
    """What is simulated: populations of neurons and the projections between them.

    Parameters
    ----------
    seed : int
        Everything random in the network follows from it. Each quantity of each population and
        projection has a stream of its own, so that an object added later, or a delay that becomes
        a distribution, leaves all other draws as they were.

    Attributes
    ----------
    populations, projections : dict of name to Population, Projection
        In the order of adding.
    graph : networkx.MultiDiGraph
        The blueprint: what `add` and `connect` were given.

    Examples
    --------
    >>> from eventsim.models.neurons.lif import LIF
    >>> from eventsim.network import FixedInDegree, Network, Uniform
    >>> net = Network(seed=1)
    >>> exc = net.add("exc", LIF(tau_m=10.0), size=800, initial={"v": Uniform(-65, -50)})
    >>> net.connect(exc, exc, FixedInDegree(80), weight=0.1, delay=Uniform(0.5, 5.0))
    <projection 'exc->exc': 64000 synapses>
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = whole_number("network", "seed", seed)
        self.populations: dict[str, Population] = {}
        self.projections: dict[str, Projection] = {}
        self.graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()

    def __repr__(self) -> str:
        return (
            f"<network: {len(self.populations)} populations of {self.size} neurons, "
            f"{len(self.projections)} projections of {self.synapse_count} synapses>"
        )

    @property
    def size(self) -> int:
        """Number of neurons, sources included."""
        return sum(p.size for p in self.populations.values())

    @property
    def synapse_count(self) -> int:
        """Number of synapses."""
        return sum(p.synapses.count for p in self.projections.values())

    @property
    def min_delay(self) -> float:
        """The shortest delay in ms, the network's lookahead; infinite without synapses."""
        return min((float(s.delay.min()) for s in self._synapses()), default=inf)

    @property
    def max_delay(self) -> float:
        """The longest delay in ms; 0 without synapses."""
        return max((float(s.delay.max()) for s in self._synapses()), default=0.0)

    def add(
        self,
        name: str,
        model: Neuron | NeuronModel,
        size: int = 1,
        initial: Mapping[str, Any] | None = None,
        positions: ArrayLike | None = None,
        labels: list[Any] | None = None,
    ) -> Population:
        """Add a population.

        Parameters
        ----------
        name : str
            Not yet taken; without '/', which separates names in recordings.
        model : Neuron or NeuronModel
            The model with its parameters, `LIF(tau_m=10.0)`. Each is a number, an array of shape
            (size,), or a distribution.
        size : int
            Number of neurons, at least 1.
        initial : dict of state name to float, array of shape (size,) or distribution, optional
            Where the neurons start, in the units of the model's state.
        positions : array_like, shape (size, 1 to 3) or (size,), optional
            Places, in any one unit of length.
        labels : list of hashable, length size, optional
            Names of the neurons, all different.

        Returns
        -------
        Population

        Raises
        ------
        TypeError
            If something has the wrong type, or a parameter is unknown.
        ValueError
            If a value is out of bounds, a state is unknown, or the name is taken.
        """
        check_name("population", name, self.populations)
        index = len(self.populations)
        rngs = self._generators(_POPULATION, index, 2)
        population = populate(name, index, self.size, model, size, initial, positions, labels, rngs)
        self.populations[name] = population
        self.graph.add_node(
            name,
            model=population.neuron,
            size=population.size,
            initial=initial,
            positions=population.positions,
            labels=population.labels,
        )
        return population

    def connect(
        self,
        source: Population | PopulationView | str,
        target: Population | PopulationView | str,
        rule: ConnectionRule,
        weight: Any = None,
        delay: Any = None,
        port: str | None = None,
        plasticity: Plasticity | Rule | None = None,
        bounds: tuple[float, float] = (-inf, inf),
        dendritic_delay: float = 0.0,
        name: str | None = None,
        precision: str = "double",
        changing_delays: bool = False,
    ) -> Projection:
        """Connect one population to another, or to itself.

        Parameters
        ----------
        source, target : Population, PopulationView or str
            Populations of this network, or their names, or some of their neurons: `cells[:800]`.
        rule : ConnectionRule
            Who is connected to whom.
        weight : float, array of shape (n_edges,) or distribution
            In the unit of the port. May be left out if the rule brings weights.
        delay : float, array of shape (n_edges,), distribution or DistanceDelay
            From spike to arrival, in ms; finite and > 0. May be left out if the rule brings delays.
        port : str, optional
            The receptor of the target; may be left out where only one takes spikes.
        plasticity : Plasticity, optional
            The rule that changes the weights.
        bounds : tuple of float
            Lowest and highest weight, which plasticity can't leave.
        dendritic_delay : float
            From the synapse to the soma in ms, >= 0: what the target's own spike needs to reach
            the synapse.
        name : str, optional
            By default 'source->target', then 'source->target#2'.
        precision : {'double', 'single'}
            How weights and delays are stored.
        changing_delays : bool
            Whether `Simulation.set_delays` may change the delays in a run. Plastic synapses then
            keep traces of their own, and arrivals are sorted, not summed: it costs room and time.

        Returns
        -------
        Projection

        Raises
        ------
        TypeError
            If something has the wrong type, or a parameter is unknown.
        ValueError
            If a value is out of bounds, the rule cannot be satisfied, or the name is taken.
        """
        ends, rule = (self._own(source), self._own(target)), among(source, target, rule)
        if name is None:
            name = free_name(f"{ends[0].name}->{ends[1].name}", self.projections)
        check_name("projection", name, self.projections)
        index = len(self.projections)
        asked = Request(
            *ends, rule, weight, delay, port, plasticity, bounds, dendritic_delay, precision,
            changing_delays,
        )  # fmt: skip
        rngs = self._generators(_PROJECTION, index, 3)
        with profiling.part("build"):
            projection = project(name, index, asked, rngs, self.populations)
        self.projections[name] = projection
        given = {
            key: value for key, value in vars(asked).items() if key not in ("source", "target")
        }
        self.graph.add_edge(ends[0].name, ends[1].name, key=name, index=index, **given)
        return projection

    @classmethod
    def from_networkx(
        cls,
        graph: nx.Graph[Any],
        *,
        seed: int = 1,
        model: Neuron | Callable[..., Neuron] | str | None = None,
        models: Mapping[str, Callable[..., Neuron]] | None = None,
        weight: Any = None,
        delay: Any = None,
        port: str | None = None,
        ignore: Iterable[str] = (),
    ) -> Network:
        """Read a network from a graph of populations, or of neurons.

        If nodes have the attribute `size`, they are populations and edges are projections: their
        attributes are the arguments of `add` and `connect` (model parameters may be node attributes
        too), an edge's key is the projection's name. Otherwise each node is a neuron and each edge
        a synapse. Neurons of the same model with the same parameters given become one population,
        named after the model or by the node attribute `population`; node names become its labels.

        Parameters
        ----------
        graph : networkx graph
            Directed or not (then every edge goes both ways), with or without parallel edges.
        seed : int
            As for `Network`.
        model : Neuron, NeuronModel or str, optional
            For nodes without the attribute `model`.
        models : dict of str to NeuronModel (or function that returns a Neuron), optional
            Where models given by name are looked up; by default the catalogue `eventsim.models`.
        weight, delay : float, distribution or DistanceDelay, optional
            For edges without the attribute; the delay in ms.
        port : str, optional
            For edges without the attribute.
        ignore : iterable of str
            Node and edge attributes that are not meant for the simulation.

        Returns
        -------
        Network

        Raises
        ------
        TypeError
            If something has the wrong type, or a node attribute is not a parameter.
        ValueError
            If a node has no model or an edge no weight or delay; as for `add` and `connect`.

        Notes
        -----
        In a graph of neurons, a node's position is its attribute `pos`, or `x`, `y` and `z`;
        `initial_v` is the initial value of its state `v`.

        Examples
        --------
        >>> import networkx as nx
        >>> from eventsim.models.neurons.lif import LIF
        >>> ring = nx.watts_strogatz_graph(100, 4, 0.1, seed=1)
        >>> Network.from_networkx(ring, model=LIF, weight=1.0, delay=2.0)
        <network: 1 populations of 100 neurons, 1 projections of 400 synapses>
        """
        defaults = Defaults(model, models, weight, delay, port, frozenset(ignore))
        return read(cls(seed), graph, defaults)

    def to_networkx(self, neurons: bool = False) -> nx.MultiDiGraph[Any]:
        """Return the network as a graph.

        Parameters
        ----------
        neurons : bool
            False: the blueprint, populations as nodes and projections as edges; read back with the
            same seed it gives the same network. True: one node per neuron, one edge per synapse,
            for small networks. Its attributes are numbers and strings, so that it can be written
            as GraphML; plasticity, bounds and dendritic delays are not in it.

        Returns
        -------
        networkx.MultiDiGraph
            A copy.

        Raises
        ------
        ValueError
            If two neurons would have the same node name.
        """
        return write_neurons(self) if neurons else self.graph.copy()

    def to_sonata(self, folder: str | Path) -> list[Path]:
        """Write the network as SONATA files: nodes.h5 and edges.h5 in a folder.

        Populations and projections keep their names. Attributes of a node are its parameters and
        its place, of an edge `syn_weight` and `delay` (ms).

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        FileExistsError
            If one of them exists.
        """
        from eventsim.export import sonata  # what a network is needs no files

        return sonata.write_network(self, Path(folder))

    def _synapses(self) -> Iterable[Synapses]:
        return (p.synapses for p in self.projections.values() if p.synapses.count)

    def _generators(self, kind: int, index: int, count: int) -> list[Generator]:
        seeds = (SeedSequence(self.seed, spawn_key=(kind, index, what)) for what in range(count))
        return [np.random.default_rng(seed) for seed in seeds]

    def _own(self, given: Population | PopulationView | str) -> Population:
        if isinstance(given, PopulationView):
            given = given.population
        if isinstance(given, str):
            if given not in self.populations:
                raise ValueError(f"network: {unknown('population', given, self.populations)}")
            return self.populations[given]
        if not isinstance(given, Population):
            raise TypeError(f"network: a population is needed, got {given!r}")
        if self.populations.get(given.name) is not given:
            raise ValueError(f"network: population {given.name!r} belongs to another network")
        return given
