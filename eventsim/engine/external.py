"""Arrivals from outside the network, in the order in which they are due."""

from math import inf

import numpy as np

from eventsim.engine.buffers import Floats, Ints
from eventsim.lasting import Arrays, Stored


class External:
    """What a script or a current source sends to one population."""

    def __init__(self) -> None:
        self.times = np.zeros(0)
        self.neurons = np.zeros(0, np.int64)
        self.weights = np.zeros(0)
        self.ports = np.zeros(0, np.int64)
        self.next = 0
        self.taken = 0  # arrivals handed out so far: numbers them for the total order

    @property
    def due(self) -> float:
        """Time of the next arrival, or infinity."""
        return float(self.times[self.next]) if self.next < self.times.size else inf

    def add(self, port: int, times: Floats, neurons: Ints, weights: Floats) -> None:
        """Merge more arrivals in; at equal times those added first come first."""
        rest = slice(self.next, None)
        times = np.concatenate([self.times[rest], times])
        order = np.argsort(times, kind="stable")
        self.times = times[order]
        self.neurons = np.concatenate([self.neurons[rest], neurons])[order]
        self.weights = np.concatenate([self.weights[rest], weights])[order]
        ports = np.full(neurons.size, port, np.int64)
        self.ports = np.concatenate([self.ports[rest], ports])[order]
        self.next = 0

    def take(self, end: float) -> tuple[Floats, Ints, Floats, Ints, int]:
        """Return and forget the arrivals before `end`, with the number of the first."""
        stop = int(np.searchsorted(self.times, end, side="left"))
        part = slice(self.next, stop)
        first = self.taken
        self.taken += stop - self.next
        self.next = stop
        return self.times[part], self.neurons[part], self.weights[part], self.ports[part], first

    def lasting(self) -> Arrays:
        """Return what is still to come."""
        rest = slice(self.next, None)
        return {
            "times": self.times[rest], "neurons": self.neurons[rest], "ports": self.ports[rest],
            "weights": self.weights[rest], "taken": np.array(self.taken),
        }  # fmt: skip

    def restore(self, stored: Stored, neurons: int, ports: int) -> None:
        """Take back what was to come, at a population of so many neurons and ports."""
        self.times = stored.array("times", float, None)
        n = self.times.size
        if not (np.diff(self.times) >= 0.0).all():
            raise ValueError("arrivals from outside must be in the order of time")
        self.neurons = stored.array("neurons", int, n, least=0, most=neurons - 1)
        self.ports = stored.array("ports", int, n, least=0, most=ports - 1)
        self.weights = stored.array("weights", float, n)
        self.taken, self.next = stored.whole("taken", least=0), 0
