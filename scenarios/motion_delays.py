"""Delays that differ from synapse to synapse tell directions of motion (Grimaldi & Perrinet 2023).

Random textures, made by a program, move over a small event camera, 1 pixel per ms in one of 8
directions; a pixel sends an ON or an OFF event when its brightness has changed enough. A neuron for
each direction and place hears the pixels around it over 9 delays of 0 to 8 ms (and 0.5 ms that all
have): 621 weights for each direction, positive for ON, negative for OFF. If its direction is the
true one, events that were one after the other arrive together. Its evidence is the size of what
arrives in a ms, ON or OFF, |sum of weights|, and the direction read is the one with the greatest
evidence over all places.

The weights are learned beforehand, offline: softmax regression on |K . (ON - OFF)| + b with Adam.
(The size is what makes it work: rates of single pixels don't depend on direction, so a linear sum
learns nothing.) Then other movies are run event by event, through twelve networks side by side:

    full                     all weights
    half, third, fifth,      the largest half, third, ... of them, not learned again;
    tenth, twentieth,        the others have no synapse
    fiftieth
    6 delays, 4, 2, 1        only those with the 6, 4, 2, 1 shortest delays
    collapsed                each replaced by its mean over the delays: nothing is known of the
                             order of events

A weight is two synapses, from a pixel's ON and from its OFF: 1,242 of a detector with all weights.
`synapses per detector` is the mean over the directions, which don't keep equally many.

    preset    what it is for
    paper     48,000 places to learn from, 240 decisions (the default)
    quick     a quarter of both

`--set stimulus=gestures data=DIR` runs recordings of a real event camera instead, arms that circle,
six times as fast so that they come to about 1 pixel per ms. What is measured is how many turns per
second the direction of motion makes: clockwise for the performer is negative on the screen.

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
from eventsim.scenarios import _gestures
from eventsim.scenarios import _motion_pictures as pictures
from eventsim.scenarios._data_files import refuse_unread
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
from eventsim.scenarios._one_thread import on_one_thread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMMON = 0.5  # ms, what every delay has more
REST = DELAYS  # ms between two movies: nothing of one is under way in the next
AT = (15, 23, 31)  # ms, frames of a movie at which a direction is read
# share of the weights that are kept: the largest
KEPT = {
    "full": 1.0, "half": 1 / 2, "third": 1 / 3, "fifth": 1 / 5, "tenth": 1 / 10,
    "twentieth": 1 / 20, "fiftieth": 1 / 50,
}  # fmt: skip
SHORT = {"6 delays": 6, "4 delays": 4, "2 delays": 2, "1 delay": 1}  # that are kept: the shortest
SHOWN = (*KEPT, *SHORT, "collapsed")
NO_LEAK = 1e15  # ms

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "quick": {"examples": 12_000, "lessons": 240, "movies": 3, "places": 32},
}
# what is asked, by preset: at full size after another program, by convolution
ASKED: dict[str, dict[str, dict[str, Any]]] = {
    "paper": {
        "full": {"at_least": 0.95}, "third": {"at_least": 0.9}, "collapsed": {"at_most": 0.3},
    },
    "quick": {
        "full": {"at_least": 0.9}, "third": {"at_least": 0.8}, "collapsed": {"at_most": 0.3},
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    examples: int = setting(48_000, "", "places and times to learn from", at_least=100)
    lessons: int = setting(480, "", "movies they are taken from", at_least=DIRECTIONS)
    epochs: int = setting(16, "", "times that each example is seen", at_least=1)
    movies: int = setting(10, "", "of each direction, run event by event", at_least=1)
    places: int = setting(64, "", "at which there are detectors", at_least=1)
    stimulus: str = setting(
        "textures", "", "what is seen (textures: synthetic)", choices=("textures", "gestures")
    )
    data: str = setting("", "", "folder of the gestures, by default $EVENTSIM_DATA")
    speed: float = setting(6.0, "", "of gestures, times the real one", above=0)
    spacing: int = setting(6, "", "pixels between detectors of gestures", at_least=3, at_most=60)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_unread(
            "motion_delays", self.data, self.stimulus == "gestures",
            "say --set stimulus=gestures, or leave it out",
        )  # fmt: skip


class Task(NamedTuple):
    """What is shown to the network."""

    direction: Ints  # (movies,)
    events: Ints  # (movies, frames, 48, 48): 1 ON, -1 OFF, 0 none
    row: Ints  # (places,)
    column: Ints


def variants(weight: Floats) -> dict[str, Floats]:
    """Return the weights of all networks; those of 0 will have no synapse."""
    made = {}
    for name, share in KEPT.items():
        least = np.quantile(np.abs(weight), 1.0 - share)
        made[name] = np.where(np.abs(weight) >= least, weight, 0.0)
    for name, delays in SHORT.items():
        made[name] = np.where(np.arange(DELAYS)[:, None, None] < delays, weight, 0.0)
    made["collapsed"] = np.broadcast_to(weight.mean(axis=0), weight.shape)
    return made


def task(settings: Settings, rng: np.random.Generator) -> Task:
    """Return the movies to be run, and where the detectors are."""
    direction = np.arange(settings.movies * DIRECTIONS) % DIRECTIONS
    places = rng.integers(0, SIZE, (2, settings.places))
    return Task(direction, film(direction, rng), *places)


def build(
    trains: list[Floats], row: Ints, column: Ints, weights: Mapping[str, Floats], seed: int
) -> Network:
    """Return the network: population events (ON, then OFF), and one of detectors for each variant.

    Detectors are numbered by place, then direction. Beyond an edge is the opposite one.
    """
    net = Network(seed=seed)
    events = net.add("events", SpikeSource(trains), size=len(trains))
    pixels = len(trains) // 2
    width = round(pixels**0.5)
    up, right = disc()
    pixel = (row[:, None] + up) % width * width + (column[:, None] + right) % width
    for name, weight in weights.items():
        detectors = net.add(name, Readout(tau_m=NO_LEAK), size=row.size * DIRECTIONS)
        d, j, c = np.nonzero(weight)
        pre = pixel[:, j].ravel()
        post = (np.arange(row.size)[:, None] * DIRECTIONS + c).ravel()
        w, delay = (np.tile(v, row.size) for v in (weight[d, j, c], d + COMMON))
        both = FromArrays(np.concatenate([pre, pre + pixels]), np.tile(post, 2))
        net.connect(
            events, detectors, both, np.concatenate([w, -w]), np.tile(delay, 2), port="spike"
        )
    return net


def trains(events: Ints) -> list[Floats]:
    """Return the times in ms of every pixel's ON events, then of its OFF events."""
    onset = (FRAMES + REST) * np.arange(len(events))
    time = (onset[:, None] + np.arange(FRAMES)).astype(float).ravel()
    pixels = events.reshape(time.size, -1)
    return [time[pixels[:, k] == sign] for sign in (1, -1) for k in range(SIZE**2)]


def evidence(recording: Recording, name: str, frame: Ints) -> Floats:
    """Return what arrived at all detectors in some ms since the start, shape (n, places, 8).

    Detectors only add up; what arrives in a ms is the difference of two samples.
    """
    v = recording.states(name, "v").values
    arrived: Floats = v[frame + 1] - v[frame]
    return arrived.reshape(frame.size, -1, DIRECTIONS)


def measure(
    settings: Settings, recording: Recording, network: Network, kernel: Kernel, shown: Task
) -> dict[str, Measure]:
    """Return how often each network reads the direction, and what it costs."""
    claims = _claims(settings)
    _, pixels = recording.spikes("events")
    counts = np.bincount(pixels, minlength=2 * SIZE**2)
    movie, frame = (k.ravel() for k in np.meshgrid(range(shown.direction.size), AT))
    measures = {}
    for name in SHOWN:
        size = np.abs(evidence(recording, name, (FRAMES + REST) * movie + frame))
        read = (size + kernel.bias).mean(axis=1).argmax(axis=1)
        accuracy = float(np.mean(read == shown.direction[movie]))
        measures[f"accuracy, {name}"] = Measure(accuracy, "", **claims.get(name, {}))
    for name in SHOWN:
        kept = network.projections[f"events->{name}"].synapses.source.size
        measures[f"synapses per detector, {name}"] = Measure(kept / shown.row.size / DIRECTIONS)
    for name in SHOWN:
        source = network.projections[f"events->{name}"].synapses.source
        arrivals = float(counts @ np.bincount(source, minlength=counts.size))
        measures[f"arrivals per event, {name}"] = Measure(arrivals / pixels.size)
    return measures


def _claims(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what is asked of the accuracies, by network."""
    for preset, claims in ASKED.items():
        if settings == Settings(**PRESETS[preset]):
            return claims
    return {}


def measure_gestures(settings: Settings, recording: Recording, period: int) -> dict[str, Measure]:
    """Return how many turns per second the direction of motion makes in each clip."""
    measures = {}
    for k, name in enumerate(_gestures.CIRCLES):
        frames = np.arange(period * k, period * (k + 1))
        rotation = _gestures.turns(_gestures.headings(evidence(recording, "full", frames)))
        way: dict[str, Any] = {"at_least" if "counter" in name else "at_most": 0.0}
        # frames last a ms of a film that runs `speed` times as fast
        found = rotation * 1e3 / settings.speed
        measures[f"turns per s, {name}"] = Measure(found, "1/s", source="way of turning", **way)
    return measures


@on_one_thread
def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Learn, build, run all movies or gestures event by event, measure."""
    gestures = settings.stimulus == "gestures"
    clips = _gestures.load(settings.data) if gestures else {}
    options.say("learning")
    lessons = np.random.default_rng([options.seed, 1])
    kernel = learn(settings.examples, settings.lessons, settings.epochs, lessons)
    if gestures:
        return _run_gestures(settings, options, kernel, clips)
    options.say("stimulus: synthetic, moving textures")
    shown = task(settings, np.random.default_rng([options.seed, 2]))
    weights = variants(kernel.weight)
    network = build(trains(shown.events), shown.row, shown.column, weights, options.seed)
    duration = (FRAMES + REST) * shown.direction.size
    recording = _simulate(settings, options, network, list(weights), duration)
    measures = measure(settings, recording, network, kernel, shown)
    return Result(measures, recording, {"kernel": kernel, "task": shown})


def _run_gestures(
    settings: Settings, options: RunOptions, kernel: Kernel, clips: Mapping[str, _gestures.Clip]
) -> Result:
    longest = max(float(clip.time.max(initial=0.0)) for clip in clips.values())
    period = int(longest / settings.speed) + 1 + REST
    given = _gestures.trains(clips, settings.speed, float(period))
    network = build(given, *_gestures.grid(settings.spacing), {"full": kernel.weight}, options.seed)
    recording = _simulate(settings, options, network, ["full"], period * len(clips))
    measures = measure_gestures(settings, recording, period)
    return Result(measures, recording, {"kernel": kernel, "period": period})


def _simulate(
    settings: Settings, options: RunOptions, network: Network, detectors: list[str], duration: int
) -> Recording:
    options.say(f"{network.size:,} pixels and detectors, {network.synapse_count:,} synapses")
    every_ms = {name: Sampled("v", every=1.0) for name in detectors}
    with options.simulation(network) as sim:
        recorder = options.record(sim, settings, spikes=["events"], states=every_ms)
        sim.run(duration + 1.0)  # the last sample is a ms after the last frame
    return recorder.recording


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw one direction's weights, and what they read: accuracy and a movie, or the gestures."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(10.0, 6.5), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(2, 2, height_ratios=[1.0, 2.2])
    pictures.draw_weights(page.add_subplot(grid[0, :]), result.data["kernel"], COMMON)
    if "task" in result.data:
        page.suptitle("synthetic stimulus: moving textures", fontsize="medium")
        left, right = page.add_subplot(grid[1, 0]), page.add_subplot(grid[1, 1])
        kept = {"largest weights": [*KEPT], "shortest delays": ["full", *SHORT]}
        pictures.draw_accuracy(left, result.measures, kept)
        first = evidence(recording, "full", np.arange(FRAMES))
        pictures.draw_movie(right, first, int(result.data["task"].direction[0]))
    else:
        page.suptitle("recorded stimulus: gestures before an event camera", fontsize="medium")
        speed, period = recording.provenance["settings"]["speed"], result.data["period"]
        clips = evidence(recording, "full", np.arange(period * len(_gestures.CIRCLES)))
        pictures.draw_turns(page.add_subplot(grid[1, :]), clips, period, speed)
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("motion_delays"))
