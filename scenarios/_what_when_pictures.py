"""The parts of the figure of `what_when`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventsim.recording import Recording
from eventsim.scenario import Measure
from eventsim.scenarios._what_when_looks import Look
from eventsim.scenarios._what_when_network import OPEN, TRIAL
from eventsim.scenarios._what_when_offline import Floats
from eventsim.scenarios._what_when_plan import EVENT, Block, Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#c8553d", "#2f5d8a")


def middle(block: Block) -> list[int]:
    """Return the channels of the middle level."""
    first = block.p.size // 4 * 2
    return [first, first + 1]


def draw_outputs(axes: "Axes", look: Look, block: Block) -> None:
    """Draw the outputs of the middle level beside what is wanted."""
    t = np.arange(OPEN, TRIAL)
    for k, colour, event in zip(middle(block), COLOURS, EVENT, strict=True):
        axes.plot(t, block.p[k] * block.wanted(t)[:, k], color="0.5", ls="--", lw=1.0)
        axes.plot(t, look.output[..., k].T, color=colour, lw=0.4, alpha=0.5)
        axes.plot(t, look.output[..., k].mean(axis=0), color=colour, label=event)
    axes.set(xlabel="time in the trial (ms)", ylabel="what x when", ylim=(-0.4, 1.2))
    n = look.learned
    when = f"{n} trials after the switch" if look.block else f"after {n} trials"
    axes.set_title(f"the cue alone, {when}", fontsize="medium")
    axes.legend(frameon=False, fontsize="small")


def draw_levels(axes: "Axes", p: Floats, height: Floats) -> None:
    """Draw the outputs near their latencies against the probability of A."""
    for k, colour in enumerate(COLOURS):
        axes.plot(p, height[k::2], "o-", color=colour, label=EVENT[k])
    axes.set(xlabel="p(A)", ylabel="mean output near the latency")
    axes.legend(frameon=False, fontsize="small")


def draw_what(
    axes: "Axes", what: Sequence[Floats], trials: Sequence[Trial], known: Sequence[Block]
) -> None:
    """Draw the what outputs of the middle level in all trials that teach, and what is true."""
    channels = middle(known[0])
    taught = [k for k, trial in enumerate(trials) if trial.events]
    number = np.arange(1, len(taught) + 1)
    for k, colour, event in zip(channels, COLOURS, EVENT, strict=True):
        axes.plot(number, np.array(what)[taught, k], color=colour, lw=1.0, label=event)
    for p in {p for block in known for p in block.p[channels].tolist()}:
        axes.axhline(p, color="0.5", ls="--", lw=0.8)
    before = sum(trials[k].block == 0 for k in taught)
    if before < len(taught):
        axes.axvline(before + 0.5, color="black", ls=":", lw=1.0, label="switch")
    axes.set(xlabel="trial, without those of the cue alone", ylabel="what")
    axes.legend(frameon=False, fontsize="small")


def draw_errors(axes: "Axes", measures: Mapping[str, Measure]) -> None:
    """Draw the errors on the way, of the local rule and of least squares."""
    for rule, colour in (("error", "black"), ("error of least squares", "0.6")):
        names = [name for name in measures if name.startswith((f"{rule}, t", f"{rule}, s"))]
        axes.plot([measures[name].value for name in names], "o-", color=colour, label=rule)
        labels = [name.removeprefix(f"{rule}, ") for name in names]
        axes.set_xticks(range(len(names)), labels, rotation=40.0, ha="right")
    axes.tick_params("x", labelsize="small")
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, fontsize="small")


def draw_spikes(axes: "Axes", recording: Recording) -> None:
    """Draw the spikes of the first trial."""
    times, neurons = recording.spikes("cells", 0.0, TRIAL)
    axes.plot(times, neurons, ",", color="black")
    axes.set(xlabel="time in the first trial (ms)", ylabel="neuron")
