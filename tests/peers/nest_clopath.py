"""Voltage-based synapses in NEST: run by NEST's own Python, jobs in and weights out as JSON.

A job holds the step, the parameters of the target, the strikes that make it fire, the times in ms
at which the source's spikes reach it, and the first weight.
"""

from typing import Any

from nest_jobs import run_jobs

DELAY = 1.0  # ms, of the synapse; NEST takes it for dendritic, and hands the voltage over as late
RELAY = 0.1  # ms, from the generator to the source
STRIKE = 120.0  # mV


def weights(nest: Any, job: dict[str, Any]) -> list[float]:
    """Return the weight that each spike of the source transmits."""
    nest.ResetKernel()
    nest.resolution = job["step"]
    source = nest.Create("parrot_neuron")
    target = nest.Create("aeif_psc_delta_clopath", params=job["target"])
    for cell, times, delay, size in (
        (source, [t + DELAY - RELAY for t in job["arrivals"]], RELAY, 1.0),
        (target, [t - DELAY for t in job["strikes"]], DELAY, STRIKE),
    ):
        on_grid = [round(t, 3) for t in times]
        generator = nest.Create("spike_generator", params={"spike_times": on_grid})
        nest.Connect(generator, cell, syn_spec={"delay": delay, "weight": size})
    recorder = nest.Create("weight_recorder")
    nest.CopyModel("clopath_synapse", "recorded", {"weight_recorder": recorder})
    synapse = {"synapse_model": "recorded", "weight": job["weight"], "delay": DELAY}
    nest.Connect(source, target, syn_spec=synapse)
    nest.Simulate(max(job["arrivals"]) + 20.0)
    return [float(w) for w in recorder.events["weights"]]


if __name__ == "__main__":
    run_jobs(weights)
