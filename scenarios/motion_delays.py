"""Delays that differ from synapse to synapse tell directions of motion (Grimaldi & Perrinet 2023).

Random textures move over a small event camera, 1 pixel per ms in one of 8 directions; a pixel
sends an ON or an OFF event when its brightness has changed enough. A neuron for each direction and
place hears the pixels around it over 9 delays of 0 to 8 ms (and 0.5 ms that all have): 621 weights
for each direction, positive for ON, negative for OFF. If its direction is the true one, events that
were one after the other arrive together. Its evidence is the size of what arrives in a ms, ON or
OFF, |sum of weights|, and the direction read is the one with the greatest evidence over all places.

The weights are learned beforehand, offline: softmax regression on |K . (ON - OFF)| + b with Adam.
(The size is what makes it work: rates of single pixels don't depend on direction, so a linear sum
learns nothing.) Then other movies are run event by event, through four networks side by side:

    full       all weights
    third      the largest third of them, not learned again; the others have no synapse
    tenth      the largest tenth
    collapsed  each replaced by its mean over the delays: nothing is known of the order of events

    preset    what it is for
    paper     48,000 places to learn from, 240 decisions (the default)
    quick     a quarter of both

What is kept of the paper is the task and the detector (a synapse is a weight and a delay; both
polarities with opposite weights, rectified); it is smaller: 8 directions at one speed instead of
36 motions, random instead of natural textures, a readout without leak. So accuracy is compared with
that of another program of this smaller task, by convolution. Decisions are at 15, 23 and 31 ms.

Source: Grimaldi & Perrinet (2023), Biol. Cybern. 117:373-387, doi:10.1007/s00422-023-00975-8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventsim import Sampled
from eventsim.models import Readout, SpikeSource
from eventsim.network import FromArrays, Network
from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.scenarios._moving_textures import (
    DELAYS,
    DIRECTIONS,
    FRAMES,
    SIZE,
    Floats,
    Ints,
    Kernel,
    disc,
    film,
    learn,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMMON = 0.5  # ms, what every delay has more
REST = DELAYS  # ms between two movies: nothing of one is under way in the next
AT = (15, 23, 31)  # ms, frames of a movie at which a direction is read
SHOWN = {"full": 1.0, "third": 1 / 3, "tenth": 0.1, "collapsed": 1.0}  # share of the weights
NO_LEAK = 1e15  # ms

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "quick": {"examples": 12_000, "lessons": 240, "movies": 3, "places": 32},
}
# of another program, by convolution; and how far that may be off
KNOWN = {"full": (0.975, 0.025), "third": (0.95, 0.05), "collapsed": (0.15, 0.15)}
SOURCE = "convolution: >= 0.95, >= 0.9, <= 0.3"


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    examples: int = setting(48_000, "", "places and times to learn from", at_least=100)
    lessons: int = setting(480, "", "movies they are taken from", at_least=DIRECTIONS)
    epochs: int = setting(16, "", "times that each example is seen", at_least=1)
    movies: int = setting(10, "", "of each direction, run event by event", at_least=1)
    places: int = setting(64, "", "at which there are detectors", at_least=1)


class Task(NamedTuple):
    """What is shown to the network."""

    direction: Ints  # (movies,)
    events: Ints  # (movies, frames, 48, 48): 1 ON, -1 OFF, 0 none
    row: Ints  # (places,)
    column: Ints


def variants(weight: Floats) -> dict[str, Floats]:
    """Return the weights of the four networks; those of 0 will have no synapse."""
    made = {}
    for name, share in SHOWN.items():
        least = np.quantile(np.abs(weight), 1.0 - share)
        made[name] = np.where(np.abs(weight) >= least, weight, 0.0)
    made["collapsed"] = np.broadcast_to(weight.mean(axis=0), weight.shape)
    return made


def task(settings: Settings, rng: np.random.Generator) -> Task:
    """Return the movies to be run, and where the detectors are."""
    direction = np.arange(settings.movies * DIRECTIONS) % DIRECTIONS
    places = rng.integers(0, SIZE, (2, settings.places))
    return Task(direction, film(direction, rng), *places)


def build(shown: Task, weights: Mapping[str, Floats], seed: int) -> Network:
    """Return the network: population events (ON, then OFF), and one of detectors for each variant.

    Detectors are numbered by place, then direction.
    """
    net = Network(seed=seed)
    events = net.add("events", SpikeSource(_trains(shown.events)), size=2 * SIZE**2)
    up, right = disc()
    pixel = (shown.row[:, None] + up) % SIZE * SIZE + (shown.column[:, None] + right) % SIZE
    size = shown.row.size * DIRECTIONS
    for name, weight in weights.items():
        detectors = net.add(name, Readout(tau_m=NO_LEAK), size=size)
        d, j, c = np.nonzero(weight)
        pre = pixel[:, j].ravel()
        post = (np.arange(shown.row.size)[:, None] * DIRECTIONS + c).ravel()
        w, delay = (np.tile(v, shown.row.size) for v in (weight[d, j, c], d + COMMON))
        both = FromArrays(np.concatenate([pre, pre + SIZE**2]), np.tile(post, 2))
        net.connect(
            events, detectors, both, np.concatenate([w, -w]), np.tile(delay, 2), port="spike"
        )
    return net


def _trains(events: Ints) -> list[Floats]:
    """Return the times in ms of every pixel's ON events, then of its OFF events."""
    onset = (FRAMES + REST) * np.arange(len(events))
    time = (onset[:, None] + np.arange(FRAMES)).astype(float).ravel()
    pixels = events.reshape(time.size, -1)
    return [time[pixels[:, k] == sign] for sign in (1, -1) for k in range(SIZE**2)]


def evidence(recording: Recording, name: str, movie: Ints, frame: Ints) -> Floats:
    """Return what arrived at all detectors in some frames, shape (n, places, 8).

    Detectors only add up; what arrives in a frame is the difference of two samples.
    """
    v = recording.states(name, "v").values
    at = (FRAMES + REST) * movie + frame
    arrived: Floats = v[at + 1] - v[at]
    return arrived.reshape(at.size, -1, DIRECTIONS)


def measure(
    recording: Recording, network: Network, kernel: Kernel, shown: Task, known: bool
) -> dict[str, Measure]:
    """Return how often each network reads the direction, and what it costs."""
    _, pixels = recording.spikes("events")
    counts = np.bincount(pixels, minlength=2 * SIZE**2)
    movie, frame = (k.ravel() for k in np.meshgrid(range(shown.direction.size), AT))
    measures = {}
    for name in SHOWN:
        size = np.abs(evidence(recording, name, movie, frame))
        read = (size + kernel.bias).mean(axis=1).argmax(axis=1)
        accuracy = float(np.mean(read == shown.direction[movie]))
        claim = (*KNOWN[name], SOURCE) if known and name in KNOWN else ()
        measures[f"accuracy, {name}"] = Measure(accuracy, "", *claim)
    for name in SHOWN:
        source = network.projections[f"events->{name}"].synapses.source
        arrivals = float(counts @ np.bincount(source, minlength=counts.size))
        measures[f"arrivals per event, {name}"] = Measure(arrivals / pixels.size)
    return measures


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Learn, build, run all movies event by event, measure."""
    options.say("learning")
    lessons = np.random.default_rng([options.seed, 1])
    kernel = learn(settings.examples, settings.lessons, settings.epochs, lessons)
    shown = task(settings, np.random.default_rng([options.seed, 2]))
    network = build(shown, variants(kernel.weight), options.seed)
    options.say(f"{network.size:,} pixels and detectors, {network.synapse_count:,} synapses")
    every_ms = {name: Sampled("v", every=1.0) for name in SHOWN}
    with options.simulation(network) as sim:
        recorder = options.record(sim, settings, spikes=["events"], states=every_ms)
        sim.run(float((FRAMES + REST) * shown.direction.size))
    recording = recorder.recording
    measures = measure(recording, network, kernel, shown, settings == Settings())
    return Result(measures, recording, {"kernel": kernel, "task": shown})


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw one direction's weights, accuracy against cost, and the evidence during one movie."""
    from matplotlib.figure import Figure

    kernel, shown = result.data["kernel"], result.data["task"]
    page = Figure(figsize=(10.0, 6.0), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(2, 2, height_ratios=[1.0, 2.2])
    up, right = disc()
    strip = np.full((9, 10 * DELAYS), np.nan)
    for d in range(DELAYS):
        strip[up + 4, right + 4 + 10 * d] = kernel.weight[d, :, 0]
    most = float(np.abs(kernel.weight[:, :, 0]).max())
    weights = page.add_subplot(grid[0, :], title="weights of one direction", xlabel="delay (ms)")
    weights.imshow(strip, cmap="RdBu_r", vmin=-most, vmax=most)
    weights.set(yticks=(), xticks=4 + 10 * np.arange(DELAYS))
    weights.set_xticklabels([f"{d + COMMON:g}" for d in range(DELAYS)])
    weights.spines[:].set_visible(False)
    cost = page.add_subplot(grid[1, 0], xlabel="arrivals per event", ylabel="accuracy")
    for name in SHOWN:
        at = result.measures[f"arrivals per event, {name}"].value
        accuracy = result.measures[f"accuracy, {name}"].value
        cost.plot(at, accuracy, "o", color="#c8553d" if name == "collapsed" else "#2f5d8a")
        cost.annotate(name, (at, accuracy), (5, 4), textcoords="offset points")
    cost.axhline(1.0 / DIRECTIONS, color="0.5", ls="--", lw=0.8)
    cost.set(ylim=(0.0, 1.05))
    cost.set_xlim(left=0.0)
    way = page.add_subplot(grid[1, 1], xlabel="frame (ms)", ylabel="mean evidence")
    frames = np.arange(FRAMES)
    size = np.abs(evidence(recording, "full", np.zeros_like(frames), frames)).mean(axis=1)
    for c in range(DIRECTIONS):
        true = c == shown.direction[0]
        way.plot(frames, size[:, c], color="#c8553d" if true else "0.7", lw=2.0 if true else 1.0)
    way.set_title("one movie: 8 directions, true one in colour", fontsize="medium")
    for axes in (cost, way):
        axes.spines[["top", "right"]].set_visible(False)
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("motion_delays"))
