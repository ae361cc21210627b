"""Control events: what a script does between stretches of simulated time."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, NamedTuple

from sortedcontainers import SortedKeyList

from eventsim.suggest import unknown

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
    name: str  # by which it is handed over again after a checkpoint


class Agenda:
    """Control events in the order of (time, number): at one time, as they were scheduled."""

    def __init__(self) -> None:
        self._entries = SortedKeyList(key=lambda entry: entry[:2])
        self._scheduled = 0

    def add(
        self, time: float, action: Action, every: float = inf, name: str | None = None
    ) -> Handle:
        """Schedule `action` at `time`, and again every `every` ms."""
        self._scheduled += 1
        name = _name_of(action) if name is None else name
        self._entries.add(Entry(time, self._scheduled, action, time, every, 0, name))
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

    def lasting(self) -> dict[str, Any]:
        """Return what is still to come, without the actions, fit for JSON.

        Raises
        ------
        ValueError
            If an action has no name of its own.
        """
        actions: dict[str, Action] = {}
        for entry in self._entries:
            if not entry.name or actions.setdefault(entry.name, entry.action) != entry.action:
                what = f"has the name {entry.name!r} of another" if entry.name else "has no name"
                raise ValueError(
                    f"control event at {entry.time:g} ms: {what}; give it one of its own "
                    "(name='reward'), by which it is handed over again when the run is resumed"
                )
        rows = [
            [e.time, e.number, e.name, e.start, None if e.every == inf else e.every, e.done]
            for e in self._entries
        ]
        return {"scheduled": self._scheduled, "entries": rows}

    def restore(self, lasting: Any, actions: Mapping[str, Action]) -> None:
        """Take back what `lasting` gave, with an action for each name.

        Raises
        ------
        ValueError
            If there is no action of a name.
        """
        self._entries.clear()
        self._scheduled = int(lasting["scheduled"])
        for time, number, name, start, every, done in lasting["entries"]:
            if name not in actions:
                what = unknown("callback", name, actions) if actions else f"callback {name!r}"
                raise ValueError(
                    f"{what}: it is due at {float(time):g} ms; hand it over again: "
                    f"callbacks={{{name!r}: function}}"
                )
            every = inf if every is None else float(every)
            self._entries.add(
                Entry(float(time), int(number), actions[name], float(start), every, int(done), name)
            )


def _name_of(action: Action) -> str:
    """Return the name of a function that has one, else an empty text."""
    name = getattr(action, "__name__", "")
    return "" if name == "<lambda>" else name
