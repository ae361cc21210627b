"""The network of `what_when`: a reservoir of many kinds of neurons, and readouts that learn.

A spike moves a potential by its weight at once, where the independent program has a current of that
size for 1 ms; the noise, there a normal number for each neuron and ms, is a Poisson train of the
same variance, and a constant current makes its mean zero.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventsim.models import (
    ErrorReadout,
    ErrorReadoutDoubleExp,
    Izhikevich,
    PoissonSource,
    Readout,
    ReadoutDoubleExp,
    Signal,
)
from eventsim.network import AllToAll, FromArrays, Network, OneToOne
from eventsim.scenarios._what_when_offline import Floats

if TYPE_CHECKING:
    from eventsim.scenarios.what_when import Settings

TRIAL, CUE_ON, OPEN = 900.0, 50.0, 100.0  # ms; the cue ends where the gate opens
BIAS, CUE = 2.0, 8.0  # pA
CUED = 0.3  # share of the neurons that hear the cue
PULSES, HOLD = 16, 5.0  # of the clock input; ms
W_EXC, W_INH = 1.0, -2.0  # mV, largest
LONGEST = 20.0  # ms, delay
TAU_RISE, TAU_DECAY = 2.0, 20.0  # ms, of what the when readouts hear
TO_READOUT = 1.0  # ms, delay
ENDLESS = 1e12  # ms: the what readouts count
WIRING = 1  # stream of random numbers


class Stimulus(NamedTuple):
    """What the reservoir hears in every trial: times in ms from its start, amplitudes in pA."""

    times: Floats
    amplitudes: Floats  # a row for each time, a column for each neuron
    feedback: Floats  # pA for a when output of 1; a row for A and B, a column for each neuron


def stimulus(settings: "Settings", rng: np.random.Generator) -> Stimulus:
    """Return the cue, then the clock: pulses in a row, at the middle of each hold; and feedback."""
    n = settings.neurons
    width = (TRIAL - OPEN) / PULSES
    begin = np.arange(OPEN, TRIAL, HOLD)
    pulse, phase = np.divmod(begin + 0.5 * HOLD - OPEN, width)
    clock = rng.uniform(-settings.clock, settings.clock, (PULSES, n))[pulse.astype(int)]
    cue = np.where(rng.permutation(n) < CUED * n, CUE, 0.0)
    amplitudes = np.vstack([cue, np.sin(np.pi * phase / width)[:, np.newaxis] * clock])
    feedback = settings.feedback * rng.uniform(-1.0, 1.0, (2, n))
    return Stimulus(np.append(CUE_ON, begin), amplitudes, feedback)


def build(settings: "Settings", seed: int) -> Network:
    """Return the network: cells (excitatory first), noise, and readouts with their errors."""
    rng = np.random.default_rng([seed, WIRING])
    n, k, tolerance = settings.neurons, settings.synapses, settings.tolerance
    inhibitory, kind = np.arange(n) >= n - n // 5, rng.uniform(size=n)
    net = Network(seed=seed)
    cell = Izhikevich(
        a=np.where(inhibitory, 0.02 + 0.08 * kind, 0.02),
        b=np.where(inhibitory, 0.25 - 0.05 * kind, 0.2),
        c=np.where(inhibitory, -65.0, -65.0 + 15.0 * kind**2),
        d=np.where(inhibitory, 2.0, 8.0 - 6.0 * kind**2),
        i_offset=BIAS - 1e-3 * settings.noise_rate * settings.noise_weight,
        rtol=tolerance, atol=tolerance,
    )  # fmt: skip
    first = {"v": -65.0 + 10.0 * rng.uniform(size=n), "u": -13.0}
    cells = net.add("cells", cell, size=n, initial=first)
    noise = net.add("noise", PoissonSource(rate=settings.noise_rate), size=n)
    net.connect(noise, cells, OneToOne(), settings.noise_weight, 1.0, port="spike")
    others = np.argsort(rng.uniform(size=(n, n - 1)), axis=1)[:, :k]
    post = others + (others >= np.arange(n)[:, np.newaxis])  # not itself
    for name, who, largest, longest in (
        ("excitation", ~inhibitory, W_EXC, LONGEST), ("inhibition", inhibitory, W_INH, 1.0)
    ):  # fmt: skip
        pre, to = np.repeat(np.flatnonzero(who), post.shape[1]), post[who].ravel()
        weight, delay = largest * rng.uniform(size=to.size), rng.uniform(1.0, longest, to.size)
        net.connect(cells, cells, FromArrays(pre, to), weight, delay, port="spike", name=name)
    _add_readouts(net, 2 * settings.levels)
    return net


def _add_readouts(net: Network, channels: int) -> None:
    """Add readouts whose rules have the rate 1 per ms: the signals are errors times rates."""
    taus = {"tau_rise": TAU_RISE, "tau_decay": TAU_DECAY}
    for name, neuron, rule in (
        ("when", ReadoutDoubleExp(**taus), ErrorReadoutDoubleExp),
        ("what", Readout(tau_m=ENDLESS), ErrorReadout),
    ):
        net.add(name, neuron, size=channels)
        error = net.add(f"{name}_error", Signal(), size=channels)
        of = taus if name == "when" else {"tau": ENDLESS}
        plasticity = rule(error=error, rate=1.0, **of)
        net.connect("cells", name, AllToAll(), 0.0, TO_READOUT, plasticity=plasticity, name=name)
