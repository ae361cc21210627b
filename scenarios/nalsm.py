"""A neuron-astrocyte liquid state machine reads digits (Ivanov & Michmizos 2021).

1,000 neurons in a box, wired by distance, hear an image as random spikes for 250 ms; a linear
readout learns from how often each neuron fired. The liquid itself learns beforehand, without
labels: all weights begin at their maximum, and STDP changes them while snippets of 20 ms are shown
one after the other. Its depression is what an astrocyte sets, which adds up the liquid's spikes and
takes off those of the input: more liquid spikes, more depression, until both fire equally often.

    variant    nalsm     as above; w_astro is the astrocyte's gain
               stdp      depression is fixed: the liquid runs away
               ap_stdp   STDP that the target's rate turns on and off, from weights of w_fixed
               lsm       no learning, all weights of size w_fixed

    preset     paper     MNIST, all 70,000 images, weights settled on 50,000 snippets
               quick     digits that come with scikit-learn, 125 neurons: to try it out (default)

Without `dataset` the images are scikit-learn's digits, 8 x 8 pixels. `--set dataset=mnist
data=DATA`, or fashion, or nmnist, takes others from a folder; EVENTSIM_DATA may name it. Weights
stand still while samples are shown; `plastic=true` lets them go on, ever less (times 0.99 each ms),
and begin anew with each sample, as was published. `jobs=2` shows samples in two processes. What is
done is kept beside the recording: a run that was killed goes on where it stopped if the same
command is given again. The recording is of the last 20 test samples, shown once more.

What differs from the published program, which moves in steps of 1 ms: spikes have their exact time,
a spike moves the potential at once by 1.58 w (there by w, w/e, w/e^2, ...: the same sum) after a
delay of 1 ms; the time constant is that of 63/64 per ms. `tick=1` puts the inputs' spikes on whole
ms, and so all others: then many arrive at one moment, and rates are lower, as published.
`delays=distance` makes delays differ. The test images are scaled like the training ones. Of the
classifiers' training only the labels are alike: softmax regression by L-BFGS, its penalty chosen by
validation samples.

Source: Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.scenarios import _nalsm_data as data_room
from eventsim.scenarios import _nalsm_measures as measures_room
from eventsim.scenarios import _nalsm_network as network_room
from eventsim.scenarios import _nalsm_phases as phases
from eventsim.scenarios._nalsm_store import Store, each

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPLIT = 20_211  # which samples are taken where not all are: the same for every network
WIRING, TRAIN, VALIDATION, TEST, NOISY, SHOWN = range(6)  # streams of random numbers
LAST = 20  # test samples that are recorded
NOISE = {"nmnist": 10.0}  # sd of noise on an image's pixels, or ms by which films are shifted
PIXEL_NOISE = 125.0
CLASS_SAMPLES = 100  # of each class in a matrix whose rank is taken

# fmt: off
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {
        "dataset": "mnist", "neurons": 1000, "snippets": 50_000, "train": 50_000,
        "validation": 10_000, "test": 10_000, "presentation": 250.0, "kernel": True,
    },
    "quick": {},
}
# fmt: on
# accuracy in % and branching factor as published; how far off counts as reproduced
PUBLISHED = {
    ("nalsm", "mnist"): (95.96, 1.246),
    ("nalsm", "fashion"): (83.05, 1.197),
    ("nalsm", "nmnist"): (95.90, 1.129),
    ("lsm", "mnist"): (95.22, 0.863),
    ("lsm", "nmnist"): (94.86, 0.994),
    ("stdp", "mnist"): (89.47, 1.415),
    ("stdp", "nmnist"): (86.80, 1.368),
    ("ap_stdp", "mnist"): (95.49, 0.916),
    ("ap_stdp", "nmnist"): (95.23, 0.824),
}  # fmt: skip
PAPER = "Ivanov & Michmizos 2021"

Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    variant: str = setting(
        "nalsm", "", "how the liquid learns", choices=("nalsm", "stdp", "ap_stdp", "lsm")
    )
    dataset: str = setting(
        "digits", "", "what is read", choices=("digits", "mnist", "fashion", "nmnist")
    )
    data: str = setting("", "", "folder of the data sets, by default $EVENTSIM_DATA")
    neurons: int = setting(125, "", "of the liquid, in a box of grid points", at_least=27)
    snippets: int = setting(300, "", "shown while weights settle", at_least=1)
    train: int = setting(600, "", "samples that the readout learns from", at_least=20)
    validation: int = setting(200, "", "samples that choose its penalty", at_least=10)
    test: int = setting(400, "", "samples that it is tested with", at_least=LAST)
    presentation: float = setting(100.0, "ms", "for which a sample is shown", above=60.0)
    snippet: float = setting(20.0, "ms", "for which one is shown while weights settle", above=1.0)
    w_start: float = setting(3.0, "", "size of all weights before they settle", above=0, at_most=3)
    w_fixed: float = setting(0.7, "", "size of all weights of lsm, first ones of ap_stdp", above=0)
    w_astro: float = setting(0.015, "", "gain of the astrocyte", at_least=0)
    theta: float = setting(37.0, "", "calcium of ap_stdp where falls become rises", above=0)
    width: float = setting(22.0, "", "of the ranges of calcium of ap_stdp", above=0)
    plastic: bool = setting(False, "", "go on learning while samples are shown")
    delays: str = setting("equal", "", "1 ms, or by distance", choices=("equal", "distance"))
    tick: float = setting(0.0, "ms", "raster of the inputs' spikes, 0 for none", at_least=0)
    kernel: bool = setting(False, "", "take ranks of count matrices, of noisy samples too")
    jobs: int = setting(1, "", "processes that show samples", at_least=1)


class Split(NamedTuple):
    """Samples by what they are for."""

    train: data_room.Stimuli
    validation: data_room.Stimuli
    test: data_room.Stimuli


def split(settings: Settings, data: data_room.Data) -> Split:
    """Return random samples, the same for every network; refuse more than there are."""
    have, asked = data.train.labels.size, settings.train + settings.validation
    for what, n, most in (("train + validation", asked, have),
                          ("test", settings.test, data.test.labels.size)):  # fmt: skip
        if n > most:
            raise ValueError(f"scenario 'nalsm': {what} must be <= {most:,}, got {n:,}")
    rng = np.random.default_rng(SPLIT)
    chosen = rng.permutation(have)[:asked]
    test = np.sort(rng.permutation(data.test.labels.size)[: settings.test])
    return Split(
        data.train.only(np.sort(chosen[: settings.train])),
        data.train.only(np.sort(chosen[settings.train :])),
        data.test.only(test),
    )


def learning(settings: Settings) -> network_room.Learning | None:
    """Return how the variant learns while snippets are shown."""
    if settings.variant == "lsm":
        return None
    if settings.variant == "ap_stdp":
        return network_room.Learning(theta=settings.theta, width=settings.width)
    return network_room.Learning(gain=settings.w_astro if settings.variant == "nalsm" else 0.0)


def liquid(settings: Settings, inputs: int, options: RunOptions) -> phases.Job:
    """Return the liquid before it has learnt, and how samples are shown to it."""
    rng = np.random.default_rng([options.seed, WIRING])
    wiring = network_room.wire(settings.neurons, inputs, settings.delays == "distance", rng)
    w = settings.w_fixed if settings.variant in ("lsm", "ap_stdp") else settings.w_start
    return phases.Job(
        wiring, network_room.uniform_weights(wiring, w),
        phases.course(wiring, settings.presentation, settings.tick),
        engine=options.engine, threads=options.threads,
    )  # fmt: skip


def settled(
    settings: Settings, options: RunOptions, job: phases.Job, train: data_room.Stimuli, store: Store
) -> phases.Settled | None:
    """Return what the variant's learning made of the weights, or None if it has none."""
    how = learning(settings)
    if how is None:
        return None
    done = store.read("weights")
    if done is not None:
        weights = {name: done[name] for name in job.weights}
        return phases.Settled(weights, done["shown"], done["means"], done["rate"])
    rng = np.random.default_rng([options.seed, SHOWN])
    turns = -(-settings.snippets // train.labels.size)
    order = np.concatenate([rng.permutation(train.labels.size) for _ in range(turns)])
    snippets = job._replace(
        learning=how, seed=options.seed,
        course=phases.course(job.wiring, settings.snippet, settings.tick),
    )  # fmt: skip
    result = phases.settle(
        snippets, train, order[: settings.snippets], store.path("settling.ckpt"), options.say
    )
    table = {"shown": result.shown, "means": result.means, "rate": result.rate}
    store.write("weights", {**result.weights, **table})
    return result


def counted(
    settings: Settings, options: RunOptions, job: phases.Job, store: Store,
    sets: dict[str, tuple[int, data_room.Stimuli]],
) -> dict[str, Ints]:  # fmt: skip
    """Return how often each neuron fired during each sample, for sets of samples by name."""
    tasks: list[tuple[str, Callable[[], phases.Task]]] = []
    owner = []
    for name, (stream, stimuli) in sets.items():
        for k, which in enumerate(phases.chunks(stimuli.labels.size)):
            make = partial(_task, job, stimuli, which, options.seed, stream, k)
            tasks.append((f"{name}-{k:04d}", make))
            owner.append(name)
    found = each(tasks, phases.count, store, settings.jobs, options.say)
    return {
        name: np.concatenate([part for part, of in zip(found, owner, strict=True) if of == name])
        for name in sets
    }


def _task(
    job: phases.Job, stimuli: data_room.Stimuli, which: Ints, seed: int, stream: int, k: int
) -> phases.Task:
    own = int(np.random.default_rng([seed, stream, k]).integers(2**31))
    return phases.Task(job._replace(seed=own), stimuli.only(which))


def noisy(settings: Settings, test: data_room.Stimuli) -> data_room.Stimuli:
    """Return test samples with noise, equally many of each class."""
    rng = np.random.default_rng([SPLIT, NOISY])
    which = measures_room.each_class(test.labels, CLASS_SAMPLES, rng)
    return test.only(which).noisy(NOISE.get(settings.dataset, PIXEL_NOISE), rng)


def measure(
    settings: Settings, counts: dict[str, Ints], samples: Split, branching: float, rate: float
) -> tuple[dict[str, Measure], measures_room.Reading]:
    """Return the numbers measured, and what the readout read."""
    shares = {name: measures_room.shares(c) for name, c in counts.items()}
    reading = measures_room.readout(
        shares["train"], samples.train.labels, shares["validation"], samples.validation.labels,
        shares["test"], samples.test.labels,
    )  # fmt: skip
    known = PUBLISHED.get((settings.variant, settings.dataset), (None, None))
    full = settings.neurons == 1000 and settings.presentation == 250.0
    accuracy, factor = known if full else (None, None)
    seconds = 1e-3 * settings.presentation * settings.neurons
    measures = {
        "accuracy": Measure(reading.accuracy, "%", accuracy, source=PAPER),
        "accuracy, validation": Measure(reading.validation, "%"),
        "penalty": Measure(reading.penalty),
        "liquid rate": Measure(float(counts["test"].sum(axis=1).mean()) / seconds, "Hz"),
        "input spikes": Measure(rate, "/ms"),
        "branching factor": Measure(
            branching, "", factor, None if factor is None else 0.1 * factor, PAPER
        ),
    }
    if settings.kernel:
        rng = np.random.default_rng([SPLIT, TEST])
        which = measures_room.each_class(samples.test.labels, CLASS_SAMPLES, rng)
        measures["rank, separation"] = Measure(measures_room.rank(counts["test"][which]))
        measures["rank, noisy samples"] = Measure(measures_room.rank(counts["noisy"]))
    return measures, reading


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Let the liquid learn, show all samples, train the readout, record the last test samples."""
    data = data_room.load(settings.dataset, settings.data)
    options.say(f"data: {data.note}")
    samples = split(settings, data)
    depends = {k: v for k, v in asdict(settings).items() if k not in ("data", "jobs")}
    store = Store(options.out, [depends, options.seed, options.engine])
    job = liquid(settings, data.train.inputs, options)
    result, how = settled(settings, options, job, samples.train, store), learning(settings)
    if result is not None:
        job = job._replace(weights=result.weights)
    if settings.plastic and how is not None and settings.variant != "ap_stdp":
        job = job._replace(learning=how._replace(fading=True))
    sets = {
        "train": (TRAIN, samples.train), "validation": (VALIDATION, samples.validation),
        "test": (TEST, samples.test),
    }  # fmt: skip
    if settings.kernel:
        sets["noisy"] = NOISY, noisy(settings, samples.test)
    counts = counted(settings, options, job, store, sets)
    options.say("recording the last test samples, training the readout")
    recording, rasters = _recorded(settings, options, job, samples.test)
    inputs, _ = recording.spikes("inputs")
    factor = measures_room.branching_factor(rasters, job.wiring)
    measures, reading = measure(
        settings, counts, samples, factor, inputs.size / (LAST * settings.presentation)
    )
    found = {"settled": result, "weights": job.weights, "reading": reading, "note": data.note}
    return Result(measures, recording, {**found, "labels": samples.test.labels})


def _recorded(
    settings: Settings, options: RunOptions, job: phases.Job, test: data_room.Stimuli
) -> tuple[Recording, NDArray[np.bool_]]:
    """Record the last test samples; return the recording and who fired in which ms of each."""
    last = test.only(np.arange(test.labels.size - LAST, test.labels.size))
    task = phases.Task(job._replace(seed=options.seed), last)
    network, order = phases.prepared(task, copies=1)
    with options.simulation(network) as sim:
        recorder = options.record(sim, settings, spikes=["inputs", "liquid"])
        phases.show_all(sim, task, order)
    recording = recorder.recording
    return recording, phases.rasters(recording, job, LAST)


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw some samples, weights, how they settled, and what was read as what."""
    from matplotlib.figure import Figure

    from eventsim.analysis import plots
    from eventsim.scenarios.digits import draw_confusion

    settings = Settings(**recording.provenance["settings"])
    page = Figure(figsize=(10.0, 8.0), dpi=150.0, layout="constrained")
    page.suptitle(f"{settings.variant}: {result.data['note']}", fontsize="medium")
    grid = page.add_gridspec(2, 3, height_ratios=[1.2, 1.0])
    stop = 3.0 * settings.presentation
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


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("nalsm"))
