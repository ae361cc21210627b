"""Everything scientific lives here: one file per model, nothing else.

neurons/      what one cell does when an event reaches it
sources/      spike trains from outside: Poisson, given times, replayed recordings
plasticity/   how a weight changes at a pre- or a postsynaptic spike
"""

if __name__ == "models":
    raise ImportError("import eventsim.models, not models: the same files would be loaded twice")
