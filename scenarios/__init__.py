"""Experiments that run from the command line and from a notebook: one file each.

brunel              four regimes of a sparse network, beside their mean-field theory
competition         synapses compete for a neuron's spikes under STDP, and a few win
digits              a spiking reservoir with heterogeneous delays reads handwritten digits
distal_reward       dopamine that comes seconds later finds the synapse that earned it
inhibitory_balance  inhibition learns to hold a network at its target rate
microcircuit        a full-scale circuit of cortex, 300 million synapses, fires as an animal's does
motion_delays       delays that differ from synapse to synapse tell directions of motion
nalsm               a neuron-astrocyte liquid state machine reads digits
spoken_digits       a liquid with heterogeneous delays hears spoken digits
what_when           a reservoir learns what will come, when, and how surely, and relearns it

`SCENARIOS` names those that come with the library, and where they live; each is imported when it is
asked for. What a scenario's file must hold is written in `eventsim/scenario.py`. One of your own
needs no entry here: `eventsim run path/to/mine.py`.
"""

if __name__ == "scenarios":
    raise ImportError("import eventsim.scenarios, not scenarios: a file would be loaded twice")

SCENARIOS: dict[str, str] = {
    "brunel": "eventsim.scenarios.brunel",
    "competition": "eventsim.scenarios.competition",
    "digits": "eventsim.scenarios.digits",
    "distal_reward": "eventsim.scenarios.distal_reward",
    "inhibitory_balance": "eventsim.scenarios.inhibitory_balance",
    "microcircuit": "eventsim.scenarios.microcircuit",
    "motion_delays": "eventsim.scenarios.motion_delays",
    "nalsm": "eventsim.scenarios.nalsm",
    "spoken_digits": "eventsim.scenarios.spoken_digits",
    "what_when": "eventsim.scenarios.what_when",
}
