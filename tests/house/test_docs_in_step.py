"""The README says what the code does: every setting, figure and make target, in the code's own words."""

import re
from pathlib import Path

import pytest

from mmbatch_dash.adapters.eventbridge import DETAIL_TYPES
from mmbatch_dash.adapters.guessing import Format
from mmbatch_dash.domain.config import render_table
from mmbatch_dash.domain.events.table import render_event_types
from mmbatch_dash.domain.figures import FIGURES, HEADLINE_COUNTS
from mmbatch_dash.domain.figures.table import render_figures

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def readme() -> str:
    path = PROJECT / "README.md"
    if not path.exists():
        pytest.skip("there is no README.md yet")
    return path.read_text()


def test_the_configuration_page_of_the_docs_holds_every_key() -> None:
    """`python -m mmbatch_dash config default --table` prints the table."""
    held = (PROJECT / "docs" / "configuration.md").read_text().splitlines()
    missing = [line for line in render_table().splitlines() if line not in held]
    assert missing == []


@pytest.mark.parametrize("figure", [*HEADLINE_COUNTS, *FIGURES], ids=lambda figure: figure.name)
def test_the_readme_says_what_every_headline_figure_means(readme: str, figure: object) -> None:
    said = (
        f"| **{getattr(figure, 'label', '')}** `{getattr(figure, 'name', '')}` | {getattr(figure, 'definition', '')} |"
    )
    assert said in readme.splitlines()


def test_the_definitions_hold_the_table_of_every_figure() -> None:
    """`python -c "from mmbatch_dash.domain.figures.table import render_figures; print(render_figures())"`."""
    page = (PROJECT / "docs" / "definitions.md").read_text().splitlines()
    assert [line for line in render_figures().splitlines() if line not in page] == []


def test_the_events_page_holds_every_event_type_detail_type_and_format() -> None:
    """`python -c "from mmbatch_dash.domain.events.table import render_event_types; print(render_event_types())"`."""
    page = (PROJECT / "docs" / "events.md").read_text().splitlines()
    assert [line for line in render_event_types().splitlines() if line not in page] == []
    assert [name for name, gives in DETAIL_TYPES.items() if f"| {name} | {gives} |" not in page] == []
    assert [name for name in Format if not any(line.startswith(f"| `{name}` |") for line in page)] == []


@pytest.mark.parametrize("target", ["run", "demo", "test", "check", "bench"])
def test_the_readme_names_every_make_target(readme: str, target: str) -> None:
    assert f"make {target}" in readme


def test_links_of_the_readme_to_files_lead_somewhere(readme: str) -> None:
    links = [link.split("#")[0] for link in re.findall(r"\]\((?!https?://|#|mailto:)([^)\s]+)", readme)]
    assert [link for link in links if not (PROJECT / link).exists()] == []
