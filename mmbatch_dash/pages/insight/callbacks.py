"""The page's one callback: the address in, one reading, what changed out."""

from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, set_props
from dash.development.base_component import Component

from mmbatch_dash.domain.identity import for_readers
from mmbatch_dash.pages.caller import may_change
from mmbatch_dash.pages.filling import fill
from mmbatch_dash.pages.filters.view import ALL, RANGE_WORDS, View, parse_view
from mmbatch_dash.pages.insight.ids import InsightId
from mmbatch_dash.pages.insight.layout import layout
from mmbatch_dash.pages.insight.rows import build_rows, build_summary
from mmbatch_dash.pages.insight.waiting import build_efficiency, build_waiting
from mmbatch_dash.pages.insight.what_if import register_what_if
from mmbatch_dash.pages.left_out import describe_left_out
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.unchanged import keep_unchanged
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.insight import InsightBy

PANELS = (
    InsightId.SCOPE,
    InsightId.BY,
    InsightId.SUMMARY,
    InsightId.ROWS,
    InsightId.WAITING,
    InsightId.EFFICIENCY,
)
_NAMES = {InsightBy.QUEUE: "Queue", InsightBy.INSTANCE_TYPE: "Instance type", InsightBy.POOL: "Pool"}


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    @callback(
        app,
        output={
            "panels": {name.value: Output(name.value, "children") for name in PANELS},
            "digests": Output(InsightId.DIGESTS.value, "data"),
        },
        inputs={
            "search": Input(context.location, "search"),
            "token": Input(context.token, "data"),
            "digests": State(InsightId.DIGESTS.value, "data"),
        },
        prevent_initial_call=True,
    )
    @for_readers
    def show(search: str | None, token: str | None, digests: dict[str, str] | None) -> dict[str, Any]:
        del token
        changed, digested = keep_unchanged(build_panels(services, context, search), digests)
        set_props(context.problem, {"children": None})
        return {"panels": changed, "digests": digested}

    register_what_if(app, services, context)


def build_filled(services: Services, context: Context, search: str) -> Component:
    """The page of an address with everything in it."""
    panels = build_panels(services, context, search)
    _, digests = keep_unchanged(panels, None)
    values: dict[tuple[str, str], Any] = {(name, "children"): panel for name, panel in panels.items()}
    return fill(layout(), {**values, (InsightId.DIGESTS.value, "data"): digests})


def build_panels(services: Services, context: Context, search: str | None) -> dict[str, Any]:
    """The contents of every place of PANELS."""
    view = parse_view(search, datetime.now(UTC), context.defaults)
    by = _read_by(view)
    insight = services.insights.read(view.selection, by)
    waiting = services.insights.waiting(view.selection)
    left_out = describe_left_out(services.reports.removed(view.selection))
    chosen = view.selection.from_at or view.selection.to_at
    span = RANGE_WORDS[view.range or ALL] if view.range or not chosen else "as chosen"
    scope = f"{span.capitalize()}; ranges are at 95 %"
    return {
        InsightId.SCOPE.value: scope,
        InsightId.BY.value: _build_by(view, by),
        InsightId.SUMMARY.value: " ".join(filter(None, [build_summary(insight), left_out])),
        InsightId.ROWS.value: build_rows(insight, view, may_change=may_change()),
        InsightId.WAITING.value: build_waiting(waiting, view),
        InsightId.EFFICIENCY.value: build_efficiency(waiting, view),
    }


def _read_by(view: View) -> InsightBy:
    asked = view.query.get("by", [InsightBy.QUEUE.value])[-1]
    return InsightBy(asked) if asked in set(InsightBy) else InsightBy.QUEUE


def _build_by(view: View, by: InsightBy) -> Component:
    links = [
        dcc.Link(
            name,
            href=view.link("/insight", by=None if one is InsightBy.QUEUE else [one.value]),
            className="segment segment-on" if one is by else "segment",
            title=f"Advice by {name.lower()}" + (", shown now" if one is by else ""),
        )
        for one, name in _NAMES.items()
    ]
    return html.Nav(links, className="segmented", **{"aria-label": "Advice by"})
