"""Signals that many synapses read: dopamine, an astrocyte's state, an error; one file each."""
