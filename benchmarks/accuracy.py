"""How wrong spike times are: adaptive steps here, a fixed step elsewhere.

    python -m benchmarks.accuracy

One neuron of the cases `adex` and `izhikevich` for 500 ms, with as many arrivals a second as it has
there, at random. The error is that of the last spike that all have in common, against the same
equations at the tightest tolerance. The grid is the fourth-order Runge-Kutta method, and for
Izhikevich's neuron also Euler's, which is NEST's, with arrivals and spikes at its points, and
slopes that stay what they are at the peak beyond it (as in NEST; without that one step past the
peak loses all that follow).
"""

from collections.abc import Callable
from math import exp
from typing import Any, NamedTuple

import numpy as np

from benchmarks.networks import CASES
from eventsim import Network, OneToOne, Simulation
from eventsim.models import AdEx, Izhikevich, SpikeSource

DURATION = 500.0  # ms
RATE = 10.0  # Hz, of each source
DELAY = 1.0  # ms

Point = np.ndarray


class Cell(NamedTuple):
    """A neuron as eventsim and as a grid know it."""

    case: Any
    model: Any  # with its parameters but for the tolerances
    port: str
    start: list[float]
    slope: Callable[[Point], Point]
    jumps: int  # the variable that an arrival raises
    peak: float
    reset: Callable[[Point], Point]


def adex() -> Cell:
    """Return the AdEx neuron: v, w, g."""
    case: Any = CASES["adex"]

    def slope(y: Point) -> Point:
        v, w, g = min(y[0], -20.0), y[1], y[2]
        current = -30.0 * (v + 70.6) + 60.0 * exp((v + 50.4) / 2.0) - w - g * v + case.i_offset
        return np.array([current / 281.0, (4.0 * (v + 70.6) - w) / 144.0, -g / case.tau_syn])

    def model(**tolerances: float) -> Any:
        return AdEx(i_offset=case.i_offset, tau_syn_exc=case.tau_syn, **tolerances)

    return Cell(case, model, "exc", [-70.6, 0.0, 0.0], slope, 2, -20.0,
                lambda y: np.array([-60.0, y[1] + 80.5, y[2]]))  # fmt: skip


def izhikevich() -> Cell:
    """Return Izhikevich's neuron: v, u."""
    case: Any = CASES["izhikevich"]

    def slope(y: Point) -> Point:
        v, u = min(y[0], 30.0), y[1]
        dv = (0.04 * v + 5.0) * v + 140.0 - u + case.i_offset
        return np.array([dv, 0.02 * (0.2 * v - u)])

    def model(**tolerances: float) -> Any:
        return Izhikevich(i_offset=case.i_offset, **tolerances)

    return Cell(case, model, "spike", [-65.0, -13.0], slope, 0, 30.0,
                lambda y: np.array([-65.0, y[1] + 8.0]))  # fmt: skip


def arrivals(cell: Cell) -> np.ndarray:
    """Return the times at which something arrives."""
    rng = np.random.default_rng(1)
    return np.sort(rng.uniform(DELAY, DURATION, round(cell.case.k * RATE * DURATION * 1e-3)))


def ours(cell: Cell, rtol: float, path: str) -> np.ndarray:
    """Return the spike times at a tolerance, stepping through arrivals or summing them."""
    net = Network(seed=1)
    net.add("cell", cell.model(rtol=rtol, atol=0.1 * rtol), size=1)
    net.add("in", SpikeSource([arrivals(cell) - DELAY]), size=1)
    net.connect("in", "cell", OneToOne(), cell.case.weight, DELAY, cell.port)
    with Simulation(net, progress=False, path=path) as sim:
        recorder = sim.record(spikes=["cell"])
        sim.run(DURATION)
        return recorder.recording.spikes("cell")[0]


def runge_kutta(slope: Callable[[Point], Point], y: Point, step: float) -> Point:
    """Return y after one step of order 4."""
    a = slope(y)
    b = slope(y + step / 2 * a)
    c = slope(y + step / 2 * b)
    d = slope(y + step * c)
    return y + step / 6 * (a + 2 * b + 2 * c + d)


def euler(slope: Callable[[Point], Point], y: Point, step: float) -> Point:
    """Return y after one step of order 1."""
    return y + step * slope(y)


def grid(cell: Cell, step: float, method: Callable[..., Point] = runge_kutta) -> np.ndarray:
    """Return the spike times of a method with a fixed step."""
    steps = round(DURATION / step)
    at = np.ceil(arrivals(cell) / step).astype(int)
    jumps = cell.case.weight * np.bincount(at, minlength=steps + 1)
    y, spikes = np.array(cell.start), []
    for k in range(steps):
        y = method(cell.slope, y, step)
        y[cell.jumps] += jumps[k + 1]
        if y[0] > cell.peak:
            y = cell.reset(y)
            spikes.append((k + 1) * step)
    return np.array(spikes)


def table(cells: list[Cell]) -> str:
    """Return the errors as a Markdown table."""
    lines = ["| neuron | method | spikes | the last of them off, ms |", "| --- | --- | --- | --- |"]
    for cell in cells:
        exact = ours(cell, 1e-11, "ordered")
        rows = [
            (f"rtol {rtol:g}, {path} path", ours(cell, rtol, path))
            for rtol in (1e-6, 1e-4, 1e-3)
            for path in ("ordered", "superposition")
        ]
        rows += [
            ("Runge-Kutta, 0.1 ms", grid(cell, 0.1)),
            ("Runge-Kutta, 0.01 ms", grid(cell, 0.01)),
        ]
        if cell.case.kind == "quadratic":
            rows.append(("Euler, 0.1 ms", grid(cell, 0.1, euler)))
        for name, times in rows:
            last = min(times.size, exact.size) - 1
            lines.append(
                f"| {cell.case.kind} | {name} | {times.size} of {exact.size} "
                f"| {times[last] - exact[last]:+.2e} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the errors."""
    print(table([adex(), izhikevich()]))


if __name__ == "__main__":
    main()
