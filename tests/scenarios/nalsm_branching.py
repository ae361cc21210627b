"""Measure the branching factor of a variant of nalsm, without counts and readout.

    python tests/scenarios/nalsm_branching.py stdp --snippets 2000 [--set dataset=nmnist ...]

Weights settle on training images of the preset `paper` (of those at hand, with dataset=nmnist), and
100 test images are shown: with weights that stand still, and, of nalsm and stdp, also while
learning goes on, as published. Needs the data, see docs/experiments.md.
"""

import argparse

import numpy as np

from eventsim import runner
from eventsim.scenario import RunOptions
from eventsim.scenarios import _nalsm_data, nalsm
from eventsim.scenarios import _nalsm_phases as phases
from eventsim.scenarios._nalsm_data import Stimuli
from eventsim.scenarios._nalsm_store import Store

FILMS = {"train": 800, "validation": 200, "test": 100}  # what there is of N-MNIST
IMAGES = 100  # of the test


def tell(settings: nalsm.Settings, options: RunOptions, job: phases.Job, last: Stimuli) -> None:
    """Show test images and say how the liquid fired."""
    recording, found = nalsm.recorded(settings, options, job, last)
    spikes = recording.spikes("liquid")[0].size
    rate = 1e3 * spikes / (last.labels.size * settings.presentation * settings.neurons)
    factor = found["branching factor"]
    how = "weights stand still" if job.learning is None else "learning goes on"
    known = "" if factor.expected is None else f" (published: {factor.expected})"
    print(f"{how}: branching factor {factor.value:.3f}{known}, {rate:.1f} Hz", flush=True)
    recording.close()


def main() -> None:
    """Settle, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variant", choices=("nalsm", "stdp", "ap_stdp", "lsm"))
    parser.add_argument("--snippets", type=int, default=2000, help="(2000)")
    parser.add_argument("--seed", type=int, default=1, help="(1)")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    given = parser.parse_args()
    films = FILMS if "dataset=nmnist" in given.changes else {}
    sizes = [f"{key}={value}" for key, value in films.items()]
    words = ["preset=paper", *sizes, f"variant={given.variant}", f"snippets={given.snippets}"]
    settings = runner.settings(nalsm, [*words, *given.changes, "extras=false"])
    options = RunOptions(seed=given.seed, quiet=True)
    data = _nalsm_data.load(settings.dataset, settings.data)
    samples = nalsm.split(settings, data)
    job = nalsm.liquid(settings, data.train.inputs, options)
    course = nalsm.settled(settings, options, job, samples["train"], Store(None, []))
    still = job if course is None else job._replace(weights=course.weights)
    last = samples["test"].only(np.arange(settings.test)[-IMAGES:])
    tell(settings, options, still, last)
    lively = nalsm.learning(settings, fading=True)
    if lively is not None:
        tell(settings, options, still._replace(learning=lively), last)


if __name__ == "__main__":
    main()
