"""What the engines know of a plasticity rule: what a weight becomes at each kind of event.

A rule declares its *traces*: exponentially decaying variables that jump at the spikes of one side.
The engine keeps them, for the presynaptic side as seen at the synapse after the delay, and hands
the rule their values just before the event at hand. A rule may keep a state of its own per synapse,
and read *modulators*: signals that many synapses share, such as dopamine or an astrocyte's calcium.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, inf, log1p
from typing import Any, NamedTuple

from eventsim import datasheet
from eventsim.kernel import kernel
from eventsim.suggest import unknown

Function = Callable[..., Any]


class Trace(NamedTuple):
    """An exponentially decaying variable that jumps at the spikes of one side.

    `tau` names the parameter that is its time constant in ms; "sum" adds 1 at a spike (all pairs
    count), "set" sets it to 1 (only the nearest spike counts).
    """

    tau: str
    mode: str = "sum"


class Course(NamedTuple):
    """What a modulator does until its next jump: it goes from `level` to `rest` with `tau`."""

    level: float
    rest: float
    tau: float  # ms


@kernel
def unmoved(w: float, s: Any, t: float, seen: Any, p: Any) -> tuple[float, Any]:
    """Leave weight and state as they are: an `on_pre` or `on_post` of rules with a state."""
    return w, s


@kernel
def kept(s: Any, t: float, dt: float, p: Any) -> Any:
    """Leave the state as it is: a `between` of rules whose state moves at events alone."""
    return s


@kernel
def weighted_sent(w: float, s: Any, seen: Any, p: Any) -> float:
    """Return the weight times `s.sent`: a `transmits` of rules that note there what is sent."""
    return float(w * s.sent)


@kernel
def relaxed(course: Course, dt: float) -> float:
    """Return the level `dt` ms later."""
    return course.rest + (course.level - course.rest) * exp(-dt / course.tau)


@kernel
def turning_time(course: Course, t: float) -> float:
    """Return when the level, given at `t`, passes through zero, or infinity."""
    if course.level * course.rest >= 0.0:
        return inf
    return t + course.tau * log1p(-course.level / course.rest)


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
        field per trace and per modulator: its value just before this event. With a state per
        synapse, both are (w, s, t, seen, p) -> (w, s); `unmoved` is for an event that does nothing.
    pre, post : dict of trace name to Trace
        Traces of the source's spikes (as they arrive) and of the target's spikes.
    state : NamedTuple class, optional
        State of one synapse, all fields float with their initial values as defaults. A field `key`
        is the synapse's random stream (`eventsim.random`), which the engine fills in.
    between : (s, t, dt, p) -> State, optional
        How that state passes from `t` to `t + dt` without events; `kept` if it does not.
    modulators : tuple of str
        Names of the signals it reads; the user says by these names which populations give them:
        `STDPDopamine(dopamine="vta")`.
    own : tuple of str
        Those of its modulators that must be the target itself.
    drift : (w, s, t, dt, m, p) -> w, optional
        How the weight itself moves from `t` to `t + dt` without events, with the state `s` at `t`;
        for rules with a state. `m` has one `Course` per modulator, from `t` on.
    flow : (w, s, t, dt, m, p) -> (w, State), optional
        In place of `between` and `drift`, where the state follows the weight or the modulators.
    reads : tuple of str
        State variables of the target that `seen` shows too: as they are just before the arrivals
        of that instant, or at the target's spike, before its reset.
    transmits : optional
        What an arrival transmits, by default the weight: (w, seen, p) -> float, or with a state
        (w, s, seen, p) -> float, with the weight and the state after `on_pre`; `weighted_sent` is
        for a share of the weight that the state says.
    bounds : dict of {"lowest", "highest"} to str
        What the rule asks of the projection's bounds, each in the words of a datasheet's
        constraint: `{"lowest": ">= 0", "highest": "<= w_max"}`. One that is named must be finite.
    parts : tuple of Rule
        The rules that a combined one consists of.
    doc : str
        The datasheet; its parameter table supplies units and bounds.

    Notes
    -----
    At equal times `on_pre` comes before `on_post`, and both before a jump of a modulator; the
    arrival that triggered `on_pre` transmits the weight after it. The bounds of the weight belong
    to the projection. A drift is cut where a modulator passes through zero, so that bounds which
    are met on the way count even if the weight turns round.

    `t` is the time as seen at the soma: an arrival's own; `dendritic_delay` twice after a spike of
    the target, and once after a modulator's jump.
    """

    name: str
    params: type
    on_pre: Function
    on_post: Function
    pre: Mapping[str, Trace] = field(default_factory=dict)
    post: Mapping[str, Trace] = field(default_factory=dict)
    state: type | None = None
    between: Function | None = None
    modulators: tuple[str, ...] = ()
    drift: Function | None = None
    flow: Function | None = None
    reads: tuple[str, ...] = ()
    transmits: Function | None = None
    own: tuple[str, ...] = ()
    bounds: Mapping[str, str] = field(default_factory=dict)
    parts: "tuple[Rule, ...]" = ()
    doc: str | None = ""

    def __post_init__(self) -> None:
        self._check_fields()
        for name, trace in (*self.pre.items(), *self.post.items()):
            if not isinstance(trace, Trace):
                raise TypeError(
                    f"rule {self.name!r}: trace {name!r} must be a Trace, for example "
                    f"Trace('tau'), got {trace!r}"
                )
            if trace.tau not in self.parameter_names:
                message = unknown("time constant", trace.tau, self.parameter_names)
                raise ValueError(f"rule {self.name!r}: {message}")
            if trace.mode not in ("sum", "set"):
                raise ValueError(
                    f"rule {self.name!r}: trace mode must be 'sum' or 'set', got {trace.mode!r}"
                )
        if (self.state is None) != (self.between is None and self.flow is None):
            raise ValueError(
                f"rule {self.name!r}: a state needs `between` or `flow`, and the other way round"
            )
        if self.flow is not None and (self.between or self.drift) is not None:
            raise ValueError(f"rule {self.name!r}: a flow takes the place of between and drift")
        if self.drift is not None and self.state is None:
            raise ValueError(f"rule {self.name!r}: a drift needs a state")
        names = [*self.pre, *self.post, *self.modulators, *self.reads]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"rule {self.name!r}: there are two traces, modulators or variables {name!r}"
                )

    def _check_fields(self) -> None:
        """Refuse fields without defaults, and a name where names are asked for."""
        for what, fields in (("params", self.params), ("state", self.state)):
            given = getattr(fields, "_field_defaults", {})
            for name in getattr(fields, "_fields", ()):
                if name not in given:
                    raise TypeError(
                        f"rule {self.name!r}: field {name!r} of its {what} has no default; "
                        f"write {name}: float = 1.0"
                    )
        for what in ("modulators", "reads", "own"):
            if isinstance(getattr(self, what), str):
                raise TypeError(
                    f"rule {self.name!r}: {what} must be a tuple of names, got "
                    f"{getattr(self, what)!r}; write ({getattr(self, what)!r},)"
                )

    def __call__(self, **values: Any) -> "Plasticity":
        """Return this rule with its parameters and its modulators."""
        sources = {name: values.pop(name) for name in self.modulators if name in values}
        return Plasticity(self, values, sources)

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
    def leaves(self) -> "tuple[Rule, ...]":
        """The rules that it consists of: itself, if it is not combined."""
        return tuple(leaf for part in self.parts for leaf in part.leaves) or (self,)

    @property
    def moves(self) -> bool:
        """Whether something moves between events that a change of the weight must find in place."""
        return self.drift is not None or self.flow is not None

    @property
    def datasheet(self) -> dict[str, datasheet.Parameter]:
        """The parameter table of the docstring."""
        table = datasheet.parameters(self.doc)
        for part in self.parts:
            table |= part.datasheet
        return table


class Plasticity(NamedTuple):
    """A rule with the values its user gave: what `STDPPair(a_plus=0.01)` returns.

    `modulators` names a population for each modulator, or a pair of a population and an array that
    says which neuron of that population is read: one for every neuron of the target, or one for
    every source (row) and target (column).
    """

    rule: Rule
    values: Mapping[str, float]
    modulators: Mapping[str, Any] = {}

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
                names = (*self.rule.parameter_names, *self.rule.modulators)
                message = unknown(f"parameter of {self.rule}", name, names)
                raise TypeError(f"{where}: {message}")
            if isinstance(value, str) or not hasattr(value, "__float__"):
                raise TypeError(f"{where}: {name} must be a number, got {value!r}")
        params = self.rule.params(**{name: float(v) for name, v in self.values.items()})
        datasheet.check(where, self.rule.datasheet, params._asdict())
        return params

    def check_bounds(self, where: str, bounds: tuple[float, float], unit: str) -> None:
        """Refuse bounds of a projection with which the rule has no meaning.

        Raises
        ------
        ValueError
            With the rule, the bound, and what it asks of it.
        """
        values = self.resolve(where)._asdict()
        given = dict(zip(("lowest", "highest"), bounds, strict=True))
        for rule in self.rule.leaves:
            for which, constraint in rule.bounds.items():
                name = f"the {which} weight under {rule}"
                row = datasheet.Parameter(name, unit, "", "", constraint)
                try:
                    datasheet.check(where, {name: row}, {name: given[which], **values})
                except ValueError as problem:
                    raise ValueError(f"{problem}; give bounds=(lowest, highest)") from None


def seen_class(rule: Rule) -> Any:
    """Return the NamedTuple class that holds what a rule sees at an event, by name."""
    return namedtuple("Seen", [*rule.pre, *rule.post, *rule.modulators, *rule.reads])


def courses_class(rule: Rule) -> Any:
    """Return the NamedTuple class that holds the courses of a rule's modulators, by name."""
    return namedtuple("Courses", rule.modulators)
