"""What the list says when it has nothing to show, and how many jobs it is over."""

from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_count
from mmbatch_dash.pages.filters.chips import clear_link, describe_range
from mmbatch_dash.pages.filters.view import View


def build_notice(view: View, jobs: int, jobs_in_all: int) -> Component | None:
    """Why there is no row and what to do; None where there are rows.

    Args:
        view: what is asked for.
        jobs: in the selection.
        jobs_in_all: in the store.
    """
    if jobs:
        return None
    if not jobs_in_all:
        return _build_message(
            "No job has arrived yet.",
            "This page will list every job with its cost, its savings and what its checkpoints did for it.",
            dcc.Link("See how jobs arrive", href="/", className="button"),
        )
    return _build_message(
        "No job fits these filters.",
        f"There are {format_count(jobs_in_all)} jobs in the store, but none in this selection.",
        dcc.Link("Clear filters", href=clear_link(view, "/jobs"), className="button"),
    )


def describe_scope(view: View, jobs: int) -> str:
    """What the list is over, in words."""
    basis = view.selection.basis.value
    noun = "job" if jobs == 1 else "jobs"
    return f"{format_count(jobs)} {noun}, {basis} in: {describe_range(view)}, times in {view.selection.tz}"


def export_link(view: View, form: str, sort: str) -> str:
    """The address of the file of this selection, in the order shown.

    Args:
        view: what is asked for; relative ranges are absolute in the link.
        form: csv or parquet.
        sort: of the address, or "".
    """
    query = view.selection.to_query() | ({"sort": [sort]} if sort else {})
    text = urlencode(query, doseq=True)
    return f"/api/v1/jobs.{form}?{text}" if text else f"/api/v1/jobs.{form}"


def _build_message(title: str, text: str, link: Component) -> Component:
    return html.Div([html.Strong(title), html.Span(text), link], className="notice")
