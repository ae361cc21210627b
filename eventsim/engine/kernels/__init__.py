"""The compiled engine's inner loops.

order        sort rows by (time, source, synapse)
spread       spikes leave: pending spikes become arrivals in the inboxes of their targets
grouping     a window's arrivals by target
population   spikes land: one population is taken through one window
superpose    where it can be, arrivals are summed instead
fade         the exponential of short times, many at once
prefetch     ask for memory before it is needed
injected     what is put into a kernel when it is specialised
drive        a source with one synapse each writes its arrivals straight into the inbox
"""
