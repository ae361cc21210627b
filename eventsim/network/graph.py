"""Networks from and to networkx graphs, of populations (a blueprint) or of single neurons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from eventsim.model import Neuron, NeuronModel
from eventsim.network.checks import free_name
from eventsim.network.explicit import FromArrays, edge_number
from eventsim.suggest import unknown

if TYPE_CHECKING:
    from eventsim.network.network import Network
    from eventsim.network.population import Population

NODE = ("model", "size", "initial", "positions", "labels")
EDGE = (
    "rule", "weight", "delay", "port", "plasticity", "bounds", "dendritic_delay", "precision",
    "changing_delays",
)  # fmt: skip
AXES = ("x", "y", "z")
PLACES = ("pos", *AXES)
INITIAL = "initial_"


@dataclass(frozen=True)
class Defaults:
    """What `Network.from_networkx` uses where a node or an edge lacks an attribute."""

    model: Neuron | Callable[..., Neuron] | str | None
    models: Mapping[str, Callable[..., Neuron]] | None
    weight: Any
    delay: Any
    port: str | None
    ignore: frozenset[str]

    def neuron(self, node: Any, data: Mapping[str, Any], values: Mapping[str, Any]) -> Neuron:
        """Return the model of a node with its values, those of the node before the model's own."""
        found = data.get("model", self.model)
        if found is None:
            raise ValueError(
                f"node {node!r} has no model; give it as a node attribute or as model="
            )
        if isinstance(found, str):
            found = self._look_up(node, found)
        if isinstance(found, Neuron):
            return Neuron(found.model, {**found.values, **values})
        try:
            made = found(**values) if callable(found) else None
        except (TypeError, ValueError) as problem:
            raise type(problem)(f"node {node!r}: {problem}") from None
        if not isinstance(made, Neuron):
            raise TypeError(
                f"node {node!r}: model must be a neuron model or its name, got {found!r}"
            )
        return made

    def _look_up(self, node: Any, name: str) -> Callable[..., Neuron]:
        models = self.models
        if models is None:
            # the network knows no particular model: the catalogue is loaded only where it is asked
            from eventsim.models import CATALOGUE

            models = CATALOGUE
        if name not in models:
            raise ValueError(f"node {node!r}: {unknown('model', name, models)}")
        return models[name]


def read(net: Network, graph: nx.Graph[Any], defaults: Defaults) -> Network:
    """Fill an empty network from a graph (see `Network.from_networkx`)."""
    if not isinstance(graph, nx.Graph):
        raise TypeError(f"network: a networkx graph is needed, got {type(graph).__name__}")
    if graph.number_of_nodes() == 0:
        raise ValueError("network: the graph has no nodes")
    sized = [node for node, data in graph.nodes(data=True) if "size" in data]
    if not sized:
        _read_neurons(net, graph, defaults)
        return net
    for node in graph:
        if "size" not in graph.nodes[node]:
            raise ValueError(f"node {node!r} has no size, but node {sized[0]!r} has: all or none")
    _read_blueprint(net, graph, defaults)
    return net


def _read_blueprint(net: Network, graph: nx.Graph[Any], defaults: Defaults) -> None:
    for node, data in graph.nodes(data=True):
        own = {k: v for k, v in data.items() if k not in NODE and k not in defaults.ignore}
        given = {k: data[k] for k in NODE[1:] if k in data}
        net.add(str(node), defaults.neuron(node, data, own), **given)
    edges = _edges(graph)
    # `Network.connect` notes the order, on which the seeds depend; networkx keeps it per node only
    edges.sort(key=lambda edge: edge[3].get("index", len(edges)))
    for u, v, key, data in edges:
        where = f"edge ({u!r}, {v!r})"
        if "rule" not in data:
            raise ValueError(f"{where} has no rule")
        for name in data:
            if name not in (*EDGE, "index") and name not in defaults.ignore:
                raise ValueError(f"{where}: {unknown('attribute', name, EDGE)}")
        given = {"weight": defaults.weight, "delay": defaults.delay, "port": defaults.port}
        given |= {k: v for k, v in data.items() if k in EDGE}
        given["name"] = key if isinstance(key, str) and graph.is_directed() else None
        net.connect(str(u), str(v), **given)


def _edges(graph: nx.Graph[Any]) -> list[tuple[Any, Any, Any, dict[str, Any]]]:
    """Return (u, v, key, attributes); an undirected edge both ways, a self-loop once."""
    directed = graph if graph.is_directed() else graph.to_directed(as_view=True)
    if isinstance(directed, nx.MultiGraph):
        return list(directed.edges(keys=True, data=True))
    return [(u, v, None, data) for u, v, data in directed.edges(data=True)]


@dataclass
class _Group:
    """Nodes that become one population: per node its name, its parameters, and the rest."""

    model: NeuronModel
    nodes: list[Any]
    values: list[dict[str, Any]]
    places: list[dict[str, Any]]


def _read_neurons(net: Network, graph: nx.Graph[Any], defaults: Defaults) -> None:
    groups: dict[tuple[Any, ...], _Group] = {}
    for node, data in graph.nodes(data=True):
        own = {k: v for k, v in data.items() if k != "model" and k not in defaults.ignore}
        population = own.pop("population", None)
        places = {k: own.pop(k) for k in list(own) if k in PLACES or k.startswith(INITIAL)}
        neuron = defaults.neuron(node, data, own)
        values = dict(neuron.values)
        for name in values:
            if name not in neuron.model.fields:
                message = unknown(f"parameter of {neuron.model}", name, neuron.model.fields)
                raise TypeError(f"node {node!r}: {message} (or name it in ignore=)")
        table = np.asarray(values.get("table", ())).tobytes()
        key = (population, neuron.model, frozenset(values), frozenset(places), table)
        group = groups.setdefault(key, _Group(neuron.model, [], [], []))
        group.nodes.append(node)
        group.values.append(values)
        group.places.append(places)
    where: dict[Any, tuple[str, int]] = {}
    for (population, *_), group in groups.items():
        name = _add_group(net, population, group)
        where |= {node: (name, i) for i, node in enumerate(group.nodes)}
    _connect_groups(net, _edges(graph), where, defaults)


def _add_group(net: Network, population: Any, group: _Group) -> str:
    name = free_name(group.model.name, net.populations) if population is None else str(population)
    if name in net.populations:
        raise ValueError(
            f"node {group.nodes[0]!r}: differs from other nodes of population {name!r} in its "
            f"model or in which attributes it has"
        )
    values = {k: [own[k] for own in group.values] for k in group.values[0]}
    places = {k: [own[k] for own in group.places] for k in group.places[0]}
    axes = [places[axis] for axis in AXES if axis in places]
    net.add(
        name,
        Neuron(group.model, {k: v[0] if k == "table" else _shared(v) for k, v in values.items()}),
        len(group.nodes),
        {k.removeprefix(INITIAL): _shared(v) for k, v in places.items() if k.startswith(INITIAL)},
        places.get("pos", list(zip(*axes, strict=True)) or None),
        group.nodes,
    )
    return name


def _shared(column: list[Any]) -> Any:
    """Return the one value that all have, or all values."""
    return column[0] if all(value == column[0] for value in column) else column


def _connect_groups(
    net: Network,
    edges: list[tuple[Any, Any, Any, dict[str, Any]]],
    where: Mapping[Any, tuple[str, int]],
    defaults: Defaults,
) -> None:
    known = ("weight", "delay", "port")
    bundles: dict[tuple[Any, ...], list[tuple[Any, Any, dict[str, Any]]]] = {}
    for u, v, _, data in edges:
        for name in data:
            if name not in known and name not in defaults.ignore:
                message = unknown("attribute", name, known)
                raise ValueError(f"edge ({u!r}, {v!r}): {message} (or name it in ignore=)")
        key = (where[u][0], where[v][0], data.get("port", defaults.port))
        bundles.setdefault(key, []).append((u, v, data))
    for (source, target, port), bundle in bundles.items():
        rule = FromArrays([where[u][1] for u, _, _ in bundle], [where[v][1] for _, v, _ in bundle])
        weight = _column(bundle, "weight", defaults.weight)
        delay = _column(bundle, "delay", defaults.delay)
        net.connect(source, target, rule, weight, delay, port)


def _column(bundle: list[tuple[Any, Any, dict[str, Any]]], name: str, default: Any) -> Any:
    """Return an attribute of each edge; the default where no edge has it."""
    if default is not None:
        if not any(name in data for _, _, data in bundle):
            return default
        if isinstance(default, int | float):
            bundle = [(u, v, {name: default} | data) for u, v, data in bundle]
    for u, v, data in bundle:
        if name not in data:
            raise ValueError(
                f"edge ({u!r}, {v!r}) has no {name}; give it as an edge attribute or as {name}="
            )
    return np.array([edge_number(u, v, data, name) for u, v, data in bundle])


def write_neurons(net: Network) -> nx.MultiDiGraph[Any]:
    """Return the graph of neurons (see `Network.to_networkx`)."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    names = {p.name: _write_nodes(graph, p) for p in net.populations.values()}
    for projection in net.projections.values():
        synapses = projection.synapses
        sources, targets = names[projection.source.name], names[projection.target.name]
        columns = (
            synapses.source.tolist(),
            synapses.target.tolist(),
            np.broadcast_to(synapses.weight, synapses.count).tolist(),
            np.broadcast_to(synapses.delay, synapses.count).tolist(),
        )
        port = projection.target.model.ports[projection.port]
        for i, j, w, d in zip(*columns, strict=True):
            graph.add_edge(sources[i], targets[j], weight=w, delay=d, port=port)
    return graph


def _write_nodes(graph: nx.MultiDiGraph[Any], population: Population) -> list[Any]:
    """Add a population's neurons and return their node names: labels, or global indices."""
    model, size, first = population.model, population.size, population.first
    nodes = population.labels or list(range(first, first + size))
    rows = np.broadcast_to(population.parameters, (size, len(model.parameter_names)))
    columns = dict(zip(model.parameter_names, rows.T, strict=True))
    columns |= {INITIAL + k: np.broadcast_to(v, size) for k, v in population.initial.items()}
    if population.positions is not None:
        columns |= dict(zip(AXES, population.positions.T, strict=False))
    # a table is no number or string, so such a graph may as well hold the model itself
    table = tuple(population.table.tolist())
    shared = {"model": model, "table": table} if table else {"model": model.name}
    for i, node in enumerate(nodes):
        if node in graph:
            raise ValueError(f"{population.where}: {node!r} also names another neuron")
        own = {name: float(column[i]) for name, column in columns.items()}
        graph.add_node(node, population=population.name, **shared, **own)
    return nodes
