"""One way to run a network and to hold the outcome, so that two runs compare to the last bit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from eventsim import Network, Simulation

Script = Callable[[Simulation], object]


class Outcome(NamedTuple):
    """Plain lists: == compares times and weights bit by bit."""

    spikes: dict[str, tuple[list[float], list[int]]]
    weights: dict[str, list[float]]

    def count(self, population: str) -> int:
        """Return how many spikes a population fired."""
        return len(self.spikes[population][0])


def outcome(
    network: Network,
    *durations: float,
    script: Script = lambda sim: None,
    record: Mapping[str, Any] | None = None,
    **options: Any,
) -> Outcome:
    """Run for each of `durations` (ms) in turn; the script prepares stimuli and control events."""
    with Simulation(network, **options) as sim:
        recorder = sim.record(**(record or {}))
        script(sim)
        for duration in durations:
            sim.run(duration)
        return result(sim, recorder.recording.populations)


def result(sim: Simulation, populations: Sequence[str] | Mapping[str, int]) -> Outcome:
    """Return what the open recording of a simulation holds, and the weights of all projections."""
    recorder = sim._observer.recorder
    assert recorder is not None
    spikes = {}
    for name in populations:
        times, neurons = recorder.recording.spikes(name)
        assert np.all(np.diff(times) >= 0.0)
        spikes[name] = (times.tolist(), neurons.tolist())
    return Outcome(spikes, {name: sim.weights(name).tolist() for name in sim.network.projections})


def agreed(network: Network, *durations: float, **options: Any) -> Outcome:
    """Run on both engines, insist that they agree to the last bit, and return the outcome."""
    fast = outcome(network, *durations, engine="compiled", **options)
    plain = outcome(network, *durations, engine="reference", **options)
    assert fast == plain
    return fast
