"""From images, sounds and cameras to spikes: plain functions on arrays, before a run.

spikes.py         what they all return: times and neurons, and a source that fires them
rate.py           values as rates of Poisson processes
latency.py        values as times of one spike each
delta.py          changes of signals as spikes (send-on-delta)
mel.py            a sound as energies of mel channels over time
event_camera.py   recordings of event cameras
"""

from eventsim.models.encoders.delta import delta, rebuilt
from eventsim.models.encoders.event_camera import Events, read_archive, read_records
from eventsim.models.encoders.latency import charging_time, latency
from eventsim.models.encoders.mel import log_mel
from eventsim.models.encoders.rate import rate
from eventsim.models.encoders.spikes import Spikes

__all__ = [
    "Events",
    "Spikes",
    "charging_time",
    "delta",
    "latency",
    "log_mel",
    "rate",
    "read_archive",
    "read_records",
    "rebuilt",
]
