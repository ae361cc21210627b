"""A linear readout in closed form: ridge regression onto ten classes, the largest is read.

Used by `spoken_digits`. Features are square roots of spike counts, so that busy neurons do not
drown the others. There are more of them than words, so the equations are solved for the words: with
X the features less their mean over the training words, Y the classes (1 for the true one, 0 else)
less theirs,

    K = X X^T,   a = (K + n penalty mean(diag K) 1)^-1 Y,   read = largest of X' X^T a + mean Y

The penalty is chosen by cross-validation within the training words: a fifth of the takes at a time
is read by what the others taught. Words for the test are used once.

Source: Hoerl & Kennard (1970), Technometrics 12:55-67, doi:10.1080/00401706.1970.10488634.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
CLASSES = 10

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Reading(NamedTuple):
    """What a readout made of the words held out."""

    read: Ints
    accuracy: float  # %
    validated: float  # %, of the training words, by cross-validation with the penalty chosen
    penalty: float


def read(counts: Ints, label: Ints, take: Ints, held_out: NDArray[np.bool_]) -> Reading:
    """Train a readout on the words that are not held out, and read those that are.

    Parameters
    ----------
    counts : ndarray of int, shape (words, ...)
        Spikes of each word.
    label, take : ndarray of int, shape (words,)
        What was said, and which time.
    held_out : ndarray of bool, shape (words,)

    Returns
    -------
    Reading
        Of the words held out, in their order.
    """
    features = np.sqrt(counts.reshape(len(counts), -1).astype(np.float64))
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    seen = features[train] - features[train].mean(axis=0)
    gram = seen @ seen.T
    right = _validated(gram, label[train], take[train] % FOLDS)
    penalty = PENALTIES[int(np.argmax(right))]
    across = (features[test] - features[train].mean(axis=0)) @ seen.T
    found = predict(gram, label[train], across, penalty)
    accuracy = 100.0 * float(np.mean(found == label[test]))
    return Reading(found, accuracy, 100.0 * max(right), penalty)


def _validated(gram: Floats, label: Ints, fold: Ints) -> list[float]:
    """Return the share of words that are read right by the other folds, for each penalty."""
    right = np.zeros(len(PENALTIES))
    for k in np.unique(fold):
        own, others = fold == k, fold != k
        within, across = gram[np.ix_(others, others)], gram[np.ix_(own, others)]
        for j, penalty in enumerate(PENALTIES):
            right[j] += np.sum(predict(within, label[others], across, penalty) == label[own])
    return [float(r) / label.size for r in right]


def predict(gram: Floats, label: Ints, across: Floats, penalty: float) -> Ints:
    """Return the classes of new words.

    Parameters
    ----------
    gram : ndarray, shape (n, n)
        Products of the training words' features, whatever origin these have.
    label : ndarray of int, shape (n,)
        Their classes.
    across : ndarray, shape (m, n)
        Products of the new words' features with theirs.
    penalty : float
        In units of the mean diagonal of the centred products, per word.
    """
    mean = gram.mean(axis=0)
    centred = gram - mean - mean[:, np.newaxis] + mean.mean()
    new = across - across.mean(axis=1, keepdims=True) - mean + mean.mean()
    classes = np.eye(CLASSES)[label]
    level = classes.mean(axis=0)
    load = penalty * np.trace(centred)  # n penalty times the mean of the diagonal
    solved = np.linalg.solve(centred + load * np.eye(label.size), classes - level)
    found: Ints = np.argmax(new @ solved + level, axis=1)
    return found
