"""The compared networks in Brian2, C++ standalone; see benchmarks/README.md for how models map.

    python run_brian2.py CASE.json [--threads N]

Run by Brian2's own environment, which knows nothing of eventsim. Prints one line of JSON.

The generated program is run twice, for the warm-up alone and for warm-up and duration: the
difference of the two is the time of the simulation, as building is in both.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import brian2 as b
import numpy as np
from brian2 import Hz, ms, mV, pA

from trains import cv

DT = 0.1 * ms
SOURCES = 1000  # of the drive of one neuron
NOT_RUN = {
    "burst": "Brian2 has no instant volley on a grid that would compare",
    "microcircuit": "not written for Brian2",
}


def balanced(case):
    """LIF neurons with delta synapses and independent Poisson input."""
    size = case["n_exc"] + case["n_inh"]
    scope = {"tau": case["tau_m"] * ms}
    cells = b.NeuronGroup(
        size, "dv/dt = -v / tau : volt (unless refractory)", threshold="v >= v_th",
        reset="v = v_reset", refractory=case["t_ref"] * ms, method="exact",
        namespace={**scope, "v_th": case["v_th"] * mV, "v_reset": case["v_reset"] * mV},
    )  # fmt: skip
    cells.v = "rand() * v_th"
    parts = [cells]
    # so many that each is rare in a step: then their number in it is binomial, nearly Poisson
    rate = case["drive"] / SOURCES * Hz
    parts.append(b.PoissonInput(cells, "v", SOURCES, rate, case["drive_weight"] * mV))
    exc, inh = cells[: case["n_exc"]], cells[case["n_exc"] :]
    if case["stdp"]:
        parts.append(plastic(case, exc))
        parts.append(static(exc, inh, case["k_exc"], case["weight"] * mV, case["delay"]))
    else:
        parts.append(static(exc, cells, case["k_exc"], case["weight"] * mV, case["delay"]))
    weight = -case["g"] * case["weight"] * mV
    parts.append(static(inh, cells, case["k_inh"], weight, case["delay"]))
    return parts, cells, size * (case["k_exc"] + case["k_inh"])


def static(source, target, k, weight, delay, variable="v"):
    """Connect with fixed in-degree: each target draws its sources, with replacement."""
    synapses = b.Synapses(source, target, f"weight : {unit(variable)} (shared)",
                          on_pre=f"{variable}_post += weight", dt=DT)  # fmt: skip
    connect(synapses, len(source), len(target), k, delay)
    synapses.weight = weight
    return synapses


def unit(variable):
    return {"v": "volt", "g": "siemens"}.get(variable, "amp")


def connect(synapses, n_source, n_target, k, delay):
    rng = np.random.default_rng(n_source + n_target)
    synapses.connect(i=rng.integers(0, n_source, n_target * k), j=np.repeat(np.arange(n_target), k))
    if isinstance(delay, list):
        low, high = delay
        synapses.delay = f"({low} + {high - low} * rand()) * ms"
    else:
        synapses.delay = delay * ms


def plastic(case, exc):
    """Return pair STDP with multiplicative steps, event-driven traces."""
    namespace = {
        "tau_plus": case["tau_plus"] * ms, "tau_minus": case["tau_minus"] * ms,
        "step": case["step"], "alpha": case["alpha"], "w_max": case["w_max"] * mV,
    }  # fmt: skip
    synapses = b.Synapses(
        exc, exc,
        """w : volt
           dx/dt = -x / tau_plus : 1 (event-driven)
           dy/dt = -y / tau_minus : 1 (event-driven)""",
        on_pre="v_post += w; x += 1; w = clip(w - step * alpha * w * y, 0*volt, w_max)",
        on_post="y += 1; w = clip(w + step * (w_max - w) * x, 0*volt, w_max)",
        namespace=namespace, dt=DT,
    )  # fmt: skip
    connect(synapses, case["n_exc"], case["n_exc"], case["k_exc"], case["delay"])
    synapses.w = case["weight"] * mV
    return synapses


def cuba(case):
    """Vogels-Abbott network: currents that decay."""
    cells = b.NeuronGroup(
        case["n"],
        """dv/dt = (-49*mV - v) / (20*ms) + (i_exc + i_inh) / (200*pF) : volt (unless refractory)
           di_exc/dt = -i_exc / (5*ms) : amp
           di_inh/dt = -i_inh / (10*ms) : amp""",
        threshold="v >= -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact",
    )  # fmt: skip
    cells.v = "-60*mV + rand() * 10*mV"
    n_exc, scale = case["n"] * 4 // 5, 80.0 / case["k"]
    exc, inh = cells[:n_exc], cells[n_exc:]
    return [
        cells,
        static(exc, cells, case["k"] * 4 // 5, case["weight_exc"] * scale * pA, case["delay"],
               "i_exc"),
        static(inh, cells, case["k"] // 5, case["weight_inh"] * scale * pA, case["delay"], "i_inh"),
    ], cells, case["n"] * case["k"]  # fmt: skip


def adaptive(case):
    """AdEx neurons by the fourth-order Runge-Kutta method."""
    cells = b.NeuronGroup(
        case["n"],
        """dv/dt = (-30*nS * (u + 70.6*mV) + 60*pA * exp((u + 50.4*mV) / (2*mV)) - w - g * u
                    + i_offset) / (281*pF) : volt
           u = clip(v, -200*mV, -20*mV) : volt
           dw/dt = (4*nS * (u + 70.6*mV) - w) / (144*ms) : amp
           dg/dt = -g / tau : siemens""",
        threshold="v > -20*mV", reset="v = -60*mV; w += 80.5*pA", method="rk4",
        namespace={"i_offset": case["i_offset"] * pA, "tau": case["tau_syn"] * ms},
    )  # fmt: skip
    cells.v = "-70*mV + rand() * 15*mV"
    synapses = static(cells, cells, case["k"], case["weight"] * b.nS, case["delay"], "g")
    return [cells, synapses], cells, case["n"] * case["k"]


def quadratic(case):
    """Izhikevich neurons by the fourth-order Runge-Kutta method."""
    cells = b.NeuronGroup(
        case["n"],
        """dv/dt = (0.04/mV * x**2 + 5 * x + 140*mV - u + i_offset * mV) / ms : volt
           x = clip(v, -200*mV, 30*mV) : volt
           du/dt = 0.02 * (0.2 * x - u) / ms : volt""",
        threshold="v > 30*mV", reset="v = -65*mV; u += 8*mV", method="rk4",
        namespace={"i_offset": case["i_offset"]},
    )  # fmt: skip
    cells.v = "-70*mV + rand() * 15*mV"
    cells.u = -13 * mV
    synapses = static(cells, cells, case["k"], case["weight"] * mV, case["delay"])
    return [cells, synapses], cells, case["n"] * case["k"]


def children():
    """Return the CPU seconds of the programs that have been run."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    case = json.loads(Path(given.case).read_text())
    builders = {"balanced": balanced, "cuba": cuba, "adaptive": adaptive, "quadratic": quadratic}
    if case["kind"] not in builders:
        sys.exit(NOT_RUN[case["kind"]])
    with tempfile.TemporaryDirectory() as folder:
        b.set_device("cpp_standalone", directory=folder, build_on_run=False)
        if given.threads > 1:
            b.prefs.devices.cpp_standalone.openmp_threads = given.threads
        b.defaultclock.dt = DT
        b.seed(1)
        start, wall = time.process_time() + children(), time.perf_counter()
        parts, cells, synapses = builders[case["kind"]](case)
        monitor = b.SpikeMonitor(cells)
        stretch = (
            b.Network(*parts, monitor) if cells in parts else b.Network(cells, *parts, monitor)
        )
        stretch.run(case["warm_up"] * ms, profile=False)
        stretch.run(case["duration"] * ms, profile=False)
        b.device.build(directory=folder, run=False)
        built = time.process_time() + children()
        before, wall = children(), time.perf_counter()
        b.device.run(directory=folder, with_output=False)
        cpu, wall = children() - before, time.perf_counter() - wall
        last = b.device._last_run_time  # of the last stretch, by clock(): CPU seconds
        times, neurons = np.asarray(monitor.t / ms), np.asarray(monitor.i)
        inside = times >= case["warm_up"]
        times, neurons = times[inside], neurons[inside]
    print(json.dumps({
        "build_s": built - start, "warm_up_s": cpu - last, "cpu_s": last,
        "wall_s": last * wall / cpu, "events": times.size * synapses / len(cells),
        "synapses": synapses,
        "rate_hz": 1e3 * times.size / len(cells) / case["duration"], "cv": cv(times, neurons),
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }), file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
