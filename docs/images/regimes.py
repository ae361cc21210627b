"""Draw the four regimes of Brunel (2000), as they stand in the README.

python docs/images/regimes.py
"""

from pathlib import Path

from matplotlib.figure import Figure

from eventsim.analysis import statistics
from eventsim.recording import Recording
from eventsim.scenario import RunOptions
from eventsim.scenarios import brunel

SHOWN = 100.0  # ms
NEURONS = 100
REGIMES = {
    "SR": "synchronous, regular",
    "SI-fast": "synchronous, irregular, fast",
    "AI": "asynchronous, irregular",
    "SI-slow": "synchronous, irregular, slow",
}
RASTER, RATE = "#1f2d3d", "#c8553d"


def simulate(preset: str) -> tuple[brunel.Settings, Recording]:
    """Run one regime long enough for a picture."""
    changes = brunel.PRESETS[preset]
    settings = brunel.Settings(g=changes["g"], eta=changes["eta"], warmup=100.0, duration=SHOWN)
    return settings, brunel.run(settings, RunOptions(seed=1)).recording


def draw(figure: Figure) -> None:
    """Draw one column per regime: spikes of some neurons, the rate of all."""
    axes = figure.subplots(2, 4, sharex=True, height_ratios=[3.0, 1.0])
    for column, (preset, title) in enumerate(REGIMES.items()):
        settings, recording = simulate(preset)
        start, stop = settings.warmup, settings.warmup + settings.duration
        times, neurons = recording.spikes("exc", start, stop)
        some = neurons < NEURONS
        top, bottom = axes[:, column]
        top.plot(times[some] - start, neurons[some], ".", ms=1.6, mew=0.0, color=RASTER)
        edges = statistics.windows(start, stop, 0.5)
        rate = statistics.population_rate(times, recording.populations["exc"], edges)
        bottom.stairs(rate, edges - start, fill=True, color=RATE)
        top.set_title(f"{title}\ng = {settings.g:g}, eta = {settings.eta:g}", fontsize=9)
        top.set(ylim=(-1, NEURONS), yticks=[])
        bottom.set(xlim=(0.0, SHOWN), ylim=(0.0, None), xlabel="time (ms)")
        bottom.tick_params(labelsize=8)
        for each in (top, bottom):
            each.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel(f"{NEURONS} neurons")
    axes[1, 0].set_ylabel("rate (Hz)")


def main() -> None:
    """Write the picture beside this file."""
    figure = Figure(figsize=(11.0, 4.0), dpi=110.0, layout="constrained")
    draw(figure)
    figure.savefig(Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()
