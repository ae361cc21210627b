"""Every integrated model against scipy, spike by spike, under noisy drive."""

import importlib
from typing import Any, NamedTuple

import numpy as np
import pytest

from walk import noise, scipy_spikes, walk

DURATION = 1000.0  # ms


class Case(NamedTuple):
    """A model's file and name, its noise (rate in Hz and mean weight per port), its parameters."""

    file: str
    name: str
    ports: dict[str, tuple[float, float]]
    values: dict[str, float]


CASES = [
    Case(
        "neurons.adex",
        "AdEx",
        {"exc": (300, 20.0), "inh": (80, 10.0)},
        {"i_offset": 500.0, "t_ref": 2.0, "tau_syn_exc": 2.0},
    ),
    Case("neurons.adex_clopath", "AdExClopath", {"spike": (400, 3.0)}, {"i_offset": 500.0}),
    Case("neurons.izhikevich", "Izhikevich", {"spike": (300, 2.0)}, {"i_offset": 6.0}),
    Case("neurons.eif", "EIF", {"spike": (400, 1.0)}, {"i_offset": 60.0}),
    Case("neurons.qif", "QIF", {"spike": (400, 1.0)}, {"i_offset": 80.0}),
    Case(
        "neurons.hodgkin_huxley",
        "HodgkinHuxley",
        {"exc": (100, 10.0), "inh": (60, 10.0)},
        {"i_offset": 500.0},
    ),
    Case(
        "neurons.traub_miles",
        "TraubMiles",
        {"exc": (150, 6.0), "inh": (60, 10.0)},
        {"i_offset": 120.0},
    ),
    Case("neurons.morris_lecar", "MorrisLecar", {"spike": (200, 2.0)}, {"i_offset": 85.0}),
    Case(
        "neurons.lif_cond_exp",
        "LIFCondExp",
        {"exc": (400, 10.0), "inh": (100, 10.0)},
        {"i_offset": 150.0, "tau_syn_exc": 2.0},
    ),
    Case(
        "neurons.lif_cond_alpha",
        "LIFCondAlpha",
        {"exc": (300, 20.0), "inh": (60, 10.0)},
        {"i_offset": 150.0, "tau_syn_exc": 1.0},
    ),
    Case(
        "neurons.lif_cond_nmda",
        "LIFCondNMDA",
        {"ampa": (200, 12.0), "nmda": (100, 4.0), "gaba": (100, 10.0)},
        {"i_offset": 250.0},
    ),
    Case("neurons.diehl_cook", "DiehlCook", {"exc": (400, 2.0), "inh": (100, 0.5)}, {}),
    Case("neurons.lif_escape", "LIFEscape", {"spike": (400, 1.5)}, {"i_offset": 60.0}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_spike_times_follow_scipy_within_ten_times_the_tolerance(case: Case) -> None:
    """Oracle: DOP853 at rtol 1e-12 on the model's own equations, 1 s of random arrivals."""
    module = importlib.import_module(f"eventsim.models.{case.file}")
    model: Any = getattr(module, case.name)
    arrivals = noise(case.ports, DURATION)
    expected = np.array(scipy_spikes(module, module.Params(**case.values), arrivals, DURATION))
    assert expected.size >= 5
    for rtol, until in ((1e-6, DURATION), (1e-8, 0.15 * DURATION)):
        p = model.params(**case.values, rtol=rtol, atol=0.1 * rtol)
        before = [arrival for arrival in arrivals if arrival[0] < until]
        spikes = np.array(walk(model, p, before, until).spikes)
        assert spikes.size == np.sum(expected < until)
        exact = expected[: spikes.size]
        assert np.all(np.abs(spikes - exact) <= 10.0 * rtol * exact)


def test_calcium_rises_when_scipy_says_so() -> None:
    """Oracle: DOP853 at rtol 1e-12, 100 s of random IP3."""
    module = importlib.import_module("eventsim.models.astrocytes.li_rinzel")
    arrivals = noise({"spike": (0.5, 0.1)}, 1e5)
    expected = np.array(scipy_spikes(module, module.Params(), arrivals, 1e5))
    spikes = walk(module.LiRinzel, module.LiRinzel.params(), arrivals, 1e5).spikes
    assert expected.size >= 3
    np.testing.assert_allclose(spikes, expected, rtol=1e-5)
