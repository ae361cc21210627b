"""One synapse of the reference engine: the specification of plasticity.

Its clock is the soma's: a spike of the source is due `delay + dendritic_delay` after it was fired,
a spike of the target twice the dendritic delay after it (to the synapse, and back with what comes
then), a jump of a modulator once.
"""

from math import exp, inf
from typing import Any, NamedTuple

import numpy as np

from eventsim.network import Projection
from eventsim.random import next_keys
from eventsim.rule import Course, courses_class, relaxed, seen_class, turning_time


class Arrival(NamedTuple):
    """What arrives at a synapse: a spike that its source fired at `fired`, ms."""

    synapse: "Synapse"
    fired: float


class Synapse:
    """One synapse; where it is plastic, its rule, and the traces of both sides' spikes.

    Traces of the source's spikes are the source's own, as the synapse hears of them: all equally
    late. They jump at the times at which it fired, and decay here from the arrival on. Where delays
    change they are the synapse's own, and jump as spikes arrive: one that is on its way when its
    delay changes comes when it would have.
    """

    def __init__(
        self, projection: Projection, k: int, number: int, source: int, target: int, key: float
    ) -> None:
        synapses = projection.synapses
        self.projection, self.number, self.target = projection, number, target
        self.source = projection.source.first + source
        self.first_delay = float(np.broadcast_to(synapses.delay, synapses.count)[k])
        self.delay = self.first_delay  # to the synapse
        self.lag = 2.0 * projection.dendritic_delay
        self.first_weight = float(np.broadcast_to(synapses.weight, synapses.count)[k])
        self.w = self.first_weight
        if projection.plasticity is not None:
            self.rule = projection.plasticity.rule
            self.p = projection.plasticity.resolve(projection.where)
            self.seen, self.courses = seen_class(self.rule), courses_class(self.rule)
            self.key = {"key": key} if "key" in self.rule.state_names else {}
        self.reset()

    def reset(self) -> None:
        """Forget all spikes, and whether it was frozen, at t = 0."""
        self.frozen = False
        if self.projection.plasticity is not None:
            self.s = self.rule.state(**self.key) if self.rule.state else None
            self._forget(0.0)

    def begin(self, t: float) -> None:
        """Forget all spikes at `t`; what is drawn by chance from now on is new."""
        if self.projection.plasticity is not None:
            if self.s is not None:
                key = {name: next_keys(np.array([self.s.key])).item() for name in self.key}
                self.s = self.rule.state(**key)  # type: ignore[misc]
            self._forget(t)

    def _forget(self, t: float) -> None:
        self.x = dict.fromkeys(self.rule.pre, 0.0)
        self.y = dict.fromkeys(self.rule.post, 0.0)
        self.last_pre = self.last_heard = -inf
        self.last_post = 0.0
        self.valid = t
        self.levels: dict[str, tuple[float, Course]] = {}  # since when, and what from then

    def due(self, fired: float) -> float:
        """Return when a spike of the source is due that it fires at `fired`."""
        return fired + (self.delay + self.projection.dendritic_delay)

    def on_pre(self, t: float, fired: float, target: Any) -> float:
        """Return what a spike transmits that was fired at `fired` and arrives at `t`.

        The rule hears of it first. `target` is the state of the target before anything arrives.
        """
        if self.projection.plasticity is None:
            return self.w
        transmitted = self.w
        if self.rule.transmits or not self.frozen:
            transmitted = self._on_pre(t, target)
        heard = t if self.projection.changing_delays else fired
        self._trace(self.rule.pre, self.x, heard - self.last_heard)
        self.last_pre, self.last_heard = t, heard
        return transmitted

    def _on_pre(self, t: float, target: Any) -> float:
        self._move_to(t)
        seen, before = self._seen(t, target), self.w
        self._apply(self.rule.on_pre, t, seen)
        if self.frozen:
            self.w = before
        if self.rule.transmits is None:
            return self.w
        state = () if self.rule.state is None else (self.s,)
        return float(self.rule.transmits(self.w, *state, seen, self.p))

    def on_post(self, fired: float, target: Any) -> None:
        """Hear of a spike of the target, `lag` after it was fired with the state `target`."""
        t = fired + self.lag
        if not self.frozen:
            self._move_to(t)
            self._apply(self.rule.on_post, t, self._seen(t, target))
        self._trace(self.rule.post, self.y, fired - self.last_post)
        self.last_post = fired

    def on_jump(self, t: float, modulator: str, course: Course) -> None:
        """Hear that a modulator takes another course from `t` on."""
        if self.rule.flow is not None or (self.rule.drift is not None and not self.frozen):
            self._move_to(t)
        self.levels[modulator] = (t, course)

    def settle(self, t: float) -> None:
        """Bring a weight that moves by itself, or what follows it, to `t`."""
        if self.projection.plasticity is not None and self.rule.moves:
            self._move_to(t)

    def weight_at(self, t: float) -> float:
        """Return the weight at `t`, changing nothing."""
        plastic = self.projection.plasticity is not None
        return self._moved(t)[0] if plastic and self.rule.moves else self.w

    def _move_to(self, t: float) -> None:
        if self.rule.state is not None:
            self.w, self.s = self._moved(t)
            self.valid = t

    def _moved(self, t: float) -> tuple[float, Any]:
        """Return weight and state at `t`, with no event before it."""
        w, s, now = self.w, self.s, self.valid
        drift, between, flow = self.rule.drift, self.rule.between, self.rule.flow
        while now < t:
            stop, m, before = t, None, w
            if flow is not None or (drift is not None and not self.frozen):
                m = self.courses(**{name: self._course(name, now) for name in self.levels})
                for course in m:  # the weight may turn round where a level passes through zero
                    turn = turning_time(course, now)
                    stop = turn if now < turn < stop else stop
            if flow is not None:
                w, s = flow(w, s, now, stop - now, m, self.p)
                w = before if self.frozen else self._bounded(w)
            elif between is not None:
                if drift is not None and not self.frozen:
                    w = self._bounded(drift(w, s, now, stop - now, m, self.p))
                s = between(s, now, stop - now, self.p)
            now = stop
        return w, s

    def _course(self, modulator: str, t: float) -> Course:
        since, course = self.levels[modulator]
        return Course(relaxed(course, max(t - since, 0.0)), course.rest, course.tau)

    def _seen(self, t: float, target: Any) -> Any:
        x = self._decayed(self.rule.pre, self.x, t - self.last_pre)
        y = self._decayed(self.rule.post, self.y, t - (self.last_post + self.lag))
        levels = {name: self._course(name, t).level for name in self.levels}
        return self.seen(**x, **y, **levels, **{v: getattr(target, v) for v in self.rule.reads})

    def _apply(self, change: Any, t: float, seen: Any) -> None:
        if self.rule.state is None:
            w = change(self.w, seen, self.p)
        else:
            w, self.s = change(self.w, self.s, t, seen, self.p)
        self.w = self._bounded(w)

    def _bounded(self, w: float) -> float:
        low, high = self.projection.bounds
        return min(max(w, low), high)

    def _decayed(self, traces: Any, values: dict[str, float], dt: float) -> dict[str, float]:
        return {
            name: values[name] * exp(-dt / getattr(self.p, trace.tau))
            for name, trace in traces.items()
        }

    def _trace(self, traces: Any, values: dict[str, float], dt: float) -> None:
        decayed = self._decayed(traces, values, dt)
        for name, trace in traces.items():
            values[name] = decayed[name] + 1.0 if trace.mode == "sum" else 1.0
