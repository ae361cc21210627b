"""The compiled engine's inner loops.

order              sort rows by (time, source, synapse)
spread             spikes leave: pending spikes become arrivals in the inboxes of their targets
grouping           a window's arrivals by target
population         spikes land: one population is taken through one window
abreast            integrated neurons, many at once
sweep              plastic synapses see what has happened since their last arrival
superpose          where it can be, arrivals are summed instead
superpose_plastic  the same at plastic synapses
streaming          synapses read in the order in which they are stored
rounds             all of that, for a population and several windows, in one kernel
stretch            several windows in which most neurons are settled once
fade, row_sums     the exponential of short times, many at once; sums of what it gives
drive              a source with one synapse each writes its arrivals straight into the sums
waiting            or into the inbox
partitions         what all partitions have come to
prefetch           ask for memory before it is needed
registers          loops in the widest registers
injected           what is put into a kernel when it is specialised
"""
