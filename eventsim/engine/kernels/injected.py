"""What `specialise` puts into a kernel before it is executed; `eventsim.engine.bind` makes it.

Kernels name these as if they were imported from here, so that readers and type checkers know them.
"""

from typing import Any

model: Any  # a neuron model: load_state, store_state, load_params and the model's own functions
traces: Any  # one rule whose weight is all that a synapse keeps; `bind_traces` makes it
superpose: Any  # `eventsim.engine.kernels.superpose` for one model
population: Any  # `eventsim.engine.kernels.population` for one model and its rules
visits: Any  # `eventsim.engine.kernels.superpose_plastic` of each plastic projection, by number
drives: Any  # `eventsim.engine.kernels.drive` of each drive, by number
rules: Any  # the plasticity rules of the projections onto a population: arrive, catch_up, remember
