"""What a simulation refuses, each in one line that names the object, the value and the bound."""

from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from eventsim import Network, OneToOne, Sampled, Simulation
from eventsim.models import LIF, PoissonSource, SpikeSource, STDPPair
from naming import short

Attempt = Callable[[Simulation], object]


def idle(sim: Simulation) -> None:
    """Do nothing."""


REFUSALS: list[tuple[type[Exception], str, Attempt]] = [
    (TypeError, "simulation: a Network is needed, got 3", lambda s: Simulation(3)),  # type: ignore[arg-type]
    (ValueError, "simulation: the network has no population; add one with network.add",
     lambda s: Simulation(Network())),
    (ValueError, "simulation: unknown engine 'compile'; did you mean 'compiled'?",
     lambda s: Simulation(s.network, engine="compile")),
    (ValueError, "simulation: threads must be >= 1, got 0",
     lambda s: Simulation(s.network, threads=0)),
    (TypeError, "simulation: threads must be a whole number, got 1.5",
     lambda s: Simulation(s.network, threads=1.5)),  # type: ignore[arg-type]
    (ValueError, "simulation: max_rate must be > 0 Hz, got 0",
     lambda s: Simulation(s.network, max_rate=0)),
    (ValueError, "simulation: seed must be >= 0, got -1",
     lambda s: Simulation(s.network, seed=-1)),
    (TypeError, "simulation: seed must be a whole number, got 'a'",
     lambda s: Simulation(s.network, seed="a")),  # type: ignore[arg-type]
    (TypeError, "run: duration must be a number (ms), got '9'", lambda s: s.run("9")),  # type: ignore[arg-type]
    (ValueError, "run: duration must be >= 0 ms, got -1", lambda s: s.run(-1)),
    (ValueError, "run: duration must be finite (ms), got inf", lambda s: s.run(inf)),
    (ValueError, "run: duration must be finite (ms), got nan", lambda s: s.run(nan)),
    (ValueError, "run: a run is under way; a control event can't run",
     lambda s: (s.at(2.0, lambda s: s.run(1.0)), s.run(9.0))),
    (ValueError, "reset: a run is under way; a control event can't reset",
     lambda s: (s.at(2.0, lambda s: s.reset()), s.run(9.0))),
    (ValueError, "run_until: every must be > 0 ms, got 0",
     lambda s: s.run_until(bool, every=0, limit=1.0)),
    (ValueError, "run_until: limit must be >= 0 ms, got -1",
     lambda s: s.run_until(bool, limit=-1)),
    (TypeError, "run_until: predicate must be a function of the simulation, got 3",
     lambda s: s.run_until(3, limit=1.0)),  # type: ignore[arg-type]
    (ValueError, "at: t must be >= 1 ms (now), got 0.5", lambda s: s.at(0.5, idle)),
    (ValueError, "at: t must be finite (ms), got nan", lambda s: s.at(nan, idle)),
    (TypeError, "at: action must be a function of the simulation, got None",
     lambda s: s.at(2.0, None)),  # type: ignore[arg-type]
    (ValueError, "every: interval must be > 0 ms, got 0.0", lambda s: s.every(0.0, idle)),
    (ValueError, "every: start must be >= 1 ms (now), got 0.0",
     lambda s: s.every(1.0, idle, start=0.0)),
    (TypeError, "every: action must be a function of the simulation, got 3",
     lambda s: s.every(1.0, 3)),  # type: ignore[arg-type]
    (KeyError, "unknown population 'cell'; did you mean 'cells'?", lambda s: s.population("cell")),
    (TypeError, "a population or its name is needed, got 3", lambda s: s.population(3)),  # type: ignore[arg-type]
    (KeyError, "population 'cells' belongs to another network",
     lambda s: s.population(Network().add("cells", LIF))),
    (KeyError, "unknown projection 'noise->cell'; did you mean 'noise->cells'?",
     lambda s: s.projection("noise->cell")),
    (TypeError, "a projection or its name is needed, got None", lambda s: s.projection(None)),  # type: ignore[arg-type]
    (ValueError, "spike_count: 'noise' is a source; record its spikes to count them",
     lambda s: s.spike_count("noise")),
    (KeyError, "unknown state variable of population 'cells' 'u'; known: deaf_until, i, v",
     lambda s: s.state("cells", "u")),
    (KeyError, "unknown state variable of population 'cells' 'u'; known: deaf_until, i, v",
     lambda s: s.set_state("cells", u=1.0)),
    (ValueError, "population 'cells': v must be finite, got nan",
     lambda s: s.set_state("cells", v=nan)),
    (ValueError, "population 'cells': v must be finite, got inf for 1 of 5 (first: 3)",
     lambda s: s.set_state("cells", v=[0, 0, 0, inf, 0])),
    (ValueError,
     "population 'cells': v must be one value or one for each of 5 neurons, got shape (2,)",
     lambda s: s.set_state("cells", v=[1.0, 2.0])),
    (TypeError, "population 'cells': v must be numbers, got 'x'",
     lambda s: s.set_state("cells", v="x")),
    (TypeError, "population 'cells': unknown parameter of LIF 'tau'; did you mean 'tau_m'?",
     lambda s: s.set_parameters("cells", tau=1.0)),
    (ValueError, "population 'cells': tau_m must be > 0 ms, got -1.0",
     lambda s: s.set_parameters("cells", tau_m=-1.0)),
    (ValueError, "population 'cells': v_th must be > v_reset (-65) mV, got -70.0",
     lambda s: s.set_parameters("cells", v_th=-70.0)),
    (ValueError, "population 'given': the table of SpikeSource can't change during a run",
     lambda s: s.set_parameters("given", table=[1.0])),
    (ValueError, "send to 'noise': say which port; PoissonSource has none (it is a source)",
     lambda s: s.send("noise", 2.0, 0)),
    (ValueError, "send to 'cells': unknown port of LIF 'spikes'; did you mean 'spike'?",
     lambda s: s.send("cells", 2.0, 0, port="spikes")),
    (ValueError,
     "send to 'cells': times must be finite and >= 1 ms (now), got 0.5 for 1 of 2 (first: 1)",
     lambda s: s.send("cells", [2.0, 0.5], 0)),
    (ValueError, "send to 'cells': times must be finite and >= 1 ms (now), got nan",
     lambda s: s.send("cells", nan, 0)),
    (TypeError, "send to 'cells': times must be numbers, got 'soon'",
     lambda s: s.send("cells", "soon", 0)),
    (ValueError, "send to 'cells': weights must be finite, got inf",
     lambda s: s.send("cells", 2.0, 0, inf)),
    (ValueError, "send to 'cells': neurons must be in 0..4, got 5",
     lambda s: s.send("cells", 2, 5)),
    (ValueError, "send to 'cells': neurons must be in 0..4, got -1",
     lambda s: s.send("cells", 2, -1)),
    (TypeError, "send to 'cells': neurons must be whole numbers, got 1.5",
     lambda s: s.send("cells", 2.0, 1.5)),
    (ValueError,
     "send to 'cells': times, neurons and weights must be of one length, got shapes (2,), (3,) "
     "and ()",
     lambda s: s.send("cells", [2.0, 3.0], [0, 1, 2])),
    (ValueError, "step_current into 'noise': unknown port of PoissonSource 'current'; known: none",
     lambda s: s.step_current("noise", 2.0, 1.0)),
    (ValueError, "step_current into 'cells': times must be finite and >= 1 ms (now), got 0.5",
     lambda s: s.step_current("cells", 0.5, 1.0)),
    (ValueError, "step_current into 'cells': times must increase, got 2.0 for 1 of 2 (first: 1)",
     lambda s: s.step_current("cells", [3.0, 2.0], [1.0, 2.0])),
    (ValueError,
     "step_current into 'cells': times and amplitudes must be of one length, got (2,) and (1,)",
     lambda s: s.step_current("cells", [2.0, 3.0], [1.0])),
    (ValueError, "step_current into 'cells': amplitudes must have one column, or one for each of 2 "
     "neurons, got shape (1, 5)",
     lambda s: s.step_current("cells", [2.0], [[0.0] * 5], neurons=[0, 1])),
    (ValueError, "step_current into 'cells': amplitudes must be finite (pA), got nan",
     lambda s: s.step_current("cells", 2.0, nan)),
    (ValueError, "step_current into 'cells': neurons must be in 0..4, got 9",
     lambda s: s.step_current("cells", 2.0, 1.0, neurons=[9])),
    (KeyError, "unknown projection 'x'; known: noise->cells", lambda s: s.weights("x")),
    (ValueError, "projection 'noise->cells': weights must be finite, got nan",
     lambda s: s.set_weights("noise->cells", nan)),
    (ValueError, "projection 'noise->cells': weights must be in [0, 5], got 7.0",
     lambda s: s.set_weights("noise->cells", 7.0)),
    (ValueError, "projection 'noise->cells': weights must be one value or one for each of 5 "
     "synapses, got shape (2,)", lambda s: s.set_weights("noise->cells", [1.0, 2.0])),
    (TypeError, "projection 'noise->cells': weights must be numbers, got 'x'",
     lambda s: s.set_weights("noise->cells", "x")),
    (ValueError, "reset: unknown choice for weights 'kept'; did you mean 'keep'?",
     lambda s: s.reset(weights="kept")),
    (ValueError, "reset: a recording is open, and its time can't go back; close it first",
     lambda s: (s.record(), s.reset())),
    (ValueError, "record: a recording is open already; close it first",
     lambda s: (s.record(), s.record())),
]  # fmt: skip

RECORD_REFUSALS: list[tuple[type[Exception], str, dict[str, Any]]] = [
    (KeyError, "unknown population 'cell'; did you mean 'cells'?", {"spikes": ["cell"]}),
    (TypeError, "record: spikes must be True, False or a list, got 'cells'", {"spikes": "cells"}),
    (KeyError, "unknown population 'cell'; did you mean 'cells'?",
     {"states": {"cell": Sampled("v")}}),
    (KeyError, "unknown state variable of population 'cells' 'u'; known: deaf_until, i, v",
     {"states": {"cells": Sampled("u")}}),
    (ValueError, "states of population 'cells': interval must be > 0 ms, got 0.0",
     {"states": {"cells": Sampled("v", every=0.0)}}),
    (ValueError, "states of population 'cells': neurons must be in 0..4, got 5",
     {"states": {"cells": Sampled("v", neurons=[5])}}),
    (ValueError, "states of population 'cells': a neuron is asked for twice",
     {"states": {"cells": Sampled("v", neurons=[1, 1])}}),
    (TypeError, "states of population 'cells': must be Sampled(variables, every), got 'v'",
     {"states": {"cells": "v"}}),
    (ValueError,
     "states of population 'noise': the state of a source is not sampled; record its spikes",
     {"states": {"noise": Sampled("remaining")}}),
    (KeyError, "unknown projection 'cells'; did you mean 'noise->cells'?",
     {"weights": {"cells": 1.0}}),
    (ValueError, "weights of projection 'noise->cells': interval must be > 0 ms, got 0.0",
     {"weights": {"noise->cells": 0.0}}),
    (ValueError, "weights of projection 'noise->cells': time must be >= 1 ms (now), got 0.0",
     {"weights": {"noise->cells": [0.0]}}),
    (TypeError, "weights of projection 'noise->cells': interval must be a number (ms), got 'often'",
     {"weights": {"noise->cells": "often"}}),
]  # fmt: skip


@pytest.fixture
def at_one_ms() -> Simulation:
    """A simulation of five cells that has run for 1 ms."""
    net = Network()
    cells, noise = net.add("cells", LIF, size=5), net.add("noise", PoissonSource, size=5)
    net.add("given", SpikeSource([1.0]))
    net.connect(noise, cells, OneToOne(), 3.0, 1.0, plasticity=STDPPair, bounds=(0.0, 5.0))
    sim = Simulation(net, engine="reference")
    sim.run(1.0)
    return sim


@pytest.mark.parametrize(("kind", "message", "attempt"), REFUSALS, ids=short)
def test_bad_input_is_refused_in_one_line(
    at_one_ms: Simulation, kind: type[Exception], message: str, attempt: Attempt
) -> None:
    """Oracle: the exact message."""
    with pytest.raises(kind) as refused:
        attempt(at_one_ms)
    assert refused.value.args == (message,)


@pytest.mark.parametrize(("kind", "message", "asked"), RECORD_REFUSALS, ids=short)
def test_a_recording_that_can_not_be_made_is_refused_and_leaves_no_file(
    at_one_ms: Simulation,
    tmp_path: Path,
    kind: type[Exception],
    message: str,
    asked: dict[str, Any],
) -> None:
    """Oracle: the exact message and an empty folder; a right one can be opened afterwards."""
    with pytest.raises(kind) as refused:
        at_one_ms.record(tmp_path / "run.h5", **asked)
    assert refused.value.args == (message,)
    assert not list(tmp_path.iterdir())
    at_one_ms.record(tmp_path / "run.h5")
    at_one_ms.close()


def test_more_threads_than_there_are_is_refused(at_one_ms: Simulation) -> None:
    with pytest.raises(ValueError, match=r"^simulation: threads must be <= \d+ on this machine"):
        Simulation(at_one_ms.network, threads=10_000)
