"""What a run leaves behind: one HDF5 file in the SONATA layout, readable while it grows.

layout.py    what a file holds, where, and in which words
writer.py    Recorder: the file while the run goes on
reader.py    Recording: the file afterwards, or from another process meanwhile
patience.py  reading a file that somebody may be writing
pieces.py, conversions.py   what reading returns, and other libraries' forms of it
create.py    the file and its groups, as the writer needs them before the run
stream.py    one dataset that grows, written through a buffer
reopen.py    a file that was left behind, opened again for writing
recover.py   the same, only to complete it
superblock.py, locking.py, room.py   a killed writer's mark, a living one's, and the disk's room
store.py     looking things up in a file that may be growing or foreign
"""

from eventsim.recording.layout import HistogramSeries, PopulationInfo, StateSeries, WeightSeries
from eventsim.recording.pieces import Histograms, Samples, Weights
from eventsim.recording.reader import Recording, open
from eventsim.recording.recover import recover
from eventsim.recording.writer import Recorder

__all__ = [
    "HistogramSeries",
    "Histograms",
    "PopulationInfo",
    "Recorder",
    "Recording",
    "Samples",
    "StateSeries",
    "WeightSeries",
    "Weights",
    "open",
    "recover",
]
