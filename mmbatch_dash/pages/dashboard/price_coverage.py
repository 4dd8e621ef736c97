"""The panel that says where the prices behind the dollars come from, and which ones to fetch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_count, format_hours, format_rate
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.prices import PriceCoverage

SOURCES = {
    "reported": "Reported with the job",
    "spot_history": "Spot price history",
    "price_list": "On-demand price",
    "free_hour": "Free first hour",
    "assumed": "Assumed discount",
    "unknown": "Unknown",
}
NEEDS = {
    "spot_history": "spot price history",
    "on_demand_price": "on-demand price",
    "zone": "the zone of the instance",
    "instance_type": "the instance type",
    "purchase_option": "spot or on-demand: set aws.purchaseOptions",
    "start_time": "the start of the attempt",
    "instance_size": "vCPUs and memory of the instance type",
    "job_size": "the vCPUs or memory that the job asked for",
    "not_on_ec2": "the instance: Fargate has none, and an EKS job did not name it",
}
_NUMERIC = frozenset({"Hours", "Share", "Attempts"})
MOST_MISSING = 8


def build_price_panel() -> Component:
    """The panel's place; its callback fills it."""
    lead = "Share of instance hours by where their rate comes from."
    head = html.Div(html.Div([html.H2("Prices"), html.P(lead, className="panel-lead")]), className="panel-head")
    return html.Section([head, html.Div(id=DashboardId.PRICES.value)], className="panel")


def register_price_callback(app: Dash, services: Services, context: Context) -> None:
    """Wires the panel: the address in, the coverage of its selection out."""

    @callback(
        app,
        Output(DashboardId.PRICES.value, "children"),
        # After the panels above: side by side the two keep each other from the reader.
        Input(DashboardId.DIGESTS.value, "data"),
        State(context.location, "search"),
        prevent_initial_call=True,
    )
    def show(digests: dict[str, str] | None, search: str | None) -> list[Component]:
        del digests
        view = parse_view(search, datetime.now(UTC), context.defaults)
        return build_price_coverage(services.prices.coverage(view.selection))


def build_price_coverage(coverage: PriceCoverage) -> list[Component]:
    """What the panel shows of a coverage."""
    sources = [one for one in coverage.sources if one.attempts or one.source == "unknown"]
    if not any(one.attempts for one in sources):
        return [html.P("No attempt has ended in this selection, so no price was needed.", className="panel-empty")]
    notes = [_describe_whole(coverage), *_describe_list(coverage), *_describe_rest(coverage)]
    table = _build_table(
        "Instance hours of ended attempts",
        ("Rate from", "Hours", "Share", "Attempts"),
        [
            (SOURCES[one.source], format_hours(one.hours), format_rate(one.share), format_count(one.attempts))
            for one in sources
        ],
    )
    return [*(html.P(note) for note in notes), table, *_build_missing(coverage.missing)]


def _describe_whole(coverage: PriceCoverage) -> str:
    of = {one.source: one for one in coverage.sources}
    unknown = of["unknown"].share
    if not coverage.hours:
        return "No times are known of this work, so no dollar figure is shown."
    if not coverage.known_share:
        return "No price is known for this work, so no dollar figure is shown. Import prices, or synchronise with AWS."
    if of["assumed"].hours:
        return "A part of the cost is assumed: on-demand prices less pricing.assumedSpotDiscount."
    return (
        "Every dollar above has a known price."
        if not unknown and not coverage.timeless_attempts
        else "Work without a known price or known times is in no dollar figure."
    )


def _describe_list(coverage: PriceCoverage) -> list[str]:
    if not coverage.shipped or not coverage.shipped_hours:
        return []
    listed = f"{coverage.shipped.listed_at:%Y-%m-%d}"
    return [f"{format_hours(coverage.shipped_hours)} h are priced by the shipped list of {listed}."]


def _describe_rest(coverage: PriceCoverage) -> list[str]:
    notes = []
    if coverage.attribution == "share":
        notes.append("Each job is charged the share of its instance that it asked for.")
    if coverage.pending_jobs:
        notes.append(f"{format_count(coverage.pending_jobs)} jobs are being costed again.")
    return notes


def _build_missing(missing: pd.DataFrame) -> list[Component]:
    if not len(missing):
        return []
    rows = [
        (
            f"{_told(one['instance_type'], 'unknown type')} in {_told(one['place'], 'an unknown place')}",
            NEEDS[one["need"]],
            one["figure"],
            format_hours(one["hours"]),
        )
        for one in missing.head(MOST_MISSING).to_dict("records")
    ]
    more = [html.P(f"And {len(missing) - MOST_MISSING} more.")] if len(missing) > MOST_MISSING else []
    table = _build_table("What to fetch", ("Instance", "Missing", "For", "Hours"), rows)
    return [html.Div([table, *more], className="to-fetch")]


def _build_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Component:
    kinds = ["col-name" if place == 0 else "num" if head in _NUMERIC else "" for place, head in enumerate(heads)]
    head = [html.Th(head, scope="col", className=kind) for head, kind in zip(heads, kinds, strict=True)]
    body = [
        html.Tr(
            [
                html.Th(row[0], scope="row", className="col-name"),
                *(html.Td(cell, className=kind) for cell, kind in zip(row[1:], kinds[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    table = html.Table(
        [html.Caption(caption), html.Thead(html.Tr(head)), html.Tbody(body)], className="data-table titled"
    )
    return html.Div(table, className="table-scroll", tabIndex=0, role="region", **{"aria-label": caption})


def _told(value: Any, unknown: str) -> str:
    return unknown if pd.isna(value) else str(value)
