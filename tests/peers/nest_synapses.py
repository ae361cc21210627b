"""Single synapses in NEST: run by NEST's own Python, jobs in and weights out as JSON.

A job holds the synapse's model and parameters, its first weight and its delay, the parameters of
the target, and the spike times of both sides in ms, and of dopamine where there is some. All are
relays: the synapse ends on a port that does not make the target fire.
"""

from typing import Any

from nest_jobs import run_jobs

# ms, from the generators to the relays: one step, since NEST hands over dopamine once in the
# shortest delay, before what the source fired meanwhile
RELAY = 0.1
IGNORED = 1  # the relay's port for spikes that it does not pass on


def weights(nest: Any, job: dict[str, Any]) -> list[float]:
    """Return the weight that each spike of the source transmits."""
    nest.ResetKernel()
    nest.resolution = 0.1
    pre, post = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", params=job["target"])
    for cell, times in ((pre, job["pre"]), (post, job["post"])):
        generator = nest.Create("spike_generator", params={"spike_times": times})
        nest.Connect(generator, cell, syn_spec={"delay": RELAY})
    recorder = nest.Create("weight_recorder")
    shared = {"weight_recorder": recorder, **job["shared"]}
    if "dopamine" in job:
        shared["volume_transmitter"] = volume(nest, job["dopamine"])
    nest.CopyModel(job["model"], "recorded", shared)
    synapse = {"synapse_model": "recorded", "weight": job["weight"], "delay": job["delay"],
               "receptor_type": IGNORED, **job["own"]}  # fmt: skip
    nest.Connect(pre, post, syn_spec=synapse)
    nest.Simulate(max(job["pre"]) + 20.0)
    return [float(w) for w in recorder.events["weights"]]


def volume(nest: Any, times: list[float]) -> Any:
    """Return what tells synapses of dopamine's spikes: at these times, as both sides see them."""
    relay, transmitter = nest.Create("parrot_neuron"), nest.Create("volume_transmitter")
    generator = nest.Create("spike_generator", params={"spike_times": times})
    nest.Connect(generator, relay, syn_spec={"delay": RELAY})
    nest.Connect(relay, transmitter, syn_spec={"delay": RELAY})
    return transmitter


if __name__ == "__main__":
    run_jobs(weights)
