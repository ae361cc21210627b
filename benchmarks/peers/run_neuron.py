"""The balanced networks in NEURON's event-driven cells; see benchmarks/README.md.

    python run_neuron.py CASE.json [--threads N]

Run by NEURON's own environment, which knows nothing of eventsim. Prints one line of JSON. Every
synapse is a Python object while the network is built: a million of them take seconds.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from neuron import h

from trains import cv


def balanced(case, rng):
    """Build LIF neurons with delta synapses; potentials are in units of the threshold."""
    cells = [h.IntFire1() for _ in range(case["n_exc"] + case["n_inh"])]
    for cell in cells:
        cell.tau, cell.refrac = case["tau_m"], case["t_ref"]
    kept = []
    for k, cell in enumerate(cells):
        noise = h.NetStim()
        noise.interval, noise.number, noise.start, noise.noise = 1e3 / case["drive"], 1e12, 0, 1
        noise.noiseFromRandom123(1, k, 0)
        kept += [noise, connect(noise, cell, case["drive_weight"] / case["v_th"], 1.0)]
    exc, inh = cells[: case["n_exc"]], cells[case["n_exc"] :]
    for sources, in_degree, weight in (
        (exc, case["k_exc"], case["weight"]), (inh, case["k_inh"], -case["g"] * case["weight"])
    ):  # fmt: skip
        for cell in cells:
            delays = delays_of(case, in_degree, rng)
            for i, delay in zip(rng.integers(0, len(sources), in_degree), delays, strict=True):
                kept.append(connect(sources[i], cell, weight / case["v_th"], delay))
    return cells, kept, len(cells) * (case["k_exc"] + case["k_inh"])


def delays_of(case, n, rng):
    """Return the delays of one neuron's synapses, in ms."""
    delay = case["delay"]
    return rng.uniform(*delay, n) if isinstance(delay, list) else np.full(n, delay)


def connect(source, target, weight, delay):
    """Return a synapse, which NEURON forgets unless it is kept."""
    synapse = h.NetCon(source, target)
    synapse.weight[0], synapse.delay = weight, delay
    return synapse


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    case = json.loads(Path(given.case).read_text())
    if case["kind"] != "balanced" or case["stdp"] or case["v_reset"] != 0.0:
        sys.exit("NEURON's IntFire1 stands for LIF neurons with delta synapses and reset to rest")
    rng = np.random.default_rng(1)
    start = time.process_time()
    cells, kept, synapses = balanced(case, rng)
    h.ParallelContext().nthread(given.threads)
    times, neurons = h.Vector(), h.Vector()
    for k, cell in enumerate(cells):
        heard = h.NetCon(cell, None)
        heard.record(times, neurons, k)
        kept.append(heard)
    h.CVode().active(True)  # else time goes on in steps between events
    h.finitialize()
    for cell, m in zip(cells, rng.uniform(0.0, 1.0, len(cells)), strict=True):
        cell.m = m
    built = time.process_time()
    h.CVode().solve(case["warm_up"])
    warm, wall = time.process_time(), time.perf_counter()
    h.CVode().solve(case["warm_up"] + case["duration"])
    cpu, wall = time.process_time() - warm, time.perf_counter() - wall
    times, neurons = np.array(times), np.array(neurons)
    inside = times >= case["warm_up"]
    times, neurons = times[inside], neurons[inside]
    print(json.dumps({
        "build_s": built - start, "warm_up_s": warm - built, "cpu_s": cpu, "wall_s": wall,
        "events": times.size * synapses / len(cells), "synapses": synapses,
        "rate_hz": 1e3 * times.size / len(cells) / case["duration"], "cv": cv(times, neurons),
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }), file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
