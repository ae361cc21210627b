"""What must hold of every neuron model in the catalogue, whatever it models."""

from collections import namedtuple
from math import inf, isfinite, ulp
from typing import Any

import numpy as np
import pytest

from eventsim import AllToAll, Network, Simulation
from eventsim.model import NeuronModel
from eventsim.models import CATALOGUE, PoissonSource
from walk import Cell

NEURONS = {
    name: model
    for name, model in CATALOGUE.items()
    if isinstance(model, NeuronModel) and not model.is_source
}
FIRES_FROM_REST = {"LIFEscape"}
UNIT_WEIGHT = {"mV": 3.0, "pA": 150.0, "nS": 15.0, "1": 2.0, "uM": 0.2, "uM/s": 0.1}
SMALL = {"ResonateAndFire": 0.06, "Izhikevich": 1.0, "Readout": 1.0}  # of that weight
CURRENT = {"Izhikevich": 5.0}  # pA; elsewhere as above
# the parameter that must be reached by v, or by ca; elsewhere v_th
LEVEL = {
    "LiRinzel": "ca_release",
    **dict.fromkeys(("AdEx", "AdExClopath", "EIF", "QIF", "Izhikevich"), "v_peak"),
    **dict.fromkeys(("HodgkinHuxley", "TraubMiles", "MorrisLecar"), "v_spike"),
}
# without a reset: only a rise through the level is a spike
NO_RESET = {"HodgkinHuxley", "TraubMiles", "MorrisLecar", "LiRinzel"}
# whose course has a maximum between arrivals, just above or below which a threshold can be put
GRAZED = ["LIFExp", "LIFExpDeadTime", "LIFAlpha", "LIFDoubleExp", "AdLIF", "ResonateAndFire",
          "LIFCondExp", "LIFCondAlpha", "LIFCondNMDA", "DiehlCook", "HodgkinHuxley",
          "TraubMiles"]  # fmt: skip

every_model = pytest.mark.parametrize("name", NEURONS)


def weight(name: str, port: str) -> float:
    """Return a weight that moves the cell without driving it wild."""
    model = NEURONS[name]
    if port == "current":
        return CURRENT.get(name, UNIT_WEIGHT["pA"])
    return UNIT_WEIGHT[model.units.get(port, "mV")] * SMALL.get(name, 1.0)


@pytest.mark.parametrize("name", [n for n in NEURONS if n not in FIRES_FROM_REST])
def test_a_cell_without_input_is_silent_and_costs_no_more_with_time(name: str) -> None:
    """Oracle: no spike in 1e6 ms, within 6,000 plans; steps alone would be millions."""
    model = NEURONS[name]
    cell = Cell(model, model.params())
    cell.run(1e6, most=6001)
    assert cell.spikes == []
    assert cell.plans <= 6000


class Diary(Cell):
    """A neuron that keeps its state after every event of its life."""

    def __init__(self, model: NeuronModel, p: Any, key: float) -> None:
        self.seen: list[tuple[Any, float]] = []
        super().__init__(model, p, key=key)

    def _plan(self) -> None:
        super()._plan()
        self.seen.append((self.s, self.t))


def lives(name: str, n: int, seed: int, without: str = "") -> list[tuple[Any, float, Any]]:
    """Return about `n` states, times and Params from lives under noise, each with its own taus."""
    model, rng, seen = NEURONS[name], np.random.default_rng(seed), []
    while len(seen) < n:
        drawn = {
            f: v * float(rng.uniform(0.5, 2.0))
            for f, v in model.params()._asdict().items()
            if f.startswith("tau")
        }
        p = model.params(**drawn)
        cell = Diary(model, p, float(len(seen)))
        for wait in rng.exponential(4.0, 12).tolist():
            cell.run(cell.t + wait, most=1e4)
            port = rng.choice([port for port in model.ports if port != without])
            cell.receive((port, float(rng.uniform(-0.5, 3.0)) * weight(name, port)))
        seen += [(s, t, p) for s, t in cell.seen]
    return seen


@every_model
def test_passing_time_in_two_steps_equals_passing_it_in_one(name: str) -> None:
    """Oracle: the semigroup property; exact but for rounding, for planned steps too."""
    model, rng = NEURONS[name], np.random.default_rng(1)
    for s, t, p in lives(name, 300, 2):
        until = min(model.next_fire(s, t, p), t + 20.0)
        a, b = np.sort(rng.uniform(0.0, until - t, 2)).tolist()
        twice = model.between(model.between(s, t, a, p), t + a, b - a, p)
        # times are rounded: on an upstroke that is much, and the slope tells how much
        off = 4.0 * ulp(t + b)
        sooner, later = (model.between(s, t, max(x, 0.0), p) for x in (b - off, b + off))
        for x, y, lo, hi in zip(twice, model.between(s, t, b, p), sooner, later, strict=True):
            assert abs(x - y) <= 1e-12 * (1.0 + abs(y)) + abs(hi - lo)


def gap(name: str, s: Any, t: float, p: Any) -> Any:
    """Return how far a state, or a state of arrays, is at `t` above what makes it fire."""
    if name == "LIFEscape":
        return -s.remaining
    level = getattr(p, LEVEL.get(name, "v_th"), inf)  # a readout has none
    if name == "AdExClopath":
        level = np.minimum(level, s.threshold + 15.0 * p.delta_t)
    elif "theta" in NEURONS[name].variables:
        level = level + s.theta
    if name in ("LIFDeadTime", "LIFExpDeadTime"):  # in the dead time it may be above
        level = np.where(t < s.blocked_until, inf, level)
    return (s.ca if name == "LiRinzel" else getattr(s, "v", 0.0)) - level


def scan(name: str, s: Any, t: float, until: float, p: Any, points: int) -> Any:
    """Return the gap at so many times from `t` to `until`.

    A step that is planned is a polynomial: all its points at once, from the coefficients.
    """
    model, times = NEURONS[name], np.linspace(t, until, points)
    if "begin" not in model.state_names:
        return np.array([gap(name, model.between(s, t, x - t, p), x, p) for x in times.tolist()])
    names = model.state_names[: model.state_names.index("begin")]
    share = (times - s.begin) / (s.end - s.begin)
    blocks = [[getattr(s, f"{v}_{k}") for v in names] for k in range(5)]
    columns = [sum(blocks[k][i] * share**k for k in range(5)) for i in range(len(names))]
    return gap(name, namedtuple("State", names)(*columns), t, p) + 0.0 * share


@every_model
def test_no_crossing_comes_before_the_one_that_is_announced(name: str) -> None:
    """Oracle: a scan of every stretch that is announced free of spikes, of thousands of states."""
    planned = "begin" in NEURONS[name].state_names
    model, total = NEURONS[name], 0
    for s, t, p in lives(name, 2000, 4):
        due = model.next_fire(s, t, p)
        assert t <= model.safe_until(s, t, p) <= due
        if due <= t:
            continue
        total += 1
        end = min(due, s.end if planned else t + 50.0)
        above = scan(name, s, t, end, p, 202 if planned else 26)[:-1] >= 0.0
        assert not np.any(above[1:] & (~above[:-1] if name in NO_RESET else True))
    assert total > 1000


@pytest.mark.parametrize("name", GRAZED)
def test_a_threshold_just_below_the_top_is_crossed_and_one_just_above_never(name: str) -> None:
    """Oracle: the top of a scan that is refined around its largest value."""
    planned = "begin" in NEURONS[name].state_names
    model, total = NEURONS[name], 0
    level = LEVEL.get(name, "v_th")
    for s, t, p in lives(name, 3000 if planned else 1000, 5, without="current"):
        end = s.end if planned else t + 50.0
        if end <= t:
            continue
        far = p._replace(**{level: 1e3})
        course = scan(name, s, t, end, far, 400 if planned else 40)
        k, times = int(course.argmax()), np.linspace(t, end, course.size)
        if not max(course[0], course[-1]) + 1e-6 < course[k]:
            continue
        at, width, start = float(times[k]), (end - t) / course.size, s
        top = peak(name, s, t, (max(at - width, t), min(at + width, end)), far) + 1e3
        if planned:  # the same step again; a brief one is a cubic
            length = s.end - s.begin
            start = s._replace(length=length, brief=length if s.v_4 == 0.0 else 0.0)
        due = []
        for shift in (-1e-7, 1e-7):
            q = p._replace(**{level: top + shift})
            again = model.plan(start, t, q)
            due.append(model.next_fire(again, t, q))
            assert not planned or model.spikes(again, due[-1], q) == (shift < 0.0)
        total += 1
        assert due[0] <= min(at + width, end)
        assert due[1] >= end * (1.0 - 1e-12)
    assert total >= 8


def peak(name: str, s: Any, t: float, bracket: tuple[float, float], p: Any) -> float:
    """Return the largest gap within a bracket, by ever finer scans."""
    model, (lo, hi) = NEURONS[name], bracket
    for _ in range(6):
        first = model.between(s, t, lo - t, p) if "begin" not in model.state_names else s
        course = scan(name, first, lo, hi, p, 21)
        k, width = int(course.argmax()), (hi - lo) / 20
        lo, hi = max(lo + (k - 1) * width, bracket[0]), min(lo + (k + 1) * width, bracket[1])
    return float(course.max())


@every_model
def test_nothing_becomes_nan_for_inputs_of_a_million(name: str) -> None:
    model = NEURONS[name]
    for port in model.ports:
        for w in (1e6, -1e6):
            cell = Cell(model, model.params())
            cell.run(1.0)
            cell.receive((port, w))
            cell.run(3.0, most=300)
            assert all(isfinite(x) for x in cell.s), (port, w)


def spikes_and_state(name: str, size: int = 4, **options: Any) -> tuple[list[Any], list[float]]:
    """Run four cells that excite one another, under noise and a current, for 60 ms."""
    model = NEURONS[name]
    net = Network(seed=5)
    source = net.add("source", PoissonSource(rate=300.0), size=size)
    one_by_one = {
        f: np.full(size, v) for f, v in model.params()._asdict().items() if options.pop("rows", 0)
    }
    cell = net.add("cell", model(**one_by_one), size=size)
    for port in [port for port in model.ports if port not in ("current", "drive")]:
        net.connect(source, cell, AllToAll(), weight=weight(name, port), delay=1.3, port=port)
        net.connect(cell, cell, AllToAll(), weight=weight(name, port), delay=0.7, port=port)
    with Simulation(net, **options) as sim:
        recorder = sim.record()
        if "current" in model.ports:
            sim.step_current("cell", [5.0], [2.0 * weight(name, "current")])
        sim.run(60.0)
        times, neurons = recorder.recording.spikes("cell")
        state = sim.state("cell", model.state_names[0])
    return list(zip(times.tolist(), neurons.tolist(), strict=True)), state.tolist()


@every_model
def test_both_engines_and_both_ways_to_give_parameters_agree_bit_by_bit(name: str) -> None:
    """Oracle: the reference engine with parameters that the cells share."""
    plain = spikes_and_state(name, engine="reference")
    assert spikes_and_state(name, path="ordered") == plain
    assert spikes_and_state(name, path="ordered", rows=1) == plain


def test_the_laws_are_tested_on_every_neuron_of_the_catalogue() -> None:
    assert len(NEURONS) >= 18
    assert all(model.doc and model.datasheet for model in NEURONS.values())
    assert inf not in [weight(name, port) for name in NEURONS for port in NEURONS[name].ports]
