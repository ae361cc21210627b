"""Models given by a differential equation: an adaptive step with an error estimate per event.

integrate.py   `integrated` turns derivative and threshold into a model that the engines can run
plan.py        one accepted step, its polynomial, and the spike inside it
explicit.py    the step of Dormand and Prince, for most models
brief.py       a cheaper step where arrivals come before its end
stiff.py       the Rosenbrock step RODAS, for cells with very fast and slow variables
summed.py      a step over many arrivals at once
crossing.py    where the threshold first rises through zero on the step's polynomial
tuples.py      loops over the variables, in a form that compiles well
gates.py       all of a cell with gates of sodium and potassium but its rates
exponential.py an exponential that compilers vectorise
"""

from eventsim.ode.exponential import safe_exp
from eventsim.ode.integrate import integrated
from eventsim.ode.summed import Adds

__all__ = ["Adds", "integrated", "safe_exp"]
