"""How wrong an AdEx neuron's spike times are: adaptive steps here, a fixed step elsewhere.

    python -m benchmarks.accuracy

One neuron of the case `adex`, alone, for 500 ms. The error is that of the last spike that all have
in common, against the same equations at the tightest tolerance. The grid is the fourth-order Runge-
Kutta method with spikes at its points, and slopes that stay what they are at the peak beyond it (as
in NEST; without that one step past the peak loses all that follow).
"""

from math import exp

import numpy as np

from benchmarks.networks import CASES, Adaptive
from eventsim import Network, Simulation
from eventsim.models import AdEx

DURATION = 500.0  # ms


def ours(case: Adaptive, rtol: float) -> np.ndarray:
    """Return the spike times at a tolerance."""
    net = Network(seed=1)
    net.add("cell", AdEx(i_offset=case.i_offset, rtol=rtol), size=1)
    with Simulation(net, progress=False) as sim:
        recorder = sim.record()
        sim.run(DURATION)
        return recorder.recording.spikes("cell")[0]


def grid(case: Adaptive, step: float) -> np.ndarray:
    """Return the spike times of the fourth-order Runge-Kutta method with a fixed step."""

    def slope(v: float, w: float) -> tuple[float, float]:
        v = min(v, -20.0)
        current = -30.0 * (v + 70.6) + 60.0 * exp((v + 50.4) / 2.0) - w + case.i_offset
        return current / 281.0, (4.0 * (v + 70.6) - w) / 144.0

    v, w, spikes = -70.6, 0.0, []
    for k in range(round(DURATION / step)):
        a, b = slope(v, w)
        c, d = slope(v + step / 2 * a, w + step / 2 * b)
        e, f = slope(v + step / 2 * c, w + step / 2 * d)
        g, h = slope(v + step * e, w + step * f)
        v += step / 6 * (a + 2 * c + 2 * e + g)
        w += step / 6 * (b + 2 * d + 2 * f + h)
        if v > -20.0:
            v, w = -60.0, w + 80.5
            spikes.append((k + 1) * step)
    return np.array(spikes)


def main() -> None:
    """Print the errors."""
    case = CASES["adex"]
    assert isinstance(case, Adaptive)
    exact = ours(case, 1e-11)
    for name, times in (
        ("rtol 1e-6 (default)", ours(case, 1e-6)),
        ("rtol 1e-4", ours(case, 1e-4)),
        ("rtol 1e-3", ours(case, 1e-3)),
        ("Runge-Kutta, 0.1 ms", grid(case, 0.1)),
        ("Runge-Kutta, 0.01 ms", grid(case, 0.01)),
    ):
        last = min(times.size, exact.size) - 1
        error = times[last] - exact[last]
        print(
            f"{name:<22} {times.size} of {exact.size} spikes, the last of them off {error:+.2e} ms"
        )


if __name__ == "__main__":
    main()
