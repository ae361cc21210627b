"""Control events: what a script does between stretches of simulated time."""

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from sortedcontainers import SortedKeyList

Action = Callable[[Any], object]


class Handle(NamedTuple):
    """A control event that may still be cancelled; repeated ones keep their number."""

    number: int


class Entry(NamedTuple):
    """Something to do at `time`; `start` and `done` fix the times of a repeated one."""

    time: float  # ms
    number: int
    action: Action
    start: float
    every: float  # ms, infinite if it happens once
    done: int


class Agenda:
    """Control events in the order of (time, number): at one time, as they were scheduled."""

    def __init__(self) -> None:
        self._entries = SortedKeyList(key=lambda entry: entry[:2])
        self._scheduled = 0

    def add(self, time: float, action: Action, every: float = inf) -> Handle:
        """Schedule `action` at `time`, and again every `every` ms."""
        self._scheduled += 1
        self._entries.add(Entry(time, self._scheduled, action, time, every, 0))
        return Handle(self._scheduled)

    def cancel(self, handle: Handle) -> bool:
        """Take a control event off; return whether it was still to come."""
        for entry in self._entries:
            if entry.number == handle.number:
                self._entries.remove(entry)
                return True
        return False

    @property
    def next_time(self) -> float:
        """When the next control event is due, or infinity."""
        return float(self._entries[0].time) if self._entries else inf

    def run_due(self, now: float, subject: Any) -> None:
        """Do everything that is due at `now`, and put repeated events back."""
        while self._entries and self._entries[0].time <= now:
            entry = self._entries.pop(0)
            if entry.every < inf:
                # from the start, not from the last time: repeated sums would drift
                time = entry.start + (entry.done + 1) * entry.every
                self._entries.add(entry._replace(time=time, done=entry.done + 1))
            entry.action(subject)
