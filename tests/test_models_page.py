"""docs/models.md is what the datasheets say, with a picture of every neuron.

Where a test fails: python docs/images/models.py
"""

import runpy
from pathlib import Path

import pytest

from eventsim import datasheet
from eventsim.models import CATALOGUE, RULES

DOCS = Path(__file__).parents[1] / "docs"
SCRIPT = runpy.run_path(str(DOCS / "images" / "models.py"))
PICTURES = DOCS / "images" / "models"


def test_the_page_is_what_the_datasheets_say() -> None:
    """Oracle: the page written anew; `python docs/images/models.py --page` brings it up to date."""
    assert (DOCS / "models.md").read_text(encoding="utf-8") == SCRIPT["page"]()


def test_every_model_is_on_the_page_once() -> None:
    lines = (DOCS / "models.md").read_text(encoding="utf-8").splitlines()
    headings = [line.removeprefix("### ") for line in lines if line.startswith("### ")]
    assert sorted(headings) == sorted([*CATALOGUE, *RULES])


def test_every_neuron_has_a_picture_and_all_are_small() -> None:
    """Oracle: the files; 1.5 MB in all."""
    files = {file.stem: file.stat().st_size for file in PICTURES.glob("*.png")}
    assert files.keys() == SCRIPT["drawn"]().keys()
    assert sum(files.values()) < 1.5e6


def test_a_picture_is_drawn_as_it_stands() -> None:
    """Oracle: the figure's panels and titles: its stimuli."""
    figure = SCRIPT["draw"]("LIF", CATALOGUE["LIF"])
    assert [axes.get_title() for axes in figure.axes] == ["current: 300 pA", "spike: 5 mV"]


@pytest.mark.parametrize("name", [*CATALOGUE, *RULES])
def test_every_datasheet_says_what_it_was_verified_against(name: str) -> None:
    text = datasheet.text({**CATALOGUE, **RULES}[name])
    assert "\nVerified against: " in text
