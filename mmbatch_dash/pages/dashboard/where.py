"""Where it goes: cost and savings by queue, user, tag, instance type or definition, each row leading to its jobs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import FIGURES, Figure
from mmbatch_dash.domain.filters import Match
from mmbatch_dash.domain.groupings import Grouping, parse_grouping
from mmbatch_dash.domain.selection import FILTERS
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_count, format_exact, format_figure, format_rate
from mmbatch_dash.metrics.summary import Blocks, Total
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.filters.view import View, parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.groups import Parted

BY = "by"
USUAL = "queue"
MOST_ROWS = 15
MOST_TAGS = 12
_BY_COLUMN = {name: one.label for name, one in FILTERS.items() if one.match is Match.VALUE and name != "status"}
_SHOWN = ("cost_usd", "saved_cost_usd", "on_demand_savings_usd", "cpu_hours")
_FIGURES = {figure.name: figure for figure in FIGURES}
_HEADS = (
    Head("Jobs", numeric=True, narrow=True),
    Head("Cost (USD)", numeric=True, narrow=True),
    Head("Share of cost", numeric=True),
    Head("Saved by restores (USD)", numeric=True, narrow=True),
    Head("Against on-demand (USD)", numeric=True),
    Head("CPU hours", numeric=True),
)


def register_where_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the panel: the choice and the address in, the table out; the address keeps the choice."""

    @callback(
        app,
        Output(DashboardId.WHERE.value, "children"),
        Output(DashboardId.WHERE_BY.value, "options"),
        # After the panels above: side by side the two keep each other from the reader.
        Input(DashboardId.DIGESTS.value, "data"),
        Input(DashboardId.WHERE_BY.value, "value"),
        State(context.location, "search"),
        prevent_initial_call=True,
    )
    def show(
        digests: dict[str, str] | None, by: str | None, search: str | None
    ) -> tuple[Component, list[dict[str, str]]]:
        del digests
        view = parse_view(search, datetime.now(UTC), context.defaults)
        return read_where(services, view, read_grouping(by)), build_options(services.reports.filter_choices())

    app.clientside_callback(
        ClientsideFunction("mmbatch", "followBy"),
        Output(DashboardId.WHERE_BY.value, "value"),
        Input(context.location, "search"),
        Input(DashboardId.WHERE_BY.value, "value"),
        State(DashboardId.WHERE_BY.value, "id"),
    )


def read_grouping(text: str | None) -> Grouping:
    """The grouping a choice stands for; the usual one where it stands for none."""
    try:
        return parse_grouping(text or USUAL)
    except InvalidFilter:
        return Grouping(USUAL)


def read_where(services: Services, view: View, by: Grouping) -> Component:
    """The table of a view by a grouping."""
    groups = services.reports.groups(view.selection, by).costliest(MOST_ROWS)
    return build_where(groups, services.reports.summary(view.selection), by, view)


def build_options(choices: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """What the jobs can be divided by: the columns of filters, and each tag key that is in use."""
    known = choices.get("tag", ())
    keys = [key for key in known if any(other.startswith(f"{key}:") for other in known)][:MOST_TAGS]
    tags = [{"label": f"Tag {key}", "value": f"tag:{key}"} for key in keys]
    return [*({"label": label, "value": name} for name, label in _BY_COLUMN.items()), *tags]


def build_where(groups: Parted, summary: Blocks, by: Grouping, view: View) -> Component:
    """The table, the costliest first, whose last row is the headline.

    Args:
        groups: key and figures of the costliest ones, and the others added up.
        summary: of all of them.
        by: what they are groups of.
        view: of the page; a row's link keeps its other filters.
    """
    if not groups.named:
        return html.P("No job in this selection.", className="panel-empty")
    label = f"Tag {by.tag}" if by.tag else _BY_COLUMN.get(by.name, by.name)
    whole = summary.figures["cost_usd"].value
    rows = [[(_link(key, by, view), key), *_build_cells(one, whole)] for key, one in groups.named]
    if groups.rest is not None:
        rows.append([_build_rest(groups.others, by), *_build_cells(groups.rest, whole)])
    rows.append([("All", ""), *_build_cells(summary, whole)])
    caption = f"By {label.lower()}, the costliest first; a name leads to its jobs"
    return build_table([Head(label, narrow=True), *_HEADS], rows, caption, "Where it goes")


def _link(key: str, by: Grouping, view: View) -> Component:
    chosen = f"{by.tag}:{key}" if by.tag else key
    return dcc.Link(html.Bdi(key), href=view.link("/jobs", **{by.name: [chosen], BY: None, "bucket": None}))


def _build_rest(others: int, by: Grouping) -> Cell:
    return f"{others:,} more", f"Smaller ones; all are at /api/v1/queues?by={by}"


def _build_cells(one: Blocks, whole: float | None) -> list[Cell]:
    return _cells(one.total_jobs, one.figures, whole)


def _cells(jobs: int, figures: Mapping[str, Total], whole: float | None) -> list[Cell]:
    cost = figures["cost_usd"].value
    share = cost / whole if cost is not None and whole else None
    cells = [_say(_FIGURES[name], figures[name].value) for name in _SHOWN]
    return [(format_count(jobs), ""), cells[0], _build_share(share), *cells[1:]]


def _say(figure: Figure, value: float | None) -> Cell:
    text = format_figure(value, figure.unit)
    return text, f"Unknown: {figure.unknown_when}" if text == UNKNOWN_TEXT else format_exact(value, figure.unit)


def _build_share(share: float | None) -> Cell:
    if share is None:
        return UNKNOWN_TEXT, "no cost is known"
    bar = html.Span(className="share-bar", style={"--share": f"{share * 100:.1f}%"}, **{"aria-hidden": "true"})
    return [bar, html.Span(format_rate(share), className="share-rate")], ""
