"""Changes as spikes (send-on-delta): one each time a signal has moved by so much.

Each channel remembers the level at its last spike. Where the signal, a straight line from one
sample to the next, reaches that level plus `step`, the channel's upper neuron fires; at the level
minus `step`, its lower neuron. So the spikes tell the signal to within one step, and a signal that
does not change costs nothing.

Source: Miskowicz (2006), Sensors 6:49-63, doi:10.3390/s6010049; in event cameras: Lichtsteiner,
Posch & Delbruck (2008), IEEE J. Solid-State Circuits 43:566-576, doi:10.1109/JSSC.2007.914337.
"""

import numpy as np
from numpy.typing import ArrayLike

from eventsim.model import FloatArray
from eventsim.models.encoders.spikes import Spikes, above_zero, finite, in_order


def delta(times: ArrayLike, signal: ArrayLike, *, step: float) -> Spikes:
    """Encode changes of signals as spikes, at the exact times at which straight lines reach them.

    Parameters
    ----------
    times : array_like of float, shape (n,)
        Of the samples, in ms, strictly increasing.
    signal : array_like of float, shape (n,) or (n, channels)
        The samples; the first ones are the levels that channels start from.
    step : float
        Change for a spike, > 0, in the signal's unit.

    Returns
    -------
    Spikes
        Of 2 x channels neurons: channel c goes down with neuron c, up with neuron channels + c.

    Raises
    ------
    ValueError
        If times do not increase, shapes do not fit, something is not finite, or the step is not
        > 0.

    Examples
    --------
    >>> delta([0.0, 10.0, 20.0], [0.0, 2.5, 0.0], step=1.0)
    Spikes(times=array([ 4.,  8., 16., 20.]), neurons=array([1, 1, 0, 0]), size=2)
    """
    t, s = _samples(times, signal)
    above_zero("delta", "step", step, "of the signal")
    channels = s.shape[1]
    at, who = [np.zeros(0)], [np.zeros(0, np.int64)]
    reached = np.zeros(channels)  # steps away from the first sample
    for k in range(len(t) - 1):
        now, then = (s[k] - s[0]) / step, (s[k + 1] - s[0]) / step
        # towards zero: a level is reached, not approached
        moved = np.trunc(then - reached)
        count = np.abs(moved).astype(np.int64)
        (c,) = np.nonzero(count)
        if c.size:
            c = np.repeat(c, count[c])
            first = np.concatenate([np.arange(1, n + 1) for n in count[count > 0]])
            level = reached[c] + np.sign(moved[c]) * first
            share = (level - now[c]) / (then[c] - now[c])
            at.append(t[k] + np.clip(share, 0.0, 1.0) * (t[k + 1] - t[k]))
            who.append(np.where(moved[c] < 0.0, c, channels + c))
            reached += moved
    return in_order(np.concatenate(at), np.concatenate(who), 2 * channels)


def rebuilt(spikes: Spikes, times: ArrayLike, *, step: float, start: ArrayLike) -> FloatArray:
    """Return the levels that delta's spikes tell, at given times: less than a step from the signal.

    Parameters
    ----------
    spikes : Spikes
        What `delta` returned.
    times : array_like of float, shape (m,)
        ms; a spike at one of them counts.
    step : float
        As it was given to `delta`.
    start : array_like of float, shape () or (channels,)
        The first samples.

    Returns
    -------
    ndarray of float64, shape (m, channels)
    """
    trains, channels = spikes.trains(), spikes.size // 2
    t = np.asarray(times, np.float64)
    net = [
        np.searchsorted(trains[channels + c], t, "right") - np.searchsorted(trains[c], t, "right")
        for c in range(channels)
    ]
    return np.asarray(start) + step * np.stack(net, axis=1)


def _samples(times: ArrayLike, signal: ArrayLike) -> tuple[FloatArray, FloatArray]:
    t, s = finite("delta", "times", times), finite("delta", "signal", signal)
    if s.ndim == 1:
        s = s[:, np.newaxis]
    if t.ndim != 1 or s.ndim != 2 or len(t) != len(s) or s.size == 0:
        raise ValueError(
            f"delta: signal must have shape (n,) or (n, channels) for n times, got {s.shape} for "
            f"times of shape {t.shape}"
        )
    late = np.flatnonzero(np.diff(t) <= 0.0)
    if late.size:
        before, after = t[late[0] : late[0] + 2]
        raise ValueError(
            f"delta: times must be strictly increasing, got {after} ms after {before} ms"
        )
    return t, s
