"""The spikes of a source, walked through in plain Python as an engine would."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim.model import NeuronModel
from eventsim.random import stream_key

Times = NDArray[np.float64]


def spikes(model: NeuronModel, p: Any, n: int, stream: int = 0, seed: int = 1) -> Times:
    """Return the first `n` spike times of one neuron, in ms."""
    key = stream_key(seed, stream)
    s, t, times = model.plan(model.initial(p, key), 0.0, p), 0.0, []
    while len(times) < n:
        due = model.next_fire(s, t, p)
        s, t = model.between(s, t, due - t, p), due
        if model.spikes(s, t, p):
            times.append(t)
            s = model.on_fire(s, t, p)
        s = model.plan(s, t, p)
    return np.array(times)
