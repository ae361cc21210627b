"""A model's docstring is its datasheet; this room reads the parameter table out of it.

    Parameter  Unit  Default  Meaning                       Constraint
    tau_m      ms       20.0  membrane time constant        > 0
    v_th       mV      -50.0  firing threshold              > v_reset

Columns are separated by two or more spaces and end at the first blank line. A constraint is one or
more comparisons joined by 'and', with a number or another parameter: `> 0 and <= 1`, `> v_reset`;
`whole` asks for a whole number.
"""

import operator
import re
import sys
from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any, NamedTuple

import numpy as np

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_TERM = re.compile(r"(>=|<=|!=|>|<)\s*(\S+)$")


class Parameter(NamedTuple):
    """One line of the table."""

    name: str
    unit: str
    default: str
    meaning: str
    constraint: str


def text(model: Any) -> str:
    """Return the docstring of the file of a model, a rule, or a function that makes a model."""
    return cleandoc(getattr(model, "doc", None) or sys.modules[model.__module__].__doc__ or "")


def parameters(doc: str | None) -> dict[str, Parameter]:
    """Return the parameter table of a docstring by name; empty if there is none."""
    lines = iter((doc or "").splitlines())
    for line in lines:
        if line.split()[:3] == ["Parameter", "Unit", "Default"]:
            break
    table = {}
    for line in lines:
        if not line.strip():
            break
        cells = re.split(r"\s{2,}", line.strip())
        if len(cells) not in (4, 5):
            raise ValueError(f"parameter table: expected 4 or 5 columns, got {line.strip()!r}")
        table[cells[0]] = Parameter(*cells, *[""] * (5 - len(cells)))
    return table


def check(where: str, table: Mapping[str, Parameter], values: Mapping[str, Any]) -> None:
    """Refuse values that are not finite or break their constraint; arrays name the first offender.

    Raises
    ------
    ValueError
        With the object (`where`), the parameter, the unit, the bound and the value.
    """
    for name, value in values.items():
        row = table.get(name)
        unit = "" if row is None or row.unit in ("", "-", "1") else f" {row.unit}"
        _refuse(where, name, value, np.isfinite(value), f"finite{unit}")
        for term in row.constraint.split(" and ") if row and row.constraint else ():
            if term.strip() == "whole":
                _refuse(where, name, value, np.mod(value, 1.0) == 0.0, f"whole{unit}")
                continue
            match = _TERM.match(term.strip())
            if match is None:
                raise ValueError(f"parameter table: cannot read the constraint {term!r} of {name}")
            sign, bound = match.groups()
            other = values[bound] if bound in values else float(bound)
            shown = f"{bound} ({other:g})" if bound in values and np.ndim(other) == 0 else bound
            _refuse(where, name, value, _COMPARE[sign](value, other), f"{sign} {shown}{unit}")


def _refuse(where: str, name: str, value: Any, holds: Any, allowed: str) -> None:
    if np.all(np.asarray(holds)):
        return
    if np.ndim(value) == 0:
        raise ValueError(f"{where}: {name} must be {allowed}, got {value}")
    bad = np.flatnonzero(~np.broadcast_to(np.asarray(holds), np.shape(value)))
    first = int(bad[0])
    raise ValueError(
        f"{where}: {name} must be {allowed}, got {np.asarray(value)[first]} "
        f"for {bad.size} of {np.size(value)} neurons (first: neuron {first})"
    )
