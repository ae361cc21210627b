"""A neuron model's functions, put together as the kernels want to call them.

The kernels hold states and parameters as rows of float64; a model holds them as NamedTuples. Here
rows become tuples and back, and one function per port becomes one function with a number.
Everything here is compiled, so choices are closures, not tables.
"""

from collections.abc import Callable, Sequence
from math import inf
from types import ModuleType
from typing import Any

from eventsim.engine.buffers import CALM, MAY_FIRE, RESTLESS
from eventsim.engine.choice import choice
from eventsim.engine.kernels.abreast import abreast, not_abreast
from eventsim.engine.rows import (
    LANES,
    read_lane,
    read_row,
    read_sums,
    write_lane,
    write_limit,
    write_row,
    write_verdict,
)
from eventsim.kernel import kernel, kernel_call
from eventsim.model import NeuronModel, no_plan
from eventsim.rule import Course

Function = Callable[..., Any]


def neuron_namespace(model: NeuronModel) -> ModuleType:
    """Return the module that the population and drive kernels know as `model`."""
    n_state, n_params = len(model.state_names), len(model.parameter_names)
    make_state, make_params = model.state, model.params

    @kernel
    def load_state(states: Any, i: int) -> Any:
        return make_state(*read_row(states[i], n_state))

    @kernel
    def store_state(states: Any, i: int, s: Any, t: float) -> None:
        write_row(states[i], s)
        states[i, n_state] = t

    @kernel
    def load_plain(params: Any, table: Any, i: int) -> Any:
        row = params[i] if params.shape[0] > 1 else params[0]
        return make_params(*read_row(row, n_params))

    @kernel
    def load_with_table(params: Any, table: Any, i: int) -> Any:
        row = params[i] if params.shape[0] > 1 else params[0]
        return make_params(*read_row(row, n_params), table)

    namespace = ModuleType("model")
    vars(namespace).update(
        N_STATE=n_state,
        N_PARAMS=n_params,
        HAS_INPUT=not model.is_source,
        IS_MODULATOR=model.course is not None,
        course=model.course or _no_course,
        load_state=load_state,
        store_state=store_state,
        load_params=load_with_table if "table" in model.fields else load_plain,
        initial=model.initial,
        between=model.between if model.quick is None else _called(model.between),
        between_abreast=model.between,
        on_input=_by_port(list(model.on_input.values())),
        fires=model.fires,
        on_fire=model.on_fire,
        next_fire=model.next_fire,
        safe_until=model.safe_until,
        spikes=model.spikes,
        plan=model.plan,
        take_spike=_take_spike(model),
        HAS_AHEAD=model.ahead is not None,
        ahead=model.ahead or _no_ahead,
        PLANS=model.plan is not no_plan,
        **_summable(model),
    )
    vars(namespace)["pass_abreast"] = (
        not_abreast if model.quick is None else abreast(namespace, model.quick)
    )
    return namespace


def _called(between: Function) -> Function:
    @kernel_call
    def called(s: Any, t: float, dt: float, p: Any) -> Any:
        return between(s, t, dt, p)

    return called


def _take_spike(model: NeuronModel) -> Function:
    """Return take_spike(s, t, p): the next spike of a source, and the state after it."""
    next_fire, between, on_fire = model.next_fire, model.between, model.on_fire
    plan = model.plan

    @kernel
    def take_spike(s: Any, t: float, p: Any) -> Any:
        spike = next_fire(s, t, p)
        if spike < inf:
            s = plan(on_fire(between(s, t, spike - t, p), spike, p), spike, p)
        return s, spike

    return take_spike


@kernel
def _no_ahead(n: int, states: Any, times: Any, p: Any) -> None:
    pass


@kernel
def _no_course(s: Any, p: Any) -> Course:
    return Course(0.0, 0.0, 1.0)


def _summable(model: NeuronModel) -> dict[str, Any]:
    """Return what takes a model over a window by sums, many neurons side by side.

    It takes a whole block, whose first neuron's sums are at `places`. The verdict says whether a
    neuron might fire in the window, or later without an arrival; who might fire in it is left as it
    was. What is done to lanes that hold no neuron is of no account.
    """
    summable = model.summable
    if summable is None:
        return {}
    make_lane, n_lane, n_sums = summable.lane, len(summable.lane._fields), summable.columns
    settle, to_lane, from_lane = summable.settle, summable.to_lane, summable.from_lane

    @kernel
    def in_lane(lanes: Any, a: int) -> Any:
        return make_lane(*read_lane(lanes, n_lane, a))

    @kernel
    def load_lane(lanes: Any, a: int, dt: float) -> Any:
        return from_lane(in_lane(lanes, a), dt)

    @kernel
    def store_lane(lanes: Any, a: int, s: Any) -> None:
        write_lane(lanes, a, to_lane(s))

    @kernel_call
    def settle_lanes(
        t: float, dt: float, step: Any, lanes: Any, sums: Any, places: Any, verdicts: Any, p: Any
    ) -> None:
        begins = read_row(places, n_sums)
        for a in range(LANES):
            s = in_lane(lanes, a)
            after, hot, restless = settle(s, t, dt, step, read_sums(sums, begins, a), p)
            write_lane(lanes, a, s if hot else after)
            write_verdict(verdicts, a, MAY_FIRE if hot else RESTLESS if restless else CALM)

    return {
        "prepare": summable.prepare, "load_lane": load_lane, "store_lane": store_lane,
        "settle_lanes": settle_lanes, "N_SUMS": n_sums, **_linear(model, n_sums, in_lane),
    }  # fmt: skip


def _linear(model: NeuronModel, n_sums: int, in_lane: Function) -> dict[str, Any]:
    """Return what takes a linear model through a stretch of windows, see `kernels.stretch`.

    `turn_lanes` takes a block to the end of one stretch, and finds the limits for the next.
    """
    linear = model.linear
    if linear is None:
        return {}
    absorb, headroom, restless = linear.absorb, linear.headroom, linear.restless

    @kernel
    def absorb_lane(lanes: Any, a: int, t: float, dt: float, step: Any, sums: Any, p: Any) -> Any:
        return absorb(in_lane(lanes, a), t, dt, step, read_row(sums, n_sums), p)

    @kernel_call
    def turn_lanes(
        t0: float, dt0: float, step: Any, t1: float, dt1: float, ahead: Any, lanes: Any, sums: Any,
        places: Any, first: int, limits: Any, verdicts: Any, p: Any,
    ) -> None:  # fmt: skip
        begins = read_row(places, n_sums)
        for a in range(LANES):
            before = in_lane(lanes, a)
            after = absorb(before, t0, dt0, step, read_sums(sums, begins, a), p)
            s = after if dt0 > 0.0 else before  # to the bit
            room = headroom(s, t1, dt1, ahead, p)
            near = not room > 0.0
            write_lane(lanes, a, s)
            write_limit(limits, first + a, room)
            verdict = MAY_FIRE if near else CALM
            write_verdict(verdicts, a, verdict + (RESTLESS if restless(s, p) else CALM))

    return {
        "absorb_lane": absorb_lane, "turn_lanes": turn_lanes, "headroom": headroom,
        "restless": restless,
    }  # fmt: skip


def _by_port(functions: Sequence[Function]) -> Function:
    """Return on_input(s, t, w, port, p) that calls the function of that port."""
    chosen = choice(functions or [_nothing_arrives])

    @kernel
    def on_input(s: Any, t: float, w: float, port: int, p: Any) -> Any:
        return chosen(port, s, t, w, p)

    return on_input


@kernel
def _nothing_arrives(s: Any, t: float, w: float, p: Any) -> Any:
    return s
