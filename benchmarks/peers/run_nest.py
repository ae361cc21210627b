"""The compared networks in NEST; see benchmarks/README.md for how models map.

    python run_nest.py CASE.json [--threads N] [--exact]

Run by NEST's own environment, which knows nothing of eventsim. Prints one line of JSON.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import nest
import numpy as np

from trains import cv


def build(case, exact):
    """Build the network; return its populations and the number of recurrent synapses."""
    return {
        "balanced": balanced, "cuba": cuba, "burst": burst, "adaptive": adaptive,
        "quadratic": quadratic, "microcircuit": microcircuit,
    }[case["kind"]](case, exact)  # fmt: skip


def delay_of(case):
    """Return a delay as NEST wants it."""
    delay = case["delay"]
    return nest.random.uniform(*delay) if isinstance(delay, list) else delay


def balanced(case, exact):
    suffix = "_ps" if exact else ""
    parameters = {
        "C_m": 1.0, "tau_m": case["tau_m"], "t_ref": case["t_ref"], "E_L": 0.0,
        "V_th": case["v_th"], "V_reset": case["v_reset"],
    }  # fmt: skip
    if case["stdp"]:
        parameters["tau_minus"] = case["tau_minus"]
    exc, inh = (nest.Create("iaf_psc_delta" + suffix, n, parameters)
                for n in (case["n_exc"], case["n_inh"]))  # fmt: skip
    for cells in (exc, inh):
        cells.V_m = nest.random.uniform(0.0, case["v_th"])
    drive = nest.Create("poisson_generator" + suffix, params={"rate": case["drive"]})
    static = {"weight": case["weight"], "delay": delay_of(case)}
    plastic = static
    if case["stdp"]:
        nest.CopyModel("stdp_synapse", "plastic", {
            "alpha": case["alpha"], "lambda": case["step"], "tau_plus": case["tau_plus"],
            "mu_plus": 1.0, "mu_minus": 1.0, "Wmax": case["w_max"],
        })  # fmt: skip
        plastic = {**static, "synapse_model": "plastic"}
    for target in (exc, inh):
        nest.Connect(drive, target, syn_spec={"weight": case["drive_weight"], "delay": 1.0})
        rule = {"rule": "fixed_indegree", "indegree": case["k_exc"]}
        nest.Connect(exc, target, rule, plastic if target is exc else static)
        rule = {"rule": "fixed_indegree", "indegree": case["k_inh"]}
        nest.Connect(inh, target, rule, {**static, "weight": -case["g"] * case["weight"]})
    size = case["n_exc"] + case["n_inh"]
    return [exc, inh], size * (case["k_exc"] + case["k_inh"])


def cuba(case, exact):
    parameters = {
        "C_m": 200.0, "tau_m": 20.0, "t_ref": 5.0, "E_L": -49.0, "V_th": -50.0, "V_reset": -60.0,
        "tau_syn_ex": 5.0, "tau_syn_in": 10.0,
    }  # fmt: skip
    name = "iaf_psc_exp_ps" if exact else "iaf_psc_exp"
    exc, inh = (nest.Create(name, n, parameters) for n in (case["n"] * 4 // 5, case["n"] // 5))
    for cells in (exc, inh):
        cells.V_m = nest.random.uniform(-60.0, -50.0)
    scale = 80.0 / case["k"]
    for source, k, weight in ((exc, case["k"] * 4 // 5, case["weight_exc"]),
                              (inh, case["k"] // 5, case["weight_inh"])):  # fmt: skip
        for target in (exc, inh):
            nest.Connect(source, target, {"rule": "fixed_indegree", "indegree": k},
                         {"weight": weight * scale, "delay": delay_of(case)})  # fmt: skip
    return [exc, inh], case["n"] * case["k"]


def burst(case, exact):
    suffix = "_ps" if exact else ""
    times = np.arange(10.0, case["warm_up"] + case["duration"], case["interval"])
    clock = nest.Create("spike_generator", params={"spike_times": times})
    source = nest.Create("parrot_neuron" + suffix, case["n"])
    target = nest.Create("iaf_psc_delta" + suffix, case["n"], {
        "C_m": 1.0, "tau_m": 20.0, "t_ref": 2.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 0.0,
        "V_m": 0.0,
    })  # fmt: skip
    nest.Connect(clock, source)
    nest.Connect(source, target, {"rule": "fixed_indegree", "indegree": case["k"]},
                 {"weight": 0.1, "delay": delay_of(case)})  # fmt: skip
    return [target], case["n"] * case["k"]


def adaptive(case, exact):
    cells = nest.Create("aeif_cond_exp", case["n"], {
        "V_peak": -20.0, "I_e": case["i_offset"], "tau_syn_ex": case["tau_syn"], "t_ref": 0.0,
    })  # fmt: skip
    cells.V_m = nest.random.uniform(-70.0, -55.0)
    nest.Connect(cells, cells, {"rule": "fixed_indegree", "indegree": case["k"]},
                 {"weight": case["weight"], "delay": delay_of(case)})  # fmt: skip
    return [cells], case["n"] * case["k"]


def quadratic(case, exact):
    # consistent_integration: the equation itself, by Euler's method as NEST has no other for it
    cells = nest.Create("izhikevich", case["n"], {
        "I_e": case["i_offset"], "consistent_integration": True, "U_m": -13.0,
    })  # fmt: skip
    cells.V_m = nest.random.uniform(-70.0, -55.0)
    nest.Connect(cells, cells, {"rule": "fixed_indegree", "indegree": case["k"]},
                 {"weight": case["weight"], "delay": delay_of(case)})  # fmt: skip
    return [cells], case["n"] * case["k"]


def microcircuit(case, exact):
    suffix = "_ps" if exact else ""
    populations = [
        nest.Create("iaf_psc_exp" + suffix, size, {
            "C_m": case["c_m"], "tau_m": case["tau_m"], "t_ref": case["t_ref"],
            "E_L": case["v_rest"], "V_th": case["v_th"], "V_reset": case["v_reset"],
            "tau_syn_ex": case["tau_syn"], "tau_syn_in": case["tau_syn"], "I_e": current,
        })
        for size, current in zip(case["sizes"], case["currents"], strict=True)
    ]  # fmt: skip
    # generators after all neurons: NEST finds neurons by number, and slowly where these lie between
    for cells, drive in zip(populations, case["drives"], strict=True):
        cells.V_m = nest.random.normal(*case["v_start"])
        noise = nest.Create("poisson_generator" + suffix, params={"rate": drive})
        static = {"weight": case["drive_weight"], "delay": case["drive_delay"]}
        nest.Connect(noise, cells, syn_spec=static)
    # a model for each source: a thread has room for 134 million synapses of one model
    models = [f"static {number}" for number in range(len(populations))]
    for model in models:
        nest.CopyModel("static_synapse", model)
    for target, numbers, means in zip(populations, case["synapses"], case["weights"], strict=True):
        for source, model, n, mean in zip(populations, models, numbers, means, strict=True):
            if n == 0:
                continue
            excites = mean > 0.0
            weight = nest.random.normal(mean, case["weight_sd"] * abs(mean))
            signed = {"min": 0.0, "max": np.inf} if excites else {"min": -np.inf, "max": 0.0}
            delay = nest.random.normal(*case["delay_exc" if excites else "delay_inh"])
            nest.Connect(source, target, {"rule": "fixed_total_number", "N": n}, {
                "synapse_model": model, "weight": nest.math.redraw(weight, **signed),
                "delay": nest.math.redraw(delay, min=case["delay_min"], max=np.inf),
            })  # fmt: skip
    return populations, int(np.sum(case["synapses"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--exact", action="store_true", help="exact times: the _ps models")
    given = parser.parse_args()
    case = json.loads(Path(given.case).read_text())
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.SetKernelStatus({"local_num_threads": given.threads, "resolution": 0.1, "rng_seed": 1})
    start = time.process_time()
    populations, synapses = build(case, given.exact)
    recorder = nest.Create("spike_recorder", params={"start": case["warm_up"]})
    for cells in populations:
        nest.Connect(cells, recorder)
    nest.Simulate(0.1)
    built = time.process_time()
    nest.Simulate(case["warm_up"] - 0.1)
    warm, wall = time.process_time(), time.perf_counter()
    nest.Simulate(case["duration"])
    cpu, wall = time.process_time() - warm, time.perf_counter() - wall
    times, senders = recorder.events["times"], recorder.events["senders"]
    sizes = np.array([len(cells) for cells in populations])
    size = sizes.sum()
    counts = np.array([np.isin(senders, cells.tolist()).sum() for cells in populations])
    # every neuron has the same in-degree, so the mean out-degree is that of all
    events = times.size * synapses / size
    if case["kind"] == "microcircuit":
        events = (np.sum(case["synapses"], axis=0) / sizes * counts).sum()
    if case["kind"] == "burst":
        fired = np.arange(10.0, case["warm_up"] + case["duration"], case["interval"])
        events = synapses * (fired >= case["warm_up"]).sum()
    print(json.dumps({
        "build_s": built - start, "warm_up_s": warm - built, "cpu_s": cpu, "wall_s": wall,
        "events": float(events), "synapses": synapses,
        "rate_hz": 1e3 * times.size / size / case["duration"],
        "rates_hz": (1e3 * counts / sizes / case["duration"]).tolist(), "cv": cv(times, senders),
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }), file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
