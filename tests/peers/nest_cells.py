"""Single cells in NEST: run by NEST's own Python, jobs in and spike times out as JSON.

A job holds the model, its parameters, the resolution and duration in ms, and the arrivals: one list
of times for each pair of a weight and a receptor (0 for a model that tells ports by the sign).
"""

from typing import Any

from nest_jobs import run_jobs


def spikes(nest: Any, job: dict[str, Any]) -> list[float]:
    """Return the spike times of one cell."""
    nest.ResetKernel()
    nest.set(tics_per_ms=10_000, resolution=job["resolution"])
    cell = nest.Create(job["model"], params=job["params"])
    recorder = nest.Create("spike_recorder")
    delay = 1.0
    for weight, receptor, times in job["arrivals"]:
        generator = nest.Create(
            "spike_generator",
            params={"spike_times": [t - delay for t in times], "precise_times": job["precise"]},
        )
        synapse = {"weight": weight, "delay": delay, "receptor_type": receptor}
        nest.Connect(generator, cell, syn_spec=synapse)
    nest.Connect(cell, recorder, syn_spec={"delay": delay})
    nest.Simulate(job["duration"] + 2.0 * delay)
    return [float(t) for t in recorder.events["times"] if t < job["duration"]]


if __name__ == "__main__":
    run_jobs(spikes)
