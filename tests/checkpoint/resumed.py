"""A run that is saved on its way, and the same run taken up from there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eventsim import Network, Simulation

Script = Callable[[Simulation], object]


def nothing(sim: Simulation) -> None:
    """Leave a simulation as it is."""


def left(sim: Simulation) -> dict[str, Any]:
    """Return all that a simulation holds, bit by bit: what it will do, and what it has counted."""
    arrays = {name: array.tobytes() for name, array in sim.engine.lasting().items()}
    return {**arrays, "fired": list(sim._observer.fired)}


def same(seen: dict[str, Any], plain: dict[str, Any], but: tuple[str, ...] = ()) -> None:
    """Insist on the same bits, except where a name ends on one of `but`; say what differs."""
    differs = [name for name in plain.keys() | seen.keys() if seen.get(name) != plain.get(name)]
    differs = [name for name in differs if not name.endswith(but)]
    if differs:
        raise AssertionError(f"not as in the run left alone: {sorted(differs)}")


# how far windows and drives have looked ahead, lower bounds, and how much of the modulators' past
# has been dropped: what a cut may change
PAST = ("modulation/courses", "modulation/jumps", "modulation/forgotten")
BOOKKEEPING = ("clock", "due", "earliest", "reached", "before", "seen", *PAST)


def agree(
    net: Network, folder: Path, cut: float, end: float, script: Script = nothing, *,
    threads: tuple[int, ...] = (1,), callbacks: Any = None, models: Any = (), **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """Insist that a run saved near `cut` and one resumed there end as one that is left alone.

    The save is an observer's: it waits for a boundary at which no bit changes. Each number of
    `threads` is that of a run after the resume. Returns what the undisturbed run leaves.
    """
    path = folder / "half.checkpoint"
    ends, spikes = [], []
    for saves in (False, True):
        with Simulation(net, **options) as sim:
            recorder = sim.record(spikes=list(net.populations))
            script(sim)
            if saves:
                sim._looks.add(cut, lambda sim: sim.save(path), name="save")
            sim.run(end)
            ends.append(left(sim))
            spikes.append({p: recorder.recording.spikes(p) for p in net.populations})
    ordered = options.get("path") != "superposition"
    same(ends[1], ends[0], BOOKKEEPING if ordered else ())
    for count in threads:
        again = Simulation.load(path, threads=count, callbacks=callbacks, models=models)
        with again as sim:
            saved = sim.now
            assert cut <= saved < end
            sim.run(end - saved)
            same(left(sim), ends[1])
            assert sim.recorder is not None
            seen = sim.recorder.recording
            for p in net.populations:
                times, neurons = spikes[0][p]
                late = times >= saved
                np.testing.assert_array_equal(seen.spikes(p)[0], times[late])
                np.testing.assert_array_equal(seen.spikes(p)[1], neurons[late])
    return ends[0]
