"""Recordings and networks for other tools; each asks for its package only when it is called.

frames.py     pandas
arrays.py     xarray
neo.py        Neo
pynapple.py   pynapple
nwb.py        Neurodata Without Borders, a file
sonata.py     SONATA, files; needs no other package
needs.py      how a missing package is told
"""
