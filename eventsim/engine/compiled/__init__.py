"""The compiled engine: a bucketed queue with lookahead, one window at a time.

engine       the windows: how far one may go, and who has something to do in it
population   one population's arrays and the kernels specialised for its model
projection   one projection's synapses, and the spikes on their way along it
drive        background input that needs no queue
paths        who is taken through windows by sums
superposition, round   a population by sums: its sums and states, and the kernel that runs a round
stretched    a population that is settled once in several windows
"""

from eventsim.engine.compiled.engine import CompiledEngine

__all__ = ["CompiledEngine"]
