"""The numbers of the cortical microcircuit, as plain numbers: benchmarks read them too.

Source: Potjans & Diesmann (2014), Cereb. Cortex 24:785-806, doi:10.1093/cercor/bhs358, tables 4
and 5. Rates: long runs of the reference implementation in NEST.
"""

POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
# that a pair is connected at least once: a row for each target, a column for each source
PROBABILITIES = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443),
)
EXTERNAL = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)  # synapses onto each neuron
EXTERNAL_RATE = 8.0  # Hz, of each
RATES = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)  # Hz, of the reference

TAU_M, C_M, T_REF, TAU_SYN = 10.0, 250.0, 2.0, 0.5  # ms, pF, ms, ms
V_REST, V_TH, V_RESET = -65.0, -50.0, -65.0  # mV
V_START = (-58.0, 10.0)  # mV: mean and standard deviation, as below
WEIGHT, G, SPREAD = 87.8, -4.0, 0.1  # pA; of inhibition, in these; standard deviation over mean
DOUBLED = (0, 2)  # from L4E onto L23E synapses are twice as strong
DELAY_EXC, DELAY_INH, SHORTEST = (1.5, 0.75), (0.75, 0.375), 0.1  # ms
