"""What `nalsm` measures: a readout's accuracy, branching factors, ranks of count matrices."""

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.scenarios._nalsm_network import Wiring

PENALTIES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)  # strengths of L2, in units of the mean loss
STEPS = 150  # of L-BFGS
WIDTH, EDGE = 4, 25  # ms: windows of the branching factor; left out at either end

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Reading(NamedTuple):
    """What a readout made of the test samples."""

    read: Ints
    accuracy: float  # %, test
    validation: float  # %, with the penalty chosen
    penalty: float


def shares(counts: Ints) -> Floats:
    """Return each neuron's share of a sample's spikes."""
    total = counts.sum(axis=1, keepdims=True, dtype=np.float64)
    share: Floats = counts / np.maximum(total, 1.0)
    return share


def readout(features: Mapping[str, Floats], labels: Mapping[str, Ints]) -> Reading:
    """Train softmax regressions, choose one by validation samples, and read the test samples.

    They begin with the strongest penalty, and each goes on from the last one.

    Parameters
    ----------
    features, labels : dict of str to ndarray
        Of the samples "train", "validation" and "test", shapes (n, features) and (n,).

    Notes
    -----
    Features are standardised by mean and standard deviation of the training samples.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    mean, sd = features["train"].mean(axis=0), features["train"].std(axis=0)
    sd[sd == 0.0] = 1.0
    train, validation, test = (
        (features[name] - mean) / sd for name in ("train", "validation", "test")
    )
    model = LogisticRegression(max_iter=STEPS, warm_start=True)
    best = Reading(np.zeros(0, np.int64), 0.0, -1.0, 0.0)
    with threadpool_limits(1), warnings.catch_warnings():
        # after so many steps the accuracy no longer changes, though the loss does
        warnings.simplefilter("ignore", ConvergenceWarning)
        for penalty in PENALTIES:
            model.set_params(C=1.0 / (penalty * len(train))).fit(train, labels["train"])
            right = accuracy(model.predict(validation), labels["validation"])
            if right > best.validation:
                read = model.predict(test)
                best = Reading(read, accuracy(read, labels["test"]), right, penalty)
    return best


def accuracy(read: Ints, labels: Ints) -> float:
    """Return how often labels were read right, in percent."""
    return 100.0 * float(np.mean(read == labels))


def branching_factor(rasters: NDArray[np.bool_], wiring: Wiring) -> float:
    """Return the branching factor, with the inputs on.

    Of each spike of a neuron: spikes of its targets in the next 4 ms over those of its sources in
    the 4 ms before, which are taken for one if there is none. The mean over a neuron's spikes, then
    over the neurons that fired, then over the samples.

    Parameters
    ----------
    rasters : ndarray of bool, shape (samples, neurons, ms)
        Who fired in which ms.
    wiring : Wiring
        Who is connected to whom.

    Raises
    ------
    ValueError
        If samples are too short for it.
    """
    from scipy.sparse import csr_array

    duration = rasters.shape[2]
    if duration <= 2 * (EDGE + WIDTH):
        raise ValueError(f"branching factor: samples must be > 58 ms, got {duration}")
    liquid = [wiring.edges["excitation"], wiring.edges["inhibition"]]
    pre = np.concatenate([edges.pre for edges in liquid])
    post = np.concatenate([edges.post for edges in liquid])
    shape = wiring.neurons, wiring.neurons
    targets = csr_array((np.ones(pre.size), (pre, post)), shape=shape)
    found = [_branching(raster.astype(float), targets) for raster in rasters]
    return float(np.mean([factor for factor in found if np.isfinite(factor)] or [np.nan]))


def _branching(raster: Floats, targets: Any) -> float:
    duration = raster.shape[1]
    raster[:, :EDGE] = raster[:, duration - EDGE :] = 0.0
    total = np.concatenate([np.zeros((len(raster), 1)), raster.cumsum(axis=1)], axis=1)
    at = np.arange(EDGE + WIDTH, duration - EDGE - WIDTH)
    after = targets @ (total[:, at + WIDTH + 1] - total[:, at + 1])
    before = targets.T @ (total[:, at] - total[:, at - WIDTH])
    fired = raster[:, at]
    ratio = fired * after / np.maximum(before, 1.0)
    spikes = fired.sum(axis=1)
    active = spikes > 0.0
    if not active.any():
        return float("nan")
    return float((ratio.sum(axis=1)[active] / spikes[active]).mean())


def rank(counts: Ints) -> int:
    """Return the rank of a matrix of spike counts."""
    return int(np.linalg.matrix_rank(counts.astype(np.float64)))


def each_class(labels: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Return random samples, equally many of each class and at most so many."""
    classes = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    size = min([most, *(members.size for members in classes)])
    return np.concatenate([rng.permutation(members)[:size] for members in classes])
