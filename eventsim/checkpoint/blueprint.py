"""A network as a description and arrays, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eventsim.checkpoint.naming import Named, found, named
from eventsim.lasting import Arrays, Stored, numbered
from eventsim.model import Neuron, NeuronModel
from eventsim.network import Network, Population, Projection
from eventsim.network.checks import check_name
from eventsim.network.modulation import Modulation
from eventsim.network.rules import NOTHING_KNOWN, ConnectionRule, Edges, Ends
from eventsim.network.synapses import Synapses, packed
from eventsim.rule import Plasticity, Rule


@dataclass(frozen=True, eq=False)
class Saved(ConnectionRule):
    """The synapses of a projection that was loaded; `text` is the rule that once made them."""

    synapses: Synapses
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def weight(self) -> NDArray[Any]:
        """One weight per edge."""
        return np.broadcast_to(self.synapses.weight, self.synapses.count)

    @property
    def delay(self) -> NDArray[Any]:
        """One delay in ms per edge."""
        return np.broadcast_to(self.synapses.delay, self.synapses.count)

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the edges (see `ConnectionRule.connect`)."""
        return self.synapses.source, self.synapses.target


def describe(network: Network) -> tuple[dict[str, Any], Arrays]:
    """Return a description fit for JSON, and the arrays that belong to it.

    Raises
    ------
    ValueError
        If a label is neither text nor a number nor a tuple of these.
    """
    populations, projections = network.populations.values(), network.projections.values()
    about = {
        "seed": network.seed,
        "populations": [
            {"name": p.name, "size": p.size, "model": named(p.model), "labels": _labels(p),
             "initial": list(p.initial)}
            for p in populations
        ],
        "projections": [
            {"name": p.name, "source": p.source.index, "target": p.target.index, "port": p.port,
             "plasticity": named(p.plasticity.rule) if p.plasticity else None,
             "modulators": [read.population.index for read in p.modulators], "rule": str(p.rule),
             "changing_delays": p.changing_delays}
            for p in projections
        ],
    }  # fmt: skip
    arrays = {
        **numbered("populations", map(_population_arrays, populations)),
        **numbered("projections", map(_projection_arrays, projections)),
    }
    return about, arrays


def _population_arrays(population: Population) -> Arrays:
    arrays = {"parameters": population.parameters, "table": population.table}
    if population.positions is not None:
        arrays["positions"] = population.positions
    initial: Arrays = {f"initial/{k}": np.asarray(v) for k, v in population.initial.items()}
    return {**arrays, **initial}


def _projection_arrays(projection: Projection) -> Arrays:
    s = projection.synapses
    arrays: Arrays = {
        "row_start": s.row_start, "target": s.target, "weight": s.weight, "delay": s.delay,
        "bounds": np.array([*projection.bounds, projection.dendritic_delay]),
    }  # fmt: skip
    if projection.plasticity is not None:
        arrays["parameters"] = np.array(projection.plasticity.resolve(projection.where))
    for k, read in enumerate(projection.modulators):
        arrays[f"channels/{k}"] = read.channel
    return arrays


def _labels(population: Population) -> Any:
    if population.labels is None:
        return None

    def plain(label: Any) -> Any:
        if isinstance(label, tuple):
            return [plain(part) for part in label]
        if isinstance(label, np.generic):
            label = label.item()
        if isinstance(label, str | int | float):
            return label
        raise ValueError(
            f"{population.where}: label {label!r} can't be stored; labels must be texts, numbers "
            "or tuples of these"
        )

    return [plain(label) for label in population.labels]


def build(about: Any, stored: Stored, models: Sequence[Named]) -> Network:
    """Return the network that `describe` took apart; see `naming.found` for `models`.

    Raises
    ------
    ValueError
        If something is missing, out of range, or a model is not known.
    """
    network = Network(about["seed"])
    for k, given in enumerate(about["populations"]):
        _add(network, given, stored.part(f"populations/{k}"), models)
    for k, given in enumerate(about["projections"]):
        _connect(network, given, stored.part(f"projections/{k}"), models)
    return network


def _add(network: Network, given: Any, stored: Stored, models: Sequence[Named]) -> None:
    name, size = given["name"], int(given["size"])
    check_name("population", name, network.populations)
    where = f"population {name!r}"
    model = found(given["model"], where, models)
    if not isinstance(model, NeuronModel):
        raise ValueError(f"{where}: {model!r} is not a neuron model")
    parameters = stored.array("parameters", float, None, len(model.parameter_names))
    if size < 1 or len(parameters) not in (1, size):
        raise ValueError(f"{where}: must have parameters for 1 or {size} neurons")
    columns = parameters.T if len(parameters) > 1 else parameters[0].tolist()
    neuron = model(**dict(zip(model.parameter_names, columns, strict=True)))
    if "table" in model.fields:
        neuron = Neuron(model, {**neuron.values, "table": stored.array("table", float, None)})
    neuron.resolve(where, size, lambda value, _: value)
    initial: dict[str, Any] = {}
    for state in given["initial"]:
        each = stored.array(f"initial/{state}", float, *_shape(stored, f"initial/{state}", size))
        initial[model.state_names[model.state_names.index(state)]] = each if each.ndim else each[()]
    labels = given["labels"] and [_tupled(label) for label in given["labels"]]
    positions = stored.array("positions", float, size, None) if stored.has("positions") else None
    population = Population(
        name, len(network.populations), size, network.size, neuron, parameters,
        neuron.values.get("table", stored.array("table", float, None)), initial, positions, labels,
    )  # fmt: skip
    network.populations[name] = population
    network.graph.add_node(
        name, model=neuron, size=size, initial=initial or None, positions=positions, labels=labels
    )


def _shape(stored: Stored, name: str, size: int) -> tuple[int, ...]:
    return (size,) if stored.ndim(name) else ()


def _tupled(label: Any) -> Any:
    return tuple(_tupled(part) for part in label) if isinstance(label, list) else label


def _connect(network: Network, given: Any, stored: Stored, models: Sequence[Named]) -> None:
    name, populations = given["name"], list(network.populations.values())
    check_name("projection", name, network.projections)
    where = f"projection {name!r}"
    source, target = (populations[_index(where, given[k], populations)] for k in _ENDS)
    synapses = _synapses(where, stored, source.size, target.size)
    rule = None if given["plasticity"] is None else found(given["plasticity"], where, models)
    plasticity, modulators = None, []
    if rule is not None:
        if not isinstance(rule, Rule) or len(given["modulators"]) != len(rule.modulators):
            raise ValueError(f"{where}: {rule!r} is not its rule")
        values = stored.array("parameters", float, len(rule.parameter_names)).tolist()
        for k, index in enumerate(given["modulators"]):
            read = populations[_index(where, index, populations)]
            most = read.size - 1
            channel = stored.array(f"channels/{k}", int, target.size, least=0, most=most)
            modulators.append(Modulation(read, channel))
        plasticity = Plasticity(
            rule, dict(zip(rule.parameter_names, values, strict=True)),
            {k: (m.population.name, m.channel)
             for k, m in zip(rule.modulators, modulators, strict=True)},
        )  # fmt: skip
        plasticity.resolve(where)
    low, high, dendritic_delay = stored.array("bounds", float, 3).tolist()
    port = _index(where, given["port"], target.model.ports)
    projection = Projection(
        name, len(network.projections), source, target, port, plasticity, tuple(modulators),
        (low, high), dendritic_delay, bool(given["changing_delays"]),
        Saved(synapses, str(given["rule"])), synapses,
    )  # fmt: skip
    network.projections[name] = projection
    network.graph.add_edge(
        source.name, target.name, key=name, index=projection.index, rule=projection.rule,
        weight=None, delay=None, port=target.model.ports[port], plasticity=plasticity,
        bounds=projection.bounds, dendritic_delay=dendritic_delay,
        changing_delays=projection.changing_delays,
        precision="single" if synapses.weight.dtype == np.float32 else "double",
    )  # fmt: skip


_ENDS = ("source", "target")


def _index(where: str, value: Any, things: Sequence[Any]) -> int:
    if not isinstance(value, int) or not 0 <= value < len(things):
        raise ValueError(f"{where}: must name one of {len(things)}, got {value!r}")
    return value


def _synapses(where: str, stored: Stored, n_pre: int, n_post: int) -> Synapses:
    row_start = stored.array("row_start", np.int64, n_pre + 1, least=0)
    target = stored.array("target", np.int32, None, least=0, most=n_post - 1)
    weight, delay = (
        stored.array(name, stored.precision(name), None) for name in ("weight", "delay")
    )
    synapses = Synapses(n_post, row_start, target.astype(packed(n_post)), weight, delay)
    count = synapses.count
    right = row_start[0] == 0 and row_start[-1] == count and (np.diff(row_start) >= 0).all()
    right = right and weight.size in (1, count) and delay.size in (1, count)
    if not right:
        raise ValueError(f"{where}: its rows of synapses don't fit together")
    if not (np.isfinite(weight).all() and np.isfinite(delay).all() and (delay > 0.0).all()):
        raise ValueError(f"{where}: weights must be finite, delays finite and > 0 ms")
    steps = np.diff(delay)
    later = np.unique(row_start[(row_start > 0) & (row_start < count)]) - 1
    if steps.size:
        steps[later] = 0.0
    if (steps < 0.0).any():
        raise ValueError(f"{where}: the synapses of a source must be sorted by delay")
    return synapses
