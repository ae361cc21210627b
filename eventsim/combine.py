"""Several plasticity rules on one projection, made into one."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from eventsim.kernel import kernel
from eventsim.rule import Plasticity, Rule

Function = Callable[..., Any]


def combined(first: Plasticity | Rule, second: Plasticity | Rule) -> Plasticity:
    """Combine two rules: each event is told to the first, then to the second.

    Parameters
    ----------
    first, second : Plasticity or Rule
        Their parameters, traces, modulators and state variables must have different names, but for
        modulators and variables of the target that both read. At most one may have a `drift` or a
        `flow`, and at most one a say in what an arrival `transmits`. More than two are combined
        step by step.

    Returns
    -------
    Plasticity

    Raises
    ------
    TypeError
        If one is not a plasticity rule.
    ValueError
        If both have a parameter, trace or state variable of one name, a drift or flow, or
        `transmits`.

    Examples
    --------
    >>> from eventsim.models import STDPPair, TsodyksMarkram
    >>> combined(STDPPair(a_plus=0.01), TsodyksMarkram(use=0.2)).rule
    STDPPair and TsodyksMarkram
    """
    a, b = (given() if isinstance(given, Rule) else given for given in (first, second))
    for given in (a, b):
        if not isinstance(given, Plasticity):
            raise TypeError(
                f"combined: each must be a plasticity rule, for example STDPPair(), got {given!r}"
            )
    name = f"{a.rule} and {b.rule}"
    for what in ("parameter_names", "pre", "post", "state_names"):
        for twice in sorted({*getattr(a.rule, what)} & {*getattr(b.rule, what)}):
            raise ValueError(f"combined: both {a.rule} and {b.rule} have a {twice!r}")
    if a.rule.transmits and b.rule.transmits:
        raise ValueError(f"combined: both {a.rule} and {b.rule} have a 'transmits'")
    if a.rule.moves and b.rule.moves:
        raise ValueError(f"combined: both {a.rule} and {b.rule} have a 'drift' or a 'flow'")
    for shared in set(a.modulators) & set(b.modulators):
        if a.modulators[shared] is not b.modulators[shared]:
            raise ValueError(f"combined: {a.rule} and {b.rule} read different {shared!r}")
    rule = _rule(name, a.rule, b.rule)
    return Plasticity(rule, {**a.values, **b.values}, {**a.modulators, **b.modulators})


def _fields(a: Rule, b: Rule, what: str) -> Any:
    """Return a NamedTuple class with the fields of both, each with its default."""
    defaults: dict[str, float] = {}
    for part in (getattr(a, what), getattr(b, what)):
        defaults |= part._field_defaults if part else {}
    return namedtuple(what.capitalize(), defaults, defaults=defaults.values())


def _rule(name: str, a: Rule, b: Rule) -> Rule:
    state = _fields(a, b, "state") if a.state and b.state else a.state or b.state
    return Rule(
        name=name,
        params=_fields(a, b, "params"),
        on_pre=_both(a, b, a.on_pre, b.on_pre, state),
        on_post=_both(a, b, a.on_post, b.on_post, state),
        pre={**a.pre, **b.pre},
        post={**a.post, **b.post},
        state=state,
        between=None if a.flow or b.flow else _between(a, b, state),
        modulators=tuple(dict.fromkeys((*a.modulators, *b.modulators))),
        reads=tuple(dict.fromkeys((*a.reads, *b.reads))),
        own=tuple(dict.fromkeys((*a.own, *b.own))),
        drift=a.drift or b.drift,
        flow=_flow(a, b, state),
        transmits=_transmits(a, b),
        parts=(a, b),
    )


def _both(a: Rule, b: Rule, of_a: Function, of_b: Function, state: Any) -> Function:
    """Return on_pre or on_post of both; each is told of its own part of the state."""
    if a.state and b.state:
        state_a, state_b, n = a.state, b.state, len(a.state_names)

        @kernel
        def both_stateful(w: float, s: Any, t: float, seen: Any, p: Any) -> Any:
            w, mine = of_a(w, state_a(*s[:n]), t, seen, p)
            w, other = of_b(w, state_b(*s[n:]), t, seen, p)
            return w, state(*(mine[:] + other[:]))  # compiled, only bare tuples can be added

        return both_stateful
    if a.state:

        @kernel
        def first_stateful(w: float, s: Any, t: float, seen: Any, p: Any) -> Any:
            w, mine = of_a(w, s, t, seen, p)
            return of_b(w, seen, p), mine

        return first_stateful
    if b.state:

        @kernel
        def second_stateful(w: float, s: Any, t: float, seen: Any, p: Any) -> Any:
            return of_b(of_a(w, seen, p), s, t, seen, p)

        return second_stateful

    @kernel
    def stateless(w: float, seen: Any, p: Any) -> Any:
        return of_b(of_a(w, seen, p), seen, p)

    return stateless


def _between(a: Rule, b: Rule, state: Any) -> Function | None:
    of_a, of_b = a.between, b.between
    if of_a is None or of_b is None:
        return of_a or of_b
    state_a, state_b, n = a.state, b.state, len(a.state_names)
    assert state_a is not None
    assert state_b is not None

    @kernel
    def between(s: Any, t: float, dt: float, p: Any) -> Any:
        mine, other = of_a(state_a(*s[:n]), t, dt, p), of_b(state_b(*s[n:]), t, dt, p)
        return state(*(mine[:] + other[:]))

    return between


def _flow(a: Rule, b: Rule, state: Any) -> Function | None:
    """Return the flow of one, with the state of the other passing through time beside it."""
    flow = a.flow or b.flow
    if flow is None or a.state is None or b.state is None:
        return flow
    state_a, state_b, n = a.state, b.state, len(a.state_names)
    of_a, of_b = a.between, b.between
    if of_b is not None:

        @kernel
        def first_flows(w: float, s: Any, t: float, dt: float, m: Any, p: Any) -> Any:
            w, mine = flow(w, state_a(*s[:n]), t, dt, m, p)
            return w, state(*(mine[:] + of_b(state_b(*s[n:]), t, dt, p)[:]))

        return first_flows
    assert of_a is not None

    @kernel
    def second_flows(w: float, s: Any, t: float, dt: float, m: Any, p: Any) -> Any:
        w, other = flow(w, state_b(*s[n:]), t, dt, m, p)
        return w, state(*(of_a(state_a(*s[:n]), t, dt, p)[:] + other[:]))

    return second_flows


def _transmits(a: Rule, b: Rule) -> Function | None:
    """Return what transmits, told of a state that the rule itself may not have."""
    speaker, other = (a, b) if a.transmits else (b, a)
    function = speaker.transmits
    if function is None or speaker.state or not other.state:
        return function

    @kernel
    def without_state(w: float, s: Any, seen: Any, p: Any) -> Any:
        return function(w, seen, p)

    return without_state
