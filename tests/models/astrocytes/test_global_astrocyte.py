"""GlobalAstrocyte: the leaky astrocyte of NALSM in continuous time."""

import numpy as np
import pytest

from eventsim import datasheet
from eventsim.models import GlobalAstrocyte
from eventsim.models.modulators import modulator


def test_spikes_on_the_steps_of_the_original_give_its_level() -> None:
    """Oracle: A <- A + (gain n + b - A) / 100 each ms, n the liquid's spikes less the input's."""
    gain, b = 0.015, 0.15
    p = modulator.Params(**GlobalAstrocyte().values)
    s, level = modulator.initial(p, 0.0), b
    for n in np.random.default_rng(1).integers(-20, 25, 250).tolist():
        level += (gain * n + b - level) / 100.0
        s = modulator.on_input(modulator.between(s, 0.0, 1.0, p), 0.0, gain * n / 100.0, p)
        assert s.level == pytest.approx(level, abs=1e-5)


def test_its_time_constant_is_that_of_a_hundredth_per_ms() -> None:
    """Oracle: -1 / ln 0.99, to the digit that the datasheet gives."""
    assert GlobalAstrocyte().values["tau"] == round(-1.0 / np.log(0.99), 1)


def test_its_datasheet_lists_its_defaults() -> None:
    table = datasheet.parameters(datasheet.text(GlobalAstrocyte))
    assert {n: float(row.default) for n, row in table.items()} == GlobalAstrocyte().values
