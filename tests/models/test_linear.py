"""What must hold of every linear model: summing a window's arrivals is the same as stepping."""

from typing import Any

import numpy as np
import pytest

from eventsim.model import NeuronModel
from eventsim.models import CATALOGUE
from eventsim.models.neurons import lif_alpha, lif_double_exp

LINEAR = {
    name: model
    for name, model in CATALOGUE.items()
    if isinstance(model, NeuronModel) and model.linear is not None
}
WEIGHT = {"mV": 2.0, "pA": 1500.0}
WINDOWS = 200

every_model = pytest.mark.parametrize("name", LINEAR)


def arrivals(model: NeuronModel, dt: float, rng: np.random.Generator) -> list[Any]:
    """Return (time, port, weight) of some arrivals in a window, in the order of time."""
    assert model.linear is not None
    ports = list(model.linear.modes)
    times = np.sort(rng.uniform(0.0, dt, rng.poisson(3.0)))
    return [
        (t, port, rng.normal(0.0, WEIGHT[model.units[port]]))
        for t, port in zip(times.tolist(), rng.choice(ports, times.size).tolist(), strict=True)
    ]


def sums(model: NeuronModel, dt: float, given: list[Any], p: Any) -> list[float]:
    """Return the decayed sums of arrivals, as the notes of `Summable` define them."""
    assert model.linear is not None
    assert model.summable is not None
    total = [0.0] * model.summable.columns
    for t, port, w in given:
        names = model.linear.modes[port]
        for m, name in enumerate(names):
            u, ramped = dt - t, name in names[:m]
            left = w * np.exp(-u / getattr(p, name)) * (u if ramped else 1.0)
            total[model.summable.first_column(port) + 2 * m + (w < 0.0)] += left
    return total


def stepped(model: NeuronModel, s: Any, t: float, dt: float, given: list[Any], p: Any) -> Any:
    """Step through arrivals in order; return the state at the end and whether it ever fired."""
    now, fired = t, False
    for lapse, port, w in [*given, (dt, None, 0.0)]:
        fired = fired or model.next_fire(s, now, p) < t + lapse
        s, now = model.between(s, now, t + lapse - now, p), t + lapse
        if port is not None:
            s = model.on_input[port](s, now, w, p)
            fired = fired or model.fires(s, p)
    return s, fired


def is_safe(model: NeuronModel, s: Any, t: float, dt: float, total: list[float], p: Any) -> bool:
    """Tell whether a window may be absorbed."""
    assert model.linear is not None
    step = model.linear.prepare(dt, p)
    room: float = model.linear.headroom(s, t, dt, step, p)
    return bool(model.linear.excitation(step, total) < room)


def windows(model: NeuronModel) -> Any:
    """Yield random states below threshold, in or out of a dead time, with a window's arrivals."""
    rng = np.random.default_rng(3)
    for k in range(WINDOWS):
        p = model.params()._replace(i_offset=rng.uniform(0.0, 300.0)) if (
            "i_offset" in model.parameter_names
        ) else model.params()  # fmt: skip
        s = model.initial(p, 1.0)
        t, dt = float(rng.uniform(5.0, 10.0)), float(rng.uniform(0.05, 2.0))
        for _, port, w in arrivals(model, 1.0, rng):
            s = model.on_input[port](s, 0.0, w, p)
        s = model.between(s, 0.0, t, p)
        s = s._replace(v=float(rng.uniform(p.v_th - 12.0, p.v_th)))
        if k % 4 == 0:
            s = model.on_fire(s, t - 1e-3, p)
        yield s, t, dt, arrivals(model, dt, rng), p


@every_model
def test_a_window_absorbed_at_once_is_the_window_stepped_through(name: str) -> None:
    """Oracle: `between` and `on_input` in the order of time; 1e-9 where there is headroom."""
    model, compared = LINEAR[name], 0
    assert model.linear is not None
    for s, t, dt, given, p in windows(model):
        step, total = model.linear.prepare(dt, p), sums(model, dt, given, p)
        if is_safe(model, s, t, dt, total, p):
            expected, _ = stepped(model, s, t, dt, given, p)
            seen = model.linear.absorb(s, t, dt, step, total, p)
            np.testing.assert_allclose(seen, expected, rtol=1e-9, atol=1e-9)
            compared += 1
    assert compared > WINDOWS / 4


@every_model
def test_no_window_in_which_a_spike_falls_is_absorbed(name: str) -> None:
    """Oracle: stepping through, with the crossings between arrivals that `next_fire` finds."""
    model, fired = LINEAR[name], 0
    assert model.linear is not None
    for s, t, dt, given, p in windows(model):
        _, crossed = stepped(model, s, t, dt, given, p)
        total = sums(model, dt, given, p)
        if crossed:
            assert not is_safe(model, s, t, dt, total, p)
            fired += 1
    assert fired > WINDOWS / 20


@every_model
def test_a_neuron_that_is_not_restless_never_fires_by_itself(name: str) -> None:
    """Oracle: `next_fire`."""
    model = LINEAR[name]
    assert model.linear is not None
    for s, t, _, _, p in windows(model):
        if not model.linear.restless(s, p):
            assert model.next_fire(s, t, p) == np.inf


def test_time_constants_that_cannot_be_told_apart_are_not_admitted() -> None:
    for model, alike in ((lif_alpha, {"tau_syn": 10.2}), (lif_double_exp, {"tau_rise_inh": 10.1})):
        assert model.admits(model.Params())  # type: ignore[attr-defined]
        assert not model.admits(model.Params(**alike))  # type: ignore[attr-defined]
