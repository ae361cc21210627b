"""Which trials there are in `what_when`, what comes in them, and what holds in each block."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventsim.elementary import exp
from eventsim.scenarios._what_when_network import TRIAL
from eventsim.scenarios._what_when_offline import Floats

if TYPE_CHECKING:
    from eventsim.scenarios.what_when import Settings

EVENT = ("A", "B")
SIGMA = 30.0  # ms, width of the bump that is wanted
LATER = 150.0  # ms, latencies in the second block
MARKS = (1, 10, 50, 100)  # trials after which the cue alone is shown


class Trial(NamedTuple):
    """One trial: when it begins, what it belongs to, and what comes."""

    start: float  # ms
    block: int
    learned: int  # trials of this block before it
    events: tuple[int, ...]  # for each level 0 (A) or 1 (B); none: the cue alone


class Block(NamedTuple):
    """What holds in one block, a value for each channel: A, B of the first level, then others."""

    p: Floats
    latency: Floats

    def wanted(self, t: Any) -> Floats:
        """Return the course of each event, of height 1, at `t` ms after the start of a trial.

        `t` is a number or an array; the last axis is that of the channels.
        """
        age = np.asarray(t, np.float64)[..., np.newaxis] - self.latency
        return exp(-0.5 * (age / SIGMA) ** 2)


def blocks(settings: "Settings") -> list[Block]:
    """Return the statistics of the blocks: one for several levels at once, two for one."""
    latency = np.array([settings.latency_a, settings.latency_b])
    if settings.levels > 1:
        p = np.linspace(0.0, 1.0, settings.levels)
        return [Block(np.column_stack([p, 1.0 - p]).ravel(), np.tile(latency, settings.levels))]
    p = np.array([settings.p_a, 1.0 - settings.p_a])
    return [Block(p, latency), Block(p[::-1], latency + LATER)]


def plan(settings: "Settings", rng: np.random.Generator) -> list[Trial]:
    """Return all trials in their order, the first of them a look at the untrained network."""
    trials = [Trial(0.0, 0, 0, ())]
    marks = {k for k in MARKS if k < settings.trials and settings.levels == 1} | {settings.trials}
    for number, block in enumerate(blocks(settings)):
        for k in range(1, settings.trials + 1):
            come = rng.uniform(size=settings.levels) >= block.p[::2]
            trials.append(Trial(0.0, number, k - 1, tuple(come.astype(int).tolist())))
            if k in marks:
                trials += [Trial(0.0, number, k, ())] * settings.tests
    return [trial._replace(start=TRIAL * k) for k, trial in enumerate(trials)]
