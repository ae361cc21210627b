"""What the engines know of a neuron model: a handful of pure functions on tuples of floats.

A source of spikes is the same thing without ports: nothing arrives at it, and it says by
`next_fire` when it fires next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim import datasheet
from eventsim.kernel import kernel
from eventsim.linear import Linear
from eventsim.suggest import unknown
from eventsim.summable import Summable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.integer[Any]]
Function = Callable[..., Any]


@kernel
def never_fires(s: Any, p: Any) -> bool:
    """Stand in for `fires` in a model that has no threshold at an input."""
    return False


@kernel
def never_by_itself(s: Any, t: float, p: Any) -> float:
    """Stand in for `next_fire` in a quiet model: no spike without an arrival."""
    return inf


@kernel
def no_bound(s: Any, t: float, p: Any) -> float:
    """Stand in for `safe_until`: nothing is known, so the crossing is always searched."""
    return t


@kernel
def always_spikes(s: Any, t: float, p: Any) -> bool:
    """Stand in for `spikes`: a neuron's own event is a spike."""
    return True


@kernel
def no_plan(s: Any, t: float, p: Any) -> Any:
    """Stand in for `plan` in a model in closed form."""
    return s


ALONE, ELSEWHERE, TAKEN = -1.0, 0.0, 1.0  # what a quick step may say of itself


class Quick(NamedTuple):
    """Two ways to plan: the first is tried once, the second until it says something else.

    Each returns a state and a verdict: TAKEN if the state is what `plan` would return, finite and
    below threshold; ELSEWHERE if the second is to be tried (again), with the first one's `hint` and
    the `length` returned last; ALONE if only `plan` can tell.
    """

    brief: Function  # (s, t, p) -> State, verdict, hint, length
    whole: Function  # (s, t, hint, length, p) -> State, verdict, length


@dataclass(frozen=True, eq=False)
class NeuronModel:
    """A neuron or source model: its tuples, its functions and its datasheet.

    Parameters
    ----------
    name : str
        The name users write.
    params, state : NamedTuple classes
        All fields float, every parameter with a default. A state field `key` is the neuron's random
        stream (`eventsim.random`). A last parameter `table`, if present, is a float64 array shared
        by the population.
    initial : (p, key) -> State
        The state at t = 0.
    between : (s, t, dt, p) -> State
        Pass from `t` to `t + dt` with no event.
    on_fire : (s, t, p) -> State
        What a spike at `t` does to the cell itself.
    on_input : dict of port name to (s, t, w, p) -> State
        Receive one arrival of weight `w` at `t`. Empty for a source.
    fires : (s, p) -> bool, optional
        Whether the threshold is reached; asked once after all arrivals of one instant.
    next_fire : (s, t, p) -> float, optional
        The first crossing at or after `t` if nothing arrives, or infinity; a quiet model has none.
    safe_until : (s, t, p) -> float, optional
        A cheap lower bound of `next_fire`.
    spikes : (s, t, p) -> bool, optional
        Whether the own event that `next_fire` announced is a spike, asked at its time; if not, it
        is the end of a stretch that was planned.
    plan : (s, t, p) -> State, optional
        Prepare for the time after `t`, called when everything at `t` has happened: an integrator
        takes its next step here, and keeps it in the state.
    quick : Quick, optional
        `plan` for the commonest cases, without branches, so that one instruction does it for many
        neurons.
    ahead : (n, states, times, p) -> None, optional
        For a source with shared parameters: write the next spikes, as many as `times` has rows (an
        even number), of `n` sources that lie side by side. `states` has a row for each field of
        State and one for the time at which they are valid; both are moved on to the last spike.
        The same as spike by spike, to the last bit, but faster.
    course : (s, p) -> Course, optional
        For a modulator, which synapses may read: what it does until its next event
        (`eventsim.rule.Course`). A neuron that fires may have one, for the synapses onto itself.
    linear : Linear, optional
        What a linear model declares so that its arrivals may be summed in any order.
    summable : Summable, optional
        The same for the engine: made from `linear`, or by `eventsim.ode.integrated`.
    trouble : str, optional
        What it means if a state is no longer finite, and the remedy: the end of that message.
    units : dict of port or state name to str
        The unit of a weight on each port, and of each state variable that has one.
    private : tuple of str
        State fields that are the model's own business, such as an integrator's plan: they are not
        shown, recorded or set. `key` is always private.
    doc : str
        The datasheet; its parameter table supplies units and bounds.
    """

    name: str
    params: type
    state: type
    initial: Function
    between: Function
    on_fire: Function
    on_input: Mapping[str, Function] = field(default_factory=dict)
    fires: Function = never_fires
    next_fire: Function = never_by_itself
    safe_until: Function = never_by_itself
    spikes: Function = always_spikes
    plan: Function = no_plan
    quick: Quick | None = None
    ahead: Function | None = None
    course: Function | None = None
    linear: Linear | None = None
    summable: Summable | None = None
    trouble: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    doc: str | None = ""

    def __post_init__(self) -> None:
        if self.next_fire is not never_by_itself and self.safe_until is never_by_itself:
            object.__setattr__(self, "safe_until", no_bound)
        if self.linear is not None:
            object.__setattr__(self, "summable", self.linear.summable(self.state))
        for what in (self.params, self.state):
            if not hasattr(what, "_fields"):
                raise TypeError(f"model {self.name!r}: {what!r} must be a NamedTuple class")
        if len(getattr(self.params, "_field_defaults", {})) != len(self.fields):
            raise TypeError(f"model {self.name!r}: every parameter needs a default")

    def __call__(self, **values: Any) -> "Neuron":
        """Return this model with parameters: floats, one-per-neuron arrays, or distributions."""
        return Neuron(self, values)

    def __repr__(self) -> str:
        return self.name

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the parameters, `table` included."""
        return tuple(self.params._fields)  # type: ignore[attr-defined]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the float parameters."""
        return tuple(f for f in self.fields if f != "table")

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of all fields of the state, in the order of the engines' columns."""
        return tuple(self.state._fields)  # type: ignore[attr-defined]

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state variables that users read, record and set."""
        hidden = {*self.private, "key"}
        return tuple(name for name in self.state_names if name not in hidden)

    @property
    def ports(self) -> tuple[str, ...]:
        """Names of the receptors, in the order of their numbers."""
        return tuple(self.on_input)

    @property
    def is_source(self) -> bool:
        """Whether nothing can arrive at it."""
        return not self.on_input

    @property
    def silent(self) -> bool:
        """Whether it never fires."""
        return self.fires is never_fires and self.next_fire is never_by_itself

    @property
    def datasheet(self) -> dict[str, datasheet.Parameter]:
        """The parameter table of the docstring."""
        return datasheet.parameters(self.doc)

    def port_number(self, port: str | None, where: str) -> int:
        """Return the number of a port; `None` means the only one that takes spikes.

        Raises
        ------
        ValueError
            If there is no such port, or several and none was named.
        """
        if port is None:
            spiking = [name for name in self.ports if name != "current"]
            if len(spiking) != 1:
                names = ", ".join(spiking) or "none (it is a source)"
                raise ValueError(f"{where}: say which port; {self.name} has {names}")
            return self.ports.index(spiking[0])
        if port not in self.ports:
            raise ValueError(f"{where}: {unknown(f'port of {self.name}', port, self.ports)}")
        return self.ports.index(port)


class Neuron(NamedTuple):
    """A model with the values its user gave: what `LIF(tau_m=10.0)` returns."""

    model: NeuronModel
    values: Mapping[str, Any]

    def resolve(
        self, where: str, size: int, draw: Callable[[Any, int], Any]
    ) -> tuple[FloatArray, FloatArray]:
        """Check the values and lay them out for the engines.

        Parameters
        ----------
        where : str
            The object that messages name, for example "population 'exc'".
        size : int
            Number of neurons.
        draw : (value, size) -> float or ndarray
            Turns a distribution into one value per neuron; passes anything else through.

        Returns
        -------
        parameters : ndarray of float64, shape (1 or size, n_parameters)
            One row if all neurons share every value.
        table : ndarray of float64, 1-D
            The model's table, empty if it has none.

        Raises
        ------
        TypeError
            If a parameter is unknown or not a number.
        ValueError
            If a value is out of bounds or an array has the wrong length.
        """
        model = self.model
        for name in self.values:
            if name not in model.fields:
                message = unknown(f"parameter of {model.name}", name, model.fields)
                raise TypeError(f"{where}: {message}")
        defaults = model.params._field_defaults  # type: ignore[attr-defined]
        table = np.ascontiguousarray(
            self.values.get("table", defaults.get("table", ())), dtype=np.float64
        )
        values: dict[str, Any] = {}
        for name in model.parameter_names:
            value = draw(self.values.get(name, defaults[name]), size)
            values[name] = _as_floats(where, name, value, size)
        datasheet.check(where, model.datasheet, values)
        shared = all(np.ndim(v) == 0 for v in values.values())
        matrix = np.empty((1 if shared else size, len(values)))
        for column, value in enumerate(values.values()):
            matrix[:, column] = value
        return matrix, table


def _as_floats(where: str, name: str, value: Any, size: int) -> Any:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: {name} must be a number or an array, got {value!r}") from None
    if array.ndim == 0:
        return float(array)
    if array.shape != (size,):
        raise ValueError(
            f"{where}: {name} must have one value for each of {size} neurons, got shape "
            f"{array.shape}"
        )
    return array
