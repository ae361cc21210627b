"""Connection rules that read their edges from data: arrays, a sparse matrix, a networkx graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from eventsim.network.rules import NOTHING_KNOWN, ConnectionRule, Edges, Ends

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FromArrays(ConnectionRule):
    """Connect `pre[e]` to `post[e]` for every e; weights and delays are given in the same order.

    Parameters
    ----------
    pre, post : array_like of int, shape (n_edges,)
        Indices within the source and the target population.
    """

    pre: ArrayLike
    post: ArrayLike

    def __post_init__(self) -> None:
        for name in ("pre", "post"):
            object.__setattr__(self, name, _indices(name, getattr(self, name)))
        if np.shape(self.pre) != np.shape(self.post):
            raise ValueError(
                f"FromArrays: pre and post must be equally long, got {np.size(self.pre)} and "
                f"{np.size(self.post)}"
            )

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the arrays (see `ConnectionRule.connect`)."""
        return np.asarray(self.pre), np.asarray(self.post)


@dataclass(frozen=True, eq=False)
class FromSparse(ConnectionRule):
    """Read edges and weights from a scipy sparse matrix or array: row = source, column = target.

    Parameters
    ----------
    matrix : scipy.sparse matrix or array, shape (n_pre, n_post)
        Stored entries are edges, zeros among them included; their values are the weights. Entries
        stored twice are two edges.
    """

    matrix: Any

    def __post_init__(self) -> None:
        if not hasattr(self.matrix, "tocoo"):
            raise TypeError(
                f"FromSparse: {type(self.matrix).__name__} is not a scipy sparse matrix"
            )
        object.__setattr__(self, "matrix", self.matrix.tocoo())

    @property
    def weight(self) -> FloatArray:
        """The stored values."""
        return np.asarray(self.matrix.data, dtype=np.float64)

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the stored entries (see `ConnectionRule.connect`)."""
        if self.matrix.shape != (n_pre, n_post):
            raise ValueError(
                f"matrix must have shape ({n_pre}, {n_post}) (sources, targets), "
                f"got {self.matrix.shape}"
            )
        return np.asarray(self.matrix.row), np.asarray(self.matrix.col)


@dataclass(frozen=True, eq=False)
class FromGraph(ConnectionRule):
    """Read edges from a networkx graph whose nodes are neurons.

    Nodes are looked up in the labels of the populations, or are indices where a population has no
    labels. The edges of an undirected graph go both ways (so between two different populations a
    graph must be directed); a self-loop is one edge.

    Parameters
    ----------
    graph : networkx graph
        Directed or undirected, with or without parallel edges.
    weight_attribute, delay_attribute : str
        Edge attributes that hold the weight and the delay in ms. Edges have them all, or none has:
        then `Network.connect` needs the value.
    """

    graph: nx.Graph[Any]
    weight_attribute: str = "weight"
    delay_attribute: str = "delay"
    _edges: list[tuple[Any, Any, dict[str, Any]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.graph, nx.Graph):
            raise TypeError(f"FromGraph: {type(self.graph).__name__} is not a networkx graph")
        object.__setattr__(self, "_edges", list(self.graph.to_directed().edges(data=True)))

    @property
    def weight(self) -> FloatArray | None:
        """The edges' weights, or None."""
        return self._attribute(self.weight_attribute)

    @property
    def delay(self) -> FloatArray | None:
        """The edges' delays in ms, or None."""
        return self._attribute(self.delay_attribute)

    def connect(self, n_pre: int, n_post: int, rng: Generator, ends: Ends = NOTHING_KNOWN) -> Edges:
        """Return the graph's edges as indices (see `ConnectionRule.connect`)."""
        sources = _numbers(ends.labels[0], n_pre)
        targets = _numbers(ends.labels[1], n_post)
        pre = np.empty(len(self._edges), dtype=np.int64)
        post = np.empty(len(self._edges), dtype=np.int64)
        for edge, (u, v, _) in enumerate(self._edges):
            for node, numbers, side in ((u, sources, "source"), (v, targets, "target")):
                if node not in numbers:
                    raise ValueError(f"edge ({u!r}, {v!r}): the {side} has no neuron {node!r}")
            pre[edge], post[edge] = sources[u], targets[v]
        return pre, post

    def _attribute(self, name: str) -> FloatArray | None:
        with_it = sum(name in data for _, _, data in self._edges)
        if with_it == 0:
            return None
        return np.array([edge_number(u, v, data, name) for u, v, data in self._edges])


def edge_number(u: Any, v: Any, data: dict[str, Any], name: str) -> float:
    """Return a numeric edge attribute.

    Raises
    ------
    ValueError
        If the edge lacks it.
    TypeError
        If it is not a number.
    """
    if name not in data:
        raise ValueError(f"edge ({u!r}, {v!r}): attribute {name!r} is missing")
    try:
        return float(data[name])
    except (TypeError, ValueError):
        raise TypeError(
            f"edge ({u!r}, {v!r}): {name} must be a number, got {data[name]!r}"
        ) from None


def _numbers(labels: list[Any] | None, size: int) -> dict[Any, int]:
    return {label: i for i, label in enumerate(range(size) if labels is None else labels)}


def _indices(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise TypeError(
            f"FromArrays: {name} must be a 1-D array of whole numbers, got {array.dtype} of shape "
            f"{array.shape}"
        )
    return array
