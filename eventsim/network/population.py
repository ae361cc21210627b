"""Populations: neurons of one model, with their parameters, initial states and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from eventsim.model import Neuron, NeuronModel
from eventsim.network.checks import refuse_unless, whole_number
from eventsim.network.distributions import draw
from eventsim.network.view import PopulationView, chosen
from eventsim.suggest import unknown

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons (or sources) of one model; made by `Network.add`.

    Parameters
    ----------
    name : str
        The name in messages, recordings and projections.
    index : int
        Its place in the order of adding.
    size : int
        Number of neurons.
    first : int
        Number of neurons in all earlier populations: the global index of its first.
    neuron : Neuron
        The model with its parameters, as given.
    parameters : ndarray of float64, shape (1 or size, n_parameters)
        One row if all neurons share every value.
    table : ndarray of float64, 1-D
        The model's table, empty if it has none.
    initial : dict of state name to float or ndarray of float64, shape (size,)
        Initial values where they are not the model's own.
    positions : ndarray of float64, shape (size, 1 to 3), or None
        Places, in any one unit of length.
    labels : list of length size, or None
        Names of the neurons.
    """

    name: str
    index: int
    size: int
    first: int
    neuron: Neuron
    parameters: FloatArray
    table: FloatArray
    initial: dict[str, float | FloatArray]
    positions: FloatArray | None
    labels: list[Any] | None

    @property
    def model(self) -> NeuronModel:
        """The model of its neurons."""
        return self.neuron.model

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"population {self.name!r}"

    def __getitem__(self, which: Any) -> PopulationView:
        """Return some of its neurons, as an end for `Network.connect`.

        Parameters
        ----------
        which : slice, int, array_like of int or of bool, shape (size,)
            `cells[:800]`, `cells[7]`, `cells[[3, 5]]`, `cells[mask]`; negative numbers count from
            the end.

        Raises
        ------
        TypeError
            If it is none of these.
        IndexError
            If there is no such neuron.
        ValueError
            If it chooses none, or one twice.
        """
        return PopulationView(self, chosen(self.where, which, self.size))

    def __repr__(self) -> str:
        return f"<{self.where}: {self.size} {self.model}>"


def populate(
    name: str,
    index: int,
    first: int,
    model: Neuron | NeuronModel,
    size: int,
    initial: Mapping[str, Any] | None,
    positions: ArrayLike | None,
    labels: list[Any] | None,
    rngs: Sequence[Generator],
) -> Population:
    """Check what the user gave and draw what is random; `rngs` are for parameters and states.

    Raises
    ------
    TypeError, ValueError
        As `Network.add` says.
    """
    where = f"population {name!r}"
    neuron = Neuron(model, {}) if isinstance(model, NeuronModel) else model
    if not isinstance(neuron, Neuron):
        raise TypeError(f"{where}: model must be a neuron model, for example LIF(), got {model!r}")
    size = whole_number(where, "size", size, least=1)
    parameters, table = neuron.resolve(where, size, partial(draw, rng=rngs[0]))
    return Population(
        name=name,
        index=index,
        size=size,
        first=first,
        neuron=neuron,
        parameters=parameters,
        table=table,
        initial=_initial(where, neuron.model, initial or {}, size, rngs[1]),
        positions=None if positions is None else _positions(where, positions, size),
        labels=None if labels is None else _labels(where, labels, size),
    )


def _initial(
    where: str, model: NeuronModel, given: Mapping[str, Any], size: int, rng: Generator
) -> dict[str, float | FloatArray]:
    drawn: dict[str, float | FloatArray] = {}
    for name, value in given.items():
        if name not in model.variables:
            raise ValueError(f"{where}: {unknown(f'state of {model}', name, model.variables)}")
        values = _floats(where, f"initial {name}", draw(value, size, rng))
        if values.shape not in ((), (size,)):
            raise ValueError(
                f"{where}: initial {name} must have one value for each of {size} neurons, got "
                f"shape {values.shape}"
            )
        finite = np.isfinite(values).reshape(-1)
        refuse_unless(
            where, f"initial {name}", "finite", values.reshape(-1), finite, "neuron", size
        )
        drawn[name] = float(values) if values.ndim == 0 else values
    return drawn


def _positions(where: str, given: ArrayLike, size: int) -> FloatArray:
    positions = _floats(where, "positions", given)
    if positions.ndim == 1:
        positions = positions[:, None]
    if positions.ndim != 2 or positions.shape[0] != size or not 1 <= positions.shape[1] <= 3:
        raise ValueError(
            f"{where}: positions must have shape ({size}, 1 to 3), got {np.shape(given)}"
        )
    finite = np.isfinite(positions).all(axis=1)
    refuse_unless(where, "positions", "finite", positions, finite, "neuron", size)
    return positions


def _labels(where: str, given: list[Any], size: int) -> list[Any]:
    labels = list(given)
    if len(labels) != size:
        raise ValueError(f"{where}: there must be {size} labels, got {len(labels)}")
    if len(set(labels)) < size:
        twice = next(label for i, label in enumerate(labels) if label in labels[:i])
        raise ValueError(f"{where}: labels must differ, got {twice!r} more than once")
    return labels


def _floats(where: str, name: str, value: Any) -> FloatArray:
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: {name} must be a number or an array, got {value!r}") from None
