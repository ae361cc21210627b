"""Spike trains from outside the network: one file per source."""
