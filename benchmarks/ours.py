"""The compared networks in eventsim.

    python -m benchmarks.ours CASE [--threads N] [--precision single] [--profile]

Prints one line of JSON, like the peers' scripts in `benchmarks/peers`.
"""

import argparse
import json
import resource
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import (
    CASES,
    Adaptive,
    Balanced,
    Burst,
    Case,
    Cuba,
    Microcircuit,
    Quadratic,
)
from eventsim import FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.analysis import statistics
from eventsim.models import (
    LIF,
    AdEx,
    Izhikevich,
    LIFExp,
    PoissonSource,
    SpikeSource,
    STDPMultiplicative,
)
from eventsim.profiling import profile
from eventsim.scenarios import microcircuit


def build(case: Case, precision: str = "double") -> Network:
    """Return the network of a case."""
    builders: dict[type, Any] = {
        Balanced: _balanced, Cuba: _cuba, Burst: _burst, Adaptive: _adaptive, Quadratic: _quadratic,
        Microcircuit: _microcircuit,
    }  # fmt: skip
    net: Network = builders[type(case)](case, precision)
    return net


def _delay(case: Balanced | Cuba | Burst | Adaptive | Quadratic) -> object:
    return Uniform(*case.delay) if isinstance(case.delay, tuple) else case.delay


def _balanced(case: Balanced, precision: str) -> Network:
    net = Network(seed=1)
    cell = LIF(tau_m=case.tau_m, v_rest=0.0, v_th=case.v_th, v_reset=case.v_reset, t_ref=case.t_ref)
    start = {"v": Uniform(0.0, case.v_th)}
    cells = net.add("cells", cell, size=case.n_exc + case.n_inh, initial=start)
    exc, inh = cells[: case.n_exc], cells[case.n_exc :]
    noise = net.add("noise", PoissonSource(rate=case.drive), size=cells.size)
    net.connect(noise, cells, OneToOne(), weight=case.drive_weight, delay=1.0)
    options: dict[str, Any] = {"delay": _delay(case), "precision": precision}
    excite = {"rule": FixedInDegree(case.k_exc), "weight": case.weight, **options}
    if case.stdp:
        rule = STDPMultiplicative(
            step=case.step, alpha=case.alpha, w_max=case.w_max, tau_plus=case.tau_plus,
            tau_minus=case.tau_minus,
        )  # fmt: skip
        net.connect(exc, exc, **excite, plasticity=rule, bounds=(0.0, case.w_max))
        net.connect(exc, inh, **excite)
    else:
        net.connect(exc, cells, **excite)
    net.connect(inh, cells, FixedInDegree(case.k_inh), weight=-case.g * case.weight, **options)
    return net


def _cuba(case: Cuba, precision: str) -> Network:
    net = Network(seed=1)
    cell = LIFExp(v_rest=-49.0, v_th=-50.0, v_reset=-60.0, t_ref=5.0, c_m=200.0)
    start = {"v": Uniform(-60.0, -50.0)}
    cells = net.add("cells", cell, size=case.n, initial=start)
    scale, n_exc = 80.0 / case.k, case.n * 4 // 5
    for source, k, weight, port in (
        (cells[:n_exc], case.k * 4 // 5, case.weight_exc, "exc"),
        (cells[n_exc:], case.k // 5, case.weight_inh, "inh"),
    ):
        net.connect(
            source, cells, FixedInDegree(k), weight=weight * scale, delay=_delay(case),
            port=port, precision=precision,
        )  # fmt: skip
    return net


def _burst(case: Burst, precision: str) -> Network:
    net = Network(seed=1)
    times = np.arange(10.0, case.warm_up + case.duration, case.interval)
    cell = LIF(v_rest=0.0, v_th=20.0, v_reset=0.0)
    source = net.add("source", SpikeSource([times] * case.n), size=case.n)
    target = net.add("target", cell, size=case.n)
    net.connect(
        source, target, FixedInDegree(case.k), weight=0.1, delay=_delay(case), precision=precision
    )
    return net


def _adaptive(case: Adaptive, precision: str) -> Network:
    net = Network(seed=1)
    cell = AdEx(
        i_offset=case.i_offset, tau_syn_exc=case.tau_syn, rtol=case.rtol, atol=case.atol
    )  # fmt: skip
    cells = net.add("cells", cell, size=case.n, initial={"v": Uniform(-70.0, -55.0)})
    net.connect(
        cells, cells, FixedInDegree(case.k), weight=case.weight, delay=_delay(case), port="exc",
        precision=precision,
    )  # fmt: skip
    return net


def _quadratic(case: Quadratic, precision: str) -> Network:
    net = Network(seed=1)
    cell = Izhikevich(i_offset=case.i_offset, rtol=case.rtol, atol=case.atol)
    cells = net.add("cells", cell, size=case.n, initial={"v": Uniform(-70.0, -55.0)})
    net.connect(
        cells, cells, FixedInDegree(case.k), weight=case.weight, delay=_delay(case), port="spike",
        precision=precision,
    )  # fmt: skip
    return net


def _microcircuit(case: Microcircuit, precision: str) -> Network:
    settings = microcircuit.Settings(scale=case.scale)
    return microcircuit.build(settings, seed=1, precision=precision)


def measure(case: Case, *, threads: int, precision: str) -> dict[str, Any]:
    """Build and run a case; return what every simulator reports."""
    at_start = time.process_time()
    net = build(case, precision)
    resident = _resident()
    sim = Simulation(net, threads=threads, progress=False)
    built = time.process_time()
    sim.run(case.warm_up)
    warm = time.process_time()
    heard = [p for p in net.populations.values() if not p.name.startswith(("noise", "external"))]
    cells = [p for p in heard if not p.model.is_source]
    recorder = sim.record(spikes=[p.name for p in heard])
    cpu, wall = time.process_time(), time.perf_counter()
    sim.run(case.duration)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    spikes = [recorder.recording.spikes(p.name) for p in cells]
    count = sum(times.size for times, _ in spikes)
    size = sum(p.size for p in cells)
    measured = [p for p in net.projections.values() if p.source in heard]
    synapses = sum(p.synapses.count for p in measured)
    fired = {p: recorder.recording.spikes(p.name)[1] for p in heard}
    events = sum(
        int(np.diff(p.synapses.row_start)[fired[p.source]].sum()) for p in measured
    )  # fmt: skip
    return {
        "build_s": built - at_start, "warm_up_s": warm - built, "cpu_s": cpu, "wall_s": wall,
        "events": events, "synapses": synapses, "rate_hz": 1e3 * count / size / case.duration,
        "rates_hz": [
            1e3 * times.size / p.size / case.duration
            for (times, _), p in zip(spikes, cells, strict=True)
        ],
        "cv": _cv(spikes, cells),
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "resident_bytes": resident,
    }  # fmt: skip


def _cv(spikes: Any, cells: Any) -> float:
    """Return the mean coefficient of variation of the neurons with at least ten intervals."""
    values = []
    for (times, neurons), population in zip(spikes, cells, strict=True):
        often = np.bincount(neurons, minlength=population.size) > 10
        values.append(statistics.cv(times, neurons, population.size)[often])
    found = np.concatenate(values)
    return float(found.mean()) if found.size else float("nan")


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    """Run one case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("double", "single"), default="double")
    parser.add_argument("--profile", action="store_true", help="say where the time went")
    parser.add_argument(
        "--first-window", action="store_true", help="run for 1 ms; print when that ended"
    )
    given = parser.parse_args()
    if given.first_window:
        Simulation(build(CASES[given.case]), threads=given.threads, progress=False).run(1.0)
        print(json.dumps({"ended": time.time(), "cpu_s": time.process_time()}))
        return
    with profile() if given.profile else nullcontext() as where:
        result = measure(CASES[given.case], threads=given.threads, precision=given.precision)
    if where is not None:
        print(where.table(), file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
