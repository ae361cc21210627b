"""One synapse whose arrivals and target spikes are given, and the slow way to its weight."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim import AllToAll, Network, Simulation
from eventsim.engine.compiled.population import HISTORY
from eventsim.models import LIF, SpikeSource

Times = NDArray[np.float64]
Lags = NDArray[np.float64]  # ms since each earlier spike of one side
Step = Callable[[float, Lags, Lags], float]  # (w, pre, post) -> w

DELAY = 0.5  # ms; exact in binary, so that arrivals and spikes meet where a test wants them to
FREE = (-np.inf, np.inf)


def trains(seed: int = 1, n: int = 1000, span: float = 20_000.0) -> tuple[Times, Times]:
    """Two trains of `n` spikes; half of each lie on whole ms, where some coincide.

    Nothing arrives in a fifth of the span, in which the target fires more often than its history
    has room for: if there are many spikes, it is cut before the synapse is asked again.
    """
    rng = np.random.default_rng(seed)
    each, quiet = [], round(0.2 * span)
    for silent in (quiet, 0):
        whole = rng.choice(np.arange(1.0, span - silent), n // 2, replace=False)
        own = rng.uniform(1.0, span - silent, n - n // 2)
        train = np.unique(np.concatenate([whole, own]))
        each.append(np.where(train < 2 * quiet, train, train + silent))
    assert np.intersect1d(*each).size > 0
    if n >= 1000:
        assert np.sum((each[1] > 2 * quiet) & (each[1] < 3 * quiet)) > 2 * HISTORY
    return each[0], each[1]


def pair_network(
    rule: Any, arrivals: Times, w: float, bounds: tuple[float, float] = FREE,
    modulators: Mapping[str, Any] | None = None, **to: Any,
) -> Network:  # fmt: skip
    """A source whose spikes reach one synapse of a neuron at `arrivals`; nothing else fires it."""
    net = Network(seed=1)
    for name, model in (modulators or {}).items():
        net.add(name, model, size=1)
    source = net.add("pre", SpikeSource(arrivals - DELAY), size=1)
    cell = net.add("post", LIF(v_th=1e12, v_reset=-65.0, t_ref=0.0), size=1)
    net.connect(source, cell, AllToAll(), w, DELAY, plasticity=rule, bounds=bounds, **to)
    return net


def weight(
    rule: Any, arrivals: Times, fired: Times, w: float, bounds: tuple[float, float] = FREE,
    **to: Any,
) -> float:  # fmt: skip
    """Return the weight after both trains; both engines must give it, to the last bit."""
    return weights(pair_network(rule, arrivals, w, bounds, **to), fired)[0]


def weights(
    net: Network, fired: Times, until: float | None = None,
    script: Callable[[Simulation], object] = lambda sim: None,
) -> list[float]:  # fmt: skip
    """Return the weights at `until`, by default a second after the last spike of the target."""
    end = fired.max() + 1000.0 if until is None else until
    seen = []
    for engine in ("compiled", "reference"):
        with Simulation(net, engine=engine) as sim:
            sim.send("post", fired, np.zeros(fired.size, int), 1e13)
            script(sim)
            sim.run(end)
            seen.append(sim.weights("pre->post").tolist())
    assert seen[0] == seen[1]
    return seen[0]


def walk(
    arrivals: Times, fired: Times, w: float, on_pre: Step, on_post: Step,
    bounds: tuple[float, float] = FREE,
) -> float:  # fmt: skip
    """Return the weight by going through all spikes; every step sees all earlier ones.

    At equal times the arrival comes first.
    """
    for t, side in sorted([(t, 0) for t in arrivals] + [(t, 1) for t in fired]):
        pre = arrivals[arrivals < t] if side == 0 else arrivals[arrivals <= t]
        change = on_pre if side == 0 else on_post
        w = min(max(change(w, t - pre, t - fired[fired < t]), bounds[0]), bounds[1])
    return w


def every(lags: Lags, tau: float) -> float:
    """Return what all earlier spikes left behind."""
    return float(np.exp(-lags / tau).sum())


def last(lags: Lags, tau: float) -> float:
    """Return what the last earlier spike left behind."""
    return float(np.exp(-lags.min() / tau)) if lags.size else 0.0


def before(a: Lags, b: Lags) -> bool:
    """Whether the last spike of `a` came earlier than that of `b`, or never."""
    return bool(b.size) and (not a.size or bool(a.min() > b.min()))
