"""Every changing part of the Dashboard, made from one reading; only what changed goes to the browser."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_count, format_rate
from mmbatch_dash.figures.cost import build_cost_figure, describe_cost, describe_untimed
from mmbatch_dash.figures.protections import build_protections_figure, describe_protections
from mmbatch_dash.figures.queues import build_queue_hours_figure, describe_queue_hours
from mmbatch_dash.figures.reclaims import ReclaimKey, build_reclaims_figure, describe_reclaims
from mmbatch_dash.pages.dashboard.cards import CARDS, build_card_body, build_card_note
from mmbatch_dash.pages.dashboard.engineering import build_engineering
from mmbatch_dash.pages.dashboard.first_run import Place, build_first_run, build_nothing_fits
from mmbatch_dash.pages.dashboard.ids import DashboardId, card_id, card_note_id
from mmbatch_dash.pages.dashboard.queue_table import build_queue_table
from mmbatch_dash.pages.dashboard.running import build_running
from mmbatch_dash.pages.dashboard.sentence import describe_summary
from mmbatch_dash.pages.dashboard.spread import Spread
from mmbatch_dash.pages.dashboard.standing import Mark, build_marks
from mmbatch_dash.pages.filters.chips import describe_range
from mmbatch_dash.pages.filters.view import LAST_MONTH, MONTH, RANGE_WORDS, View
from mmbatch_dash.services import Services
from mmbatch_dash.services.reports import Dashboard

_GRAPHS = (DashboardId.COST, DashboardId.PROTECTIONS, DashboardId.HOURS, DashboardId.RECLAIMS)
_PARTS = (
    DashboardId.FIRST_RUN,
    DashboardId.NOTICE,
    DashboardId.SCOPE,
    DashboardId.SENTENCE,
    DashboardId.MARKS,
    DashboardId.RUNNING,
    DashboardId.COST_TEXT,
    DashboardId.COST_LEAD,
    DashboardId.PROTECTIONS_TEXT,
    DashboardId.PROTECTIONS_RATE,
    DashboardId.HOURS_TEXT,
    DashboardId.HOURS_LEAD,
    DashboardId.RECLAIMS_TEXT,
    DashboardId.ENGINEERING,
    DashboardId.QUEUES,
)

PANELS: dict[str, str] = {
    **{part.value: "children" for part in _PARTS},
    **{graph.value: "figure" for graph in _GRAPHS},
    **{card_id(figure.name): "children" for figure in CARDS},
    **{card_note_id(figure.name): "children" for figure in CARDS},
}
"""Component id → the property that the page's one callback sets."""


def read_dashboard(services: Services, view: View) -> tuple[Dashboard, Spread]:
    """What a view shows, and its money and hours over time: the dashboard's own, or as incurred."""
    dashboard: Dashboard = services.reports.dashboard(view.selection, engineering=view.engineering)
    return dashboard, services.reports.incurred(view.selection) if view.incurred else dashboard


def build_panels(
    dashboard: Dashboard, spread: Spread, view: View, key: ReclaimKey, place: Place, marks: Sequence[Mark] = ()
) -> dict[str, Any]:
    """The new property of every panel of PANELS.

    Args:
        dashboard: what was read for the view.
        spread: its money and hours over time, as `read_dashboard` gives them.
        view: what the address asks for.
        key: rows of the heat map.
        place: where the reader stands, for the commands of the first page.
        marks: what to know before trusting the figures.
    """
    zone = view.selection.zone
    unit = spread.bucket_unit
    revision = view.link()
    outcomes = dashboard.summary.protections.by_outcome()
    comparison = describe_previous(view) if dashboard.previous else ""
    nothing = dashboard.summary.total_jobs == 0 and not dashboard.empty_store
    panels: dict[str, Any] = {
        DashboardId.FIRST_RUN: build_first_run(place) if dashboard.empty_store else None,
        DashboardId.NOTICE: build_nothing_fits(view) if nothing else None,
        DashboardId.SCOPE: describe_scope(view),
        DashboardId.SENTENCE: describe_summary(dashboard.summary, describe_range(view)),
        DashboardId.MARKS: build_marks(marks),
        DashboardId.RUNNING: build_running(dashboard.running),
        DashboardId.COST: build_cost_figure(spread.buckets, unit, revision=revision, incurred=view.incurred),
        DashboardId.COST_TEXT: describe_cost(spread.buckets, unit, incurred=view.incurred),
        DashboardId.COST_LEAD: describe_cost_lead(spread, view),
        DashboardId.PROTECTIONS: build_protections_figure(outcomes),
        DashboardId.PROTECTIONS_TEXT: describe_protections(outcomes),
        DashboardId.PROTECTIONS_RATE: describe_rate(dashboard),
        DashboardId.HOURS: build_queue_hours_figure(
            spread.queue_buckets, unit, revision=revision, incurred=view.incurred
        ),
        DashboardId.HOURS_TEXT: describe_queue_hours(spread.queue_buckets, incurred=view.incurred),
        DashboardId.HOURS_LEAD: describe_hours_lead(view),
        DashboardId.RECLAIMS: build_reclaims_figure(dashboard.reclaims, key, zone.key),
        DashboardId.RECLAIMS_TEXT: describe_reclaims(dashboard.reclaims, key),
        DashboardId.ENGINEERING: build_engineering_panel(dashboard) if view.engineering else None,
        DashboardId.QUEUES: build_queue_table(dashboard.queues, dashboard.durations, view),
    }
    for figure in CARDS:
        panels[card_id(figure.name)] = build_card_body(figure, dashboard, comparison=comparison)
        panels[card_note_id(figure.name)] = build_card_note(figure, dashboard)
    return {str(name): panel for name, panel in panels.items()}


def describe_previous(view: View) -> str:
    """What the period before is called."""
    if view.range in (None, MONTH, LAST_MONTH):
        return "time of equal length before"
    return RANGE_WORDS[view.range].replace("last", "previous")


def describe_scope(view: View) -> str:
    """What the page is over, in words."""
    return f"Jobs {view.selection.basis.value} in: {describe_range(view)}, {view.selection.tz}"


def describe_cost_lead(spread: Spread, view: View) -> str:
    """Where the bars of the cost chart stand in time, and what they leave out."""
    how = (
        "Spread over the time attempts ran, restores' savings at the moment of going on"
        if view.incurred
        else f"By when jobs were {view.selection.basis.value}"
    )
    said = f"{how}. Each saving has its own comparison, so they do not add up. {describe_untimed(spread.buckets)}"
    return said.strip()


def describe_hours_lead(view: View) -> str:
    """What the CPU hours are and where they stand in time."""
    how = "spread over that runtime" if view.incurred else f"by when they were {view.selection.basis.value}"
    return f"Requested vCPUs × runtime of completed jobs, {how}."


def describe_rate(dashboard: Dashboard) -> str:
    """The protection rate with its own inputs."""
    protections = dashboard.summary.protections
    if protections.rate is None:
        return "No protection has been tried."
    tried = protections.succeeded + protections.failed
    return f"{format_rate(protections.rate)} of {format_count(tried)} tried protections succeeded."


def build_engineering_panel(dashboard: Dashboard) -> Component:
    """The Engineering Mode panel."""
    lead = "Work carried, lost and spent; checkpoints, restores and protections tried."
    head = html.Div(html.Div([html.H2("Engineering"), html.P(lead, className="panel-lead")]), className="panel-head")
    return html.Section([head, *build_engineering(dashboard.summary, dashboard.durations)], className="panel")
