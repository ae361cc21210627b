"""The compiled engine's inner loops.

order        sort rows by (time, source, synapse)
spread       spikes leave: pending spikes become arrivals in the inboxes of their targets
population   spikes land: one population is taken through one window
drive        a source with one synapse each writes its arrivals straight into the inbox
"""
