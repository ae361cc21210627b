"""The same recording as pandas frames, for those who have pandas."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventsim.export.needs import needed

if TYPE_CHECKING:
    from pandas import DataFrame

    from eventsim.recording.pieces import Samples


_PANDAS = ("pandas", "pandas", "frames")


def spikes(times: NDArray[np.float64], neurons: NDArray[np.int64]) -> "DataFrame":
    """Return a frame with a row per spike: columns `time` (ms) and `neuron`."""
    frame: DataFrame = needed(*_PANDAS).DataFrame({"time": times, "neuron": neurons})
    return frame


def states(samples: "Samples") -> "DataFrame":
    """Return a frame with a row per sample: index `time` (ms), a column per neuron."""
    pandas = needed(*_PANDAS)
    frame: DataFrame = pandas.DataFrame(
        samples.values,
        index=pandas.Index(samples.times, name="time"),
        columns=pandas.Index(samples.neurons, name="neuron"),
    )
    return frame
