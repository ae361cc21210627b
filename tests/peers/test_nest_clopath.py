"""NEST's voltage-based synapse beside ours, on a depolarised target; skipped where NEST is missing.

Conventions that differ:

- NEST's filtered voltages are late by `delay_u_bars`, so that a spike does not count for itself;
  here they are those at a spike's beginning. Where the voltage stands still before a spike there is
  no difference. An arrival after it has to come as much later in NEST to be depressed alike.
- NEST takes the whole delay for dendritic, here there is only an axonal one: its arrivals are later
  by a delay.
- NEST sums potentiation over the steps of a spike, here it is an integral.

Amplitudes and weights are small, so that arrivals themselves hardly move the voltage.
"""

from typing import Any

import numpy as np
import pytest
from driven import Times, weights
from nest_clopath import STRIKE
from nest_jobs import PYTHON, answers

from eventsim import AllToAll, Network, Simulation
from eventsim.models import AdExClopath, Clopath, SpikeSource

LATE = 2.5  # ms, delay_u_bars: more than the width of a spike
CURRENT = 300.0  # pA; v rests near -62 mV, above where it begins to count
A_LTD, A_LTP, W = 1.4e-8, 8e-9, 1e-4
STRIKES = 2000.0 + 2000.0 * np.arange(4)  # ms; all that a spike leaves behind is gone by the next
STEPS = (0.1, 0.05, 0.025)
LAGS = {"before": -10.0, "after": 10.0}  # of the arrival, about the strike

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="NEST is not installed: make peers")


def arrivals(side: str) -> Times:
    """Four arrivals, one for each strike, and one to see what they did."""
    return np.append(STRIKES + LAGS[side], STRIKES[-1] + 2000.0)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """Run all of NEST's synapses in one process of its own."""
    target = {"I_e": CURRENT, "delay_u_bars": LATE, "A_LTD": A_LTD, "A_LTP": A_LTP,
              "gsl_error_tol": 1e-10}  # fmt: skip
    jobs: dict[str, Any] = {}
    for side in LAGS:
        late = np.where(arrivals(side) < STRIKES[-1] + 1000.0, LATE * (side == "after"), 0.0)
        common = {"strikes": STRIKES.tolist(), "target": target, "weight": W,
                  "arrivals": (arrivals(side) + late).tolist()}  # fmt: skip
        jobs |= {f"{side} {step}": {**common, "step": step} for step in STEPS}
    return answers("nest_clopath.py", jobs, tmp_path_factory.mktemp("nest"))


def change(side: str) -> float:
    """Return what arrivals and strikes make of the weight, on both engines."""
    net = Network()
    source = net.add("pre", SpikeSource(arrivals(side) - 0.5))
    cell = net.add("post", AdExClopath(rtol=1e-9, atol=1e-10, i_offset=CURRENT))
    rule = Clopath(a_ltd=A_LTD, a_ltp=A_LTP)
    net.connect(source, cell, AllToAll(), W, 0.5, plasticity=rule)

    def strike(sim: Simulation) -> None:
        sim.send("post", STRIKES, np.zeros(STRIKES.size, int), STRIKE)

    return weights(net, np.zeros(0), arrivals(side)[-1] + 1.0, strike)[0] - W


def test_depression_after_a_spike_is_that_of_nest_at_every_step(
    theirs: dict[str, list[float]],
) -> None:
    """Oracle: `clopath_synapse`; 1e-8, beside 1e-10 of its integrator and 1e-9 of ours."""
    seen = change("after")
    assert seen < 0.0
    for step in STEPS:
        assert theirs[f"after {step}"][-1] - W == pytest.approx(seen, rel=1e-8)


def test_potentiation_by_a_spike_is_what_nest_comes_to_as_its_step_shrinks(
    theirs: dict[str, list[float]],
) -> None:
    """Oracle: `clopath_synapse`; its error halves with the step, and what two steps lead to is off
    by no more than the square of the relative error at the longest."""
    seen = change("before")
    coarse, middle, fine = (theirs[f"before {step}"][-1] - W for step in STEPS)
    assert seen > 0.0
    assert (coarse - seen) / (middle - seen) == pytest.approx(2.0, abs=0.01)
    assert (middle - seen) / (fine - seen) == pytest.approx(2.0, abs=0.01)
    assert 2.0 * fine - middle == pytest.approx(seen, rel=(coarse / seen - 1.0) ** 2)
