"""A neuron-astrocyte liquid state machine reads digits (Ivanov & Michmizos 2021).

1,000 neurons in a box, wired by distance, hear an image as random spikes for 250 ms; a linear
readout learns from how often each neuron fired. The liquid itself learns beforehand, without
labels: all weights begin at their maximum, and STDP changes them while snippets of 20 ms are shown
one after the other. Its depression is what an astrocyte sets, which adds up the liquid's spikes and
takes off those of the input: more liquid spikes, more depression, until both fire equally often.

    variant    nalsm     as above; w_astro is the astrocyte's gain
               stdp      depression is fixed: the liquid runs away
               ap_stdp   STDP that the target's rate turns on and off, from weights of 1; published
                         with theta=37 and a width of 19 to 25, on N-MNIST theta=10 and 2 to 3
               lsm       no learning, all weights of size w_fixed

    preset     paper     MNIST, all 70,000 images, weights settled on 50,000 snippets
               quick     digits that come with scikit-learn, 512 neurons: to try it out (default)

Without `dataset` the images are scikit-learn's digits, 8 x 8 pixels. `--set dataset=mnist
data=DATA`, or fashion, or nmnist, takes others from a folder; EVENTSIM_DATA may name it. Weights
stand still while samples are shown; `plastic=true` lets them go on, ever less (times 0.99 each ms),
and begin anew with each sample, as was published. `jobs=2` shows samples in two processes. What is
done is kept beside the recording, in a folder NAME.parts-... for the same settings, seed, data and
version: a run that was killed goes on where it stopped if the same command is given again. Also
--overwrite takes what is there; delete the folder to do all anew. The recording is of the last 100
test samples, shown once more.

What differs from the published program, which moves in steps of 1 ms: spikes have their exact time.
A spike of weight w is a current of 1.58 w that decays with 1 ms (there w, w/e, w/e^2, ...: the same
sum), after a delay of 0.5 ms, about what a spike waits there for the end of its step;
`synapse=jump` moves the potential at once, after 1 ms, for two thirds of the time. The membrane's
time constant is that of 63/64 per ms. `tick=1` puts the inputs' spikes on whole ms, and with jumps
so all others: then many arrive at one moment, and rates are lower, as published.
`delays=distance` makes delays differ. Test images are scaled like training images. The readout is
softmax regression by L-BFGS, not Adadelta; validation samples choose its penalty.

Source: Ivanov & Michmizos (2021), NeurIPS 34:25703-25714, arXiv:2111.01760.
"""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim import __version__
from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.scenarios import _nalsm_data, _nalsm_measures, _nalsm_network
from eventsim.scenarios import _nalsm_phases as phases
from eventsim.scenarios._data_files import refuse_unread
from eventsim.scenarios._nalsm_claims import (
    FULL,
    LSM_WEIGHT,
    Published,
    asked,
    bounded,
    compared,
    known,
    of_ranks,
)
from eventsim.scenarios._nalsm_data import Stimuli
from eventsim.scenarios._nalsm_figure import figure
from eventsim.scenarios._nalsm_store import Store, digest, each

SPLIT = 20_211  # which samples are taken where not all are: the same for every network
WIRING, SNIPPETS = 0, 5  # streams of random numbers, as are the following
STREAMS = {"train": 1, "validation": 2, "test": 3, "noisy": 4}
AP_WEIGHT = 1.0  # size of all weights before ap_stdp settles
LAST = 100  # test samples that are recorded; branching factors differ by 0.2 between images
NOISE = {"nmnist": 10.0}  # sd of noise on an image's pixels, or ms by which films are shifted
PIXEL_NOISE = 125.0
CLASS_SAMPLES = 100  # of each class in a matrix whose rank is taken

# fmt: off
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"dataset": "mnist", "snippets": 50_000, "extras": True, **FULL},
    "quick": {},
}
# fmt: on

Ints = NDArray[np.integer[Any]]

__all__ = ["PRESETS", "Settings", "figure", "run"]


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    variant: str = setting(
        "nalsm", "", "how the liquid learns", choices=("nalsm", "stdp", "ap_stdp", "lsm")
    )
    dataset: str = setting(
        "digits", "", "what is read", choices=("digits", "mnist", "fashion", "nmnist")
    )
    data: str = setting("", "", "folder of the data sets, by default $EVENTSIM_DATA")
    neurons: int = setting(512, "", "of the liquid, in a box of grid points", at_least=27)
    snippets: int = setting(300, "", "shown while weights settle", at_least=1)
    train: int = setting(600, "", "samples that the readout learns from", at_least=20)
    validation: int = setting(200, "", "samples that choose its penalty", at_least=10)
    test: int = setting(400, "", "samples that it is tested with", at_least=10)
    presentation: float = setting(100.0, "ms", "for which a sample is shown", above=60.0)
    snippet: float = setting(20.0, "ms", "for which one is shown while weights settle", above=1.0)
    w_start: float = setting(3.0, "", "weights of nalsm, stdp at first", above=0, at_most=3)
    w_fixed: float = setting(LSM_WEIGHT, "", "size of all weights of lsm", above=0)
    w_astro: float = setting(0.015, "", "gain of the astrocyte", at_least=0)
    theta: float = setting(37.0, "", "calcium of ap_stdp where falls become rises", above=0)
    width: float = setting(22.0, "", "of the ranges of calcium of ap_stdp", above=0)
    plastic: bool = setting(False, "", "go on learning while samples are shown")
    synapse: str = setting(
        "current", "", "what a spike does: a current that decays, or a jump",
        choices=("current", "jump"),
    )  # fmt: skip
    delays: str = setting("equal", "", "all alike, or by distance", choices=("equal", "distance"))
    tick: float = setting(0.0, "ms", "raster of the inputs' spikes, 0 for none", at_least=0)
    extras: bool = setting(False, "", "ranks of counts; branching factor while learning goes on")
    jobs: int = setting(1, "", "processes that show samples", at_least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_unread(
            "nalsm", self.data, self.dataset != "digits",
            "say --set dataset=mnist, fashion or nmnist, or leave it out",
        )  # fmt: skip


Samples = dict[str, Stimuli]


def split(settings: Settings, data: _nalsm_data.Data) -> Samples:
    """Return random samples by what they are for, the same for every network.

    Raises
    ------
    ValueError
        If more are asked for than there are.
    """
    have, asked = data.train.labels.size, settings.train + settings.validation
    limits = {"train + validation": (asked, have), "test": (settings.test, data.test.labels.size)}
    for what, (n, most) in limits.items():
        if n > most:
            raise ValueError(f"scenario 'nalsm': {what} must be <= {most:,}, got {n:,}")
    rng = np.random.default_rng(SPLIT)
    chosen = rng.permutation(have)[:asked]
    test = data.test.only(np.sort(rng.permutation(data.test.labels.size)[: settings.test]))
    samples = {
        "train": data.train.only(np.sort(chosen[: settings.train])),
        "validation": data.train.only(np.sort(chosen[settings.train :])),
        "test": test,
    }
    if settings.extras:
        which = _nalsm_measures.each_class(test.labels, CLASS_SAMPLES, rng)
        samples["noisy"] = test.only(which).noisy(NOISE.get(settings.dataset, PIXEL_NOISE), rng)
    return samples


def learning(settings: Settings, *, fading: bool = False) -> _nalsm_network.Learning | None:
    """Return how the variant learns while snippets are shown, or, fading, samples."""
    if settings.variant == "lsm" or (fading and settings.variant == "ap_stdp"):
        return None
    if settings.variant == "ap_stdp":
        return _nalsm_network.Learning(theta=settings.theta, width=settings.width)
    gain = settings.w_astro if settings.variant == "nalsm" else 0.0
    return _nalsm_network.Learning(gain=gain, fading=fading)


def liquid(settings: Settings, inputs: int, options: RunOptions) -> phases.Job:
    """Return the liquid before it has learnt, and how samples are shown to it."""
    rng = np.random.default_rng([options.seed, WIRING])
    spread = settings.delays == "distance"
    wiring = _nalsm_network.wire(settings.neurons, inputs, spread, rng, settings.synapse)
    w = {"lsm": settings.w_fixed, "ap_stdp": AP_WEIGHT}.get(settings.variant, settings.w_start)
    return phases.Job(
        wiring, _nalsm_network.uniform_weights(wiring, w),
        phases.course(wiring, settings.presentation, settings.tick),
        engine=options.engine, threads=options.threads,
    )  # fmt: skip


def settled(
    settings: Settings, options: RunOptions, job: phases.Job, train: Stimuli, store: Store
) -> phases.Settled | None:
    """Return what the variant's learning made of the weights, or None if it has none."""
    how = learning(settings)
    if how is None:
        return None
    done = store.read("weights")
    if done is not None:
        weights = {name: done[name] for name in job.weights}
        return phases.Settled(weights, done["shown"], done["means"], done["rate"])
    rng = np.random.default_rng([options.seed, SNIPPETS])
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
    settings: Settings, options: RunOptions, job: phases.Job, samples: Samples, store: Store
) -> dict[str, Ints]:
    """Return how often each neuron fired during each sample, by what the samples are for."""
    tasks = [
        (f"{name}-{k:04d}", partial(_task, job, stimuli, which, [options.seed, STREAMS[name], k]))
        for name, stimuli in samples.items()
        for k, which in enumerate(phases.chunks(stimuli.labels.size))
    ]
    found = each(tasks, phases.count, store, settings.jobs, options.say)
    return {name: np.concatenate([c for k, c in found if k.startswith(name)]) for name in samples}


def _task(job: phases.Job, stimuli: Stimuli, which: Ints, place: list[int]) -> phases.Task:
    own = int(np.random.default_rng(place).integers(2**31))
    return phases.Task(job._replace(seed=own), stimuli.only(which))


def read(
    settings: Settings, counts: dict[str, Ints], samples: Samples
) -> tuple[dict[str, Measure], _nalsm_measures.Reading]:
    """Return what is measured of the counts, and what the readout read."""
    shares = {name: _nalsm_measures.shares(c) for name, c in counts.items()}
    labels = {name: stimuli.labels for name, stimuli in samples.items()}
    reading = _nalsm_measures.readout(shares, labels)
    seconds = 1e-3 * settings.presentation * settings.neurons
    measures = {
        "accuracy": compared(reading.accuracy, "%", known(settings).accuracy),
        "accuracy, validation": Measure(reading.validation, "%"),
        "penalty": Measure(reading.penalty),
        "liquid rate": Measure(float(counts["test"].sum(axis=1).mean()) / seconds, "Hz"),
    }
    if settings.extras:
        rng = np.random.default_rng(SPLIT)
        which = _nalsm_measures.each_class(labels["test"], CLASS_SAMPLES, rng)
        ranks = [_nalsm_measures.rank(c) for c in (counts["test"][which], counts["noisy"])]
        enough = which.size == 10 * CLASS_SAMPLES
        measures |= of_ranks(known(settings) if enough else Published(), *ranks)
    return measures, reading


def recorded(
    settings: Settings, options: RunOptions, job: phases.Job, last: Stimuli
) -> tuple[Recording, dict[str, Measure]]:
    """Record samples shown to one liquid; return the recording and what is measured of it."""
    task = phases.Task(job._replace(seed=options.seed), last)
    network, order = phases.prepared(task, copies=1)
    with options.simulation(network) as sim:
        recorder = options.record(sim, settings, spikes=["inputs", "liquid"])
        phases.show_all(sim, task, order)
    spikes = recorder.recording.spikes("inputs")[0].size
    per_ms = spikes / (last.labels.size * settings.presentation)
    learns = job.learning is not None or settings.variant in ("lsm", "ap_stdp")  # as published
    fired = phases.rasters(recorder.recording, job, last.labels.size)
    factor = _branching(settings, job, fired, learns)
    return recorder.recording, {"input spikes": Measure(per_ms, "/ms"), "branching factor": factor}


def _branching(
    settings: Settings, job: phases.Job, fired: NDArray[np.bool_], as_published: bool
) -> Measure:
    factor = _nalsm_measures.branching_factor(fired, job.wiring)
    expected = known(settings).branching if as_published else None
    return compared(factor, "", expected, 0.1)


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Let the liquid learn, show all samples, train the readout, record the last test samples."""
    data = _nalsm_data.load(settings.dataset, settings.data)
    options.say(f"data: {data.note}")
    samples = split(settings, data)
    depends = {k: v for k, v in asdict(settings).items() if k not in ("data", "jobs", "extras")}
    shown = digest([data.train, data.test])
    store = Store(options.out, [__version__, shown, depends, options.seed, options.engine])
    if store.used:
        options.say(
            f"parts of an earlier run are taken from {store.folder}; delete it to begin anew"
        )
    job = liquid(settings, data.train.inputs, options)
    course = settled(settings, options, job, samples["train"], store)
    still = job if course is None else job._replace(weights=course.weights)
    lively = still._replace(learning=learning(settings, fading=True))
    job = lively if settings.plastic else still
    counts = counted(settings, options, job, samples, store)
    options.say("training the readout")
    measures, reading = read(settings, counts, samples)
    options.say("recording the last test samples")
    last = samples["test"].only(np.arange(max(settings.test - LAST, 0), settings.test))
    recording, seen = recorded(settings, options, job, last)
    measures |= seen
    if course is not None:
        mean = float(still.weights["excitation"].mean())
        measures["mean excitatory weight"] = Measure(mean)
    if settings.extras and lively.learning is not None and not settings.plastic:
        watched, seen = recorded(settings, replace(options, out=None), lively, last)
        watched.close()
        measures["branching factor, learning"] = seen["branching factor"]
    bounds = asked(settings, quick=replace(settings, jobs=1) == Settings(**PRESETS["quick"]))
    measures = {name: bounded(m, bounds.get(name, {})) for name, m in measures.items()}
    data_of_figure = {
        "settled": course, "weights": still.weights, "reading": reading,
        "labels": samples["test"].labels, "note": data.note,
    }  # fmt: skip
    return Result(measures, recording, data_of_figure)


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("nalsm"))
