"""PoissonRate, PoissonSine and `thinned`: exact in rescaled time; a rate out of bounds is told."""

from math import inf
from typing import Any

import numpy as np
import pytest
from fired import Times, spikes
from scipy import stats

from eventsim import Network, Simulation
from eventsim.engine.base import SimulationError
from eventsim.kernel import kernel
from eventsim.models import PoissonRate, PoissonSine
from eventsim.models.sources import poisson_rate, poisson_sine


@kernel
def ramp(t: float) -> float:
    """Return a rate that rises by 10 Hz every 100 ms, for a second; then it is gone."""
    return 0.1 * t if t < 1000.0 else 0.0


def rescaled(model: Any, p: Any, integral: Any, n: int = 40, streams: int = 60) -> Times:
    """Return the intervals of many neurons in units of what was expected to fall into them."""
    return np.concatenate(
        [np.diff(integral(spikes(model, p, n, k)), prepend=integral(0.0)) for k in range(streams)]
    )


def test_a_sine_is_a_poisson_process_in_rescaled_time() -> None:
    """Oracle: the time-rescaling theorem, with the integral of the rate in closed form."""
    p = poisson_sine.Params(rate=40.0, depth=0.9, frequency=7.0, phase=1.0)
    w = 2.0 * np.pi * 7e-3

    def integral(t: Any) -> Any:
        return 1e-3 * 40.0 * (t - 0.9 * np.cos(w * np.asarray(t) + 1.0) / w)

    assert stats.kstest(rescaled(PoissonSine, p, integral), "expon").pvalue > 0.001


def test_a_sine_deeper_than_its_mean_is_silent_where_it_would_be_negative() -> None:
    """Oracle: the sign of the rate at each spike."""
    p = poisson_sine.Params(rate=40.0, depth=3.0, frequency=7.0)
    times = spikes(PoissonSine, p, 2000)
    assert min(poisson_sine.rate(t, p) for t in times.tolist()) > 0.0


def test_any_function_is_a_poisson_process_in_rescaled_time() -> None:
    """Oracle: the integral of a ramp; 40 spikes end before it does, for all of these streams."""
    p = poisson_rate.Params(bound=100.0)
    model = PoissonRate(ramp, 100.0).model
    intervals = rescaled(model, p, lambda t: 0.5e-4 * np.square(t), n=25)
    assert intervals.sum() / 60 < 50.0
    assert stats.kstest(intervals, "expon").pvalue > 0.001


def test_a_rate_at_its_bound_loses_no_candidate() -> None:
    """Oracle: a Poisson process; Kolmogorov-Smirnov."""
    model = PoissonRate(kernel(lambda t: 50.0), 50.0).model
    times = spikes(model, poisson_rate.Params(bound=50.0), 3000)
    assert stats.kstest(np.diff(times), "expon", (0.0, 20.0)).pvalue > 0.001


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^PoissonRate: rate must be a function of the time in ms"):
        PoissonRate(50.0, 100.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_rate_above_its_bound_stops_the_run_where_it_is(engine: str) -> None:
    """Oracle: the ramp passes 60 Hz at 600 ms; the next candidate comes some 17 ms later."""
    net = Network(seed=1)
    net.add("noise", PoissonRate(ramp, bound=60.0))
    with Simulation(net, engine=engine) as sim:
        sim.run(600.0)
        with pytest.raises(SimulationError, match=r"'noise': the state of neuron 0.* at 6") as told:
            sim.run(400.0)
    assert str(told.value).endswith("its rate was below zero or above its bound there")


def test_a_rate_that_is_zero_for_ever_lets_the_run_end() -> None:
    """Oracle: no spike after a second; the reference engine."""
    net = Network(seed=1)
    net.add("noise", PoissonRate(ramp, bound=100.0), size=3)
    seen = []
    for engine in ("compiled", "reference"):
        with Simulation(net, engine=engine) as sim:
            recorder = sim.record(spikes=["noise"])
            sim.run(3000.0)
            times, neurons = recorder.recording.spikes("noise")
        assert 900.0 < times.max() < 1000.0
        seen.append((times.tolist(), neurons.tolist()))
    assert seen[0] == seen[1]


def test_a_plan_out_of_bounds_is_followed_by_nothing() -> None:
    s = poisson_rate.State(float("nan"), -1.0, 0.0, 0.0)
    assert poisson_rate.next_fire(s, 5.0, poisson_rate.Params()) == inf
