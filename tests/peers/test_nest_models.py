"""NEST's models of the same equations, cell by cell; skipped where NEST is not installed.

Found in .peers/nest (`make peers`), or in the folder that EVENTSIM_PEERS names.

Where NEST has an exact-time variant, spike times agree to 1e-6 ms. Its other models fire on a grid
only: their spikes come to ours in proportion to the step, as it shrinks. Conventions that differ:

- NEST's spike of a Hodgkin-Huxley cell is the top of the action potential, ours the rise through 0:
  intervals are compared.
- `izhikevich` takes forward Euler steps, and there I_e is in units of mV/ms.
- A weight's sign chooses NEST's excitatory or inhibitory conductance; ours are ports, and a weight
  of an inhibitory conductance is positive.
- `iaf_cond_beta` knows no magnesium: ours has none here.
- `aeif_cond_exp` cuts a spike at V_peak = 0 mV by default; v_peak is set to the same here.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from nest_jobs import PYTHON, answers

from eventsim.model import NeuronModel
from eventsim.models import (
    LIF,
    AdEx,
    HodgkinHuxley,
    Izhikevich,
    LIFAlpha,
    LIFCondAlpha,
    LIFCondExp,
    LIFCondNMDA,
    LIFExp,
    TraubMiles,
)
from walk import walk

STEPS = (0.1, 0.05, 0.0125)  # ms
DURATION = 500.0  # ms

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="NEST is not installed: make peers")


class Case(NamedTuple):
    """The same cell twice: NEST's name and parameters, our model and its values.

    `ports` has for each of ours the rate in Hz and the largest weight of its arrivals, and what
    NEST wants instead: the factor of the weight, and the receptor. `error` is what a grid may be
    off, in ms per ms of its step.
    """

    nest: str
    params: dict[str, Any]
    model: NeuronModel
    values: dict[str, float]
    ports: dict[str, tuple[float, float, float, int]]
    intervals: bool = False
    error: float = 4.0


CELL = {"C_m": 250.0, "E_L": -70.0, "V_th": -55.0, "V_reset": -68.0, "t_ref": 2.0, "I_e": 300.0}
OURS = {"c_m": 250.0, "v_rest": -70.0, "v_th": -55.0, "v_reset": -68.0, "t_ref": 2.0,
        "tau_m": 10.0, "i_offset": 300.0}  # fmt: skip
COND = {**CELL, "V_reset": -60.0, "I_e": 200.0, "g_L": 16.6667, "tau_syn_ex": 1.0,
        "tau_syn_in": 3.0}  # fmt: skip
OURS_COND = {"i_offset": 200.0, "tau_syn_exc": 1.0, "tau_syn_inh": 3.0}
SIGNED = {"exc": (400.0, 600.0, 1.0, 0), "inh": (200.0, -150.0, 1.0, 0)}
PAIR = {"exc": (400.0, 8.0, 1.0, 0), "inh": (200.0, 6.0, -1.0, 0)}

EXACT = [
    Case("iaf_psc_delta_ps", CELL, LIF, OURS, {"spike": (500.0, 3.0, 1.0, 0)}),
    Case("iaf_psc_exp_ps", {**CELL, "tau_syn_ex": 2.0, "tau_syn_in": 5.0}, LIFExp,
         {**OURS, "tau_syn_exc": 2.0, "tau_syn_inh": 5.0}, SIGNED),
    Case("iaf_psc_alpha_ps", {**CELL, "tau_syn_ex": 2.0, "tau_syn_in": 2.0}, LIFAlpha,
         {**OURS, "tau_syn": 2.0}, {"spike": (400.0, 150.0, 1.0, 0)}),
]  # fmt: skip
GRID = [
    Case("iaf_psc_exp_multisynapse", {**CELL, "tau_syn": [2.0, 5.0]}, LIFExp,
         {**OURS, "tau_syn_exc": 2.0, "tau_syn_inh": 5.0},
         {"exc": (400.0, 600.0, 1.0, 1), "inh": (200.0, -150.0, 1.0, 2)}),
    Case("iaf_cond_exp", COND, LIFCondExp, OURS_COND, PAIR),
    Case("iaf_cond_alpha", COND, LIFCondAlpha, OURS_COND, PAIR),
    Case("iaf_cond_beta", {**CELL, "V_reset": -60.0, "I_e": 200.0, "tau_rise_ex": 1.0,
                           "tau_decay_ex": 4.0}, LIFCondNMDA,
         {"c_m": 250.0, "g_l": 16.6667, "v_th": -55.0, "v_reset": -60.0, "i_offset": 200.0,
          "mg": 0.0, "tau_rise_nmda": 1.0, "tau_decay_nmda": 4.0}, {"nmda": (400.0, 3.0, 1.0, 0)}),
    Case("aeif_cond_exp", {"V_peak": 0.0, "t_ref": 2.0, "I_e": 800.0, "tau_syn_ex": 1.0,
                           "tau_syn_in": 3.0, "gsl_error_tol": 1e-9}, AdEx,
         {"v_peak": 0.0, "t_ref": 2.0, "i_offset": 800.0, "tau_syn_exc": 1.0,
          "tau_syn_inh": 3.0}, PAIR),
    Case("izhikevich", {"I_e": 10.0}, Izhikevich, {"i_offset": 10.0},
         {"spike": (200.0, 2.0, 1.0, 0)}, error=30.0),
    Case("hh_psc_alpha", {"I_e": 1000.0}, HodgkinHuxley, {"i_offset": 1000.0, "e_l": -54.402}, {},
         intervals=True),
    Case("hh_cond_exp_traub", {"I_e": 300.0}, TraubMiles,
         {"i_offset": 300.0, "c_m": 200.0, "g_na": 20000.0, "g_k": 6000.0, "g_l": 10.0,
          "e_na": 50.0, "e_k": -90.0, "e_l": -60.0, "v_t": -63.0}, {}, intervals=True),
]  # fmt: skip


def arrivals(case: Case, grid: float) -> list[tuple[float, str, float]]:
    """Draw arrivals from 2 ms on, on multiples of `grid` or anywhere; four sizes of weights."""
    rng, drawn = np.random.default_rng(7), []
    for port, (rate, w, _, _) in case.ports.items():
        n = round(rate * DURATION * 1e-3)
        times = rng.uniform(2.0, DURATION, n)
        if grid:
            times = np.unique(np.rint(times / grid)) * grid
        drawn += [(float(t), port, w * (k % 4 + 1) / 4.0) for k, t in enumerate(times)]
    return sorted(drawn)


def job(case: Case, resolution: float, precise: bool) -> dict[str, Any]:
    trains: dict[tuple[float, int], list[float]] = {}
    for t, port, w in arrivals(case, 0.0 if precise else STEPS[0]):
        _, _, factor, receptor = case.ports[port]
        trains.setdefault((factor * w, receptor), []).append(t)
    return {
        "model": case.nest, "params": case.params, "resolution": resolution, "precise": precise,
        "duration": DURATION,
        "arrivals": [[w, receptor, times] for (w, receptor), times in trains.items()],
    }  # fmt: skip


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run all of NEST's cells in one process of its own."""
    jobs = {case.nest: job(case, STEPS[0], True) for case in EXACT}
    jobs |= {f"{case.nest} {h}": job(case, h, False) for case in GRID for h in STEPS}
    return answers("nest_cells.py", jobs, tmp_path_factory.mktemp("nest"))


def ours(case: Case, grid: float) -> Any:
    tight = {"rtol": 1e-8, "atol": 1e-8} if "rtol" in case.model.fields else {}
    p = case.model.params(**case.values, **tight)
    until = 200.0 if case.intervals else DURATION
    return np.array(walk(case.model, p, arrivals(case, grid), until).spikes)


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.nest)
def test_exact_times_are_those_of_nest(case: Case, theirs: dict[str, Any]) -> None:
    """Oracle: NEST's model with exact spike times, 0.5 s of noise; 1e-6 ms."""
    exact = ours(case, 0.0)
    assert exact.size > 10
    np.testing.assert_allclose(theirs[case.nest], exact, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("case", GRID, ids=lambda case: case.nest)
def test_nest_comes_to_our_spikes_as_its_step_shrinks(case: Case, theirs: dict[str, Any]) -> None:
    """Oracle: a grid's error is of the first order, so an eighth of the step leaves an eighth.

    Over ten spikes, before a grid spike that is missed makes another history of the rest.
    """
    exact, errors = ours(case, STEPS[0]), []
    assert exact.size >= 10
    for h in STEPS:
        seen = np.array(theirs[f"{case.nest} {h}"])
        pair = [np.diff(times) if case.intervals else times for times in (seen, exact)]
        errors.append(np.abs(pair[0][:9] - pair[1][:9]).mean())
    assert errors[-1] < 0.3 * errors[0]
    assert errors[-1] < case.error * STEPS[-1]
