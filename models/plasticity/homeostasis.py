"""What keeps activity in range by acting on all synapses of a target at once, from control events.

    normalised   w <- w total / (sum of the weights onto that target), as after every trial
    scaled       w <- w (1 + gain (rho - r) / rho), r the target's rate: synaptic scaling

Each returns the new weights, within the projection's bounds, in the order of its synapses, for
`sim.set_weights`:

    sim.every(500.0, lambda sim: sim.set_weights(p, normalised(p, sim.weights(p), 78.0)))

`Simulation.scale_weights` does w <- factor w + offset.

Source: Turrigiano et al. (1998), Nature 391:892-896, doi:10.1038/36103; normalisation as in Diehl &
Cook (2015), Front. Comput. Neurosci. 9:99, doi:10.3389/fncom.2015.00099.
Verified against: the sums and factors of each target, computed one by one.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventsim.network import Projection

Floats = NDArray[np.float64]


def normalised(projection: Projection, weights: Floats, total: ArrayLike) -> Floats:
    """Scale the weights onto each target to a sum of `total`.

    Parameters
    ----------
    projection : Projection
        Whose synapses they belong to.
    weights : ndarray, shape (n_synapses,)
        As `sim.weights` gives them.
    total : float or array_like, shape (target.size,)
        In the weights' unit, with their sign.

    Returns
    -------
    ndarray, shape (n_synapses,)
        Targets whose weights add up to 0 keep them.
    """
    target, size = projection.synapses.target, projection.target.size
    sums = np.bincount(target, weights, minlength=size)
    wanted = np.where(sums == 0.0, 1.0, np.broadcast_to(np.asarray(total, np.float64), (size,)))
    factor = wanted / np.where(sums == 0.0, 1.0, sums)
    return _bounded(projection, weights * factor[target])


def scaled(
    projection: Projection, weights: Floats, rates: ArrayLike, rho: float, gain: float
) -> Floats:
    """Scale the weights onto each target towards its target rate: synaptic scaling.

    Parameters
    ----------
    projection : Projection
        Whose synapses they belong to.
    weights : ndarray, shape (n_synapses,)
        As `sim.weights` gives them.
    rates : array_like, shape (target.size,)
        Rates of the targets in Hz, for example from `sim.spike_count`.
    rho : float
        Hz, > 0.
    gain : float
        Share of the relative error that is corrected: the time between two calls divided by the
        time constant of scaling.

    Returns
    -------
    ndarray, shape (n_synapses,)

    Raises
    ------
    ValueError
        If `rho` is not > 0 Hz.
    """
    if not rho > 0.0:
        raise ValueError(f"scaling of {projection.name!r}: rho must be > 0 Hz, got {rho}")
    error = (rho - np.broadcast_to(np.asarray(rates, np.float64), projection.target.size)) / rho
    return _bounded(projection, weights * (1.0 + gain * error)[projection.synapses.target])


def _bounded(projection: Projection, weights: Floats) -> Floats:
    return np.clip(weights, *projection.bounds)
