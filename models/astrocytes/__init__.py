"""Cells that listen to synapses and answer slowly, one file each."""
