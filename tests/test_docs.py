"""What the documentation shows is true: its code runs, prints what it says, and its links lead on.

All Python blocks of a page are one script, at the line numbers that they have on the page. A line
that ends in `# prints: text` says what it prints.
"""

import re
import runpy
from pathlib import Path

import pytest

from eventsim.cli import main

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "docs/user-guide.md", "docs/writing-a-rule.md"]
SCENARIO = "docs/writing-a-scenario.md"


def script(page: str) -> str:
    """Return a page with everything blanked that is not inside a Python block."""
    lines, inside = [], False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        fence = line.startswith("```")
        lines.append(line if inside and not fence else "")
        inside = line == "```python" if fence else inside
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES)
def test_the_code_on_a_page_runs_and_prints_what_it_says(
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Oracle: the comments `# prints:` on the page."""
    code = script(page)
    file = tmp_path / f"{Path(page).stem}.py"
    file.write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(file))
    assert capsys.readouterr().out.splitlines() == re.findall(r"# prints: (.*)$", code, re.M)


def test_the_first_example_has_at_most_fifteen_lines() -> None:
    """Oracle: counted."""
    assert len([line for line in script("README.md").splitlines() if line.strip()]) <= 15


def test_the_rule_on_its_page_has_at_most_25_lines() -> None:
    """Oracle: counted, up to its `doc=__doc__`, docstring included."""
    rule, _, _ = script("docs/writing-a-rule.md").partition("doc=__doc__")
    assert len([line for line in rule.splitlines() if line.strip()]) <= 25


def test_the_scenario_on_its_page_runs_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: the scenario's own closed form, and the three files that the page promises."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(script(SCENARIO), encoding="utf-8")
    assert main(["run", "mine.py", "--set", "current=300"]) == 0
    assert ", holds" in capsys.readouterr().out
    assert sorted(p.name for p in Path("runs").iterdir()) == ["mine.h5", "mine.json", "mine.png"]


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *sorted(p.name for p in ROOT.glob("docs/*.md"))]
)
def test_links_lead_to_files(page: str) -> None:
    """Oracle: the file system."""
    file = next(p for p in (ROOT / page, ROOT / "docs" / page) if p.exists())
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (file.parent / link).exists()]
    assert not missing
