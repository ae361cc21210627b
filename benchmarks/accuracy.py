"""How wrong an AdEx neuron's spike times are: adaptive steps here, a fixed step elsewhere.

    python -m benchmarks.accuracy

One neuron of the case `adex` for 500 ms, with as many arrivals a second as it has there, at random.
The error is that of the last spike that all have in common, against the same equations at the
tightest tolerance. The grid is the fourth-order Runge-Kutta method with arrivals and spikes at its
points, and slopes that stay what they are at the peak beyond it (as in NEST; without that one step
past the peak loses all that follow).
"""

from math import exp

import numpy as np

from benchmarks.networks import CASES, Adaptive
from eventsim import Network, Simulation
from eventsim.models import AdEx

DURATION = 500.0  # ms
RATE = 10.0  # Hz, of each source


def arrivals(case: Adaptive) -> np.ndarray:
    """Return the times at which something arrives."""
    rng = np.random.default_rng(1)
    return np.sort(rng.uniform(0.0, DURATION, round(case.k * RATE * DURATION * 1e-3)))


def ours(case: Adaptive, rtol: float, atol: float) -> np.ndarray:
    """Return the spike times at a tolerance."""
    net = Network(seed=1)
    cell = AdEx(i_offset=case.i_offset, tau_syn_exc=case.tau_syn, rtol=rtol, atol=atol)
    net.add("cell", cell, size=1)
    with Simulation(net, progress=False) as sim:
        recorder = sim.record()
        times = arrivals(case)
        sim.send("cell", times, np.zeros(times.size, int), case.weight, port="exc")
        sim.run(DURATION)
        return recorder.recording.spikes("cell")[0]


def grid(case: Adaptive, step: float) -> np.ndarray:
    """Return the spike times of the fourth-order Runge-Kutta method with a fixed step."""

    def slope(v: float, w: float, g: float) -> np.ndarray:
        v = min(v, -20.0)
        current = -30.0 * (v + 70.6) + 60.0 * exp((v + 50.4) / 2.0) - w - g * v + case.i_offset
        return np.array([current / 281.0, (4.0 * (v + 70.6) - w) / 144.0, -g / case.tau_syn])

    steps = round(DURATION / step)
    at = np.ceil(arrivals(case) / step).astype(int)
    jumps = case.weight * np.bincount(at, minlength=steps + 1)
    y, spikes = np.array([-70.6, 0.0, 0.0]), []
    for k in range(steps):
        a = slope(*y)
        b = slope(*(y + step / 2 * a))
        c = slope(*(y + step / 2 * b))
        d = slope(*(y + step * c))
        y = y + step / 6 * (a + 2 * b + 2 * c + d)
        y[2] += jumps[k + 1]
        if y[0] > -20.0:
            y[0], y[1] = -60.0, y[1] + 80.5
            spikes.append((k + 1) * step)
    return np.array(spikes)


def main() -> None:
    """Print the errors."""
    case = CASES["adex"]
    assert isinstance(case, Adaptive)
    exact = ours(case, 1e-11, 1e-12)
    for name, times in (
        ("rtol 1e-6 (default)", ours(case, 1e-6, 1e-7)),
        ("rtol 1e-4", ours(case, 1e-4, 1e-5)),
        ("rtol 1e-3", ours(case, 1e-3, 1e-4)),
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
