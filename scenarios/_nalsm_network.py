"""The liquid of `nalsm`: who is connected to whom, and the network made of it.

A box of grid points holds one neuron each, in random order, four fifths of them excitatory. Two
neurons at distance D are connected with probability C exp(-(D / 3)^2), C by their types; inputs
with 15 % of all pairs of input and neuron, of random sign.

What a spike does at a synapse of weight w is 1.58 w mV in all, either way:

    current    w/ms at first, decaying with 1 ms. Published: w, w/e, ... from the ms in which the
               spike is found, on average half a ms after the threshold was crossed: the delay here
    jump       at once, after a delay of 1 ms
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.model import Neuron
from eventsim.models import (
    AstrocyteSTDP,
    AstrocyteSTDPInhibitory,
    AstrocyteSTDPPaced,
    AstrocyteSTDPPacedInhibitory,
    GlobalAstrocyte,
    LIFDeadTime,
    LIFExpDeadTime,
    Modulator,
    STDPActivity,
)
from eventsim.network import AllToAll, FromArrays, Network
from eventsim.rule import Plasticity

TAU_M = -1.0 / np.log(63.0 / 64.0)  # ms: x 63/64 per ms
THRESHOLD, DEAD_TIME = 20.0, 3.0  # mV above rest, ms
JUMP = 1.0 / (1.0 - np.exp(-1.0))  # mV (or pA): what 1, 1/e, 1/e^2, ... add up to
W_MAX = 3.0  # largest weight, in units of JUMP
TAU_SYN, C_M = 1.0, 1.0  # ms, pF: a current of 1 pA leads to 1 mV
DELAY = {"current": 0.5, "jump": 1.0}  # ms, of all synapses where delays are equal
LENGTH = 3.0  # grid units, of the connection probability
CLOSENESS = np.array([[0.2, 0.1], [0.3, 0.05]])  # C, from (row) and to (column): exc, inh
INPUT_SHARE = 0.15
A_PLUS, SCALE, TAU_STDP = 0.15, 0.1, 10.0  # amplitude, trace of a spike, ms
TAU_PACE = -1.0 / np.log(0.99)  # ms: x 0.99 per ms

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Edges(NamedTuple):
    """Synapses of one projection."""

    pre: Ints
    post: Ints
    delay: Floats  # ms


class Wiring(NamedTuple):
    """Who is connected to whom; excitatory neurons come first.

    Synapses stand in the order in which a simulation gives their weights.
    """

    inputs: int
    neurons: int
    excitatory: int
    edges: dict[str, Edges]  # "excitation", "inhibition", "input"
    sign: Floats  # of each input synapse
    position: Ints  # (neurons, 3), grid points
    synapse: str  # what a spike does: "current" or "jump"


Weights = dict[str, Floats]  # in units of JUMP, by projection


def box(neurons: int) -> tuple[int, int, int]:
    """Return the sides of the box of so many grid points that is nearest to a cube."""
    fits = [
        (a, b, neurons // (a * b))
        for a in range(1, round(neurons ** (1 / 3)) + 1)
        for b in range(a, int((neurons / a) ** 0.5) + 1)
        if neurons % (a * b) == 0
    ]
    return min(fits, key=lambda sides: sides[2] - sides[0])


def wire(
    neurons: int, inputs: int, spread: bool, rng: np.random.Generator, synapse: str = "current"
) -> Wiring:
    """Draw a liquid.

    Parameters
    ----------
    neurons, inputs : int
        How many.
    spread : bool
        Whether delays differ: 0.5 ms and 1 ms for 4 grid units, inputs 0.5 to 1.5 ms.
    rng : numpy.random.Generator
        The only source of randomness.
    synapse : str
        What a spike does, "current" or "jump".
    """
    sides = box(neurons)
    position = rng.permutation(np.stack(np.unravel_index(np.arange(neurons), sides), axis=1))
    inhibitory = np.arange(neurons) >= round(0.8 * neurons)
    pre, post, distance = _liquid_pairs(position, inhibitory.astype(np.int64), rng)
    delay = 0.5 + distance / 4.0 if spread else np.full(pre.size, DELAY[synapse])
    edges = {
        name: _in_order(pre[chosen], post[chosen], delay[chosen])
        for name, chosen in (("excitation", ~inhibitory[pre]), ("inhibition", inhibitory[pre]))
    }
    count = round(INPUT_SHARE * inputs * neurons)
    pre, post = np.divmod(rng.choice(inputs * neurons, count, replace=False), neurons)
    delay = rng.uniform(0.5, 1.5, count) if spread else np.full(count, DELAY[synapse])
    edges["input"] = _in_order(pre, post, delay)
    sign = rng.choice([-1.0, 1.0], count)
    return Wiring(inputs, neurons, int((~inhibitory).sum()), edges, sign, position, synapse)


def _in_order(pre: Ints, post: Ints, delay: Floats) -> Edges:
    order = np.lexsort((post, delay, pre))
    return Edges(pre[order], post[order], delay[order])


def _liquid_pairs(
    position: Ints, kind: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    """Return pre, post and distance of the pairs drawn, one source after the other."""
    found = []
    for i, here in enumerate(position):
        distance = np.sqrt(((position - here) ** 2).sum(axis=1))
        chance = CLOSENESS[kind[i], kind] * np.exp(-((distance / LENGTH) ** 2))
        chance[i] = 0.0
        post = np.flatnonzero(rng.random(kind.size) < chance)
        found.append((np.full(post.size, i), post, distance[post]))
    pre, post, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    return pre, post, distance


def uniform_weights(wiring: Wiring, w: float) -> Weights:
    """Return weights of one size."""
    edges = wiring.edges
    return {
        "excitation": np.full(edges["excitation"].pre.size, w),
        "inhibition": np.full(edges["inhibition"].pre.size, -w),
        "input": w * wiring.sign,
    }


def longest_delay(wiring: Wiring) -> float:
    """Return the longest delay in ms."""
    return max(float(edges.delay.max(initial=0.0)) for edges in wiring.edges.values())


class Learning(NamedTuple):
    """How weights change."""

    gain: float = 0.0  # of the astrocyte; 0: it stays at rest, and STDP is plain
    fading: bool = False  # whether every change is multiplied by 0.99 more each ms
    theta: float = 0.0  # of STDP that the target's rate turns on and off; 0: not that rule
    width: float = 0.0


def build(
    wiring: Wiring, weights: Weights, inputs: Neuron, seed: int, *, copies: int = 1,
    learning: Learning | None = None,
) -> Network:  # fmt: skip
    """Return a network: populations inputs and liquid, and the modulators that learning needs.

    Parameters
    ----------
    wiring, weights : Wiring, dict of str to ndarray
        The liquid.
    inputs : Neuron
        The inputs of all copies.
    seed : int
        Of the network.
    copies : int
        How many liquids lie side by side, each with inputs of its own; they share nothing.
    learning : Learning, optional
        How weights change; by default they don't. One copy only.
    """
    net = Network(seed=seed)
    net.add("inputs", inputs, size=copies * wiring.inputs)
    net.add("liquid", _cell(wiring.synapse), size=copies * wiring.neurons)
    if learning is not None:
        _add_modulators(net, learning, DELAY[wiring.synapse])
    for name, edges in wiring.edges.items():
        source = "inputs" if name == "input" else "liquid"
        stride = wiring.inputs if name == "input" else wiring.neurons
        copy = np.arange(copies)[:, None]
        pairs = FromArrays(
            (edges.pre + stride * copy).ravel(), (edges.post + wiring.neurons * copy).ravel()
        )
        delay = _delay(edges, copies, DELAY[wiring.synapse])
        more = {} if learning is None else _plasticity(name, delay, learning)
        given = {"weight": np.tile(JUMP * weights[name], copies), "delay": delay}
        net.connect(source, "liquid", pairs, name=name, **(given | more))
    return net


def _cell(synapse: str) -> Neuron:
    shared = {
        "tau_m": TAU_M, "v_rest": 0.0, "v_th": THRESHOLD, "v_reset": 0.0, "t_ref": DEAD_TIME,
    }  # fmt: skip
    if synapse == "jump":
        return LIFDeadTime(**shared)
    return LIFExpDeadTime(**shared, c_m=C_M, tau_syn=TAU_SYN)


def _delay(edges: Edges, copies: int, alike: float) -> Any:
    """Return the delays of a projection, one number if they are equal."""
    return alike if (edges.delay == alike).all() else np.tile(edges.delay, copies)


def _add_modulators(net: Network, learning: Learning, delay: float) -> None:
    if learning.theta > 0.0:
        return
    net.add("astrocyte", GlobalAstrocyte(rest=A_PLUS))
    if learning.gain > 0.0:
        step = learning.gain / 100.0
        net.connect("liquid", "astrocyte", AllToAll(), step, delay, name="heard")
        net.connect("inputs", "astrocyte", AllToAll(), -step, delay, name="compared")
    if learning.fading:
        net.add("pace", Modulator(tau=TAU_PACE), initial={"level": 1.0})


def _plasticity(name: str, delay: Any, learning: Learning) -> dict[str, Any]:
    """Return rule, bounds and dendritic delay of a projection.

    Where delays are equal, half of each is dendritic: then a pair is told by the spikes at both
    somata, as in the published program. Where they differ, by the arrival at the synapse.
    """
    top = JUMP * W_MAX
    bounds = {"excitation": (0.0, top), "inhibition": (-top, 0.0), "input": (-top, top)}[name]
    dendritic = delay / 2.0 if isinstance(delay, float) else 0.0
    return {
        "plasticity": _rule(name == "inhibition", learning), "bounds": bounds,
        "delay": delay - dendritic, "dendritic_delay": dendritic,
    }  # fmt: skip


def _rule(inhibitory: bool, learning: Learning) -> Plasticity:
    shared = {"scale": JUMP * SCALE, "tau": TAU_STDP}
    if learning.theta > 0.0:
        a = -A_PLUS if inhibitory else A_PLUS
        gate = {"theta": learning.theta, "width": learning.width}
        return STDPActivity(a_pre=-a, a_post=a, **shared, **gate)
    if learning.fading:
        paced = AstrocyteSTDPPacedInhibitory if inhibitory else AstrocyteSTDPPaced
        return paced(astrocyte="astrocyte", pace="pace", a_plus=A_PLUS, **shared)
    rule = AstrocyteSTDPInhibitory if inhibitory else AstrocyteSTDP
    return rule(astrocyte="astrocyte", a_plus=A_PLUS, **shared)
