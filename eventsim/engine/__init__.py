"""How a network is run.

reference    the executable specification: one sorted list of events, plain Python
compiled     the fast engine: windows no longer than the shortest delay, compiled loops
kernels/     the compiled engine's inner loops, ordinary modules specialised for a model
specialise   a kernel and a model become one cached, compiled module
bind         a model's and a rule's functions as a kernel wants to call them
"""
