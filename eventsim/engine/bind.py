"""A model's and a rule's functions, put together as the kernels want to call them.

The kernels hold states and parameters as rows of float64; a model holds them as NamedTuples. Here
rows become tuples and back, and one function per port or per rule becomes one function with a
number. Everything here is compiled, so choices are closures, not tables.
"""

from collections.abc import Callable, Iterable, Sequence
from math import exp, inf
from types import ModuleType
from typing import Any, NamedTuple

from numba.np.unsafe.ndarray import to_fixed_tuple

from eventsim.kernel import kernel
from eventsim.model import NeuronModel
from eventsim.rule import Rule, Trace, seen_class

Function = Callable[..., Any]


def neuron_namespace(model: NeuronModel) -> ModuleType:
    """Return the module that the population and drive kernels know as `model`."""
    n_state, n_params = len(model.state_names), len(model.parameter_names)
    make_state, make_params = model.state, model.params

    @kernel
    def load_state(states: Any, i: int) -> Any:
        return make_state(*to_fixed_tuple(states[i], n_state))

    @kernel
    def store_state(states: Any, i: int, s: Any, t: float) -> None:
        for k in range(n_state):
            states[i, k] = s[k]
        states[i, n_state] = t

    @kernel
    def load_plain(params: Any, table: Any, i: int) -> Any:
        row = params[i] if params.shape[0] > 1 else params[0]
        return make_params(*to_fixed_tuple(row, n_params))

    @kernel
    def load_with_table(params: Any, table: Any, i: int) -> Any:
        row = params[i] if params.shape[0] > 1 else params[0]
        return make_params(*to_fixed_tuple(row, n_params), table)

    namespace = ModuleType("model")
    vars(namespace).update(
        N_STATE=n_state,
        HAS_INPUT=not model.is_source,
        load_state=load_state,
        store_state=store_state,
        load_params=load_with_table if "table" in model.fields else load_plain,
        initial=model.initial,
        between=model.between,
        on_input=_by_port(list(model.on_input.values())),
        fires=model.fires,
        on_fire=model.on_fire,
        next_fire=model.next_fire,
        safe_until=model.safe_until,
        spikes=model.spikes,
        plan=model.plan,
        ahead=model.ahead or _one_by_one(model),
        **_linear(model),
    )
    return namespace


def _one_by_one(model: NeuronModel) -> Function:
    """Return `ahead` for a source that has none of its own."""
    next_fire, between, on_fire = model.next_fire, model.between, model.on_fire

    @kernel
    def ahead(s: Any, t: float, times: Any, p: Any) -> Any:
        for k in range(times.shape[0]):
            times[k] = next_fire(s, t, p)
            if times[k] < inf:
                s = on_fire(between(s, t, times[k] - t, p), times[k], p)
                t = times[k]
        return s, t

    return ahead


def _linear(model: NeuronModel) -> dict[str, Function]:
    if model.linear is None:
        return {}
    names = ("prepare", "absorb", "may_fire", "restless")
    return {name: getattr(model.linear, name) for name in names}


def _by_port(functions: Sequence[Function]) -> Function:
    """Return on_input(s, t, w, port, p) that calls the function of that port."""
    if not functions:
        return _nothing_arrives
    last = functions[-1]

    @kernel
    def on_last(s: Any, t: float, w: float, port: int, p: Any) -> Any:
        return last(s, t, w, p)

    chain = on_last
    for number in reversed(range(len(functions) - 1)):
        chain = _port_or(number, functions[number], chain)
    return chain


def _port_or(number: int, here: Function, elsewhere: Function) -> Function:
    @kernel
    def on_input(s: Any, t: float, w: float, port: int, p: Any) -> Any:
        if port == number:
            return here(s, t, w, p)
        return elsewhere(s, t, w, port, p)

    return on_input


@kernel
def _nothing_arrives(s: Any, t: float, w: float, port: int, p: Any) -> Any:
    return s


class Column(NamedTuple):
    """Where a trace lies in a row, and its time constant in a row of parameters."""

    column: int
    tau: int
    adds: bool


class RuleLayout(NamedTuple):
    """Where one plastic projection keeps what in the rows that the kernels hold.

    A synapse's row: weight, time of its last arrival, presynaptic traces after it, state, time at
    which that state is valid. A target's history row: time of a spike, then the postsynaptic traces
    after it, of all plastic projections onto that population side by side. A parameter row: lower
    and upper bound of the weight, then the rule's parameters.
    """

    rule: Rule
    post_column: int  # first column of this rule's traces in a history row

    def _columns(self, traces: Iterable[Trace], first: int) -> list[Column]:
        names = self.rule.parameter_names
        return [
            Column(c, 2 + names.index(trace.tau), trace.mode == "sum")
            for c, trace in enumerate(traces, start=first)
        ]

    @property
    def pre(self) -> list[Column]:
        """Columns of the presynaptic traces in a synapse's row."""
        return self._columns(self.rule.pre.values(), 2)

    @property
    def post(self) -> list[Column]:
        """Columns of the postsynaptic traces in a history row."""
        return self._columns(self.rule.post.values(), self.post_column)

    @property
    def state_column(self) -> int:
        """First column of the rule's own state in a synapse's row."""
        return 2 + len(self.rule.pre)

    @property
    def width(self) -> int:
        """Number of columns of a synapse's row."""
        states = len(self.rule.state_names)
        return self.state_column + (states + 1 if states else 0)


def rule_layouts(rules: Sequence[Rule]) -> list[RuleLayout]:
    """Lay out the plastic projections onto one population."""
    layouts, column = [], 1
    for rule in rules:
        layouts.append(RuleLayout(rule, column))
        column += len(rule.post)
    return layouts


def rules_namespace(rules: Sequence[Rule]) -> ModuleType:
    """Return the module that the population kernel knows as `rules`."""
    layouts = rule_layouts(rules)
    arrive, catch_up, remember = _no_arrival, _no_catch_up, _no_memory
    for k, layout in reversed(list(enumerate(layouts))):
        arrive, catch_up = _bind_rule(k, layout, arrive, catch_up)
        remember = _remember(k, _jump(layout.post), remember)
    namespace = ModuleType("rules")
    vars(namespace).update(
        N_RULES=len(layouts), arrive=arrive, catch_up=catch_up, remember=remember
    )
    return namespace


@kernel
def _no_arrival(
    k: int, memory: Any, row: int, params: Any, history: Any, count: int, t: float
) -> float:
    return 0.0


@kernel
def _no_catch_up(k: int, memory: Any, row: int, params: Any, history: Any, count: int) -> None:
    return


@kernel
def _no_memory(params: Any, before: Any, after: Any, dt: float) -> None:
    return


def _remember(k: int, jump: Function, others: Function) -> Function:
    """Return remember(params, before, after, dt): the history row after a spike of the target."""

    @kernel
    def remember(params: Any, before: Any, after: Any, dt: float) -> None:
        jump(before, after, dt, params[k])
        others(params, before, after, dt)

    return remember


def _jump(columns: Sequence["Column"]) -> Function:
    """Return jump(before, after, dt, params): the traces after a spike, from those dt earlier."""
    if not columns:
        return _no_jump
    (column, tau, adds), rest = columns[0], _jump(columns[1:])

    @kernel
    def jump(before: Any, after: Any, dt: float, params: Any) -> None:
        after[column] = before[column] * exp(-dt / params[tau]) + 1.0 if adds else 1.0
        rest(before, after, dt, params)

    return jump


@kernel
def _no_jump(before: Any, after: Any, dt: float, params: Any) -> None:
    return


def _decayed(columns: Sequence["Column"]) -> Function:
    """Return values(row, dt, params): a tuple of the traces in a row, dt later."""
    if not columns:
        return _no_values
    (column, tau, _), others = columns[0], columns[1:]
    rest = _decayed(others)

    @kernel
    def values(row: Any, dt: float, params: Any) -> Any:
        return (row[column] * exp(-dt / params[tau]),) + rest(row, dt, params)  # noqa: RUF005

    return values


@kernel
def _no_values(row: Any, dt: float, params: Any) -> Any:
    return ()


def _bind_rule(
    k: int, layout: RuleLayout, arrive_elsewhere: Function, catch_up_elsewhere: Function
) -> tuple[Function, Function]:
    rule = layout.rule
    pre_values, post_values, jump = _decayed(layout.pre), _decayed(layout.post), _jump(layout.pre)
    make_seen = seen_class(rule)
    make_params, n_params = rule.params, len(rule.parameter_names)
    step_pre, step_post = _step(layout, rule.on_pre), _step(layout, rule.on_post)

    @kernel
    def replay(memory: Any, row: int, params: Any, p: Any, history: Any, count: int) -> None:
        # the target's spikes since the last arrival, that instant included
        synapse = memory[row]
        last = synapse[1]
        j = count
        while j > 1 and history[j - 1, 0] >= last:
            j -= 1
        while j < count:
            t = history[j, 0]
            seen = make_seen(
                *(
                    pre_values(synapse, t - last, params)
                    + post_values(history[j - 1], t - history[j - 1, 0], params)
                )
            )
            step_post(synapse, t, seen, params, p)
            j += 1

    @kernel
    def arrive(
        which: int, memory: Any, row: int, params: Any, history: Any, count: int, t: float
    ) -> float:
        if which != k:
            return float(arrive_elsewhere(which, memory, row, params, history, count, t))
        own = params[k]
        p = make_params(*to_fixed_tuple(own[2:], n_params))
        replay(memory, row, own, p, history, count)
        synapse = memory[row]
        x = pre_values(synapse, t - synapse[1], own)
        y = post_values(history[count - 1], t - history[count - 1, 0], own)
        step_pre(synapse, t, make_seen(*(x + y)), own, p)
        jump(synapse, synapse, t - synapse[1], own)
        synapse[1] = t
        return float(synapse[0])

    @kernel
    def catch_up(which: int, memory: Any, row: int, params: Any, history: Any, count: int) -> None:
        if which != k:
            catch_up_elsewhere(which, memory, row, params, history, count)
            return
        own = params[k]
        p = make_params(*to_fixed_tuple(own[2:], n_params))
        replay(memory, row, own, p, history, count)

    return arrive, catch_up


def _step(layout: RuleLayout, change: Function) -> Function:
    """Return step(synapse, t, seen, params, p): apply on_pre or on_post, then the bounds."""
    rule, column = layout.rule, layout.state_column
    if rule.state is None:

        @kernel
        def step(synapse: Any, t: float, seen: Any, params: Any, p: Any) -> None:
            w = change(synapse[0], seen, p)
            synapse[0] = min(max(w, params[0]), params[1])

        return step
    make_state, n_state, between = rule.state, len(rule.state_names), rule.between
    assert between is not None

    @kernel
    def step_with_state(synapse: Any, t: float, seen: Any, params: Any, p: Any) -> None:
        s = make_state(*to_fixed_tuple(synapse[column:], n_state))
        valid = synapse[column + n_state]
        w, s = change(synapse[0], between(s, valid, t - valid, p), t, seen, p)
        synapse[0] = min(max(w, params[0]), params[1])
        for c in range(n_state):
            synapse[column + c] = s[c]
        synapse[column + n_state] = t

    return step_with_state
