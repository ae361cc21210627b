"""Plots of a recording: each draws into given axes, or onto a figure of its own.

Figures are made without pyplot: nothing is shown, kept or shared, and no display is needed.
`figure.savefig("raster.png")` writes one; a notebook displays it.
"""

from typing import TYPE_CHECKING

import numpy as np

from eventsim.analysis import statistics
from eventsim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#2f5d8a", "#c8553d", "#4f8a5b", "#8a6fb0", "#b8862b", "#5a6672")
_BINS = 200  # windows of a rate plot
_TRACES = 5  # curves that an eye can still tell apart


def raster(
    recording: Recording,
    start: float = 0.0,
    stop: float | None = None,
    limit: int = 100,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw a dot per spike, populations above one another.

    Parameters
    ----------
    recording : Recording
        What to draw.
    start, stop : float
        The stretch shown, in ms; by default all.
    limit : int
        At most so many neurons of a population, evenly spaced through it.
    axes : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib Axes
    """
    axes = axes or _figure(8.0, 4.0).subplots()
    stop = _stop(recording, start, stop)
    base, ticks, names = 0, [], []
    for k, (name, size) in enumerate(recording.populations.items()):
        shown = np.linspace(0, size - 1, min(size, limit)).astype(np.int64)
        times, neurons = recording.spikes(name, start, stop, shown)
        rows = base + np.searchsorted(shown, neurons)
        # many dots: as pixels, even in a vector file
        axes.plot(times, rows, ".", ms=2.0, mew=0.0, color=_colour(k), rasterized=True)
        ticks.append(base + (len(shown) - 1) / 2)
        names.append(name if len(shown) == size else f"{name}\n{len(shown)} of {size}")
        base += len(shown) + max(2, limit // 20)
    axes.set(xlim=(start, stop), ylim=(-1.0, max(base, 1.0)), yticks=ticks, yticklabels=names)
    axes.tick_params(axis="y", length=0.0)
    return _finish(axes, "time (ms)", "")


def rates(
    recording: Recording,
    start: float = 0.0,
    stop: float | None = None,
    width: float | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the rate of each population over time, in windows of `width` ms."""
    axes = axes or _figure(8.0, 2.5).subplots()
    stop = _stop(recording, start, stop)
    edges = statistics.windows(start, stop, width or (stop - start) / _BINS)
    for k, (name, size) in enumerate(recording.populations.items()):
        times, _ = recording.spikes(name, start, stop)
        rate = statistics.population_rate(times, size, edges)
        label = f"{name}, mean {rate.mean():.3g} Hz"
        axes.stairs(rate, edges, baseline=None, color=_colour(k), label=label)
    axes.set(xlim=(start, stop))
    axes.set_ylim(bottom=0.0)
    _legend(axes, beside=True)
    return _finish(axes, "time (ms)", "rate (Hz)")


def irregularity(
    recording: Recording,
    start: float = 0.0,
    stop: float | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw how the coefficients of variation of the interspike intervals are distributed."""
    axes = axes or _figure(4.0, 3.0).subplots()
    for k, (name, size) in enumerate(recording.populations.items()):
        cv = statistics.cv(*recording.spikes(name, start, stop), size)
        cv = cv[np.isfinite(cv)]
        if cv.size:
            heights, edges = np.histogram(cv, bins=np.linspace(0.0, max(2.0, cv.max()), 41))
            label = f"{name}, mean {cv.mean():.2f}"
            axes.stairs(heights, edges, color=_colour(k), fill=True, alpha=0.5, label=label)
    axes.set_xlim(left=0.0)
    _legend(axes)
    return _finish(axes, "CV of interspike intervals", "neurons")


def trace(
    recording: Recording,
    population: str,
    variable: str | None = None,
    start: float = 0.0,
    stop: float | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw a sampled state variable over time, of at most five neurons.

    Raises
    ------
    KeyError
        If it was not sampled.
    """
    axes = axes or _figure(8.0, 2.5).subplots()
    samples = recording.states(population, variable, start, stop)
    for k, neuron in enumerate(samples.neurons[:_TRACES]):
        label = f"{population} {neuron}"
        axes.plot(samples.times, samples.values[:, k], lw=0.8, color=_colour(k), label=label)
    axes.set(xlim=(start, _stop(recording, start, stop)))
    _legend(axes, beside=True)
    name = variable or recording.sampled[population][0]
    return _finish(axes, "time (ms)", f"{name} ({samples.units})" if samples.units else name)


def weights(recording: Recording, projection: str, axes: "Axes | None" = None) -> "Axes":
    """Draw how a projection's weights are distributed, in the first and in the last snapshot.

    Raises
    ------
    KeyError
        If they were not recorded.
    """
    axes = axes or _figure(4.0, 3.0).subplots()
    moments = recording.weights(projection).times.size
    shown = [recording.weights(projection, k) for k in sorted({0, moments - 1}) if moments]
    values = [snapshot.values[0] for snapshot in shown]
    bins = np.histogram_bin_edges(np.concatenate(values) if values else np.zeros(0), bins=50)
    for k, snapshot in enumerate(shown):
        heights, _ = np.histogram(snapshot.values[0], bins)
        label = f"{snapshot.times[0]:g} ms"
        axes.stairs(heights, bins, color=_colour(k), fill=True, alpha=0.5, label=label)
    _legend(axes)
    units = shown[0].units if shown else ""
    return _finish(axes, f"weight {projection} ({units})" if units else projection, "synapses")


def histograms(recording: Recording, projection: str, axes: "Axes | None" = None) -> "Axes":
    """Draw how the distribution of a projection's weights changes with time, dark where many are.

    Bins that reach to infinity are left out.

    Raises
    ------
    KeyError
        If no histograms were recorded.
    ValueError
        If there are fewer than two.
    """
    seen = recording.histograms(projection)
    if seen.times.size < 2:
        raise ValueError(f"plot: needs two histograms of {projection!r}, got {seen.times.size}")
    axes = axes or _figure(6.0, 3.0).subplots()
    finite = np.isfinite(seen.edges)
    counts = seen.counts[:, finite[:-1] & finite[1:]]
    times = np.append(seen.times, 2.0 * seen.times[-1] - seen.times[-2])
    image = axes.pcolormesh(times, seen.edges[finite], counts.T, cmap="Greys")
    axes.figure.colorbar(image, ax=axes, label="synapses")
    units = f" ({seen.units})" if seen.units else ""
    return _finish(axes, "time (ms)", f"weight {projection}{units}")


def overview(recording: Recording, start: float = 0.0, stop: float | None = None) -> "Figure":
    """Return one page: raster, rates, irregularity, and any sampled state and weights.

    Parameters
    ----------
    recording : Recording
        What to draw.
    start, stop : float
        The stretch shown, in ms; by default all.

    Returns
    -------
    matplotlib.figure.Figure
        `savefig` writes it to a file.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `start` is not before the end.
    """
    stop = _stop(recording, start, stop)
    figure = _figure(10.0, 6.5 + 1.8 * len(recording.sampled))
    heights = [3.0, 1.3, *(1.3 for _ in recording.sampled), 1.5]
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    top = raster(recording, start, stop, axes=figure.add_subplot(grid[0, :]))
    rows = [top, rates(recording, start, stop, axes=figure.add_subplot(grid[1, :], sharex=top))]
    for k, population in enumerate(recording.sampled):
        axes = figure.add_subplot(grid[2 + k, :], sharex=top)
        variable = recording.sampled[population][0]
        rows.append(trace(recording, population, variable, start, stop, axes=axes))
    for axes in rows[:-1]:
        axes.set_xlabel("")
        axes.tick_params(labelbottom=False)
    projection = next(iter(recording.projections), None)
    irregularity(
        recording, start, stop, axes=figure.add_subplot(grid[-1, :1] if projection else grid[-1, :])
    )
    if projection:
        weights(recording, projection, axes=figure.add_subplot(grid[-1, 1]))
    return figure


def _figure(width: float, height: float) -> "Figure":
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need matplotlib: pip install eventsim[plot]") from None
    return Figure(figsize=(width, height), dpi=150.0, layout="constrained")


def _stop(recording: Recording, start: float, stop: float | None) -> float:
    stop = recording.duration if stop is None else stop
    if not stop > start:
        raise ValueError(f"plot: nothing to show between {start:g} ms and {stop:g} ms")
    return stop


def _colour(k: int) -> str:
    return _COLOURS[k % len(_COLOURS)]


def _legend(axes: "Axes", beside: bool = False) -> None:
    """Name the curves; beside the axes where they would cover each other."""
    if axes.get_legend_handles_labels()[0]:
        legend = axes.legend(frameon=False, fontsize="small")
        if beside:
            legend.set_loc("upper left")
            legend.set_bbox_to_anchor((1.0, 1.05))


def _finish(axes: "Axes", x: str, y: str) -> "Axes":
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
