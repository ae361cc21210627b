"""Background input without a queue: the reference engine's spikes, whatever is asked."""

from typing import Any

import numpy as np
import pytest

from eventsim import FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.models import LIF, LIFExp, PoissonSource
from eventsim.models.sources import poisson

WAYS: list[dict[str, Any]] = [{"path": "ordered"}, {"path": "superposition"}]


def driven(rate: float) -> Network:
    """20 neurons, recurrent, each with a Poisson source of its own."""
    net = Network(seed=1)
    cells = net.add("cells", LIF(v_rest=0.0, v_th=20.0, v_reset=10.0), size=20)
    noise = net.add("noise", PoissonSource(rate=rate), size=20)
    net.connect(noise, cells, OneToOne(), weight=2000.0 / rate, delay=1.5)
    net.connect(cells, cells, FixedInDegree(15), weight=Uniform(0, 0.1), delay=Uniform(0.5, 5))
    return net


def spikes(net: Network, change: Any = None, duration: float = 50.0, **how: Any) -> tuple[Any, Any]:
    with Simulation(net, **how) as sim:
        recorder = sim.record()
        if change is not None:
            sim.at(20.5, change)
        sim.run(duration)
        return recorder.recording.spikes("cells")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rate", [1000.0, 20_000.0, 60_000.0])
def test_drives_of_any_rate_give_the_reference_engines_spikes(way: Any, rate: float) -> None:
    """Oracle: the reference engine. At the high rates one window holds more spikes than a row."""
    net = driven(rate)
    times, neurons = spikes(net, **way)
    expected = spikes(net, engine="reference")
    assert times.size > 20
    np.testing.assert_array_equal(times, expected[0])
    np.testing.assert_array_equal(neurons, expected[1])


def test_more_arrivals_than_an_inbox_holds_are_all_delivered() -> None:
    """Oracle: the reference engine. A window of 1 ms has 6,000 arrivals, an inbox 1,024 places."""
    net = Network(seed=4)
    cells = net.add("cells", LIF(v_rest=0.0, v_th=20.0, v_reset=10.0), size=300)
    noise = net.add("noise", PoissonSource(rate=20_000.0), size=300)
    net.connect(noise, cells, OneToOne(), weight=0.1, delay=1.0)
    expected = spikes(net, duration=15.0, engine="reference")
    for threads in (1, 2):
        times, neurons = spikes(net, duration=15.0, path="ordered", threads=threads)
        assert times.size > 100
        np.testing.assert_array_equal(times, expected[0])
        np.testing.assert_array_equal(neurons, expected[1])


@pytest.mark.parametrize("way", WAYS)
def test_a_rate_changed_during_the_run_loses_no_spike_on_its_way(way: Any) -> None:
    """Oracle: the reference engine, in which sources are nothing special."""
    net = driven(2000.0)

    def change(sim: Simulation) -> None:
        sim.set_parameters("noise", rate=3000.0)

    times, neurons = spikes(net, change, **way)
    expected = spikes(net, change, engine="reference")
    np.testing.assert_array_equal(neurons, expected[1])
    np.testing.assert_allclose(times, expected[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_looking_at_a_source_changes_nothing(way: Any) -> None:
    net = driven(2000.0)
    plain = spikes(net, **way)
    looked = spikes(net, lambda sim: sim.state("noise", "remaining"), **way)
    again = spikes(net, lambda sim: None, **way)  # a control event cuts the window as well
    np.testing.assert_array_equal(looked[0], again[0])
    np.testing.assert_array_equal(looked[1], plain[1])


def test_poisson_spikes_in_bulk_are_those_one_by_one() -> None:
    """Oracle: `next_fire` and `on_fire`, taken in turn."""
    p = poisson.Params(rate=130.0)
    starts = [poisson.initial(p, key) for key in (12345.0, 67890.0)]
    starts[1] = poisson.on_fire(starts[1], 3.0, p)  # in the middle of a pair of numbers
    states = np.array([[*s, 3.0] for s in starts]).T.copy()
    bulk = np.empty((8, 2))
    poisson.ahead(2, states, bulk, p)
    for a, s in enumerate(starts):
        t = 3.0
        for j in range(8):
            spike = poisson.next_fire(s, t, p)
            s = poisson.on_fire(poisson.between(s, t, spike - t, p), spike, p)
            t = spike
            assert bulk[j, a] == spike
        assert tuple(states[:, a]) == (*s, t)


def test_a_source_without_rate_drives_nothing() -> None:
    net = driven(1000.0)
    with Simulation(net) as sim:
        sim.set_parameters("noise", rate=0.0)
        sim.run(100.0)
        assert sim.spike_count("cells") == 0


def test_two_drives_onto_ports_of_one_population() -> None:
    """Oracle: the reference engine, to 1e-9 ms."""
    net = Network(seed=2)
    cells = net.add("cells", LIFExp(), size=50)
    for port, weight in (("exc", 160.0), ("inh", -60.0)):
        noise = net.add(port, PoissonSource(rate=1500.0), size=50)
        net.connect(noise, cells, OneToOne(), weight=weight, delay=Uniform(0.1, 3), port=port)
    expected = spikes(net, engine="reference")
    for way in WAYS:
        times, neurons = spikes(net, **way)
        np.testing.assert_array_equal(neurons, expected[1])
        np.testing.assert_allclose(times, expected[0], rtol=0, atol=1e-9)
    assert times.size > 50


CHANGES: dict[str, Any] = {
    "another time constant": {"tau_m": 35.0},
    "one time constant for each": {"tau_m": np.linspace(35.0, 12.0, 20)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", CHANGES)
def test_neurons_changed_during_the_run_go_on_as_changed(way: Any, change: str) -> None:
    """Oracle: the reference engine. Sums are over time constants that all neurons share."""
    net = driven(2000.0)

    def act(sim: Simulation) -> None:
        sim.set_parameters("cells", **CHANGES[change])

    times, neurons = spikes(net, act, **way)
    expected = spikes(net, act, engine="reference")
    assert (times > 20.5).sum() > 10
    np.testing.assert_array_equal(neurons, expected[1])
    np.testing.assert_allclose(times, expected[0], rtol=0, atol=1e-9)
