"""The compiled engine: a bucketed queue with lookahead, one window at a time.

engine       the windows: how far one may go, and who has something to do in it
population   one population's arrays and the kernels specialised for its model
projection   one projection's synapses, and the spikes on their way along it
drive        background input that needs no queue
"""

from eventsim.engine.compiled.engine import CompiledEngine

__all__ = ["CompiledEngine"]
