"""The same recording as pandas frames, for those who have pandas."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pandas import DataFrame

    from eventsim.recording.reader import Samples


def spikes(times: NDArray[np.float64], neurons: NDArray[np.int64]) -> "DataFrame":
    """Return a frame with a row per spike: columns `time` (ms) and `neuron`."""
    frame: DataFrame = _pandas().DataFrame({"time": times, "neuron": neurons})
    return frame


def states(samples: "Samples") -> "DataFrame":
    """Return a frame with a row per sample: index `time` (ms), a column per neuron."""
    pandas = _pandas()
    frame: DataFrame = pandas.DataFrame(
        samples.values,
        index=pandas.Index(samples.times, name="time"),
        columns=pandas.Index(samples.neurons, name="neuron"),
    )
    return frame


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise ImportError("frames need pandas: pip install eventsim[pandas]") from None
    return pandas
