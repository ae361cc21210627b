"""STDP that a slow rate of the target turns on and off."""

import numpy as np
import pytest
from driven import every, trains, weight

from eventsim.models import STDPActivity


@pytest.mark.parametrize("inhibitory", [False, True])
def test_the_weight_is_the_sum_over_pairs_that_the_targets_rate_allows(inhibitory: bool) -> None:
    """Oracle: at every spike a sum over all earlier ones, and the target's calcium from all of its
    spikes; on both engines."""
    arrivals, fired = trains()
    sign = -1.0 if inhibitory else 1.0
    theta, width = 2.0, 0.8  # the trains' calcium is about 2 with tau_c = 50 ms
    rule = STDPActivity(
        a_pre=-0.15 * sign, a_post=0.15 * sign, tau_c=50.0, theta=theta, width=width
    )
    bounds = (0.0, 3.0) if sign > 0 else (-3.0, 0.0)
    w, rises, falls = 1.5 * sign, 0, 0
    for t, side in sorted([(t, 0) for t in arrivals] + [(t, 1) for t in fired]):
        c = every(t - fired[fired < t], 50.0)
        other = fired[fired < t] if side == 0 else arrivals[arrivals <= t]
        change = 0.1 * every(t - other, 10.0) * 0.15 * sign * (-1.0 if side == 0 else 1.0)
        if change > 0.0 and theta < c < theta + width:
            w, rises = w + change, rises + 1
        if change < 0.0 and theta - width < c < theta:
            w, falls = w + change, falls + 1
        w = float(np.clip(w, *bounds))
    assert min(rises, falls) > 20
    assert weight(rule, arrivals, fired, 1.5 * sign, bounds) == pytest.approx(w, rel=1e-9)
