"""Plasticity rules, put together as the population kernel wants to call them.

The kernel keeps a synapse as a row of float64; a rule sees NamedTuples. A synapse is visited only
when something arrives at it: what its target and its modulators did since is replayed to it then,
in the order of time. Everything here is compiled, so choices are closures, not tables.
"""

from collections.abc import Callable, Sequence
from math import inf
from types import ModuleType
from typing import Any

from eventsim.engine.bind_columns import decayed, jumped, noted, picked
from eventsim.engine.bind_modulators import (
    bind_courses,
    bind_levels,
    bind_next_jump,
    bind_next_turn,
    bind_pass_jumps,
    bind_skip_jumps,
)
from eventsim.engine.buffers import Plastic
from eventsim.engine.choice import choice
from eventsim.engine.rows import read_row
from eventsim.engine.rule_layout import (
    BEFORE,
    DENDRITE,
    FIRST_PARAMETER,
    FROZEN,
    HIGH,
    LAYOUT,
    LOW,
    POST,
    SWEPT,
    WEIGHT,
    RuleLayout,
)
from eventsim.kernel import kernel
from eventsim.rule import Rule, courses_class, seen_class

Function = Callable[..., Any]


def rules_namespace(layouts: Sequence[RuleLayout], variables: Sequence[str] = ()) -> ModuleType:
    """Return the module that the population kernel knows as `rules`.

    `layouts` are the different ones among the projections, which are told by their number; that of
    its layout is in a projection's parameters. `variables` are the state variables of the
    population, which rules may read.
    """
    arrive, catch_up, remember = [], [], []
    for layout in layouts:
        places = [variables.index(name) for name in layout.rule.reads]
        own_arrive, own_catch_up = _bind_rule(layout, places)
        arrive.append(own_arrive)
        catch_up.append(own_catch_up)
        remember.append(_remember(jumped(layout.post), noted(layout.reads, places)))
    namespace = ModuleType("rules")
    vars(namespace).update(
        N_RULES=len(layouts),
        arrive=_by_layout(arrive or [_no_arrival]),
        catch_up=_by_layout(catch_up or [_no_catch_up]),
        remember=_for_all(remember or [_no_memory]),
    )
    return namespace


@kernel
def _no_arrival(
    k: int, plastic: Plastic, row: int, i: int, t: float, last: float, carried: Any, target: Any
) -> float:
    return 0.0


@kernel
def _no_catch_up(
    k: int, plastic: Plastic, row: int, i: int, until: float, settle: bool, last: float,
    carried: Any,
) -> None:  # fmt: skip
    return


@kernel
def _no_memory(own: Any, before: Any, after: Any, dt: float, target: Any) -> None:
    return


def _by_layout(functions: Sequence[Function]) -> Function:
    """Return call(which, plastic, ...): the function of that projection's layout."""
    chosen = choice(functions)

    @kernel
    def call(which: int, plastic: Plastic, *arguments: Any) -> Any:
        return chosen(int(plastic.params[which, LAYOUT]), which, plastic, *arguments)

    return call


def _remember(jump: Function, note: Function) -> Function:
    """Return remember(own, before, after, dt, target): one projection's part of a history row."""

    @kernel
    def remember(own: Any, before: Any, after: Any, dt: float, target: Any) -> None:
        jump(before, after, dt, own)
        note(after, target)

    return remember


def _for_all(remember: Sequence[Function]) -> Function:
    """Return remember(params, before, after, dt, target): the history row after a spike."""
    chosen = choice(remember)

    @kernel
    def remember_all(params: Any, before: Any, after: Any, dt: float, target: Any) -> None:
        for k in range(params.shape[0]):
            post = int(params[k, POST])
            layout = int(params[k, LAYOUT])
            chosen(layout, params[k], before[post:], after[post:], dt, target)

    return remember_all


def _bind_rule(layout: RuleLayout, places: Sequence[int]) -> tuple[Function, Function]:
    rule = layout.rule
    x_values, y_values = decayed(layout.pre), decayed(layout.post)
    levels, make_seen = bind_levels(layout.modulators), seen_class(rule)
    make_params, n_params = rule.params, len(rule.parameter_names)
    step_pre, step_post = _step(layout, rule.on_pre), _step(layout, rule.on_post)
    move, transmitted, transmits = _move(layout), _transmitted(layout), rule.transmits is not None
    drifts, flows, moves = rule.drift is not None, rule.flow is not None, rule.moves
    here, then = picked(places), picked(layout.reads)
    last_arrival, hear = _last_arrival(layout), _hear(layout)
    next_jump = bind_next_jump(layout.modulators if moves else ())
    pass_jumps, skip_jumps = bind_pass_jumps(layout.modulators), bind_skip_jumps(layout.modulators)

    @kernel
    def see(
        synapse: Any, plastic: Plastic, spike: Any, t: float, last: float, carried: Any, own: Any,
        read: Any,
    ) -> Any:  # fmt: skip
        x = x_values(carried, t - last, own)
        y = y_values(spike[int(own[POST]) :], t - (spike[0] + 2.0 * own[DENDRITE]), own)
        return make_seen(*(x + y + levels(synapse, plastic, t, own) + read))

    @kernel
    def meet(
        plastic: Plastic, row: int, i: int, until: float, last: float, carried: Any, own: Any,
        p: Any,
    ) -> int:  # fmt: skip
        """Replay the target's spikes and the modulators' jumps before `until`.

        Spikes are new to the synapse from its `last` arrival on, or from the last sweep. They are
        replayed one by one; jumps only where something moves: else the last one before an event is
        all it sees. Return where in the history the first spike lies that it has still not seen.
        """
        synapse, history = plastic.memory[row], plastic.history[i]
        j = _first_unseen(plastic, i, max(last, own[SWEPT]), own)
        while True:
            spike = history[j, 0] + 2.0 * own[DENDRITE] if j < plastic.remembered[i] else inf
            other = next_jump(synapse, plastic, own)
            if not min(spike, other) < until:
                break
            if spike <= other:
                if own[FROZEN] == 0.0:
                    if not moves:
                        skip_jumps(synapse, plastic, spike, own)
                    move(synapse, plastic, spike, own, p)
                    seen = see(synapse, plastic, history[j - 1], spike, last, carried, own,
                               then(history[j, int(own[POST]) :]))  # fmt: skip
                    step_post(synapse, spike, seen, own, p)
                j += 1
            else:
                if flows or (drifts and own[FROZEN] == 0.0):
                    move(synapse, plastic, other, own, p)
                pass_jumps(synapse, plastic, other, own)
        if not moves:
            skip_jumps(synapse, plastic, until, own)
        return j

    @kernel
    def visit(
        plastic: Plastic, row: int, i: int, t: float, last: float, carried: Any, own: Any,
        target: Any,
    ) -> float:  # fmt: skip
        p = make_params(*read_row(own[FIRST_PARAMETER:], n_params))
        j = meet(plastic, row, i, t, last, carried, own, p)
        synapse = plastic.memory[row]
        move(synapse, plastic, t, own, p)
        post, before = plastic.history[i, j - 1], synapse[WEIGHT]
        seen = see(synapse, plastic, post, t, last, carried, own, here(target))
        step_pre(synapse, t, seen, own, p)
        if transmits and own[FROZEN] != 0.0:
            synapse[WEIGHT] = before
        return float(transmitted(synapse, seen, p))

    @kernel
    def arrive(
        which: int, plastic: Plastic, row: int, i: int, t: float, last: float, carried: Any,
        target: Any,
    ) -> float:  # fmt: skip
        own, synapse = plastic.params[which], plastic.memory[row]
        since, x = last_arrival(synapse, last, carried)
        w = synapse[WEIGHT]
        if transmits or own[FROZEN] == 0.0:
            w = visit(plastic, row, i, t, since, x, own, target)
        hear(synapse, t, own)
        return float(w)

    @kernel
    def catch_up(
        which: int, plastic: Plastic, row: int, i: int, until: float, settle: bool, last: float,
        carried: Any,
    ) -> None:  # fmt: skip
        own = plastic.params[which]
        p = make_params(*read_row(own[FIRST_PARAMETER:], n_params))
        since, x = last_arrival(plastic.memory[row], last, carried)
        meet(plastic, row, i, until, since, x, own, p)
        if moves and settle:
            move(plastic.memory[row], plastic, until, own, p)

    return arrive, catch_up


@kernel
def _first_unseen(plastic: Plastic, i: int, since: float, own: Any) -> int:
    """Return where the target's spikes begin that are heard at `since` or later.

    The first entry is always seen: it is older than the last sweep, or no spike at all.
    """
    j = plastic.remembered[i]
    while j > 1 and plastic.history[i, j - 1, 0] + 2.0 * own[DENDRITE] >= since:
        j -= 1
    return int(j)


def _last_arrival(layout: RuleLayout) -> Function:
    """Return last_arrival(synapse, last, carried): when that was, and the traces after it."""
    if not layout.own_traces:
        return _as_carried
    column = layout.arrival_column

    @kernel
    def last_arrival(synapse: Any, last: float, carried: Any) -> Any:
        return synapse[column + BEFORE], synapse[column:]

    return last_arrival


@kernel
def _as_carried(synapse: Any, last: float, carried: Any) -> Any:
    return last, carried


def _hear(layout: RuleLayout) -> Function:
    """Return hear(synapse, t, own): note an arrival where the synapse keeps traces of them."""
    if not layout.own_traces:
        return _source_remembers
    column, jump = layout.arrival_column, jumped(layout.pre)

    @kernel
    def hear(synapse: Any, t: float, own: Any) -> None:
        arrival = synapse[column:]
        jump(arrival, arrival, t - arrival[BEFORE], own)
        arrival[BEFORE] = t

    return hear


@kernel
def _source_remembers(synapse: Any, t: float, own: Any) -> None:
    return


def _move(layout: RuleLayout) -> Function:
    """Return move(synapse, plastic, t, own, p): pass to t with no event."""
    rule, column = layout.rule, layout.state_column
    make_state, n_state = rule.state, len(rule.state_names)
    if make_state is None:
        return _stay
    flow, flows, drifts = rule.flow or _flow(rule), rule.flow is not None, rule.drift is not None
    between = rule.between or _not_asked
    courses, next_turn = bind_courses(layout.modulators), bind_next_turn(layout.modulators)
    make_courses = courses_class(rule)

    @kernel
    def move(synapse: Any, plastic: Plastic, t: float, own: Any, p: Any) -> None:
        s = make_state(*read_row(synapse[column:], n_state))
        now = synapse[column + n_state]
        while now < t:
            stop = t
            if flows or (drifts and own[FROZEN] == 0.0):
                # the weight may turn round where a level passes through zero
                stop = min(t, next_turn(synapse, plastic, now, own))
                m = make_courses(*courses(synapse, plastic, now, own))
                w, s = flow(synapse[WEIGHT], s, now, stop - now, m, p)
                if own[FROZEN] == 0.0:
                    synapse[WEIGHT] = bounded(w, own[LOW], own[HIGH])
            else:
                s = between(s, now, stop - now, p)
            now = stop
        for c in range(n_state):
            synapse[column + c] = s[c]
        synapse[column + n_state] = t

    return move


def _flow(rule: Rule) -> Function:
    """Return the flow of a rule that has a `between`, and perhaps a `drift`."""
    drift, between = rule.drift or _no_drift, rule.between
    assert between is not None

    @kernel
    def flow(w: float, s: Any, t: float, dt: float, m: Any, p: Any) -> Any:
        return drift(w, s, t, dt, m, p), between(s, t, dt, p)

    return flow


@kernel
def _no_drift(w: float, s: Any, t: float, dt: float, m: Any, p: Any) -> float:
    return w


@kernel
def _not_asked(s: Any, t: float, dt: float, p: Any) -> Any:
    """Stand in for `between` in a rule with a flow, which is asked instead."""
    return s


@kernel
def _stay(synapse: Any, plastic: Plastic, t: float, own: Any, p: Any) -> None:
    return


@kernel
def bounded(w: float, low: float, high: float) -> float:
    """Return the weight within the projection's bounds."""
    return min(max(w, low), high)


def _step(layout: RuleLayout, change: Function) -> Function:
    """Return step(synapse, t, seen, own, p): apply on_pre or on_post, then the bounds."""
    rule, column = layout.rule, layout.state_column
    if rule.state is None:

        @kernel
        def step(synapse: Any, t: float, seen: Any, own: Any, p: Any) -> None:
            w = change(synapse[WEIGHT], seen, p)
            synapse[WEIGHT] = bounded(w, own[LOW], own[HIGH])

        return step
    make_state, n_state = rule.state, len(rule.state_names)

    @kernel
    def step_with_state(synapse: Any, t: float, seen: Any, own: Any, p: Any) -> None:
        s = make_state(*read_row(synapse[column:], n_state))
        w, s = change(synapse[WEIGHT], s, t, seen, p)
        synapse[WEIGHT] = bounded(w, own[LOW], own[HIGH])
        for c in range(n_state):
            synapse[column + c] = s[c]

    return step_with_state


def _transmitted(layout: RuleLayout) -> Function:
    """Return transmitted(synapse, seen, p): what an arrival transmits after its on_pre."""
    rule, column = layout.rule, layout.state_column
    transmits, make_state, n_state = rule.transmits, rule.state, len(rule.state_names)
    if transmits is None:
        return _the_weight
    if make_state is None:

        @kernel
        def transmitted(synapse: Any, seen: Any, p: Any) -> float:
            return float(transmits(synapse[WEIGHT], seen, p))

        return transmitted

    @kernel
    def transmitted_with_state(synapse: Any, seen: Any, p: Any) -> float:
        s = make_state(*read_row(synapse[column:], n_state))
        return float(transmits(synapse[WEIGHT], s, seen, p))

    return transmitted_with_state


@kernel
def _the_weight(synapse: Any, seen: Any, p: Any) -> float:
    return float(synapse[WEIGHT])
