"""The total order of events: what comes first when two things happen at the same time.

Events are ordered by (time, phase, target, source, synapse). Control events are first: what a
script does at t is in force at t. Then samples, so that a sample is the limit from the left of
everything the network does at t. Then arrivals; those at one neuron at one time are all delivered
before its threshold is tested, once. A crossing that was due at the very time of an arrival comes
after it, so that at a synapse "pre" comes before "post" at equal times. What only synapses hear is
last: a target's spike that had to travel back along the dendrite, then the jump of a modulator.

`target` and `source` count neurons through the whole network, `synapse` synapses; arrivals from
outside the network have source -1. None of these depends on who was built or inserted first
during a run.
"""

from enum import IntEnum
from typing import Any, NamedTuple


class Phase(IntEnum):
    """What comes first at one time."""

    CONTROL = 0
    SAMPLE = 1
    ARRIVAL = 2
    CROSSING = 3
    BACK = 4
    JUMP = 5


class Event(NamedTuple):
    """One event; `content` is not part of the order."""

    time: float  # ms
    phase: Phase
    target: int = 0
    source: int = 0
    synapse: int = 0
    content: Any = None


def order(event: Event) -> tuple[float, int, int, int, int]:
    """Return the key by which events are sorted."""
    return event[:5]
