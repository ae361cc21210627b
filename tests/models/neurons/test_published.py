"""Published behaviour of the integrated models, cell by cell."""

from math import atan, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from eventsim.model import NeuronModel
from eventsim.models import (
    EIF,
    LIF,
    QIF,
    AdEx,
    HodgkinHuxley,
    Izhikevich,
    LIFAlpha,
    LIFCondAlpha,
    LIFCondExp,
    LIFCondNMDA,
    LIFDoubleExp,
    LIFEscape,
    LIFExp,
    LiRinzel,
    MorrisLecar,
    TraubMiles,
)
from eventsim.models.neurons import hodgkin_huxley
from walk import scipy_spikes


def spikes(model: NeuronModel, until: float, **values: float) -> list[float]:
    """Run one cell without arrivals."""
    p = model.params(**values)
    s, t, times = model.plan(model.initial(p, 1.0), 0.0, p), 0.0, []
    while (due := model.next_fire(s, t, p)) < until:
        s, t = model.between(s, t, due - t, p), due
        if model.spikes(s, t, p):
            times.append(t)
            s = model.on_fire(s, t, p)
        s = model.plan(s, t, p)
    return times


def intervals(model: NeuronModel, until: float, **values: float) -> list[float]:
    return np.diff(spikes(model, until, **values)).tolist()


def test_the_squid_axon_fires_on_and_on_from_6_3_microamperes() -> None:
    """Oracle: onset between 6.2 and 6.3 uA/cm2 (Rinzel & Miller 1980), near 50 Hz at once."""
    assert len(spikes(HodgkinHuxley, 600.0, i_offset=620.0)) <= 4
    firing = intervals(HodgkinHuxley, 600.0, i_offset=630.0)
    assert 1e3 / firing[-1] == pytest.approx(52.4, abs=1.0)


@pytest.mark.parametrize("model", [LIF, LIFExp, LIFAlpha, LIFDoubleExp], ids=repr)
def test_leaky_cells_have_the_f_i_curve_of_the_closed_form(model: NeuronModel) -> None:
    """Oracle: 1 / (t_ref + tau_m log((v_inf - v_reset) / (v_inf - v_th))), and 0 below rheobase."""
    p = model.params()
    rheobase = (p.v_th - p.v_rest) * p.c_m / p.tau_m
    assert spikes(model, 1e4, i_offset=rheobase * (1.0 - 1e-12)) == []
    for share in (1.0 + 1e-6, 1.1, 2.0, 10.0):
        v_inf = p.v_rest + share * rheobase * p.tau_m / p.c_m
        interval = p.t_ref + p.tau_m * np.log((v_inf - p.v_reset) / (v_inf - p.v_th))
        seen = intervals(model, 5.0 * interval, i_offset=share * rheobase)
        np.testing.assert_allclose(seen, interval, rtol=1e-9)


def test_the_rheobase_of_the_squid_axon_is_scipys() -> None:
    """Oracle: DOP853 at rtol 1e-12 on the same equations, a picoampere below and above."""
    low, high = 0.0, 600.0  # pA, of a step that lasts
    while high - low > 0.5:
        middle = 0.5 * (low + high)
        if spikes(HodgkinHuxley, 60.0, i_offset=middle):
            high = middle
        else:
            low = middle
    for current, fires in ((low - 1.0, False), (high + 1.0, True)):
        p = hodgkin_huxley.Params(i_offset=current)
        assert bool(scipy_spikes(hodgkin_huxley, p, [], 60.0)) == fires


def test_the_squid_axon_is_at_rest_at_65_millivolts() -> None:
    p = HodgkinHuxley.params()
    s = HodgkinHuxley.plan(HodgkinHuxley.initial(p, 0.0), 0.0, p)
    assert HodgkinHuxley.between(s, 0.0, s.end, p).v == pytest.approx(-65.0, abs=0.01)


def test_morris_lecar_oscillates_between_its_two_bifurcations() -> None:
    """Oracle: limit cycles from 88.3 to 216.9 uA/cm2 (Rinzel & Ermentrout 1998)."""
    counts = {i: len(spikes(MorrisLecar, 2000.0, i_offset=i)) for i in (85.0, 100.0, 205.0, 225.0)}
    assert counts[85.0] <= 1
    assert counts[225.0] <= 1
    assert min(counts[100.0], counts[205.0]) >= 20


def test_morris_lecar_starts_at_a_high_rate() -> None:
    """Oracle: class II, a Hopf bifurcation: 5 percent above onset, more than half the top rate."""
    rates = [1e3 / intervals(MorrisLecar, 2000.0, i_offset=i)[-1] for i in (93.0, 150.0, 205.0)]
    assert rates[0] > 0.5 * max(rates)


def test_traub_and_miles_cell_starts_firing_arbitrarily_slowly() -> None:
    """Oracle: a saddle-node on the cycle (class I): below 15 Hz near onset."""
    low, high = 50.0, 200.0  # pA, silent and firing
    for _ in range(8):
        middle = 0.5 * (low + high)
        if len(spikes(TraubMiles, 200.0, i_offset=middle, rtol=1e-4, atol=1e-5)) > 1:
            high = middle
        else:
            low = middle
    assert 1e3 / intervals(TraubMiles, 300.0, i_offset=high)[-1] < 15.0


def test_calcium_oscillates_for_a_range_of_ip3() -> None:
    """Oracle: between about 0.355 and 0.637 uM (Li & Rinzel 1994); a period of 10 to 13 s."""
    assert len(spikes(LiRinzel, 1e5, ip3_rest=0.34)) <= 1
    period = intervals(LiRinzel, 1e5, ip3_rest=0.5)
    assert len(period) >= 6
    assert period[-1] == pytest.approx(11_490.0, rel=0.02)
    assert len(spikes(LiRinzel, 2e5, ip3_rest=0.68)) <= 6


@pytest.mark.parametrize("current", [190.0, 300.0, 1000.0])
def test_the_quadratic_interval_is_a_difference_of_arc_tangents(current: float) -> None:
    """Oracle: the integral of dv / (k (v - r)(v - c) + I / C) in closed form: the f-I curve."""
    p = QIF.params(i_offset=current, rtol=1e-9)
    k = 1.0 / (p.tau_m * (p.v_th - p.v_rest))
    centre = 0.5 * (p.v_rest + p.v_th)
    floor = p.i_offset / p.c_m - k * (0.5 * (p.v_th - p.v_rest)) ** 2
    assert floor > 0.0
    root = sqrt(k * floor)
    ends = [atan((v - centre) * k / root) for v in (p.v_reset, p.v_peak)]
    interval = (ends[1] - ends[0]) / root
    seen = intervals(QIF, 5.0 * interval, i_offset=current, rtol=1e-9)
    assert seen[-1] == pytest.approx(interval, rel=1e-8)


@pytest.mark.parametrize("current", [220.0, 500.0])
def test_the_exponential_interval_is_the_integral_over_v(current: float) -> None:
    """Oracle: scipy's quad of dv / (dv/dt) from reset to peak, plus refractoriness."""
    p = EIF.params(i_offset=current)

    def slowness(v: float) -> float:
        upstroke = p.delta_t * np.exp((v - p.v_th) / p.delta_t)
        return float(1.0 / ((p.v_rest - v + upstroke) / p.tau_m + current / p.c_m))

    expected = p.t_ref + quad(slowness, p.v_reset, p.v_peak, epsabs=1e-12, limit=500)[0]
    assert intervals(EIF, 400.0, i_offset=current, rtol=1e-9)[-1] == pytest.approx(
        expected, rel=1e-7
    )


@pytest.mark.parametrize("model", [AdEx, EIF], ids=repr)
def test_the_exponential_cells_fire_from_their_rheobase_on(model: NeuronModel) -> None:
    """Oracle: the fold of leak and exponential; with adaptation the slower of two bifurcations."""
    p = model.params()
    if model is EIF:
        rheobase = (p.v_th - p.v_rest - p.delta_t) * p.c_m / p.tau_m
        values: dict[str, Any] = {}
    else:
        # a = 0: the fold is the only bifurcation
        rheobase, values = p.g_l * (p.v_th - p.e_l - p.delta_t), {"a": 0.0, "b": 0.0}
    assert spikes(model, 1500.0, i_offset=0.99 * rheobase, **values) == []
    assert len(spikes(model, 1500.0, i_offset=1.05 * rheobase, **values)) > 3


NAUD = {  # Naud et al. (2008), table 1: C, g_L, E_L, V_T, D_T, a, tau_w, b, V_r, I
    "tonic": (200, 10, -70, -50, 2, 2, 30, 0, -58, 500),
    "adapting": (200, 12, -70, -50, 2, 2, 300, 60, -58, 500),
    "initial burst": (130, 18, -58, -50, 2, 4, 150, 120, -50, 400),
    "regular bursting": (200, 10, -58, -50, 2, 2, 120, 100, -46, 210),
    "delayed accelerating": (200, 12, -70, -50, 2, -10, 300, 0, -58, 300),
    "delayed bursting": (100, 10, -65, -50, 2, -10, 90, 30, -47, 110),
    "transient": (100, 10, -65, -50, 2, 10, 90, 100, -47, 180),
    "irregular": (100, 12, -60, -50, 2, -11, 130, 30, -48, 160),
}


def naud(pattern: str, until: float = 800.0) -> list[float]:
    names = ("c_m", "g_l", "e_l", "v_th", "delta_t", "a", "tau_w", "b", "v_reset", "i_offset")
    values = dict(zip(names, map(float, NAUD[pattern]), strict=True))
    return spikes(AdEx, until, **values)


def test_adex_fires_in_the_patterns_of_naud_and_colleagues() -> None:
    """Oracle: what figure 4 of the paper shows for the parameters of its table 1."""
    tonic = np.diff(naud("tonic"))
    assert tonic[1:].max() < 1.2 * tonic[1:].min()
    assert tonic[-1] == pytest.approx(tonic[-5], rel=1e-3)
    adapting = np.diff(naud("adapting"))
    assert adapting[-1] > 3.0 * adapting[0]
    burst = np.diff(naud("initial burst"))
    assert burst[0] < 0.3 * burst[-1]
    bursting = np.diff(naud("regular bursting"))[6:]
    assert bursting.max() > 5.0 * bursting.min()
    assert 1 <= len(naud("transient")) <= 3


def test_adex_fires_late_and_faster_and_faster_or_in_bursts() -> None:
    """Oracle: what figure 4 shows: the first interval is not the shortest, the onset is late."""
    accelerating = naud("delayed accelerating")
    assert accelerating[0] > 3.0 * np.diff(accelerating)[-1]
    assert np.all(np.diff(np.diff(accelerating)) < 1e-3)
    bursting = naud("delayed bursting")
    pauses = np.flatnonzero(np.diff(bursting) > 40.0)
    assert bursting[0] > 50.0
    assert np.ptp(np.diff(pauses)) == 0  # bursts of one size
    assert np.diff(pauses)[0] >= 3


def test_adex_fires_irregularly_without_any_noise() -> None:
    """Oracle: no period up to twenty spikes; CV above a half, though nothing is random."""
    gaps = np.diff(naud("irregular", 1500.0))[10:]
    assert np.std(gaps) / np.mean(gaps) > 0.5
    for lag in range(1, 21):
        assert np.abs(gaps[lag:] - gaps[:-lag]).max() > 5.0


IZHIKEVICH = {  # Izhikevich (2003): a, b, c, d
    "regular spiking": (0.02, 0.2, -65.0, 8.0),
    "intrinsically bursting": (0.02, 0.2, -55.0, 4.0),
    "chattering": (0.02, 0.2, -50.0, 2.0),
    "fast spiking": (0.1, 0.2, -65.0, 2.0),
}


def izhikevich(kind: str) -> Any:
    values = dict(zip("abcd", IZHIKEVICH[kind], strict=True))
    return np.diff(spikes(Izhikevich, 600.0, **values, i_offset=10.0))


def test_izhikevich_cells_fire_as_their_types_are_named() -> None:
    """Oracle: the types of figure 2 of the paper, told by their intervals."""
    regular, fast = izhikevich("regular spiking"), izhikevich("fast spiking")
    assert regular[-1] > 1.5 * regular[0]
    assert fast[-1] < 0.5 * regular[-1]
    assert fast[-1] < 1.5 * fast[1]
    intrinsic = izhikevich("intrinsically bursting")
    assert intrinsic[-1] > 3.0 * intrinsic[0]
    chattering = izhikevich("chattering")
    assert chattering.max() > 5.0 * chattering.min()
    assert np.sum(chattering < 0.4 * chattering.max()) > 8


def test_izhikevich_cells_rest_at_their_fixed_point() -> None:
    """Oracle: 0.04 v^2 + 5 v + 140 = b v; for b = 0.2 the lower root is -70 mV."""
    p = Izhikevich.params()
    s = Izhikevich.plan(Izhikevich.initial(p, 0.0), 0.0, p)
    t = 0.0
    while t < 1000.0:
        s, t = Izhikevich.between(s, t, s.end - t, p), s.end
        s = Izhikevich.plan(s, t, p)
    assert s.v == pytest.approx(-70.0, abs=1e-5)


def test_a_conductance_cell_under_constant_current_fires_like_the_closed_form() -> None:
    """Oracle: the leaky integrator, t_ref + tau log((v_inf - v_reset) / (v_inf - v_th))."""
    for model in (LIFCondExp, LIFCondAlpha, LIFCondNMDA):
        p = model.params(i_offset=600.0)
        v_inf, tau = p.e_l + p.i_offset / p.g_l, p.c_m / p.g_l
        expected = p.t_ref + tau * np.log((v_inf - p.v_reset) / (v_inf - p.v_th))
        assert intervals(model, 300.0, i_offset=600.0)[-1] == pytest.approx(expected, rel=1e-6)


def test_an_alpha_conductance_peaks_at_its_weight_after_its_time_constant() -> None:
    p = LIFCondAlpha.params(tau_syn_exc=1.5, rtol=1e-9)
    s = LIFCondAlpha.on_input["exc"](LIFCondAlpha.initial(p, 0.0), 0.0, 7.0, p)
    s, t = LIFCondAlpha.plan(s, 0.0, p), 0.0
    while s.end < 1.5:
        s, t = LIFCondAlpha.between(s, t, s.end - t, p), s.end
        s = LIFCondAlpha.plan(s, t, p)
    assert LIFCondAlpha.between(s, t, 1.5 - t, p).g_exc == pytest.approx(7.0, rel=1e-7)


def test_escape_at_a_constant_potential_is_a_poisson_process() -> None:
    """Oracle: mean interval tau_escape where reset and current hold v at v_th."""
    values = {"v_reset": -50.0, "i_offset": 187.5, "t_ref": 0.0}  # v_inf = -50 = v_th
    seen = np.array(intervals(LIFEscape, 4000.0, **values)[20:])
    assert seen.mean() == pytest.approx(5.0, abs=4.0 * 5.0 / sqrt(seen.size))
    assert seen.std() / seen.mean() == pytest.approx(1.0, abs=0.15)
