"""What a synapse knows of its modulators: functions for the population kernel, one rule at a time.

A modulator's course is a list of jumps that all synapses share; each synapse keeps the number of
the next one that it has not seen.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from eventsim.engine.buffers import Plastic
from eventsim.engine.rule_layout import DENDRITE, LEVEL, REST, SINCE, TAU
from eventsim.kernel import kernel
from eventsim.rule import Course, relaxed, turning_time

Function = Callable[..., Any]


@kernel
def _course(synapse: Any, column: int, plastic: Plastic, t: float, own: Any) -> Course:
    """Return a modulator's course from `t` on, as the jumps that the synapse has seen have it."""
    channel = int(synapse[column + 1])
    seen = int(synapse[column]) - 1 - plastic.jumps_forgotten[channel]
    row = plastic.courses[channel, seen]
    since = Course(row[LEVEL], row[REST], row[TAU])
    level = relaxed(since, max(t - (row[SINCE] + own[DENDRITE]), 0.0))
    return Course(level, since.rest, since.tau)


def bind_courses(columns: Sequence[int]) -> Function:
    """Return courses(synapse, plastic, t, own): a tuple of the modulators' courses from t on."""
    if not columns:
        return _no_courses
    column, rest = columns[0], bind_courses(columns[1:])

    @kernel
    def courses(synapse: Any, plastic: Plastic, t: float, own: Any) -> Any:
        return (_course(synapse, column, plastic, t, own),) + rest(synapse, plastic, t, own)  # noqa: RUF005

    return courses


def bind_levels(columns: Sequence[int]) -> Function:
    """Return levels(synapse, plastic, t, own): a tuple of the modulators' levels at t."""
    if not columns:
        return _no_courses
    column, rest = columns[0], bind_levels(columns[1:])

    @kernel
    def levels(synapse: Any, plastic: Plastic, t: float, own: Any) -> Any:
        return (_course(synapse, column, plastic, t, own).level,) + rest(synapse, plastic, t, own)  # noqa: RUF005

    return levels


@kernel
def _no_courses(synapse: Any, plastic: Plastic, t: float, own: Any) -> Any:
    return ()


def bind_next_turn(columns: Sequence[int]) -> Function:
    """Return next_turn(synapse, plastic, t, own): when a level passes through zero after t."""
    if not columns:
        return _no_turn
    column, rest = columns[0], bind_next_turn(columns[1:])

    @kernel
    def next_turn(synapse: Any, plastic: Plastic, t: float, own: Any) -> float:
        turn = turning_time(_course(synapse, column, plastic, t, own), t)
        return float(min(turn if turn > t else inf, rest(synapse, plastic, t, own)))

    return next_turn


@kernel
def _no_turn(synapse: Any, plastic: Plastic, t: float, own: Any) -> float:
    return inf


def bind_next_jump(columns: Sequence[int]) -> Function:
    """Return next_jump(synapse, plastic, own): when the next jump that it hasn't seen was."""
    if not columns:
        return _never
    column, rest = columns[0], bind_next_jump(columns[1:])

    @kernel
    def next_jump(synapse: Any, plastic: Plastic, own: Any) -> float:
        channel = int(synapse[column + 1])
        j = int(synapse[column]) - plastic.jumps_forgotten[channel]
        here = inf
        if j < plastic.jumps[channel]:
            here = plastic.courses[channel, j, SINCE] + own[DENDRITE]
        return float(min(here, rest(synapse, plastic, own)))

    return next_jump


@kernel
def _never(synapse: Any, plastic: Plastic, own: Any) -> float:
    return inf


def bind_skip_jumps(columns: Sequence[int]) -> Function:
    """Return skip_jumps(synapse, plastic, t, own): note that it has seen all before t.

    For rules that nothing moves between events: only the last of these jumps matters to them.
    """
    if not columns:
        return _no_pass
    column, rest = columns[0], bind_skip_jumps(columns[1:])

    @kernel
    def skip_jumps(synapse: Any, plastic: Plastic, t: float, own: Any) -> None:
        channel = int(synapse[column + 1])
        first = int(synapse[column]) - plastic.jumps_forgotten[channel]
        low, high = first, plastic.jumps[channel]
        while low < high:
            middle = (low + high) // 2
            if plastic.courses[channel, middle, SINCE] + own[DENDRITE] < t:
                low = middle + 1
            else:
                high = middle
        synapse[column] += low - first
        rest(synapse, plastic, t, own)

    return skip_jumps


def bind_pass_jumps(columns: Sequence[int]) -> Function:
    """Return pass_jumps(synapse, plastic, t, own): note that the synapse has seen those at t."""
    if not columns:
        return _no_pass
    column, rest = columns[0], bind_pass_jumps(columns[1:])

    @kernel
    def pass_jumps(synapse: Any, plastic: Plastic, t: float, own: Any) -> None:
        channel = int(synapse[column + 1])
        j = int(synapse[column]) - plastic.jumps_forgotten[channel]
        if j < plastic.jumps[channel] and plastic.courses[channel, j, SINCE] + own[DENDRITE] == t:
            synapse[column] += 1.0
        rest(synapse, plastic, t, own)

    return pass_jumps


@kernel
def _no_pass(synapse: Any, plastic: Plastic, t: float, own: Any) -> None:
    return
