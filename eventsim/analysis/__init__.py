"""What a recording says.

statistics.py   counts, rates, intervals, irregularity, correlation: plain functions on flat arrays
plots.py        raster, rates, traces, weights, and one page with all of them
"""
