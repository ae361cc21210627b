"""What the engines know of a plasticity rule: what a weight becomes at each kind of event.

A rule declares its *traces*: exponentially decaying variables that jump at the spikes of one side.
The engine keeps them, for the presynaptic side as seen at the synapse after the delay, and hands
the rule their values just before the event at hand. A rule may keep a state of its own per synapse.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eventsim import datasheet
from eventsim.suggest import unknown

Function = Callable[..., Any]


class Trace(NamedTuple):
    """An exponentially decaying variable that jumps at the spikes of one side.

    `tau` names the parameter that is its time constant in ms; "sum" adds 1 at a spike (all pairs
    count), "set" sets it to 1 (only the nearest spike counts).
    """

    tau: str
    mode: str = "sum"


@dataclass(frozen=True, eq=False)
class Rule:
    """A plasticity rule.

    Parameters
    ----------
    name : str
        The name users write.
    params : NamedTuple class
        All fields float with defaults.
    on_pre, on_post : (w, seen, p) -> w
        The weight after an arrival at the synapse, and after a spike of its target. `seen` has one
        field per trace: its value just before this event. With a state per synapse, both are
        (w, s, t, seen, p) -> (w, s).
    pre, post : dict of trace name to Trace
        Traces of the source's spikes (as they arrive) and of the target's spikes.
    state : NamedTuple class, optional
        State of one synapse, all fields float with their initial values as defaults.
    between : (s, t, dt, p) -> State, optional
        How that state passes from `t` to `t + dt` without events.
    doc : str
        The datasheet; its parameter table supplies units and bounds.

    Notes
    -----
    At equal times `on_pre` comes before `on_post`, and the arrival that triggered `on_pre`
    transmits the weight after it. The bounds of the weight belong to the projection.
    """

    name: str
    params: type
    on_pre: Function
    on_post: Function
    pre: Mapping[str, Trace] = field(default_factory=dict)
    post: Mapping[str, Trace] = field(default_factory=dict)
    state: type | None = None
    between: Function | None = None
    doc: str = ""

    def __post_init__(self) -> None:
        for trace in (*self.pre.values(), *self.post.values()):
            if trace.tau not in self.parameter_names:
                message = unknown("time constant", trace.tau, self.parameter_names)
                raise ValueError(f"rule {self.name!r}: {message}")
            if trace.mode not in ("sum", "set"):
                raise ValueError(
                    f"rule {self.name!r}: trace mode must be 'sum' or 'set', got {trace.mode!r}"
                )
        if (self.state is None) != (self.between is None):
            raise ValueError(
                f"rule {self.name!r}: a state needs `between`, and the other way round"
            )

    def __call__(self, **values: float) -> "Plasticity":
        """Return this rule with its parameters."""
        return Plasticity(self, values)

    def __repr__(self) -> str:
        return self.name

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.params._fields)  # type: ignore[attr-defined]

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the state variables of one synapse."""
        return tuple(self.state._fields) if self.state else ()  # type: ignore[attr-defined]

    @property
    def datasheet(self) -> dict[str, datasheet.Parameter]:
        """The parameter table of the docstring."""
        return datasheet.parameters(self.doc)


class Plasticity(NamedTuple):
    """A rule with the values its user gave: what `STDPPair(a_plus=0.01)` returns."""

    rule: Rule
    values: Mapping[str, float]

    def resolve(self, where: str) -> Any:
        """Return the rule's Params, checked.

        Raises
        ------
        TypeError
            If a parameter is unknown or not a number.
        ValueError
            If a value is out of bounds.
        """
        for name, value in self.values.items():
            if name not in self.rule.parameter_names:
                message = unknown(f"parameter of {self.rule}", name, self.rule.parameter_names)
                raise TypeError(f"{where}: {message}")
            if isinstance(value, str) or not hasattr(value, "__float__"):
                raise TypeError(f"{where}: {name} must be a number, got {value!r}")
        params = self.rule.params(**{name: float(v) for name, v in self.values.items()})
        datasheet.check(where, self.rule.datasheet, params._asdict())
        return params


def seen_class(rule: Rule) -> Any:
    """Return the NamedTuple class that holds the traces a rule sees, by name."""
    return namedtuple("Seen", [*rule.pre, *rule.post])
