"""The declarations of figures: whatever they name exists, is explained, and reaches every place figures are shown."""

import pytest

from mmbatch_dash.api.models import jobs, summary
from mmbatch_dash.domain.column_filter import FILTERABLE
from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURE, FIGURES, PER_JOB, TOTALLED, Figure
from mmbatch_dash.domain.figures.formula import Column, OfLatest, Only, Other, Rows, Sum, describe, walk
from mmbatch_dash.explanations.unknown import EXPLAINED_COLUMNS
from mmbatch_dash.pages.dashboard.queue_table import BASIC, ENGINEERING
from mmbatch_dash.pages.jobs.columns import COLUMNS
from mmbatch_dash.store.figure_sql import priced_figures
from mmbatch_dash.store.queries.job_fields import SORTABLE
from mmbatch_dash.store.queries.totals import TOTAL_COLUMNS
from mmbatch_dash.store.tables import JOB_COLUMNS, PAIRS

PARTS = {Rows.CHECKPOINTS: "checkpoints", Rows.RESTORES: "restores"}
every_figure = pytest.mark.parametrize("figure", PER_JOB, ids=lambda figure: figure.name)


@every_figure
def test_a_figure_is_made_of_columns_that_are_kept(figure: Figure) -> None:
    of_parts: set[str] = set()
    for node in walk(figure.computed):
        if isinstance(node, Sum | OfLatest):
            table = PARTS.get(node.over, "attempts") if isinstance(node, Sum) else "attempts"
            named = {inner.name for inner in walk(node) if isinstance(inner, Column)}
            assert named <= set(PAIRS[table])
            of_parts |= named
        elif isinstance(node, Other):
            assert node.name in FIGURE
        elif isinstance(node, Only):
            assert node.column in JOB_COLUMNS
        elif isinstance(node, Column) and node.name not in of_parts:
            assert node.name in JOB_COLUMNS


@every_figure
def test_every_input_of_a_figure_has_a_reason_for_being_unknown(figure: Figure) -> None:
    inputs = {node for node in walk(figure.computed) if isinstance(node, Column)}
    assert [node.name for node in inputs if not node.unknown and node.name not in EXPLAINED_COLUMNS] == []


@every_figure
def test_a_figure_applies_by_columns_that_are_kept(figure: Figure) -> None:
    assert {test.column for test in figure.applies.tests} <= set(JOB_COLUMNS)


@every_figure
def test_a_figure_is_shown_wherever_jobs_are(figure: Figure) -> None:
    assert figure.name in {column.name for column in COLUMNS}
    assert figure.name in SORTABLE
    assert figure.name in FILTERABLE
    for model in (jobs.Job, jobs.JobDetail, jobs.JobFigures):
        assert figure.name in model.model_fields


@pytest.mark.parametrize("name", TOTALLED)
def test_a_totalled_figure_is_in_the_totals_and_their_schema(name: str) -> None:
    assert {name, f"{name}_known", f"{name}_applicable"} <= set(TOTAL_COLUMNS)
    block = summary.Figures if FIGURE[name] in FIGURES else summary.Engineering
    assert block.model_fields[name].is_required()


def test_the_queue_table_has_a_column_for_every_engineering_figure() -> None:
    labels = [column.label for column in (*BASIC, *ENGINEERING)]
    assert [figure.short for figure in ENGINEERING_FIGURES if figure.short not in labels] == []


def test_formulas_read_out_say_what_they_are_made_of() -> None:
    assert describe(FIGURE["cpu_hours"].computed) == "vcpus × runtime_seconds / 3600"
    assert FIGURE["cost_usd"].formula == "Σ over ended attempts of run time / 3600 × paid rate"
    assert FIGURE["net_saved_seconds"].formula == "saved_seconds − overhead_seconds"
    assert FIGURE["lost_seconds"].formula == "Σ over interrupted attempts of max(0, run time − work carried)"


def test_a_change_of_prices_finds_the_figures_in_dollars_again_and_no_others() -> None:
    assert set(priced_figures()) == {name for name in FIGURE if name.endswith("_usd")}
