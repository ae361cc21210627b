"""LIFCondNMDA: the magnesium block, and what it does to a cell."""

from math import exp, log

import pytest
from scipy.optimize import brentq

from eventsim.models import LIFCondExp, LIFCondNMDA
from eventsim.models.neurons.lif_cond_nmda import Params, free_share
from walk import Cell, walk


@pytest.mark.parametrize(("v", "share"), [(-70.0, 0.0445), (-40.0, 0.2302), (0.0, 0.7812)])
def test_magnesium_leaves_the_published_share_free(v: float, share: float) -> None:
    """Oracle: the formula of Jahr & Stevens, worked out by hand at 1 mM."""
    assert free_share(v, Params()) == pytest.approx(share, abs=5e-5)
    assert free_share(v, Params(mg=0.0)) == 1.0


def test_one_arrival_at_nmda_peaks_at_its_weight() -> None:
    """Oracle: the difference of two exponentials at its peak, log(50) 2 * 100 / 98 ms."""
    p = LIFCondNMDA.params(rtol=1e-9)
    cell = Cell(LIFCondNMDA, p)
    cell.receive(("nmda", 3.0))
    cell.run(log(50.0) * 200.0 / 98.0)
    assert cell.s.g_nmda == pytest.approx(3.0, rel=1e-8)
    cell.run(60.0)
    k = exp(-log(50.0) / 49.0) - exp(-log(50.0) * 50.0 / 49.0)
    expected = 3.0 * (exp(-60.0 / 100.0) - exp(-60.0 / 2.0)) / k
    assert cell.s.g_nmda == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("g", [40.0, 70.0, 100.0])
def test_a_tonic_conductance_holds_the_cell_where_the_currents_balance(g: float) -> None:
    """Oracle: scipy's root of the membrane equation, blocked, half free and free."""
    p = LIFCondNMDA.params(v_th=50.0, tau_decay_nmda=1e12)
    cell = Cell(LIFCondNMDA, p)
    cell.s = LIFCondNMDA.plan(LIFCondNMDA.initial(p, 0.0)._replace(g_nmda=g), 0.0, p)
    cell.run(3000.0)

    def flow(v: float) -> float:
        return p.g_l * (p.e_l - v) + g * free_share(v, p) * (p.e_exc - v)

    assert cell.s.v == pytest.approx(brentq(flow, -70.0, 0.0), abs=1e-4)


def test_without_nmda_it_is_the_neuron_with_exponential_conductances() -> None:
    """Oracle: LIFCondExp with the same constants, over 300 ms of arrivals."""
    shared = {"c_m": 500.0, "g_l": 25.0, "e_l": -70.0, "v_th": -50.0, "v_reset": -55.0,
              "e_inh": -70.0, "i_offset": 480.0}  # fmt: skip
    arrivals = [(7.0 * k, ("exc", "inh")[k % 3 == 0], 4.0 + k % 5) for k in range(1, 40)]
    plain = walk(
        LIFCondExp, LIFCondExp.params(**shared, tau_syn_exc=2.0, tau_syn_inh=5.0), arrivals, 300.0
    )
    ports = {"exc": "ampa", "inh": "gaba"}
    renamed = [(t, ports[port], w) for t, port, w in arrivals]
    seen = walk(LIFCondNMDA, LIFCondNMDA.params(**shared), renamed, 300.0)
    assert len(seen.spikes) >= 5
    assert seen.spikes == pytest.approx(plain.spikes, rel=1e-6)
