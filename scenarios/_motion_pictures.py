"""The parts of the figure of `motion_delays`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from eventsim.scenario import Measure
from eventsim.scenarios import _gestures
from eventsim.scenarios._moving_textures import DELAYS, DIRECTIONS, Floats, Kernel, disc

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RED, BLUE, GREEN = "#c8553d", "#2f5d8a", "#588157"


def draw_weights(axes: "Axes", kernel: Kernel, common: float) -> None:
    """Draw the weights of the detectors of motion to the right, delay by delay."""
    up, right = disc()
    strip = np.full((9, 10 * DELAYS), np.nan)
    for d in range(DELAYS):
        strip[up + 4, right + 4 + 10 * d] = kernel.weight[d, :, 0]
    most = float(np.abs(kernel.weight[:, :, 0]).max())
    axes.imshow(strip, cmap="RdBu_r", vmin=-most, vmax=most)
    axes.set_title("weights for motion to the right (ON; of OFF the opposite)", fontsize="medium")
    axes.set(xlabel="delay (ms)", yticks=(), xticks=4 + 10 * np.arange(DELAYS))
    axes.set_xticklabels([f"{d + common:g}" for d in range(DELAYS)])
    axes.spines[:].set_visible(False)


def draw_accuracy(
    axes: "Axes", measures: Mapping[str, Measure], kept: Mapping[str, Iterable[str]]
) -> None:
    """Draw accuracy against the number of synapses kept, a line for each way of choosing them."""
    for (way, names), colour in zip(kept.items(), (BLUE, GREEN), strict=True):
        axes.plot(*_points(measures, names), "o-", color=colour, label=f"kept: {way}")
    axes.plot(*_points(measures, ["collapsed"]), "s", ls="", color=RED, label="no delay structure")
    axes.axhline(1.0 / DIRECTIONS, color="0.5", ls="--", lw=0.8, label="chance")
    axes.set(xlabel="synapses kept, per detector", ylabel="accuracy", ylim=(0.0, 1.05))
    axes.set_xscale("log")
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)


def _points(measures: Mapping[str, Measure], names: Iterable[str]) -> tuple[list[float], ...]:
    return tuple(
        [measures[f"{what}, {name}"].value for name in names]
        for what in ("synapses per detector", "accuracy")
    )


def draw_movie(axes: "Axes", evidence: Floats, direction: int) -> None:
    """Draw the mean evidence for each direction in a movie."""
    size = np.abs(evidence).mean(axis=1)
    for c in range(DIRECTIONS):
        colour, width = (RED, 2.0) if c == direction else ("0.7", 1.0)
        axes.plot(size[:, c], color=colour, lw=width)
    axes.set(xlabel="frame (ms)", ylabel="mean evidence")
    axes.set_title("one movie: 8 directions, true one in colour", fontsize="medium")
    axes.spines[["top", "right"]].set_visible(False)


def draw_turns(axes: "Axes", evidence: Floats, period: int, speed: float) -> None:
    """Draw how far the direction of motion has turned in each clip; the mean slope is measured."""
    seconds = 1e-3 * speed * np.arange(period)
    for k, name in enumerate(_gestures.CIRCLES):
        turned = _gestures.progress(_gestures.headings(evidence[period * k : period * (k + 1)]))
        (line,) = axes.plot(seconds, turned, label=f"{name}: {turned[-1] / seconds[-1]:.2f} per s")
        axes.plot(seconds[[0, -1]], turned[[0, -1]], ":", color=line.get_color(), lw=1.0)
    axes.set_xlabel(f"time of the recording (s), shown to the network {speed:g} times as fast")
    axes.set_ylabel("direction of motion, turned by\n(turns, weighted by its length)")
    axes.set_title("dotted: mean turns per second, as measured", fontsize="medium")
    axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
