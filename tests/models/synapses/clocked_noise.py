"""Cells under a noisy current whose values are drawn at the spikes of a clock."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventsim import AllToAll, Network, Sampled, Simulation
from eventsim.models import LIF, RegularSource
from eventsim.models.neurons import lif

FREE = LIF(v_th=1e9, v_rest=0.0, v_reset=0.0)  # never fires
P = lif.Params()
DECAY, RESISTANCE = np.exp(-1.0 / P.tau_m), P.tau_m / P.c_m  # over 1 ms; mV/pA
Values = NDArray[np.float64]


def sampled(
    noise: Any, cell: Any, size: int, duration: float, *, clock: Any = None, weight: float = 1.0,
    **options: Any,
) -> Any:  # fmt: skip
    """Return current and potential of cells under one clock, every ms, and their spikes.

    A sample is the limit from the left: the current is the one that has led to the potential. The
    clock ticks every ms, if no other is given.
    """
    net = Network(seed=2)
    net.add("clock", clock or RegularSource(rate=1000.0))
    net.add("cells", cell, size=size)
    net.connect("clock", "cells", AllToAll(), weight, 1.0, port="current", plasticity=noise)
    with Simulation(net, **options) as sim:
        recorder = sim.record(states={"cells": Sampled(["i", "v"], every=1.0)})
        sim.run(duration)
        recording = recorder.recording
        current, v = (recording.states("cells", name).values for name in ("i", "v"))
        return current, v, recording.spikes("cells")


def from_the_first_value(noise: Any, size: int, duration: float) -> tuple[Values, Values]:
    """Return current and potential of free cells since the clock's first tick, at 2 ms."""
    current, v, _ = sampled(noise, FREE, size, duration)
    assert not current[:3].any()
    return current[3:], v[3:]


def assert_followed(current: Values, v: Values) -> None:
    """Check that free membranes went v <- v d + R i (1 - d) over each ms, to rounding."""
    expected = v[:-1] * DECAY + RESISTANCE * current[1:] * (1.0 - DECAY)
    np.testing.assert_allclose(v[1:], expected, rtol=0, atol=1e-10)


def assert_engines_agree(noise: Any, clock: Any = None) -> None:
    """Check that both engines draw the same noise to the last bit, for cells that fire."""
    cell = LIF(i_offset=180.0)
    runs = [
        sampled(noise, cell, 3, 300.0, clock=clock, engine=engine)
        for engine in ("compiled", "reference")
    ]
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)
    assert runs[0][2][0].size > 10
