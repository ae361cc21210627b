"""One neuron alone, walked through its arrivals in plain Python, as an engine would."""

from collections.abc import Sequence
from math import inf
from types import ModuleType
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from eventsim.model import NeuronModel

Arrival = tuple[float, str, float]  # ms, port, weight


class Cell:
    """A neuron: its state, the time at which that is valid, and its spikes."""

    def __init__(self, model: NeuronModel, p: Any, *, key: float = 0.0) -> None:
        self.model, self.p, self.t, self.spikes, self.plans = model, p, 0.0, [], 1
        self.s = model.plan(model.initial(p, key), 0.0, p)

    def run(self, until: float, *, most: float = inf) -> None:
        """Pass to `until` without arrivals, through at most so many plans."""
        while (due := self.model.next_fire(self.s, self.t, self.p)) < until:
            if self.plans >= most:
                return
            self._move(due)
            if self.model.spikes(self.s, due, self.p):
                self._fire()
            self._plan()
        self._move(until)

    def receive(self, *arrivals: tuple[str, float]) -> None:
        """Receive arrivals of one instant."""
        for port, w in arrivals:
            self.s = self.model.on_input[port](self.s, self.t, w, self.p)
        if self.model.fires(self.s, self.p):
            self._fire()
        self._plan()

    def _move(self, t: float) -> None:
        if t > self.t:
            self.s, self.t = self.model.between(self.s, self.t, t - self.t, self.p), t

    def _fire(self) -> None:
        self.spikes.append(self.t)
        self.s = self.model.on_fire(self.s, self.t, self.p)

    def _plan(self) -> None:
        self.plans += 1
        self.s = self.model.plan(self.s, self.t, self.p)


def walk(model: NeuronModel, p: Any, arrivals: Sequence[Arrival], until: float) -> Cell:
    """Take a neuron through arrivals at different times."""
    cell = Cell(model, p)
    for t, port, w in arrivals:
        cell.run(t)
        cell.receive((port, w))
    cell.run(until)
    return cell


def noise(ports: dict[str, tuple[float, float]], duration: float, seed: int = 3) -> list[Arrival]:
    """Draw arrivals: for each port a rate in Hz and a mean weight."""
    rng = np.random.default_rng(seed)
    arrivals = [
        (t, port, w * share)
        for port, (rate, w) in ports.items()
        for t, share in zip(
            rng.uniform(0.0, duration, round(rate * duration * 1e-3)).tolist(),
            rng.uniform(0.2, 1.8, round(rate * duration * 1e-3)).tolist(),
            strict=True,
        )
    ]
    return sorted(arrivals)


def scipy_spikes(
    source: ModuleType, p: Any, arrivals: Sequence[Arrival], until: float
) -> list[float]:
    """Return the spike times of a model's own equations by DOP853 at rtol 1e-12, event by event."""
    state, resets = source.State, hasattr(source, "on_fire")
    next_break = getattr(source, "next_break", lambda s, t, p: inf)

    def gap(t: float, y: Any) -> float:
        return float(source.threshold(state(*map(float, y)), p))

    gap.terminal, gap.direction = resets, 1.0  # type: ignore[attr-defined]
    s, t, k, spikes = source.initial(p, 0.0), 0.0, 0, []
    while t < until:
        due = arrivals[k][0] if k < len(arrivals) else until
        stop = min(due, next_break(s, t, p), until)
        if stop > t:
            last = stop * (1.0 - 2.0**-52)
            solution = solve_ivp(
                lambda x, y, last=last: source.derivative(state(*map(float, y)), min(x, last), p),
                (t, stop), list(s), "DOP853", rtol=1e-12, atol=1e-13, events=gap,
            )  # fmt: skip
            assert solution.success
            crossings = [x for x in solution.t_events[0].tolist() if x > t]
            spikes += crossings
            if resets and crossings:
                t = crossings[0]
                s = source.on_fire(state(*solution.y_events[0][-1].tolist()), t, p)
                continue
            s, t = state(*solution.y[:, -1].tolist()), stop
        before = source.threshold(s, p)
        while k < len(arrivals) and arrivals[k][0] == t:
            s = getattr(source, f"on_{arrivals[k][1]}")(s, t, arrivals[k][2], p)
            k += 1
        if before < 0.0 <= source.threshold(s, p):
            spikes.append(t)
            s = source.on_fire(s, t, p) if resets else s
    return spikes
