"""The figure of `nalsm`."""

from typing import TYPE_CHECKING

import numpy as np

from eventsim.recording import Recording
from eventsim.scenario import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 3  # samples in the raster


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw some samples, weights, how they settled, and what was read as what."""
    from matplotlib.figure import Figure

    from eventsim.analysis import plots
    from eventsim.scenarios.digits import draw_confusion

    settings = recording.provenance["settings"]
    page = Figure(figsize=(10.0, 8.0), dpi=150.0, layout="constrained")
    page.suptitle(f"{settings['variant']}: {result.data['note']}", fontsize="medium")
    grid = page.add_gridspec(2, 3, height_ratios=[1.2, 1.0])
    stop = SHOWN * settings["presentation"]
    plots.raster(recording, 0.0, stop, axes=page.add_subplot(grid[0, :]))
    crowd = page.add_subplot(grid[1, 0], xlabel="weight", ylabel="synapses")
    for name, w in result.data["weights"].items():
        crowd.hist(w, bins=60, range=(-3.0, 3.0), histtype="step", label=name)
    crowd.set_yscale("log")
    crowd.legend(frameon=False, fontsize="small")
    way = page.add_subplot(grid[1, 1], xlabel="snippets shown", ylabel="mean weight")
    settled_weights = result.data["settled"]
    if settled_weights is not None:
        names = ("excitation", "inhibition", "input, size")
        for name, mean in zip(names, settled_weights.means.T, strict=True):
            way.semilogx(settled_weights.shown, mean, "o-", ms=3.0, label=name)
        way.legend(frameon=False, fontsize="small")
    pairs = 10 * result.data["labels"] + result.data["reading"].read
    table = page.add_subplot(grid[1, 2], title=f"{result.measures['accuracy'].value:.1f} % read")
    draw_confusion(table, np.bincount(pairs, minlength=100).reshape(10, 10))
    return page
