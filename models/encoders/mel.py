"""A sound as the energies of mel channels over time.

Windows of the sound (Hann) are taken to the frequencies, and powers are summed under triangles
that are equally wide on the mel scale, mel = 2595 log10(1 + f / 700 Hz).

Source: Davis & Mermelstein (1980), IEEE Trans. Acoust. Speech Signal Process. 28:357-366,
doi:10.1109/TASSP.1980.1163420.
"""

from math import log10

import numpy as np
from numpy.typing import ArrayLike

from eventsim.elementary import log
from eventsim.model import FloatArray
from eventsim.models.encoders.spikes import above_zero, finite


def log_mel(
    sound: ArrayLike, rate: float, *, channels: int = 40, window: float = 25.0, hop: float = 10.0,
    low: float = 20.0, high: float | None = None, floor: float = 1e-10,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the logarithm of the energies of a sound in mel channels.

    Parameters
    ----------
    sound : array_like of float, shape (n,)
        Samples, usually from -1 to 1.
    rate : float
        Samples per second, in Hz.
    channels : int
        Number of channels.
    window, hop : float
        Length of a window, and from one to the next, in ms; rounded to whole samples.
    low, high : float
        Where the lowest channel begins and the highest ends, in Hz; `high` is half of the sampling
        rate by default.
    floor : float
        Added to the energies: the level of silence.

    Returns
    -------
    times : ndarray of float64, shape (frames,)
        Middle of each window, in ms.
    energies : ndarray of float64, shape (frames, channels)
        Natural logarithm of the mean square under each triangle: amplitude^2 / 2 for a sine.

    Raises
    ------
    ValueError
        If the sound is shorter than one window, a value is out of bounds, or a channel is narrower
        than the resolution of the window.

    Examples
    --------
    Spikes at the changes, 40 channels going up and 40 going down:

    >>> import numpy as np
    >>> from eventsim.models.encoders import delta
    >>> sound = np.sin(2 * np.pi * 440.0 * np.arange(8000) / 8000.0)
    >>> times, energies = log_mel(sound, 8000.0, low=100.0, channels=20)
    >>> energies.shape, delta(times, energies, step=0.5).size
    ((98, 20), 40)
    """
    samples = finite("log_mel", "sound", sound)
    above_zero("log_mel", "rate", rate, "Hz")
    width = round(above_zero("log_mel", "window", window, "ms") * 1e-3 * rate)
    step = max(1, round(above_zero("log_mel", "hop", hop, "ms") * 1e-3 * rate))
    if samples.ndim != 1 or len(samples) < width or width < 2:
        raise ValueError(
            f"log_mel: sound must have shape (n,), n >= 2 and >= one window ({width} samples), got "
            f"{samples.shape}"
        )
    filters = mel_filters(width, rate, channels, low, 0.5 * rate if high is None else high)
    first = np.arange(0, len(samples) - width + 1, step)
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(width) / width)
    frames = np.lib.stride_tricks.sliding_window_view(samples, width)[first] * hann
    power = 2.0 * np.abs(np.fft.rfft(frames, axis=1)) ** 2 / hann.sum() ** 2
    times: FloatArray = np.asarray((first + 0.5 * width) / rate * 1e3, np.float64)
    # einsum rather than @, whose last digits depend on the processor
    return times, log(np.einsum("tf,cf->tc", power, filters) + floor)


def mel_filters(width: int, rate: float, channels: int, low: float, high: float) -> FloatArray:
    """Return the weight of each frequency in each channel: triangles of height 1.

    Parameters
    ----------
    width : int
        Samples of a window.
    rate : float
        Samples per second, in Hz.
    channels : int
        Number of triangles; each goes from its left neighbour's middle to its right one's.
    low, high : float
        Where the first begins and the last ends, in Hz.

    Returns
    -------
    ndarray of float64, shape (channels, width // 2 + 1)

    Raises
    ------
    ValueError
        If not 0 <= low < high <= rate / 2, or a triangle falls between two frequencies.
    """
    if channels < 1 or not 0.0 <= low < high <= 0.5 * rate:
        raise ValueError(
            f"log_mel: channels must be >= 1 and 0 <= low < high <= {0.5 * rate:g} Hz, got "
            f"{channels}, {low} and {high}"
        )
    first, last = (2595.0 * log10(1.0 + end / 700.0) for end in (low, high))
    mels = np.linspace(first, last, channels + 2).tolist()
    corners = np.array([700.0 * (10.0 ** (mel / 2595.0) - 1.0) for mel in mels])
    f = np.arange(width // 2 + 1) * rate / width
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rise, fall = (f - left) / (middle - left), (right - f) / (right - middle)
    filters: FloatArray = np.clip(np.minimum(rise, fall), 0.0, None)
    (empty,) = np.nonzero(~filters.any(axis=1))
    if empty.size:
        raise ValueError(
            f"log_mel: channel {empty[0]} ({corners[empty[0]]:.0f} to {corners[empty[0] + 2]:.0f} "
            f"Hz) is narrower than the window's resolution of {rate / width:.0f} Hz; take fewer "
            "channels or a longer window"
        )
    return filters
