"""Networks and recordings as files in the SONATA format, as `libsonata` opens them.

Source: SONATA data format, Dai et al. (2020), PLoS Comput. Biol. 16:e1007696,
doi:10.1371/journal.pcbi.1007696.
Verified against: libsonata.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from eventsim.recording.layout import SORTING

if TYPE_CHECKING:
    from eventsim.network import Network, Population, Projection
    from eventsim.recording import Recording

_FORMAT = ("earliest", "v110")
_MAGIC = np.uint32(0x0A7A)  # the mark that the format asks for


def write_network(network: "Network", folder: Path) -> list[Path]:
    """Write nodes.h5 and edges.h5; return their paths. See `Network.to_sonata`."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes, edges = folder / "nodes.h5", folder / "edges.h5"
    with _created(nodes) as file:
        for population in network.populations.values():
            _nodes(file.create_group(f"nodes/{population.name}"), population)
    with _created(edges) as file:
        file.create_group("edges")
        for projection in network.projections.values():
            _edges(file.create_group(f"edges/{projection.name}"), projection)
    return [nodes, edges]


def write_recording(recording: "Recording", folder: Path) -> list[Path]:
    """Write spikes.h5, and a report for each sampled variable; see `Recording.to_sonata`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "spikes.h5"]
    with _created(paths[0]) as file:
        parent = file.create_group("spikes")
        for name in recording.populations:
            _spikes(parent.create_group(name), *recording.spikes(name))
    for population, variables in recording.sampled.items():
        for variable in variables:
            paths.append(folder / f"{population}.{variable}.h5")
            with _created(paths[-1]) as file:
                _report(file.create_group(f"report/{population}"), recording, population, variable)
    return paths


def _created(path: Path) -> h5py.File:
    file = h5py.File(path, "x", libver=_FORMAT)
    file.attrs["magic"] = _MAGIC
    file.attrs["version"] = np.array([0, 1], np.uint32)
    return file


def _nodes(group: h5py.Group, population: "Population") -> None:
    n = population.size
    group["node_type_id"] = np.zeros(n, np.int64)
    group["node_group_id"] = np.zeros(n, np.int64)
    group["node_group_index"] = np.arange(n, dtype=np.uint64)
    own = group.create_group("0")
    own.create_dataset("model_template", data=[f"eventsim:{population.model}"] * n,
                       dtype=h5py.string_dtype())  # fmt: skip
    for name, column in zip(population.model.parameter_names, population.parameters.T, strict=True):
        own[name] = np.array(np.broadcast_to(column, n))
    if population.positions is not None:
        for axis, column in zip("xyz", population.positions.T, strict=False):
            own[axis] = np.array(column)


def _edges(group: h5py.Group, projection: "Projection") -> None:
    s = projection.synapses
    n = s.count
    ends = (("source", projection.source, s.source), ("target", projection.target, s.target))
    for end, population, indices in ends:
        dataset = group.create_dataset(f"{end}_node_id", data=indices.astype(np.uint64))
        dataset.attrs["node_population"] = population.name
    group["edge_type_id"] = np.zeros(n, np.int64)
    group["edge_group_id"] = np.zeros(n, np.int64)
    group["edge_group_index"] = np.arange(n, dtype=np.uint64)
    own = group.create_group("0")
    own["syn_weight"] = np.array(np.broadcast_to(s.weight, n))
    own["delay"] = np.array(np.broadcast_to(s.delay, n))
    for end, _, indices in ends:
        size = s.n_pre if end == "source" else s.n_post
        other = "target" if end == "source" else "source"
        _index(group.create_group(f"indices/{end}_to_{other}"), indices, size)


def _index(group: h5py.Group, nodes: Any, size: int) -> None:
    """Write which stretches of the edges belong to each node."""
    order = np.argsort(nodes, kind="stable").astype(np.int64)
    sorted_nodes = nodes[order]
    starts = np.ones(order.size, bool)
    starts[1:] = (np.diff(order) != 1) | (np.diff(sorted_nodes) != 0)
    first = order[starts]
    last = order[np.append(starts[1:], True)[: order.size]] + 1
    owner = sorted_nodes[starts]
    group["range_to_edge_id"] = np.stack([first, last], axis=1).astype(np.uint64).reshape(-1, 2)
    bounds = np.searchsorted(owner, np.arange(size + 1))
    group["node_id_to_ranges"] = np.stack([bounds[:-1], bounds[1:]], axis=1).astype(np.uint64)


def _spikes(group: h5py.Group, times: Any, neurons: Any) -> None:
    kind = h5py.enum_dtype(SORTING, basetype="u1")
    group.attrs.create("sorting", SORTING["by_time"], dtype=kind)
    group.create_dataset("timestamps", data=times).attrs["units"] = "ms"
    group["node_ids"] = neurons.astype(np.uint64)


def _report(group: h5py.Group, recording: "Recording", population: str, variable: str) -> None:
    samples = recording.states(population, variable)
    step, start = recording.interval(population), float(samples.times[:1].sum())
    data = group.create_dataset("data", data=samples.values.astype(np.float32))
    data.attrs["units"] = samples.units
    n = samples.neurons.size
    mapping = group.create_group("mapping")
    mapping["node_ids"] = samples.neurons.astype(np.uint64)
    mapping["index_pointers"] = np.arange(n + 1, dtype=np.uint64)
    mapping["element_ids"] = np.zeros(n, np.uint32)
    mapping["time"] = np.array([start, start + step * samples.times.size, step])
    mapping["time"].attrs["units"] = "ms"
