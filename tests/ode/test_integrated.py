"""The integrator itself, on equations whose solutions are known."""

from math import cos, exp, log, pi, sin
from typing import Any, NamedTuple

import numpy as np
import pytest

from eventsim import Network, Sampled, Simulation, SimulationError
from eventsim.kernel import kernel
from eventsim.model import ELSEWHERE, TAKEN, NeuronModel
from eventsim.ode import brief, integrated
from eventsim.ode.crossing import point

engines = pytest.mark.parametrize("engine", ["compiled", "reference"])


class Params(NamedTuple):
    rate: float = 1.0


class State(NamedTuple):
    x: float
    y: float


def build(derivative: Any, threshold: Any, **options: Any) -> NeuronModel:
    return integrated(
        "Test",
        params=Params,
        state=State,
        initial=kernel(lambda p, key: State(1.0, 0.0)),
        derivative=kernel(derivative),
        threshold=kernel(threshold),
        on_input={"spike": kernel(lambda s, t, w, p: State(s.x + w, s.y))},
        **options,
    )


def run(model: NeuronModel, until: float, **values: float) -> tuple[Any, list[float], int]:
    """Return the last state, the spikes and the number of plans of a cell without arrivals."""
    p = model.params(**values)
    s, t, spikes, plans = model.plan(model.initial(p, 0.0), 0.0, p), 0.0, [], 1
    while (due := model.next_fire(s, t, p)) < until:
        s, t = model.between(s, t, due - t, p), due
        if model.spikes(s, t, p):
            spikes.append(t)
            s = model.on_fire(s, t, p)
        s, plans = model.plan(s, t, p), plans + 1
    return model.between(s, t, until - t, p), spikes, plans


def circle(**options: Any) -> NeuronModel:
    """A point that goes round: x = cos t, y = sin t; fires when y rises through 1/2."""
    return build(lambda s, t, p: State(-s.y, s.x), lambda s, p: s.y - 0.5, **options)


@pytest.mark.parametrize(("method", "order"), [("explicit", 5), ("stiff", 4)])
def test_the_cost_of_accuracy_grows_with_the_order_of_the_method(method: str, order: int) -> None:
    """Oracle: error ~ tolerance, and steps ~ tolerance^(-1/order), on the circle."""
    counts = []
    for rtol in (1e-5, 1e-9):
        s, _, plans = run(circle(method=method), 20.0, rtol=rtol, atol=rtol)
        assert abs(s.x - cos(20.0)) + abs(s.y - sin(20.0)) < 100.0 * rtol
        counts.append(plans)
    assert log(counts[1] / counts[0]) / log(1e4) == pytest.approx(1.0 / order, rel=0.25)


def test_a_brief_step_is_of_order_four_and_its_estimate_of_order_three() -> None:
    """Oracle: the circle; halving a step divides the error of one by 2^5, of the others by 2^4."""
    attempt = brief.classical(lambda s, t, p: State(-s.y, s.x))
    p = circle().params(rtol=1e-12, atol=1e-6)
    ends, middles, estimates = [], [], []
    for h in (0.2, 0.1):
        estimate, c = attempt(State(1.0, 0.0), 0.0, h, p)
        ends.append(abs(point(State(1.0, 0.0), c, 1.0).x - cos(h)))
        middles.append(abs(point(State(1.0, 0.0), c, 0.5).x - cos(h / 2.0)))
        estimates.append(estimate)
    for errors, order in ((ends, 5), (middles, 4), (estimates, 4)):
        assert log(errors[0] / errors[1], 2.0) == pytest.approx(order, abs=1.2)
        assert errors[0] / errors[1] > 2.0**order * 0.8


def test_steps_that_arrivals_cut_short_become_brief_ones_and_keep_to_the_tolerance() -> None:
    """Oracle: the circle, a thousand arrivals of weight 0 on the way; derivatives are counted."""
    asked = []

    def slope(s: State, t: float, p: Any) -> State:
        asked.append(t)
        return State(-s.y, s.x)

    model = build(slope, lambda s, p: s.y - 2.0)
    p = model.params(rtol=1e-4, atol=1e-4)
    s, t = model.plan(model.initial(p, 0.0), 0.0, p), 0.0
    for k in range(1, 1001):
        s = model.on_input["spike"](model.between(s, t, 0.01 * k - t, p), 0.01 * k, 0.0, p)
        t = 0.01 * k
        s = model.plan(s, t, p)
    assert len(asked) < 5.1 * 1000
    assert s.x == pytest.approx(cos(10.0), abs=1e-4)
    assert s.y == pytest.approx(sin(10.0), abs=1e-4)


def test_a_quick_step_says_taken_only_where_it_is_the_plan_itself() -> None:
    """Oracle: `plan`, from states on the circle and a little beside it, near a crossing and far."""
    model = circle()
    p, rng = model.params(rtol=1e-4, atol=1e-5), np.random.default_rng(2)
    s, t, counts = model.plan(model.initial(p, 0.0), 0.0, p), 0.0, [0, 0, 0]
    for _ in range(600):
        t, before = t + float(rng.exponential(rng.choice([0.01, 0.3]))), t
        if model.next_fire(s, before, p) < t:
            t = model.next_fire(s, before, p)
        s = model.between(s, before, t - before, p)
        planned, verdict, hint, length = model.quick.brief(s, t, p)
        counts[0] += verdict == TAKEN
        while verdict == ELSEWHERE:
            planned, verdict, length = model.quick.whole(s, t, hint, length, p)
            counts[1] += verdict == TAKEN
        counts[2] += verdict != TAKEN
        s = model.plan(s, t, p)
        assert verdict != TAKEN or planned == s
    assert min(counts) > 20


@pytest.mark.parametrize("method", ["explicit", "stiff"])
def test_a_rise_is_found_wherever_it_lies_in_a_step(method: str) -> None:
    """Oracle: y rises through 1/2 at pi/6 + 2 pi k, once in every round."""
    _, spikes, _ = run(circle(method=method), 60.0, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(spikes, pi / 6 + 2 * pi * np.arange(10), atol=1e-6)


@pytest.mark.parametrize("height", [1.0 - 1e-6, 1.0 - 1e-4, 0.99])
def test_a_grazing_rise_is_found_and_a_miss_is_none(height: float) -> None:
    """Oracle: y touches 1; a threshold just below is crossed once a round, one above never."""
    crossed = build(lambda s, t, p: State(-s.y, s.x), lambda s, p: s.y - height)
    missed = build(lambda s, t, p: State(-s.y, s.x), lambda s, p: s.y - (2.0 - height))
    assert len(run(crossed, 60.0, rtol=1e-9, atol=1e-9)[1]) == 10
    assert run(missed, 60.0, rtol=1e-9, atol=1e-9)[1] == []


def test_the_stiff_method_steps_over_what_is_gone() -> None:
    """Oracle: rates 1e6 apart; the slow one in closed form, with a hundredth of the steps."""

    def slopes(s: Any, t: float, p: Any) -> State:
        return State(-1e4 * (s.x - s.y), 1e-2 * (1.0 - s.y))

    counts = {}
    for method in ("explicit", "stiff"):
        model = build(slopes, lambda s, p: s.x - 9.0, method=method)
        s, _, counts[method] = run(model, 10.0)
        assert s.y == pytest.approx(1.0 - exp(-0.1), rel=1e-5)
    assert counts["stiff"] < 0.01 * counts["explicit"]


def test_a_derivative_that_depends_on_time_is_followed() -> None:
    """Oracle: x = 1 + sin(t)/10, at rest in between, with a step limit given."""
    for method in ("explicit", "stiff"):
        model = build(
            lambda s, t, p: State(0.1 * cos(t), 0.0), lambda s, p: -1.0, method=method, max_step=1.0
        )
        assert run(model, 50.0)[0].x == pytest.approx(1.0 + 0.1 * sin(50.0), abs=1e-5)


def test_a_step_ends_where_the_derivative_jumps() -> None:
    """Oracle: x stands until 3 and then rises by 1 per ms: exact, and within a few steps."""
    model = build(
        lambda s, t, p: State(0.0 if t < 3.0 else 1.0, 0.0),
        lambda s, p: s.x - 5.0,
        next_break=kernel(lambda s, t, p: 3.0 if t < 3.0 else 1e9),
    )
    s, spikes, plans = run(model, 20.0)
    assert spikes == [pytest.approx(7.0, abs=1e-12)]
    assert s.x == pytest.approx(18.0, abs=1e-12)
    assert plans < 15


def test_an_arrival_that_lifts_a_cell_over_its_threshold_is_a_rise() -> None:
    model = circle()
    p = model.params()
    s = model.plan(model.initial(p, 0.0), 0.0, p)
    lifted = model.between(s, 0.0, 0.01, p)._replace(y=0.7)
    planned = model.plan(lifted, 0.01, p)
    assert model.next_fire(planned, 0.01, p) == 0.01
    assert model.spikes(planned, 0.01, p)
    after = model.plan(planned, 0.01, p)
    assert model.next_fire(after, 0.01, p) > 0.01


def simulate(model: NeuronModel, engine: str) -> None:
    net = Network(seed=1)
    net.add("cell", model(), size=2)
    with Simulation(net, engine=engine) as sim:
        sim.run(5.0)


def explosive() -> NeuronModel:
    """x' = x^2 from 1, infinite at t = 1; from below zero it comes to rest."""
    return build(lambda s, t, p: State(s.x * s.x, 0.0), lambda s, p: -1.0, units={"x": "mV"})


@engines
def test_an_equation_that_cannot_be_integrated_ends_the_run_and_shows_its_state(
    engine: str,
) -> None:
    """Oracle: x = 1 / (1 - t); the last state is one step of float64's resolution from t = 1."""
    message = (
        r"population 'cell': neuron 0 can't be integrated any further at 1 ms, x = 6\.\d+e\+13 mV, "
        "y = 0; it needs steps below the resolution of time; check its weights and parameters"
    )
    with pytest.raises(SimulationError, match=f"^{message}$"):
        simulate(explosive(), engine)


@engines
def test_a_state_from_which_no_step_leads_on_is_refused_when_it_is_set(engine: str) -> None:
    """Oracle: x' = 1e80 from x = 1e40 takes 1e-40 ms."""
    net = Network(seed=1)
    net.add("cell", explosive()(), size=3, initial={"x": -1.0})
    with Simulation(net, engine=engine) as sim:
        sim.run(5.0)
        with pytest.raises(SimulationError, match=r"neuron 1 can't .* at 5 ms, x = 1e\+40 mV, y"):
            sim.set_state("cell", x=[-1.0, 1e40, -1.0])
        with pytest.raises(ValueError, match="start again with reset"):
            sim.run(1.0)
        sim.reset()
        sim.run(5.0)
        assert sim.state("cell", "x") == pytest.approx(-1.0 / 6.0, abs=1e-5)


@engines
def test_a_failure_between_two_arrivals_of_one_window_is_told_with_its_own_time(
    engine: str,
) -> None:
    """Oracle: lifted to x = 2 at 0.25 ms the cell explodes at 0.75 ms, before the next arrival."""
    net = Network(seed=1)
    net.add("cell", explosive()(), size=1, initial={"x": 0.0})
    with Simulation(net, engine=engine) as sim:
        sim.send("cell", [0.25, 0.9], 0, [2.0, -50.0])
        with pytest.raises(SimulationError, match=r"neuron 0 can't .* at 0\.75 ms, x = \d"):
            sim.run(3.0)


@engines
def test_a_reset_that_stays_above_threshold_ends_the_run_and_shows_its_state(engine: str) -> None:
    model = build(
        lambda s, t, p: State(1.0, 0.0), lambda s, p: s.x - 2.0, on_fire=kernel(lambda s, t, p: s)
    )
    message = (
        "population 'cell': neuron 0 is still at its threshold after its reset at 1 ms, x = 2, "
        "y = 0; a reset must lead below the threshold"
    )
    with pytest.raises(SimulationError, match=f"^{message}$"):
        simulate(model, engine)


@engines
def test_the_plan_of_an_integrator_is_neither_shown_nor_recorded_nor_set(engine: str) -> None:
    """Oracle of what is shown: x = -1 / (1 + t)."""
    net = Network(seed=1)
    net.add("cell", explosive()(), size=2, initial={"x": -1.0})
    with Simulation(net, engine=engine) as sim:
        sim.run(1.0)
        assert sim.state("cell", "x") == pytest.approx(-0.5, abs=1e-5)
        for name in ("end", "x_1", "key"):
            with pytest.raises(KeyError, match=f"unknown state variable .*'{name}'"):
                sim.state("cell", name)
            with pytest.raises(KeyError, match=f"unknown state variable .*'{name}'"):
                sim.set_state("cell", **{name: 0.0})
            with pytest.raises(KeyError, match=f"unknown state variable .*'{name}'"):
                sim.record(states={"cell": Sampled(name, 0.1)})
    assert explosive().variables == ("x", "y")
    with pytest.raises(ValueError, match="unknown state of Test 'length'"):
        Network(seed=1).add("cell", explosive()(), size=1, initial={"length": 1.0})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "explict"}, "model 'Test': unknown method 'explict'; did you mean 'explicit'"),
        ({"max_step": 0.0}, "model 'Test': max_step must be > 0 ms, got 0.0"),
    ],
)
def test_a_bad_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        circle(**options)


def test_a_tolerance_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="population 'c': rtol must be > 0, got 0"):
        Network(seed=1).add("c", circle()(rtol=0.0), size=1)
