"""Shared by sources that draw the way to their next spike and let it run down at their rate."""

from math import inf
from typing import Any, NamedTuple

from eventsim.kernel import kernel


class State(NamedTuple):
    remaining: float  # expected spikes before the next one
    key: float  # the random stream
    drawn: float  # numbers drawn from it


@kernel
def run_down(remaining: float, dt: float, p: Any) -> float:
    """Return what remains after `dt`."""
    return float(remaining - 1e-3 * p.rate * dt)


@kernel
def run_out(remaining: float, t: float, p: Any) -> float:
    """Return when nothing remains, or infinity."""
    return t + max(remaining, 0.0) * (1e3 / p.rate) if p.rate > 0.0 else inf


@kernel
def between(s: State, t: float, dt: float, p: Any) -> State:
    """Pass from `t` to `t + dt` with no event."""
    return State(run_down(s.remaining, dt, p), s.key, s.drawn)


@kernel
def next_fire(s: State, t: float, p: Any) -> float:
    """Return the time of the next spike."""
    return run_out(s.remaining, t, p)
