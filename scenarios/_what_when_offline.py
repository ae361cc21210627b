"""What is computed from the recorded spikes of `what_when`: filtered spikes, least squares, errors.

Nothing here takes part in the simulation.
"""

from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim import elementary
from eventsim.cascade import peak

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]


def filtered(
    times: Floats, neurons: Ints, size: int, at: Floats, tau_rise: float, tau_decay: float
) -> Floats:
    """Return the spikes of each neuron, filtered to courses that rise and decay, of peak 1.

    Parameters
    ----------
    times, neurons : ndarray, shape (n,)
        Spikes, in ms; those after the last of `at` count for nothing.
    size : int
        Number of neurons.
    at : ndarray of float64, shape (m,)
        When the courses are asked for, in ms, increasing.
    tau_rise, tau_decay : float
        Time constants in ms, different ones.

    Returns
    -------
    ndarray of float64, shape (m, size)
        Exact at these times: each spike is brought to the next of them in closed form.
    """
    height = tau_decay * tau_rise / (tau_decay - tau_rise) / peak(tau_rise, tau_decay)
    row = np.searchsorted(at, times)
    seen = row < at.size
    row, who, age = row[seen], neurons[seen], at[row[seen]] - times[seen]
    total = np.zeros((at.size, size))
    for tau, sign in ((tau_decay, height), (tau_rise, -height)):
        course = np.zeros((at.size, size))
        np.add.at(course, (row, who), sign * elementary.exp(-age / tau))
        for k in range(1, at.size):
            course[k] += course[k - 1] * exp(-(at[k] - at[k - 1]) / tau)
        total += course
    return total


class LeastSquares:
    """Recursive least squares: the weights that fit all samples so far, without forgetting.

    Parameters
    ----------
    size : int
        Number of inputs.
    prior : float
        Variance of the weights before any sample: P(0) = prior times the identity. After all
        samples the weights minimise the squared error plus |w|^2 / prior.
    """

    def __init__(self, size: int, prior: float) -> None:
        self.covariance = prior * np.eye(size)
        self.weights = np.zeros(size)

    def learn(self, inputs: Floats, targets: Floats) -> None:
        """Take samples, `inputs` of shape (n, size): at once what one by one would give."""
        seen = self.covariance @ inputs.T
        gain = np.linalg.solve(np.eye(targets.size) + inputs @ seen, seen.T).T
        self.weights += gain @ (targets - inputs @ self.weights)
        self.covariance -= gain @ seen.T


def normalised_error(output: Floats, wanted: Floats) -> float:
    """Return the root of the summed squared error, in units of what silence would make.

    `output` has any number of leading axes, such as trials, over which errors are summed.
    """
    every = np.broadcast_to(wanted, output.shape)
    return float(np.sqrt(((output - every) ** 2).sum() / (every**2).sum()))


def largest_cosine(some: Floats, others: Floats) -> float:
    """Return the largest |cosine| between a row of `some` and one of `others`, but for zeros."""
    unit = []
    for rows in (some, others):
        length = np.linalg.norm(rows, axis=1)
        unit.append(rows[length > 0.0] / length[length > 0.0, np.newaxis])
    return float(np.abs(unit[0] @ unit[1].T).max(initial=0.0))
