"""Values as rates: each neuron is a Poisson process, the faster the greater its value."""

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from eventsim.models.encoders.spikes import Spikes, above_zero, in_order, shares


def rate(values: ArrayLike, *, highest: float, duration: float, rng: Generator) -> Spikes:
    """Encode values as rates of Poisson processes.

    Parameters
    ----------
    values : array_like of float
        From 0 to 1; an image, say. The neurons are its places in C order: row by row.
    highest : float
        Expected rate in Hz of a value of 1.
    duration : float
        ms.
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    Spikes
        In [0, duration), sorted.

    Raises
    ------
    ValueError
        If a value is outside [0, 1], or rate or duration are not > 0.

    Notes
    -----
    To draw spikes while the simulation runs, give `PoissonSource` the rates instead.

    Examples
    --------
    >>> import numpy as np
    >>> spikes = rate([0.0, 1.0], highest=50.0, duration=100.0, rng=np.random.default_rng(1))
    >>> spikes.size, set(spikes.neurons.tolist())
    (2, {1})
    """
    expected = shares("rate", values) * above_zero("rate", "highest", highest, "Hz") * 1e-3
    counts = rng.poisson(expected * above_zero("rate", "duration", duration, "ms"))
    times = rng.uniform(0.0, duration, counts.sum())
    return in_order(times, np.repeat(np.arange(counts.size), counts), counts.size)
