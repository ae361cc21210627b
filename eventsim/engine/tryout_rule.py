"""A rule's functions, called once in plain Python before they are compiled.

As `eventsim.engine.tryout` does it for models: what is wrong shows at build, and names the place.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from eventsim.engine.tryout import KEY, MAYBE_RIGHT
from eventsim.kernel import is_kernel
from eventsim.network import Projection
from eventsim.rule import Course, Rule, courses_class, seen_class

SEEN, TAU, DT = 0.5, 20.0, 1.0  # of a trace, a variable or a modulator; ms of it; ms that pass
MISTAKES = (TypeError, NameError, AttributeError, LookupError)


def try_out_rule(projection: Projection) -> None:
    """Call what the rule of a plastic projection is made of, with its first weight.

    Raises
    ------
    TypeError
        If a function is not under `@kernel`, or returns something else than it has to.
    TypeError, NameError, AttributeError, LookupError
        As the function raised it, with the projection, the rule and the function.
    """
    plasticity = projection.plasticity
    assert plasticity is not None
    p = plasticity.resolve(projection.where)
    whole = plasticity.rule
    seen = seen_class(whole)(*(SEEN for _ in seen_class(whole)._fields))
    courses = courses_class(whole)(*(Course(SEEN, 0.0, TAU) for _ in whole.modulators))
    weight = projection.synapses.weight
    w = float(weight[0]) if weight.size else float(np.clip(0.0, *projection.bounds))
    for rule in whole.leaves:
        for name, arguments, wanted in _calls(rule, w, seen, courses, p):
            where = f"{projection.where}: {name} of rule {rule.name!r}"
            _try(where, getattr(rule, name), arguments, wanted, rule)


def _calls(
    rule: Rule, w: float, seen: Any, courses: Any, p: Any
) -> list[tuple[str, tuple[Any, ...], str]]:
    """Return (function, arguments, what it has to return) of all that the rule has."""
    s = None
    if rule.state is not None:
        s = rule.state(**({"key": KEY} if "key" in rule.state_names else {}))
    event = (w, seen, p) if s is None else (w, s, DT, seen, p)
    changed = "weight" if s is None else "both"
    calls: list[tuple[str, tuple[Any, ...], str]] = [
        ("on_pre", event, changed),
        ("on_post", event, changed),
        ("between", (s, 0.0, DT, p), "state"),
        ("drift", (w, s, 0.0, DT, courses, p), "weight"),
        ("flow", (w, s, 0.0, DT, courses, p), "both"),
        ("transmits", (w, seen, p) if s is None else (w, s, seen, p), "weight"),
    ]
    return [call for call in calls if getattr(rule, call[0]) is not None]


def _try(
    where: str, function: Callable[..., Any], arguments: tuple[Any, ...], wanted: str, rule: Rule
) -> None:
    if not is_kernel(function):
        raise TypeError(f"{where} can't be compiled; write @kernel (eventsim.kernel) above it")
    try:
        returned = function(*arguments)
    except MAYBE_RIGHT:
        return
    except MISTAKES as mistake:
        raise type(mistake)(f"{where}: {mistake}") from mistake
    if not _is_right(returned, wanted, rule):
        state = rule.state.__name__ if rule.state else ""
        fields = f"a {state} of floats (0.0, not 0)"
        must = {"weight": "a number", "state": fields, "both": f"a number and {fields}"}
        raise TypeError(f"{where} must return {must[wanted]}, got {returned!r}")


def _is_right(returned: Any, wanted: str, rule: Rule) -> bool:
    if wanted == "both":
        return (
            isinstance(returned, tuple)
            and len(returned) == 2
            and _is_right(returned[0], "weight", rule)
            and _is_right(returned[1], "state", rule)
        )
    if wanted == "state":
        return (
            isinstance(returned, tuple)
            and len(returned) == len(rule.state_names)
            and all(isinstance(value, float) for value in returned)
        )
    return isinstance(returned, float | int | np.number)
