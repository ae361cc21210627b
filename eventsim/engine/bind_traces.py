"""Rules whose weight is all that a synapse keeps, put together for visits in storage order.

What such a visit needs of the target lies in one short row for each, its *line*; everything that
fades is written relative to a common time of reference, so that a visit needs no exponential. Of
X exp(-(t - a) / tau), a trace at a spike of the target at t, after an arrival at a, the factor
X exp((a - ref) / tau) belongs to the arriving spike, exp(-(t - ref) / tau) to the target's. `ref`
must not be far away.
"""

from collections.abc import Callable
from math import inf
from types import ModuleType
from typing import Any

from eventsim.engine.bind_columns import decayed, faded, multiplied, picked
from eventsim.engine.bind_rule import bounded
from eventsim.engine.buffers import Plastic
from eventsim.engine.rows import read_row, write_row
from eventsim.engine.rule_layout import FIRST_PARAMETER, POST, RuleLayout
from eventsim.kernel import kernel
from eventsim.rule import Rule, seen_class

Function = Callable[..., Any]

EPOCH = 100.0  # shortest time constants for which one time of reference serves
FARTHEST = 300.0  # before it by so many, a spike is left to the history: e**700 is too large


def is_alone(rule: Rule) -> bool:
    """Whether nothing but the weight and traces of both sides decides what a visit does."""
    return rule.state is None and not (rule.modulators or rule.reads or rule.transmits)


def traces_namespace(layout: RuleLayout, modes: int) -> ModuleType:
    """Return the module that the plastic kernel knows as `traces`; there are `modes` to add to.

    A line: each postsynaptic trace after the last spike, relative to `ref`; for the last spike
    (from LAST) and the one before it (from PREVIOUS) its time, by how much each presynaptic trace
    has faded since `ref`, and each postsynaptic trace just before it; the time of the last spike
    that is not there (OLDER).
    """
    rule = layout.rule
    n_pre, n_post = len(rule.pre), len(rule.post)
    spike = 1 + n_pre + n_post
    last, previous, older = n_post, n_post + spike, n_post + 2 * spike
    make_params, n_params = rule.params, len(rule.parameter_names)

    @kernel
    def load_params(own: Any) -> Any:
        return make_params(*read_row(own[FIRST_PARAMETER:], n_params))

    namespace = ModuleType("traces")
    vars(namespace).update(
        N_PRE=n_pre,
        N_POST=n_post,
        N_MODES=modes,
        LAST=last,
        PREVIOUS=previous,
        OLDER=older,
        WIDTH=older + 1,
        load_params=load_params,
        replay_last=_replay(rule, last),
        replay_previous=_replay(rule, previous),
        arrive=_arrive(rule),
        recall=_recall(layout, last, previous, older),
    )
    return namespace


def _replay(rule: Rule, spike: int) -> Function:
    """Return replay(w, line, factors, k, since, low, high, p): the weight after one spike.

    The step is made in any case, and taken if the spike is new: cheaper than a wrong guess.
    """
    n_pre, n_post = len(rule.pre), len(rule.post)
    x_values, on_post, make_seen = multiplied(n_pre), rule.on_post, seen_class(rule)
    y_values = picked(range(spike + 1 + n_pre, spike + 1 + n_pre + n_post))

    @kernel
    def replay(
        w: float, line: Any, factors: Any, k: int, since: float, low: float, high: float, p: Any
    ) -> float:
        x, y = x_values(line, spike + 1, factors, 0, k), y_values(line)
        changed = bounded(on_post(w, make_seen(*(x + y)), p), low, high)
        return float(changed if line[spike] >= since else w)

    return replay


def _arrive(rule: Rule) -> Function:
    """Return arrive(w, line, x, factors, k, low, high, p): the weight after an arrival."""
    n_pre, n_post = len(rule.pre), len(rule.post)
    y_values, on_pre, make_seen = multiplied(n_post), rule.on_pre, seen_class(rule)
    x_values = picked(range(n_pre))

    @kernel
    def arrive(
        w: float, line: Any, x: Any, factors: Any, k: int, low: float, high: float, p: Any
    ) -> float:
        seen = make_seen(*(x_values(x) + y_values(line, 0, factors, n_pre, k)))
        return float(bounded(on_pre(w, seen, p), low, high))

    return arrive


def _recall(layout: RuleLayout, last: int, previous: int, older: int) -> Function:
    """Return recall(plastic, i, ref, oldest, own, line): write a line from a target's history.

    Spikes before `oldest` are too far from `ref`.
    """
    n_pre = len(layout.pre)
    y_values, e_values = decayed(layout.post), faded(layout.pre)

    @kernel
    def note(history: Any, j: int, ref: float, own: Any, line: Any, spike: int) -> None:
        t = history[j, 0]
        line[spike] = t
        write_row(line[spike + 1 :], e_values(t - ref, own))
        before = y_values(history[j - 1, int(own[POST]) :], t - history[j - 1, 0], own)
        write_row(line[spike + 1 + n_pre :], before)

    @kernel
    def recall(plastic: Plastic, i: int, ref: float, oldest: float, own: Any, line: Any) -> None:
        history, j = plastic.history[i], plastic.remembered[i] - 1
        write_row(line, y_values(history[j, int(own[POST]) :], ref - history[j, 0], own))
        line[last] = line[previous] = -inf
        if j >= 1 and history[j, 0] >= oldest:
            note(history, j, ref, own, line, last)
            j -= 1
            if j >= 1 and history[j, 0] >= oldest:
                note(history, j, ref, own, line, previous)
                j -= 1
        line[older] = history[j, 0] if j >= 1 else -inf

    return recall
