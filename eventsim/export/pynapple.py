"""Spikes and sampled state for pynapple, which counts in seconds."""

from typing import TYPE_CHECKING, Any

from eventsim.export.needs import needed

if TYPE_CHECKING:
    from eventsim.recording import Recording


def spikes(recording: "Recording", population: str) -> Any:
    """Return a TsGroup with a train per neuron; see `Recording.to_pynapple`."""
    nap = needed("pynapple", "pynapple", "pynapple objects")
    trains = recording.trains(population)
    span = nap.IntervalSet(0.0, max(recording.duration, 1e-6), time_units="ms")
    return nap.TsGroup(
        {k: nap.Ts(train, time_units="ms") for k, train in enumerate(trains)}, time_support=span
    )


def states(recording: "Recording", population: str, variable: str) -> Any:
    """Return a TsdFrame with a column per neuron."""
    nap = needed("pynapple", "pynapple", "pynapple objects")
    samples = recording.states(population, variable)
    return nap.TsdFrame(samples.times, samples.values, time_units="ms", columns=samples.neurons)
