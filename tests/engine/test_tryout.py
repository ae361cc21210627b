"""Mistakes in the functions of one's own model: told at build, in one line that names the place."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from eventsim import AllToAll, Network, Simulation
from eventsim.combine import combined
from eventsim.engine.compiler_errors import one_line
from eventsim.engine.tryout_rule import try_out_rule
from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.models import (
    LIF,
    RULES,
    AdExClopath,
    LIFSubtract,
    Modulator,
    SpikeSource,
    TsodyksMarkram,
)
from eventsim.ode import integrated
from eventsim.rule import Rule, Trace


class Params(NamedTuple):
    tau: float = 10.0


class State(NamedTuple):
    v: float
    w: float


@kernel
def initial(p: Params, key: float) -> State:
    return State(0.0, 0.5)


@kernel
def derivative(s: State, t: float, p: Params) -> State:
    return State(-s.v / p.tau, 0.0)


@kernel
def threshold(s: State, p: Params) -> float:
    return s.v - 1.0


@kernel
def on_spike(s: State, t: float, w: float, p: Params) -> State:
    return State(s.v + w, s.w)


@kernel
def on_fire(s: State, t: float, p: Params) -> State:
    return State(0.0, s.w)


def model(**functions: Any) -> NeuronModel:
    """The functions above, some of them replaced; without a datasheet."""
    given: dict[str, Any] = {
        "initial": initial, "derivative": derivative, "threshold": threshold,
        "on_input": {"spike": on_spike}, "on_fire": on_fire, **functions,
    }  # fmt: skip
    return integrated(name="Mine", params=Params, state=State, doc=None, **given)


def voltage(mine: NeuronModel, **options: Any) -> float:
    net = Network()
    source, cell = net.add("source", SpikeSource([3.0])), net.add("cell", mine())
    net.connect(source, cell, AllToAll(), 0.5, 1.0)
    with Simulation(net, **options) as sim:
        sim.run(20.0)
        return float(sim.state("cell", "v")[0])


def test_a_derivative_may_return_whole_numbers() -> None:
    """Oracle: the closed form of the decay."""

    @kernel
    def with_zero(s: State, t: float, p: Params) -> State:
        return State(-s.v / p.tau, 0)

    for engine in ("reference", "compiled"):
        v = voltage(model(derivative=with_zero), engine=engine)
        assert v == pytest.approx(0.5 * np.exp(-1.6), rel=1e-6)


@kernel
def whole(s: State, t: float, p: Params) -> State:
    return State(0, s.w)


@kernel
def other_variable(s: State, t: float, w: float, p: Params) -> State:
    return State(s.v + w * s.u, s.w)  # type: ignore[attr-defined]


@kernel
def other_name(s: State, t: float, p: Params) -> State:
    return State(-s.v / tau, 0.0)  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("functions", "kind", "message"),
    [
        (
            {"on_fire": whole},
            TypeError,
            r"^population 'cell': on_fire of model 'Mine' must return floats, got 0 for 'v' ",
        ),
        (
            {"initial": lambda p, key: State(0, 0.5)},
            TypeError,
            r"initial of model .* got 0 for 'v'",
        ),
        ({"on_input": {"spike": other_variable}}, AttributeError, r"no attribute 'u'$"),
        ({"derivative": other_name}, NameError, r"name 'tau' is not defined$"),
    ],
)
def test_what_plain_python_sees_is_told_before_anything_is_compiled(
    functions: dict[str, Callable[..., Any]], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        voltage(model(**functions))


def test_a_function_that_returns_no_state_is_named() -> None:
    class One(NamedTuple):
        v: float

    counter = NeuronModel(
        name="Counter", params=Params, state=One, initial=kernel(lambda p, key: One(0.0)),
        between=kernel(lambda s, t, dt, p: s), fires=kernel(lambda s, p: s.v > 1.0),
        on_input={"spike": kernel(lambda s, t, w, p: s.v + w)}, on_fire=kernel(lambda s, t, p: s),
    )  # fmt: skip
    message = (
        r"^population 'cell': on_input\['spike'\] of model 'Counter' must return a One, got 1.0$"
    )
    with pytest.raises(TypeError, match=message):
        voltage(counter)


def test_what_only_the_compiler_refuses_is_told_in_one_line_with_its_place() -> None:
    """The place: this file, and the line of the call."""

    @kernel
    def with_array(s: State, t: float, p: Params) -> State:
        room = np.zeros(2)
        return State(-s.v / p.tau, room[0])

    with pytest.raises(
        TypeError, match=r"^test_tryout.py, line \d+: can't be compiled: "
    ) as caught:
        voltage(model(derivative=with_array))
    line = re.findall(r"line (\d+)", str(caught.value))[0]
    text = Path(__file__).read_text(encoding="utf-8")
    assert "np.zeros(2)" in text.splitlines()[int(line) - 1]
    assert "\n" not in str(caught.value)
    assert voltage(model(derivative=with_array), engine="reference") == pytest.approx(
        0.5 * np.exp(-1.6), rel=1e-6
    )


@kernel
def stay(w: float, seen: Any, p: Params) -> float:
    return w


@kernel
def keep(w: float, s: State, t: float, seen: Any, p: Params) -> tuple[float, State]:
    return w, s


@kernel
def last(s: State, t: float, dt: float, p: Params) -> State:
    return s


class Tag(NamedTuple):
    v: float = 0.0
    w: float = 0.0


def build(functions: dict[str, Any], *others: Any) -> None:
    """Build a simulation with a rule of its own, some of its functions replaced."""
    stateful = {"on_pre": keep, "on_post": keep, "between": last, "state": Tag}
    plain = {"on_pre": stay, "on_post": stay}
    given: dict[str, Any] = {**(stateful if "between" in functions else plain), **functions}
    rule = Rule("Mine", Params, pre={"x": Trace("tau")}, **given)
    net = Network()
    source, cell = net.add("source", SpikeSource([1.0])), net.add("cell", LIF())
    plasticity = combined(rule, *others) if others else rule
    net.connect(source, cell, AllToAll(), 0.5, 1.0, plasticity=plasticity, bounds=(0.0, 1.0))
    Simulation(net)


@pytest.mark.parametrize(
    ("functions", "kind", "message"),
    [
        (
            {"on_post": kernel(lambda w, seen, p: w + seen.z)},
            AttributeError,
            r"on_post of rule 'Mine': .* no attribute 'z'$",
        ),
        (
            {"on_pre": kernel(lambda w, p: w)},
            TypeError,
            r"on_pre of rule 'Mine': .* takes 2 positional arguments but 3 were given$",
        ),
        (
            {"on_pre": kernel(lambda w, seen, p: None)},
            TypeError,
            r"on_pre of rule 'Mine' must return a number, got None$",
        ),
        (
            {"on_pre": lambda w, seen, p: w},
            TypeError,
            r"on_pre of rule 'Mine' can't be compiled; write @kernel \(eventsim.kernel\) above it$",
        ),
        (
            {"between": last, "on_post": kernel(lambda w, s, t, seen, p: w)},
            TypeError,
            r"on_post of rule 'Mine' must return a number and a Tag of floats .*, got 0.5$",
        ),
        (
            {"between": kernel(lambda s, t, dt, p: Tag(0, 0.0))},
            TypeError,
            r"between of rule 'Mine' must return a Tag of floats \(0.0, not 0\), got Tag\(v=0, ",
        ),
        (
            {"transmits": kernel(lambda w, seen, p: w * taw)},  # noqa: F821
            NameError,
            r"transmits of rule 'Mine': name 'taw' is not defined$",
        ),
    ],
)
def test_a_mistake_in_a_rule_is_told_at_build_with_projection_rule_and_function(
    functions: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=rf"^projection 'source->cell': {message}"):
        build(functions)
    if "transmits" not in functions:
        with pytest.raises(kind, match=rf"^projection 'source->cell': {message}"):
            build(functions, TsodyksMarkram)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_of_the_library_passes(name: str) -> None:
    """Oracle: nothing is raised; modulators and targets as each rule needs them."""
    rule = RULES[name]
    net = Network()
    target = {"Clopath": AdExClopath, "Eprop": LIFSubtract}.get(name, LIF)
    source, cell = net.add("source", SpikeSource([1.0])), net.add("cell", target())
    levels = {m: cell if m in rule.own else net.add(m, Modulator()) for m in rule.modulators}
    try_out_rule(
        net.connect(
            source, cell, AllToAll(), 0.5, 1.0, plasticity=rule(**levels), bounds=(0.0, 1.0)
        )
    )


def test_what_is_nobody_s_mistake_but_ours_stays_as_it_is() -> None:
    assert one_line("LLVM has nothing to say about places") is None
