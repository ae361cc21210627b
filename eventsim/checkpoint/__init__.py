"""A simulation on disk: stopped here, taken up there, with no bit changed.

whole.py      a simulation taken apart into a description and arrays, and put together again
blueprint.py  the network
naming.py     models and rules, which are code: by name, and by a hash of what they mean
file.py       the file: written in one step, checked before it is believed
"""

from eventsim.checkpoint.whole import load, save

__all__ = ["load", "save"]
