"""Mistakes in the functions of one's own model: told at build, in one line that names the place."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from eventsim import AllToAll, Network, Simulation
from eventsim.engine.compiler_errors import one_line
from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.models import LIF, SpikeSource
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


def test_a_rule_that_reads_what_it_did_not_ask_for_is_told_with_its_place() -> None:
    @kernel
    def on_post(w: float, seen: Any, p: Params) -> float:
        return float(w + seen.z)

    stay = kernel(lambda w, seen, p: w)
    rule = Rule(name="Mine", params=Params, on_pre=stay, on_post=on_post, pre={"x": Trace("tau")})
    net = Network()
    source, cell = net.add("source", SpikeSource([1.0])), net.add("cell", LIF())
    net.connect(source, cell, AllToAll(), 0.5, 1.0, plasticity=rule(), bounds=(0.0, 1.0))
    with pytest.raises(TypeError, match=r"^test_tryout.py, line \d+: .* Unknown attribute 'z' "):
        Simulation(net).run(5.0)


def test_what_is_nobody_s_mistake_but_ours_stays_as_it_is() -> None:
    assert one_line("LLVM has nothing to say about places") is None
