"""What the peers' scripts measure alike; plain numpy, as they run in environments of their own."""

import numpy as np


def cv(times, neurons):
    """Return the mean coefficient of variation of the neurons with at least ten intervals."""
    values = []
    order = np.lexsort((times, neurons))
    times, neurons = times[order], neurons[order]
    for train in np.split(times, np.flatnonzero(np.diff(neurons)) + 1):
        if train.size > 10:
            intervals = np.diff(train)
            values.append(intervals.std() / intervals.mean())
    return float(np.mean(values)) if values else float("nan")
