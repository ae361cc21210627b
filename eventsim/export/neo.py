"""A recording as a Neo block: spike trains and analog signals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from eventsim.export.needs import needed

if TYPE_CHECKING:
    from eventsim.recording import Recording


def block(recording: "Recording") -> Any:
    """Return a block with one segment per population; see `Recording.to_neo`.

    The trains of a population are made as a whole: Neo cuts them when they are asked for.
    """
    neo = needed("neo", "neo", "Neo objects")
    quantities = needed("quantities", "neo", "Neo objects")
    whole = neo.Block(name=recording.name)
    for name in dict.fromkeys([*recording.populations, *recording.sampled]):
        segment = neo.Segment(name=name)
        if name in recording.populations:
            segment.spiketrains = _trains(neo, recording, name)
        for variable in recording.sampled.get(name, ()):
            samples = recording.states(name, variable)
            segment.analogsignals.append(
                neo.AnalogSignal(
                    samples.values,
                    units=_unit(quantities, samples.units),
                    t_start=float(samples.times[:1].sum()) * quantities.ms,
                    sampling_period=recording.interval(name) * quantities.ms,
                    name=variable,
                    array_annotations={"neuron": samples.neurons},
                )
            )
        whole.segments.append(segment)
    return whole


def _trains(neo: Any, recording: "Recording", name: str) -> Any:
    times, neurons = recording.spikes(name)
    kind = neo.core.spiketrainlist.SpikeTrainList
    return kind.from_spike_time_array(
        times, neurons, np.arange(recording.populations[name]), units="ms",
        t_start=0.0, t_stop=np.nextafter(recording.duration, np.inf),
    )  # fmt: skip


def _unit(quantities: Any, unit: str) -> Any:
    """Return a unit that Neo knows, else none."""
    try:
        return quantities.unit_registry[unit] if unit else quantities.dimensionless
    except LookupError:
        return quantities.dimensionless
