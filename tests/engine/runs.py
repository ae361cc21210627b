"""One way to run a network and to hold the outcome, so that two runs compare to the last bit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim import Network, Sampled, Simulation

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
    """Run on both engines, insist that they agree, and return the reference engine's outcome.

    The ordered path has the reference engine's bits. The superposition path, where a population can
    take it, adds up in another order: the same neurons in the same order, times and weights within
    1e-9.
    """
    plain = outcome(network, *durations, engine="reference", **options)
    assert outcome(network, *durations, path="ordered", **options) == plain
    with Simulation(network, path="superposition") as sim:
        superposed = bool(sim.engine.superposed)  # type: ignore[attr-defined]
    if superposed:
        assert_close(outcome(network, *durations, path="superposition", **options), plain)
    return plain


def assert_close(seen: Outcome, plain: Outcome) -> None:
    """Insist on the same neurons in the same order, times within 1e-9 ms, weights within 1e-9."""
    assert seen.spikes.keys() == plain.spikes.keys()
    for name, (times, neurons) in plain.spikes.items():
        assert seen.spikes[name][1] == neurons
        assert np.abs(np.subtract(seen.spikes[name][0], times)).max(initial=0.0) < 1e-9
    for name, weights in plain.weights.items():
        np.testing.assert_allclose(seen.weights[name], weights, rtol=1e-9, atol=0.0)


def sampled_v(network: Network, population: str, *durations: float, **options: Any) -> Any:
    """Run for each of `durations`; return samples of v, mostly between arrivals, and its end."""
    with Simulation(network, **options) as sim:
        recorder = sim.record(states={population: Sampled("v", 0.37)})
        for duration in durations:
            sim.run(duration)
        samples = np.array(recorder.recording.states(population, "v").values)
        return samples, sim.state(population, "v")


def barely_grown(array: NDArray[Any], axis: int, capacity: int) -> NDArray[Any]:
    """Return a copy that has room for `capacity` entries along `axis` and no more."""
    wider = [(0, capacity - n if k == axis else 0) for k, n in enumerate(array.shape)]
    return np.pad(array, wider)
