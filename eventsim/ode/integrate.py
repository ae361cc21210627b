"""From a differential equation and a threshold to a model that both engines run."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from itertools import pairwise
from math import inf
from typing import Any

from eventsim.kernel import kernel
from eventsim.model import NeuronModel, never_fires
from eventsim.ode.lengths import FIRST_STEP
from eventsim.ode.plan import METHODS, PLAN, Equation, planner
from eventsim.ode.summed import Adds, check, summable
from eventsim.suggest import unknown

Function = Callable[..., Any]

TOLERANCES = {
    "rtol": ("1", 1e-6, "relative tolerance of one step", "> 0 and < 1"),
    "atol": ("1", 1e-7, "the same, in a variable's unit", "> 0"),
}


@kernel
def no_break(s: Any, t: float, p: Any) -> float:
    """Stand in for `next_break`: the derivative is smooth."""
    return inf


@kernel
def unchanged(s: Any, t: float, p: Any) -> Any:
    """Stand in for `on_fire` in a model that makes its spike itself."""
    return s


def integrated(
    name: str, *, params: type, state: type, initial: Function, derivative: Function,
    threshold: Function, on_input: Mapping[str, Function], on_fire: Function | None = None,
    next_break: Function = no_break, method: str = "explicit", max_step: float = inf,
    adds: Mapping[str, Adds] | None = None, units: Mapping[str, str] | None = None,
    doc: str | None = "",
) -> NeuronModel:  # fmt: skip
    """Make a neuron model of a differential equation.

    Parameters
    ----------
    name : str
        The name users write.
    params, state : NamedTuple classes
        All fields float, every parameter with a default; the state holds the physical variables.
    initial : (p, key) -> State
        The state at t = 0.
    derivative : (s, t, p) -> State
        Change of every variable per ms, defined for every finite state: a trial step may go
        anywhere.
    threshold : (s, p) -> float
        Negative below threshold; its rise through zero is the spike.
    on_input : dict of port name to (s, t, w, p) -> State
        Receive one arrival of weight `w` at `t`.
    on_fire : (s, t, p) -> State, optional
        The reset, which must bring the threshold below zero. Left out by models that make their
        spike themselves (Hodgkin-Huxley): then being above threshold is no spike, only rising is.
    next_break : (s, t, p) -> float, optional
        The next time after `t` at which the derivative jumps, such as the end of a refractory
        period, or infinity; a step ends there.
    method : {"explicit", "stiff"}
        Dormand-Prince 5(4), or RODAS 4(3) for variables whose rates differ by orders of magnitude.
    max_step : float
        ms; must be given if the derivative depends on `t`, so that no step jumps over what it does.
    adds : dict of port name to Adds, optional
        Ports at which an arrival does nothing but add its weight to one variable. Where arrivals
        there come thick and fast, one step may then pass over many of them at once
        (`eventsim.ode.summed`).
    units : dict of port or state name to str
        The unit of a weight on each port, and of each variable that has one.
    doc : str, optional
        The datasheet.

    Returns
    -------
    NeuronModel
        With two more parameters, the tolerances `rtol` (by default 1e-6) and `atol` (1e-7); the
        error of one step is held to a tenth of them in each variable. A field of that name in
        `params` sets another default.

    Raises
    ------
    ValueError
        If there is no such method, max_step is not > 0 ms, a variable's name is taken, or `adds`
        names what is not there or not what the functions do.

    Notes
    -----
    A step that can't be made small enough ends the run, with the state that it started from.
    """
    where = f"model {name!r}"
    if method not in METHODS:
        raise ValueError(f"{where}: {unknown('method', method, METHODS)}")
    if not max_step > 0.0:
        raise ValueError(f"{where}: max_step must be > 0 ms, got {max_step}")
    fields: tuple[str, ...] = state._fields  # type: ignore[attr-defined]
    for taken in PLAN:
        if taken in fields:
            raise ValueError(f"{where}: a state variable can't be named {taken!r}")
    equation = Equation(
        state, derivative, threshold, next_break, on_fire is not None, method, max_step
    )
    made, all_params = planner(equation), _with_tolerances(params)
    planned, variables, replaced = made.state, made.variables, made.replaced
    begun, nowhere = (0.0, 0.0, 0.0), (0.0,) * (5 * len(fields))
    rest = (*begun, FIRST_STEP, 0.0, *nowhere)
    if adds:
        p = all_params()
        check(where, adds, on_input, derivative, initial(p, 0.5), p)

    @kernel
    def start(p: Any, key: float) -> Any:
        return planned(*(initial(p, key)[:] + rest))

    @kernel
    def from_lane(y: Any, dt: float) -> Any:
        return planned(*(y[:] + begun + (dt, 0.0) + nowhere))

    @kernel
    def reached(s: Any, p: Any) -> Any:
        return threshold(variables(s), p) >= 0.0

    return NeuronModel(
        name=name,
        params=all_params,
        state=planned,
        initial=start,
        between=made.between,
        on_input={port: _receiver(f, variables, replaced) for port, f in on_input.items()},
        fires=never_fires if on_fire is None else reached,
        on_fire=unchanged if on_fire is None else _reset(on_fire, variables, made.restarted),
        next_fire=made.next_fire,
        safe_until=made.next_fire,
        spikes=made.spikes,
        plan=made.plan,
        quick=made.quick,
        summable=(
            summable(equation, all_params, adds, variables, from_lane)
            if adds and equation.has_brief
            else None
        ),
        units=units or {},
        private=tuple(name for name in planned._fields if name not in fields),
        doc=_documented(doc or "", params),
    )


def _receiver(receive: Function, variables: Function, replaced: Function) -> Function:
    @kernel
    def on_input(s: Any, t: float, w: float, p: Any) -> Any:
        return replaced(s, receive(variables(s), t, w, p))

    return on_input


def _reset(on_fire: Function, variables: Function, restarted: Function) -> Function:
    @kernel
    def reset(s: Any, t: float, p: Any) -> Any:
        return restarted(s, on_fire(variables(s), t, p))

    return reset


def _with_tolerances(params: Any) -> Any:
    """Return the Params class with rtol and atol, before `table` if there is one."""
    defaults = dict(params._field_defaults)
    added = {k: row[1] for k, row in TOLERANCES.items() if k not in params._fields}
    names = [f for f in params._fields if f != "table"] + list(added)
    names += ["table"] if "table" in params._fields else []
    values = {**defaults, **added}
    missing = [f for f in names if f not in values]
    if missing:
        raise TypeError(f"parameter {missing[0]!r} needs a default")
    return namedtuple("Params", names, defaults=[values[f] for f in names])


def _documented(doc: str, params: Any) -> str:
    """Return the datasheet with the tolerances at the end of its parameter table."""
    lines = doc.splitlines()
    columns = ["Parameter", "Unit", "Default", "Meaning", "Constraint"]
    header = [k for k, line in enumerate(lines) if line.split()[:3] == columns[:3]]
    if not header:
        lines += ["", "  ".join(columns)]
        header = [len(lines) - 1]
    end = header[0]
    # below the words of the header, as a reader expects them
    starts = [lines[end].find(word) for word in columns]
    widths = [max(b - a - 2, 0) for a, b in pairwise(starts)]
    rows = [
        f"{name:<{widths[0]}}  {unit:<{widths[1]}}  "
        f"{params._field_defaults.get(name, default):>{widths[2]}}  "
        f"{meaning:<{widths[3]}}  {constraint}"
        for name, (unit, default, meaning, constraint) in TOLERANCES.items()
        if f"\n{name} " not in doc
    ]
    while end < len(lines) and lines[end].strip():
        end += 1
    return "\n".join([*lines[:end], *rows, *lines[end:]]).strip()
