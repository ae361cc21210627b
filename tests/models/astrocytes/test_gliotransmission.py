"""What the releases of a calcium oscillator do: a slow inward current, and release of a synapse."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from eventsim import AllToAll, Network, Sampled, Simulation
from eventsim.models import (
    LIF,
    LIFDoubleExp,
    LiRinzel,
    Modulator,
    RegularSource,
    TsodyksMarkramAstrocyte,
)
from eventsim.models.astrocytes import li_rinzel

DURATION, STEP = 60_000.0, 200.0  # ms, of the run and of the presynaptic spikes
DELAY, ACTIVATED, TAU_RECEPTORS = 5.0, 0.7, 3000.0
RISE, DECAY, SLOW = 60.0, 600.0, 300.0  # ms, ms, pA
USE, TAU_REC, TAU_FAC = 0.3, 300.0, 200.0


def network(alpha: float) -> Network:
    """An astrocyte that oscillates; a cell and a synapse that it acts on."""
    net = Network(seed=1)
    net.add("astrocyte", LiRinzel(ip3_rest=0.5))
    net.add("cell", LIFDoubleExp(tau_rise_exc=RISE, tau_decay_exc=DECAY))
    net.add("receptors", Modulator(tau=TAU_RECEPTORS))
    net.add("pre", RegularSource(rate=1e3 / STEP))
    net.add("post", LIF(tau_m=1e300, v_rest=0.0, v_reset=0.0, v_th=1e12))  # adds up what arrives
    net.connect("astrocyte", "cell", AllToAll(), SLOW, DELAY, port="exc")
    net.connect("astrocyte", "receptors", AllToAll(), ACTIVATED, DELAY)
    rule = TsodyksMarkramAstrocyte(
        astrocyte="receptors", use=USE, alpha=alpha, tau_rec=TAU_REC, tau_fac=TAU_FAC
    )
    net.connect("pre", "post", AllToAll(), 1.0, 1.0, plasticity=rule)
    return net


def observed(net: Network, engine: str) -> dict[str, Any]:
    """Return the spikes, the slow current, and what the synapse has transmitted."""
    with Simulation(net, engine=engine) as sim:
        recorder = sim.record(
            states={
                "cell": Sampled("i_exc", every=STEP),
                "post": Sampled("v", every=STEP),
            }
        )
        sim.run(DURATION)
        recording = recorder.recording
        return {
            "astrocyte": recording.spikes("astrocyte")[0],
            "cell": recording.spikes("cell")[0],
            "current": recording.states("cell", "i_exc").values[:, 0],
            "sent": np.diff(recording.states("post", "v").values[:, 0])[1:],
        }


@pytest.fixture(scope="module", params=[0.0, 0.9], ids=["weakens", "strengthens"])
def seen(request: pytest.FixtureRequest) -> tuple[float, dict[str, Any]]:
    """Return alpha and what was observed, the same on both engines to the last bit."""
    net = network(request.param)
    compiled, reference = observed(net, "compiled"), observed(net, "reference")
    for name, values in reference.items():
        np.testing.assert_array_equal(compiled[name], values)
    assert compiled["astrocyte"].size >= 4
    return request.param, compiled


def test_each_release_gives_the_cell_a_slow_inward_current(seen: Any) -> None:
    """Oracle: w (exp(-t/decay) - exp(-t/rise)) over its peak, from each release and its delay."""
    _, now = seen
    t = STEP * np.arange(now["current"].size)
    since = t[:, None] - now["astrocyte"][None, :] - DELAY
    peak = np.log(DECAY / RISE) * RISE * DECAY / (DECAY - RISE)
    top = np.exp(-peak / DECAY) - np.exp(-peak / RISE)
    late = np.maximum(since, 0.0)
    shape = np.where(since > 0.0, np.exp(-late / DECAY) - np.exp(-late / RISE), 0.0) / top
    expected = SLOW * shape.sum(axis=1)
    np.testing.assert_allclose(now["current"], expected, rtol=1e-9, atol=1e-9)


def test_the_cell_fires_in_the_wake_of_releases_alone(seen: Any) -> None:
    """Oracle: 300 pA bring it to threshold, and have faded below 188 pA after 1 s."""
    _, now = seen
    since = now["cell"][:, None] - now["astrocyte"][None, :] - DELAY
    assert ((since > 0.0) & (since < 1000.0)).any(axis=1).all()
    assert ((since > 0.0) & (since < 1000.0)).any(axis=0)[:-1].all()


def test_each_release_changes_what_the_synapse_uses(seen: Any) -> None:
    """Oracle: the recursion with use = (1 - level) use + level alpha, the level in closed form."""
    alpha, now = seen
    u, x, expected = 0.0, 1.0, []
    for t in STEP * np.arange(1, now["sent"].size + 1) + 1.0:
        since = t - now["astrocyte"] - DELAY
        level = min(1.0, ACTIVATED * np.exp(-since[since > 0.0] / TAU_RECEPTORS).sum())
        use = (1.0 - level) * USE + level * alpha
        u = u * np.exp(-STEP / TAU_FAC)
        x = 1.0 + (x - 1.0) * np.exp(-STEP / TAU_REC)
        u = u + use * (1.0 - u)
        expected.append(u * x)
        x -= u * x
    np.testing.assert_allclose(now["sent"], expected, rtol=1e-9)
    assert max(expected[100:]) / min(expected[100:]) > 1.5


def test_calcium_oscillates_with_the_period_of_the_limit_cycle(seen: Any) -> None:
    """Oracle: scipy's DOP853 at rtol 1e-10 on the published equations in seconds; 1e-4."""
    p = li_rinzel.Params()
    ip3 = 0.5

    def slope(t: float, y: Any) -> list[float]:
        ca, h = y
        j_channel = p.v_c * (ip3 / (ip3 + p.d_1) * ca / (ca + p.d_5) * h) ** 3
        store = (p.c_0 - ca) / p.c_1
        flow = p.c_1 * (j_channel + p.v_l) * (store - ca)
        pump = p.v_er * ca**2 / (p.k_er**2 + ca**2)
        q = p.d_2 * (ip3 + p.d_1) / (ip3 + p.d_3)
        return [flow - pump, p.a_2 * (q - (q + ca) * h)]

    def rise(t: float, y: Any) -> float:
        return float(y[0] - p.ca_release)

    rise.direction = 1.0  # type: ignore[attr-defined]
    crossings = solve_ivp(
        slope, (0.0, 300.0), [0.1, 0.7], "DOP853", rtol=1e-10, atol=1e-12, events=rise
    ).t_events[0]
    period = np.diff(crossings)[-1]
    assert 10.0 < period < 13.0
    assert np.diff(seen[1]["astrocyte"])[-1] * 1e-3 == pytest.approx(period, rel=1e-4)
