"""Parameter tables in docstrings: they say what the code does, and they refuse."""

import numpy as np
import pytest

from eventsim import datasheet
from eventsim.model import NeuronModel
from eventsim.models import (
    CATALOGUE,
    LIF,
    RULES,
    LIFExp,
    PoissonRate,
    PoissonSource,
    STDPPair,
)
from eventsim.models.sources import (
    multiple_interaction,
    poisson_steps,
    single_interaction,
    spike_source,
)
from eventsim.rule import Rule

MODELS: list[NeuronModel | Rule] = [
    *(entry for entry in CATALOGUE.values() if isinstance(entry, NeuronModel)),
    poisson_steps.MODEL,
    spike_source.MODEL,
    single_interaction.MODEL,
    multiple_interaction.MODEL,
    PoissonRate(lambda t: 0.0, bound=1.0).model,
    *RULES.values(),
]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_table_lists_every_parameter_with_the_default_of_the_code(
    model: NeuronModel | Rule,
) -> None:
    defaults = dict(model.params._field_defaults)  # type: ignore[attr-defined]
    defaults.pop("table", None)
    assert {name: float(row.default) for name, row in model.datasheet.items()} == defaults


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_defaults_satisfy_the_constraints(model: NeuronModel | Rule) -> None:
    defaults = dict(model.params._field_defaults)  # type: ignore[attr-defined]
    defaults.pop("table", None)
    datasheet.check("x", model.datasheet, defaults)


def test_the_catalogues_are_keyed_by_the_names_of_their_entries() -> None:
    for name, entry in CATALOGUE.items():
        assert name == (entry.name if isinstance(entry, NeuronModel) else entry.__name__)
    assert all(name == rule.name for name, rule in RULES.items())


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (LIF(tau_m=-5.0), "population 'exc': tau_m must be > 0 ms, got -5.0"),
        (LIF(t_ref=-0.1), "population 'exc': t_ref must be >= 0 ms, got -0.1"),
        (LIF(v_reset=-40.0), "population 'exc': v_th must be > v_reset (-40) mV, got -50.0"),
        (LIFExp(c_m=float("nan")), "population 'exc': c_m must be finite pF, got nan"),
        (LIFExp(tau_syn_inh=0), "population 'exc': tau_syn_inh must be > 0 ms, got 0.0"),
        (PoissonSource(rate=-1.0), "population 'exc': rate must be >= 0 Hz, got -1.0"),
        (
            LIF(tau_m=np.array([1.0, 0.0, 2.0, 0.0])),
            "population 'exc': tau_m must be > 0 ms, got 0.0 for 2 of 4 neurons (first: neuron 1)",
        ),
        (
            LIF(tau_m=[1.0, 2.0]),
            "population 'exc': tau_m must have one value for each of 4 neurons, got shape (2,)",
        ),
    ],
)
def test_a_bad_value_is_refused_in_one_line(neuron: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        neuron.resolve("population 'exc'", 4, lambda value, size: value)  # type: ignore[attr-defined]
    assert str(caught.value) == message


def test_an_unknown_parameter_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(TypeError) as caught:
        LIFExp(tau_sin_exc=1.0).resolve("population 'exc'", 1, lambda value, size: value)
    assert str(caught.value) == (
        "population 'exc': unknown parameter of LIFExp 'tau_sin_exc'; did you mean 'tau_syn_exc'?"
    )


def test_a_rule_refuses_a_bad_time_constant() -> None:
    with pytest.raises(ValueError, match=r"^projection 'a->b': tau_plus must be > 0 ms, got 0.0$"):
        STDPPair(tau_plus=0.0).resolve("projection 'a->b'")


def test_a_table_row_with_too_few_cells_is_reported() -> None:
    with pytest.raises(ValueError, match="expected 4 or 5 columns"):
        datasheet.parameters("Parameter  Unit  Default  Meaning\ntau_m  ms\n")
