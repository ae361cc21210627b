"""LIF with reset by subtraction: what is above threshold carries over."""

from math import exp, log

import pytest

from eventsim.models import LIFSubtract
from walk import walk


def test_intervals_under_a_constant_current_are_the_closed_form() -> None:
    """Oracle: from rest up to theta every time, tau log(rise / (rise - theta)); 1e-12."""
    p = LIFSubtract.params(i_offset=300.0)
    rise, theta = 300.0 * 20.0 / 250.0, 15.0
    spikes = walk(LIFSubtract, p, [], 500.0).spikes
    interval = 20.0 * log(rise / (rise - theta))
    assert spikes == pytest.approx([interval * (k + 1) for k in range(len(spikes))], rel=1e-12)
    assert len(spikes) > 10


def test_an_input_of_several_thresholds_makes_as_many_spikes_and_leaves_the_rest() -> None:
    """Oracle: 3.4 thresholds above rest; three spikes at once, 0.4 thresholds that decay."""
    cell = walk(LIFSubtract, LIFSubtract.params(), [(5.0, "spike", 3.4 * 15.0)], 25.0)
    assert cell.spikes == [5.0, 5.0, 5.0]
    assert cell.s.v == pytest.approx(-65.0 + 0.4 * 15.0 * exp(-1.0), rel=1e-12)
