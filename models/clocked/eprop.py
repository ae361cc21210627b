"""Learning by eligibility propagation (e-prop) in recurrent networks of LIF and ALIF, in steps.

The loss gradient is approximated forward in time: a learning signal for each neuron times an
eligibility trace for each synapse. One step after the other, s the inputs, z the spikes:

    v     <- alpha v + scale (w_in s + w_rec z) - theta z            the z of the step before
    a     <- rho a + z                                               raises the threshold
    z     <- 1 where v >= theta + beta a, unless refractory
    psi   =  gamma / theta max(0, 1 - |v - theta - beta a| / theta), 0 while refractory
    x     <- alpha x + scale s,  or z of the step before             for each sender
    e     =  psi (x - beta r),  r <- rho r + e                       for each synapse
    f     <- kappa f + (1 - kappa) e                                 as the readout sees it
    y     <- kappa y + (1 - kappa) w_out z                           readouts
    gradient = sum over steps of l f + c_reg (rate - rate wanted) / steps e,  l = feedback (y - y*)

It is the setting of the published numbers. In continuous time, for LIF: the rule `Eprop`.

Source: Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nat. Commun. 11:3625,
doi:10.1038/s41467-020-17236-y.
Verified against: the losses of two tasks, LIF and ALIF, in NEST and in the authors' tutorials.
"""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Weights(NamedTuple):
    """Weights of a network, or their gradient; n neurons, m inputs, k readouts."""

    w_in: Floats  # (n, m)
    w_rec: Floats  # (n, n); its diagonal stays 0
    w_out: Floats  # (k, n)


class Setting(NamedTuple):
    """Constants of a network; times in steps (ms in what was published).

    `beta` is the rise of the threshold at a spike: one for all neurons, or one each, 0 for LIF.
    `normalised` weighs input by 1 - alpha. `softmax` readouts have the cross-entropy as their loss,
    others half the squared error. A loss counts in the last `window` steps, or in all if that is 0.
    """

    tau_m: float = 30.0
    tau_out: float = 30.0
    tau_a: float = 2000.0
    theta: float = 0.03
    beta: float | Floats = 0.0
    t_ref: int = 0
    gamma: float = 0.3
    normalised: bool = True
    softmax: bool = False
    window: int = 0
    c_reg: float = 300.0
    rate: float = 0.01  # spikes per step that regularisation aims at


class Course(NamedTuple):
    """What a network did: one row for each step."""

    spikes: Floats  # (steps, n) 0 or 1
    psi: Floats  # (steps, n) surrogate of the spike's derivative
    readout: Floats  # (steps, k)


def run(inputs: Floats, w: Weights, setting: Setting) -> Course:
    """Take a network through its inputs, shape (steps, m), from rest."""
    g, n = setting, len(w.w_rec)
    alpha, kappa, rho = exp(-1.0 / g.tau_m), exp(-1.0 / g.tau_out), exp(-1.0 / g.tau_a)
    scale = 1.0 - alpha if g.normalised else 1.0
    v, a, z, deaf, y = (np.zeros(n) for _ in range(5))
    y = np.zeros(len(w.w_out))
    course = Course(*(np.empty((len(inputs), size)) for size in (n, n, y.size)))
    for t, s in enumerate(inputs):
        v = alpha * v + scale * (w.w_in @ s + w.w_rec @ z) - g.theta * z
        a = rho * a + z
        above, ready = v - (g.theta + g.beta * a), deaf == 0
        z = ((above >= 0.0) & ready).astype(np.float64)
        course.psi[t] = g.gamma / g.theta * np.maximum(0.0, 1.0 - np.abs(above) / g.theta) * ready
        deaf = np.clip(deaf + g.t_ref * z - 1, 0, g.t_ref)
        y = kappa * y + (1.0 - kappa) * (w.w_out @ z)
        course.spikes[t], course.readout[t] = z, y
    return course


def errors(course: Course, target: Floats, setting: Setting) -> tuple[float, Floats]:
    """Return the loss, and how far each readout is off in each step.

    Parameters
    ----------
    target : ndarray, shape (steps, k)
        What the readouts should give; for softmax readouts probabilities.
    """
    off = course.readout - target
    loss = 0.5 * off**2
    if setting.softmax:
        raised = course.readout - course.readout.max(axis=1, keepdims=True)
        log_p = raised - np.log(np.exp(raised).sum(axis=1, keepdims=True))
        off, loss = np.exp(log_p) - target, -target * log_p
    first = len(target) - setting.window if setting.window else 0
    off[:first] = 0.0
    return float(loss[first:].sum()), off


def gradient(
    inputs: Floats, course: Course, off: Floats, feedback: Floats, setting: Setting,
    rates: Floats | None = None,
) -> Weights:  # fmt: skip
    """Return the gradient that e-prop finds, by traces that run forward in time.

    Parameters
    ----------
    inputs, course
        As for, and from, `run`.
    off : ndarray, shape (steps, k)
        From `errors`.
    feedback : ndarray, shape (n, k)
        How the error of each readout reaches each neuron.
    rates : ndarray, shape (n,), optional
        Spikes per step, for regularisation; by default those of this course.
    """
    g, (steps, n) = setting, course.spikes.shape
    alpha, kappa, rho = exp(-1.0 / g.tau_m), exp(-1.0 / g.tau_out), exp(-1.0 / g.tau_a)
    scale, m = 1.0 - alpha if g.normalised else 1.0, inputs.shape[1]
    senders = np.hstack([inputs, np.vstack([np.zeros(n), course.spikes[:-1]])])
    beta = np.broadcast_to(np.asarray(g.beta, np.float64), n)[:, np.newaxis]
    adapting = bool(beta.any())
    signal = off @ feedback.T
    f_total, e_total = np.zeros((n, m + n)), np.zeros((n, m + n))
    x, r, f = np.zeros(m + n), np.zeros((n, m + n)), np.zeros((n, m + n))
    for t in range(steps):
        x = alpha * x + scale * senders[t]
        e = course.psi[t][:, np.newaxis] * (x - beta * r if adapting else x)
        if adapting:
            r = rho * r + e
        f = kappa * f + (1.0 - kappa) * e
        f_total += signal[t][:, np.newaxis] * f
        e_total += e
    mean = course.spikes.mean(axis=0) if rates is None else rates
    total = f_total + (g.c_reg / steps * (mean - g.rate))[:, np.newaxis] * e_total
    np.fill_diagonal(total[:, m:], 0.0)
    return Weights(total[:, :m], total[:, m:], off.T @ _filtered(course.spikes, kappa))


def _filtered(spikes: Floats, kappa: float) -> Floats:
    out, y = np.empty_like(spikes), np.zeros(spikes.shape[1])
    for t, z in enumerate(spikes):
        y = kappa * y + (1.0 - kappa) * z
        out[t] = y
    return out


def descend(w: Weights, by: Weights, rate: float) -> Weights:
    """Take one step down the gradient."""
    return Weights(*(a - rate * b for a, b in zip(w, by, strict=True)))


class Adam:
    """Steps that follow the mean gradient over its spread; one pair of moments for each weight."""

    def __init__(self, rate: float, decay: tuple[float, float] = (0.9, 0.999)) -> None:
        self.rate, self.decay, self.steps = rate, decay, 0
        self.mean: Sequence[Floats | float] = (0.0, 0.0, 0.0)
        self.square: Sequence[Floats | float] = (0.0, 0.0, 0.0)

    def descend(self, w: Weights, by: Weights) -> Weights:
        """Take one step."""
        b1, b2 = self.decay
        self.steps += 1
        self.mean = [b1 * m + (1.0 - b1) * d for m, d in zip(self.mean, by, strict=True)]
        self.square = [b2 * s + (1.0 - b2) * d * d for s, d in zip(self.square, by, strict=True)]
        rate = self.rate * (1.0 - b2**self.steps) ** 0.5 / (1.0 - b1**self.steps)
        step = (m / (np.sqrt(s) + 1e-8) for m, s in zip(self.mean, self.square, strict=True))
        return Weights(*(a - rate * d for a, d in zip(w, step, strict=True)))
