"""Values as latencies: each neuron fires once, the earlier the greater its value."""

import numpy as np
from numpy.typing import ArrayLike

from eventsim.elementary import log1p
from eventsim.models.encoders.spikes import Spikes, above_zero, finite, in_order, shares


def latency(values: ArrayLike, *, last: float, first: float = 0.0, floor: float = 0.0) -> Spikes:
    """Encode values as times of one spike each, on a straight line.

    Parameters
    ----------
    values : array_like of float
        From 0 to 1; the neurons are its places in C order.
    last, first : float
        Time in ms of a value of 0 and of a value of 1; 0 <= first < last.
    floor : float
        Values up to this one have no spike.

    Returns
    -------
    Spikes
        At last - value (last - first).

    Raises
    ------
    ValueError
        If a value is outside [0, 1], or the times are not 0 <= first < last.

    Examples
    --------
    >>> latency([0.25, 0.0, 1.0], last=20.0)
    Spikes(times=array([ 0., 15.]), neurons=array([2, 0]), size=3)
    """
    v = shares("latency", values)
    if not 0.0 <= first < last < np.inf:
        raise ValueError(f"latency: times must be 0 <= first < last ms, got {first} and {last}")
    (fires,) = np.nonzero(v > floor)
    return in_order(last - v[fires] * (last - first), fires, v.size)


def charging_time(currents: ArrayLike, *, tau: float, threshold: float = 1.0) -> Spikes:
    """Encode currents as the times at which they charge a leaky integrator to threshold.

    Parameters
    ----------
    currents : array_like of float
        In units of what the threshold is in; the neurons are its places in C order.
    tau : float
        Time constant in ms.
    threshold : float
        Currents up to this one never reach it.

    Returns
    -------
    Spikes
        At tau log(current / (current - threshold)).

    Raises
    ------
    ValueError
        If a current is not finite, or tau or threshold are not > 0.

    Examples
    --------
    >>> charging_time([0.5, 2.0], tau=10.0).times.round(3)
    array([6.931])
    """
    drive = finite("charging_time", "currents", currents).ravel()
    above_zero("charging_time", "tau", tau, "ms")
    above_zero("charging_time", "threshold", threshold, "of the current")
    (fires,) = np.nonzero(drive > threshold)
    times = -tau * log1p(-threshold / drive[fires])
    return in_order(times, fires, drive.size)
