"""The engines against formulas: spike times within 1e-9 ms, also late in a long run."""

from math import exp, log
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from eventsim import AllToAll, Network, Simulation
from eventsim.models import LIF, LIFExp, SpikeSource

engines = pytest.mark.parametrize("engine", ["compiled", "reference"])
delta_and_exponential = pytest.mark.parametrize("model", [LIF, LIFExp])

TAU, GAP, PER_PA = 20.0, 15.0, 20.0 / 250.0  # ms, mV from rest to threshold, mV/pA


def charging(current: float) -> float:
    """Return how many ms a current (pA) needs from rest to threshold."""
    v = current * PER_PA
    return TAU * log(v / (v - GAP))


def spikes(
    net: Network, engine: str, *durations: float, script: Any = None
) -> np.ndarray[Any, Any]:
    with Simulation(net, engine=engine) as sim:
        recorder = sim.record()
        if script is not None:
            script(sim)
        for duration in durations:
            sim.run(duration)
        return recorder.recording.spikes("cell")[0]


@engines
@delta_and_exponential
@pytest.mark.parametrize("current", [187.6, 200.0, 1000.0])
def test_spikes_under_a_constant_current_come_at_the_closed_form(
    engine: str, model: Any, current: float
) -> None:
    """Oracle: t_k = k (t_ref + charging) - t_ref, in pA far above and just above rheobase."""
    net = Network()
    net.add("cell", model(i_offset=current))
    isi = 2.0 + charging(current)
    seen = spikes(net, engine, 500.5)
    expected = np.arange(1, int(502.5 / isi) + 1) * isi - 2.0
    assert seen.size == expected.size > 0
    assert np.abs(seen - expected).max() < 1e-9


@engines
@delta_and_exponential
def test_a_current_at_rheobase_never_fires(engine: str, model: Any) -> None:
    """Oracle: v tends to the threshold from below."""
    net = Network()
    net.add("cell", model(i_offset=GAP / PER_PA))
    assert spikes(net, engine, 1e5).size == 0


@engines
@delta_and_exponential
def test_a_step_at_ten_million_ms_fires_at_the_closed_form(engine: str, model: Any) -> None:
    """Oracle: the charging time after the step; a float64 resolves 1.9e-9 ms there, so the first
    spike is the nearest number, and the next may be off by the roundings of t_ref and the interval.
    """
    start = 1e7
    net = Network()
    net.add("cell", model)
    seen = spikes(
        net, engine, start, 60.0, script=lambda sim: sim.step_current("cell", start, 250.0)
    )
    assert abs((seen[0] - start) - charging(250.0)) < 1e-9
    assert abs((seen[1] - seen[0]) - 2.0 - charging(250.0)) < 2.0 * np.spacing(start)


def psp(t: float, w: float, tau_syn: float) -> float:
    """Return the depolarisation (mV) of one arrival of `w` pA, t ms later."""
    if tau_syn == TAU:
        return w / 250.0 * t * exp(-t / TAU)
    rate = 1.0 / tau_syn - 1.0 / TAU
    return w / 250.0 * (exp(-t / TAU) - exp(-t / tau_syn)) / rate


def peak(tau_syn: float) -> tuple[float, float]:
    """Return when a postsynaptic potential peaks, and the weight whose peak is the threshold."""
    t = TAU if tau_syn == TAU else log(TAU / tau_syn) / (1.0 / tau_syn - 1.0 / TAU)
    return t, GAP / psp(t, 1.0, tau_syn)


@engines
@pytest.mark.parametrize("tau_syn", [0.5, 5.0, TAU, 60.0])
@pytest.mark.parametrize("excess", [1e-3, 0.01, 1.0])
@pytest.mark.parametrize("start", [0.0, 3.0])
def test_one_postsynaptic_potential_crosses_where_its_formula_does(
    engine: str, tau_syn: float, excess: float, start: float
) -> None:
    """Oracle: a bracketing root search on the difference of two exponentials, up to its peak."""
    top, weight = peak(tau_syn)
    w = weight * (1.0 + excess)
    net = Network()
    source = net.add("source", SpikeSource([start]))
    cell = net.add("cell", LIFExp(tau_syn_exc=tau_syn, t_ref=1e4))
    net.connect(source, cell, AllToAll(), weight=w, delay=1.0, port="exc")
    crossing = brentq(lambda t: psp(t, w, tau_syn) - GAP, 0.0, top, xtol=1e-13, rtol=1e-14)
    seen = spikes(net, engine, 300.0)
    assert seen.size == 1
    assert abs(seen[0] - (start + 1.0 + crossing)) < 1e-9


@engines
def test_a_potential_whose_peak_stays_below_threshold_does_not_fire(engine: str) -> None:
    """Oracle: the peak of the closed form, one part in 10^9 short."""
    net = Network()
    net.add("cell", LIFExp)
    weight = peak(5.0)[1] * (1.0 - 1e-9)
    seen = spikes(
        net, engine, 300.0, script=lambda sim: sim.send("cell", 1.0, 0, weight, port="exc")
    )
    assert seen.size == 0


@engines
def test_a_silent_stretch_is_jumped_over(engine: str) -> None:
    """Oracle: a count; ten million silent ms cost as many visits of the model as ten do."""
    visits = []
    for silence in (10.0, 1e7):
        net = Network()
        net.add("cell", LIFExp)
        calls = 0

        def tick(now: float) -> None:
            nonlocal calls
            calls += 1

        with Simulation(net, engine=engine) as sim:
            sim._observer.tick = tick  # type: ignore[method-assign]
            sim.send("cell", [1.0, silence], 0, 1.0, port="exc")
            sim.run(silence + 1.0)
        visits.append(calls)
    assert visits[0] == visits[1] < 6
