"""Models and rules are code, and code is never read from a file.

A checkpoint names them, as `module:name`, and keeps a hash of all that they mean. Whoever loads it
has them already: in `eventsim.models`, in a module that is imported, or in hand.
"""

import importlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import FunctionType
from typing import Any

from eventsim.combine import combined
from eventsim.engine.specialise import fingerprint
from eventsim.model import NeuronModel
from eventsim.rule import Rule

Named = NeuronModel | Rule

_OURS = re.compile(r"eventsim\.models(\.\w+)*")
_TEXTS = ("name", "doc", "units", "parts")  # what a model says of itself changes no result


def named(thing: Named) -> dict[str, Any]:
    """Return the name and the hash of a model or a rule, fit for JSON."""
    if isinstance(thing, Rule) and thing.parts:
        return {"parts": [named(part) for part in thing.parts]}
    return {"name": _name(thing), "hash": fingerprint(*_meaning(thing))}


def _name(thing: Named) -> str:
    """Return where a model stands: the module of its functions, else the first that has it."""
    likely = [part.__module__ for part in _meaning(thing) if isinstance(part, FunctionType | type)]
    for name in dict.fromkeys([*likely, *sorted(sys.modules, key=_not_ours)]):
        for attribute, value in list(vars(sys.modules.get(name, sys)).items()):
            if value is thing:
                return f"{name}:{attribute}"
    return f":{thing.name}"


def _not_ours(module: str) -> tuple[bool, int]:
    # the deepest of our own: packages repeat what stands in their files
    return not _OURS.fullmatch(module), -module.count(".")


def _meaning(thing: Any) -> Iterator[Any]:
    """Yield the functions, classes and constants that a model or a rule consists of."""
    for field in fields(thing):
        value = getattr(thing, field.name)
        if field.name in _TEXTS:
            continue
        if is_dataclass(value):
            yield from _meaning(value)
        elif isinstance(value, Mapping):
            for key in value:
                yield key
                yield value[key]
        else:
            yield value


def found(given: Any, where: str, models: Sequence[Named] = ()) -> Named:
    """Return the model or rule that `named` described.

    Parameters
    ----------
    given : dict
        What `named` returned, read from a file.
    where : str
        Who needs it, for messages.
    models : sequence of NeuronModel or Rule
        Those that the caller has in hand.

    Raises
    ------
    ValueError
        If there is none, or if it means something else than it did.
    """
    if isinstance(given, dict) and isinstance(given.get("parts"), list):
        first, second = (_rule(part, where, models) for part in given["parts"])
        return combined(first, second).rule
    if not isinstance(given, dict) or not all(isinstance(given.get(k), str) for k in _KEYS):
        raise ValueError(f"{where}: a model must have a name and a hash, got {given!r}")
    thing = _look_up(given["name"], models)
    if thing is None:
        what = given["name"].rpartition(":")[2]
        raise ValueError(
            f"{where}: {given['name']!r} is not known here; import its module first, or hand it "
            f"over: models=[{what}]"
        )
    if fingerprint(*_meaning(thing)) != given["hash"]:
        raise ValueError(
            f"{where}: {given['name']!r} has changed since the checkpoint was written; resume with "
            "the version that wrote it"
        )
    return thing


_KEYS = ("name", "hash")


def _rule(given: Any, where: str, models: Sequence[Named]) -> Rule:
    thing = found(given, where, models)
    if not isinstance(thing, Rule):
        raise ValueError(f"{where}: {thing!r} is not a plasticity rule")
    return thing


def _look_up(name: str, models: Sequence[Named]) -> Named | None:
    module, _, attribute = name.partition(":")
    for thing in models:
        if attribute == thing.name or _name(thing) == name:
            return thing
    if _OURS.fullmatch(module):  # nothing else is imported because a file says so
        try:
            importlib.import_module(module)
        except ImportError:
            return None
    known = getattr(sys.modules.get(module), attribute, None)
    return known if isinstance(known, NeuronModel | Rule) else None
