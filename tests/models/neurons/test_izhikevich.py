"""The twenty firing patterns of figure 1 of Izhikevich (2004), each by what sets it apart.

Constants and currents are those with which the figure was drawn, by Euler steps of 0.1 to 0.5 ms.
This is the equation itself, and where the figure's outcome hung on those steps a constant differs:

- depolarising after-potential: d = -19 instead of -21, from which the exact cell fires on;
- bistability: the second pulse comes at 208 ms instead of 216, at the phase that stops it;
- inhibition-induced bursting: d = 0, as in the published table.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from eventsim.models import Izhikevich
from walk import Cell

STEP = 0.5  # ms, of ramps and of the samples of v

Current = list[tuple[float, float]]  # from when, how much


class Response(NamedTuple):
    spikes: Any  # ms
    v: Any  # mV, every STEP

    def between(self, start: float, end: float) -> Any:
        """Return the spikes in [start, end)."""
        return self.spikes[(self.spikes >= start) & (self.spikes < end)]

    @property
    def intervals(self) -> Any:
        return np.diff(self.spikes)


def respond(
    a: float, b: float, c: float, d: float, v: float, current: Current, until: float,
    u: float | None = None, **more: float,
) -> Response:  # fmt: skip
    """Run one cell from `v`, at the recovery that belongs to it or at `u`."""
    p = Izhikevich.params(a=a, b=b, c=c, d=d, v_start=v, rtol=1e-7, atol=1e-7, **more)
    cell, now, samples = Cell(Izhikevich, p), 0.0, []
    if u is not None:
        cell.s = Izhikevich.plan(Izhikevich.initial(p, 0.0)._replace(u=u), 0.0, p)
    looks = [(t, None) for t in np.arange(0.0, until, STEP).tolist()]
    for t, i in sorted([*looks, *current], key=lambda change: change[0]):
        cell.run(t, most=5000)
        if i is None:
            samples.append(cell.s.v)
        else:
            cell.receive(("current", i - now))
            now = i
    cell.run(until, most=5000)
    return Response(np.array(cell.spikes), np.array(samples))


def pulses(*each: tuple[float, float, float], base: float = 0.0) -> Current:
    """Return a current of pulses (start, length, height) on a base."""
    return [(0.0, base)] + [
        change for t, length, i in each for change in ((t, i), (t + length, base))
    ]


def ramp(start: float, end: float, height: Callable[[float], float]) -> Current:
    return [(t, height(t)) for t in np.arange(start, end, STEP).tolist()]


def test_tonic_spiking_goes_on_with_equal_intervals() -> None:
    seen = respond(0.02, 0.2, -65, 6, -70, [(10, 14)], 300)
    assert seen.spikes[-1] > 270
    assert np.ptp(seen.intervals[-5:]) < 0.1


def test_phasic_spiking_is_one_spike_at_the_onset_of_a_lasting_current() -> None:
    seen = respond(0.02, 0.25, -65, 6, -64, [(20, 0.5)], 200)
    assert seen.spikes.size == 1
    assert 20 < seen.spikes[0] < 50


def test_tonic_bursting_repeats_bursts_for_as_long_as_the_current_lasts() -> None:
    seen = respond(0.02, 0.2, -50, 2, -70, [(22, 15)], 220)
    pauses = np.flatnonzero(seen.intervals > 15)
    assert pauses.size >= 3
    assert np.diff(pauses).min() >= 3  # spikes of a burst
    assert seen.intervals[seen.intervals <= 15].max() < 0.4 * seen.intervals.max()


def test_phasic_bursting_is_one_burst_at_the_onset() -> None:
    seen = respond(0.02, 0.25, -55, 0.05, -64, [(20, 0.6)], 200)
    assert seen.spikes.size >= 4
    assert seen.intervals.max() < 10
    assert seen.spikes[-1] < 100


def test_mixed_mode_is_a_burst_and_then_single_spikes() -> None:
    seen = respond(0.02, 0.2, -55, 4, -70, [(16, 10)], 300)
    assert seen.intervals[:2].max() < 5
    assert seen.intervals[2:].min() > 25


def test_spike_frequency_adaptation_makes_every_interval_longer() -> None:
    seen = respond(0.01, 0.2, -65, 8, -70, [(8.5, 30)], 85)
    assert seen.intervals.size >= 5
    assert np.all(np.diff(seen.intervals) > 0)


def test_class_1_starts_at_a_low_rate_and_class_2_at_a_high_one() -> None:
    """Oracle: along a ramp the first interval of class 1 is long, that of class 2 is not."""
    first = respond(
        0.02, -0.1, -55, 6, -60, ramp(30, 300, lambda t: 0.075 * (t - 30)), 300, k1=4.1, k0=108
    )
    second = respond(
        0.2, 0.26, -65, 0, -64, [(0, -0.5), *ramp(30, 300, lambda t: 0.015 * (t - 30) - 0.5)], 300
    )
    assert first.intervals[0] > 35
    assert second.intervals[0] < 20
    assert first.intervals[0] > 2.5 * first.intervals[-1]


def test_spike_latency_grows_as_the_pulse_comes_near_the_threshold() -> None:
    times = [
        respond(0.02, 0.2, -65, 6, -70, pulses((10, 3, i)), 100).spikes for i in (7.4, 7.04, 6.7)
    ]
    assert [x.size for x in times] == [1, 1, 1]
    after = [float(x[0]) - 13 for x in times]
    assert 0 < after[0] < after[1] < after[2]
    assert after[2] > 8


def test_subthreshold_oscillations_follow_a_spike() -> None:
    seen = respond(0.05, 0.26, -60, 0, -62, pulses((20, 5, 2)), 200)
    assert seen.spikes.size == 1
    swing = seen.v[100:] - seen.v[-1]  # from 50 ms on, around rest
    assert np.count_nonzero(np.diff(np.sign(swing[np.abs(swing) > 1e-3]))) >= 4


def test_a_resonator_fires_for_the_pair_of_pulses_at_its_own_period() -> None:
    """Oracle: of two pairs, 20 and 40 ms apart, only the second is in phase."""
    pair = pulses((40, 4, 0.65), (60, 4, 0.65), (280, 4, 0.65), (320, 4, 0.65))
    seen = respond(0.1, 0.26, -60, -1, -62, pair, 400)
    assert seen.spikes.size == 1
    assert 320 < seen.spikes[0] < 350


def test_an_integrator_fires_for_the_pair_of_pulses_that_is_closest() -> None:
    """Oracle: of two pairs, 5 and 10 ms apart, only the first adds up."""
    pair = pulses((9, 2, 9), (14, 2, 9), (70, 2, 9), (80, 2, 9))
    seen = respond(0.02, -0.1, -55, 6, -60, pair, 100, k1=4.1, k0=108)
    assert seen.spikes.size == 1
    assert 14 < seen.spikes[0] < 25


def test_a_rebound_is_a_spike_or_a_burst_after_inhibition() -> None:
    spike = respond(0.03, 0.25, -60, 4, -64, pulses((20, 5, -15)), 200)
    burst = respond(0.03, 0.25, -52, 0, -64, pulses((20, 5, -15)), 200)
    assert spike.spikes.size == 1
    assert spike.spikes[0] > 25
    assert burst.spikes.size >= 5
    assert burst.intervals.max() < 10
    assert burst.spikes[0] > 25


def test_inhibition_makes_the_threshold_lower_for_what_follows() -> None:
    """Oracle: the same pulse, without effect at 10 ms, fires the cell at 80 after inhibition."""
    seen = respond(0.03, 0.25, -60, 4, -64, pulses((10, 5, 1), (70, 5, -6), (80, 5, 1)), 100)
    assert seen.spikes.size == 1
    assert seen.spikes[0] > 80


def test_bistability_lets_a_pulse_start_the_firing_and_another_stop_it() -> None:
    current = pulses((37.5, 5, 1.24), (208, 5, 1.24), base=0.24)
    seen = respond(0.1, 0.26, -60, 0, -61, current, 300)
    assert seen.between(0, 37.5).size == 0
    assert seen.between(37.5, 208).size >= 5
    assert seen.between(208, 300).size == 0


def test_a_depolarising_after_potential_comes_up_from_the_reset() -> None:
    """Oracle: after one spike v rises from c, stays above rest for long, and comes back."""
    seen = respond(1, 0.2, -60, -19, -70, pulses((9, 2, 20)), 60)
    assert seen.spikes.size == 1
    assert seen.v[26:36].max() > -55
    assert seen.v[-1] < -69


def test_accommodation_lets_a_slow_ramp_pass_and_a_fast_lower_one_fire() -> None:
    slow, fast = ramp(0, 200, lambda t: t / 25), ramp(300, 312.5, lambda t: (t - 300) / 3.125)
    current = [*slow, (200, 0.0), *fast, (312.5, 0.0)]
    seen = respond(0.02, 1, -55, 4, -65, current, 400, u=-16, v_u=-65, u_leak=0)
    assert seen.spikes.size == 1
    assert 300 < seen.spikes[0] < 315


def test_inhibition_induces_spikes_or_bursts_for_as_long_as_it_lasts() -> None:
    """Oracle: a current lowered from 80 to 75 between 50 and 250 ms; at most a rebound after it."""
    less = pulses((50, 200, 75), base=80)
    spiking = respond(-0.02, -1, -60, 8, -63.8, less, 350)
    bursting = respond(-0.026, -1, -45, 0, -63.8, less, 350)
    for seen in (spiking, bursting):
        assert seen.between(0, 50).size == 0
        assert seen.between(50, 250).size >= 3
        assert seen.between(275, 350).size == 0
    assert spiking.intervals[:2].min() > 40
    assert np.count_nonzero(bursting.intervals < 5) >= 10
    assert np.count_nonzero(bursting.intervals > 30) >= 1
