"""What if: the selected jobs run again under another policy, with how far that is, and a way to end it."""

from datetime import UTC, datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from mmbatch_dash.domain.errors import MmbatchDashError, NotFound
from mmbatch_dash.domain.figures import FIGURE
from mmbatch_dash.domain.identity import for_readers
from mmbatch_dash.domain.units import format_count, format_figure
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.insight.ids import InsightId as Id
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.replays import AS_CONFIGURED, AS_HAPPENED, NONE, Policy, Purchase, Replay

TICK_MS = 500
_INTERVALS = {
    AS_CONFIGURED: "as configured now",
    "5m": "every 5 min",
    "15m": "every 15 min",
    "30m": "every 30 min",
    "1h": "every hour",
    "2h": "every 2 hours",
    NONE: "no checkpoints",
    AS_HAPPENED: "as it happened",
}
_PURCHASES = {Purchase.SPOT: "on Spot", Purchase.ON_DEMAND: "on-demand"}
_HEADS = (
    Head("Figure", narrow=True),
    Head("As it was", numeric=True, narrow=True),
    Head("Then", numeric=True, narrow=True),
    Head("95 % range", numeric=True),
)


def build_what_if() -> Component:
    """The panel, nothing run yet."""
    intervals = [{"label": label, "value": value} for value, label in _INTERVALS.items()]
    purchases = [{"label": label, "value": value.value} for value, label in _PURCHASES.items()]
    lead = "The selected jobs' work run again through their own attempts; what did not happen is drawn 200 times."
    return html.Section(
        [
            html.Div(html.Div([html.H2("What if"), html.P(lead, className="panel-lead")]), className="panel-head"),
            dcc.Store(id=Id.WHAT_IF_ID.value),
            dcc.Interval(id=Id.WHAT_IF_TICK.value, interval=TICK_MS, disabled=True),
            html.Div(
                [
                    html.Label("Checkpoints", htmlFor=Id.WHAT_IF_INTERVAL.value),
                    dbc.Select(intervals, AS_CONFIGURED, id=Id.WHAT_IF_INTERVAL.value),
                    html.Label("Instances", htmlFor=Id.WHAT_IF_PURCHASE.value),
                    dbc.Select(purchases, Purchase.SPOT.value, id=Id.WHAT_IF_PURCHASE.value),
                    html.Button("Run", id=Id.WHAT_IF_RUN.value, className="button button-primary"),
                    html.Button("Cancel", id=Id.WHAT_IF_CANCEL.value, className="button", hidden=True),
                ],
                className="insight-what-if",
            ),
            html.Div(id=Id.WHAT_IF_RESULT.value, **{"aria-live": "polite"}),
        ],
        className="panel",
        **{"aria-label": "What if"},
    )


def register_what_if(app: Dash, services: Services, context: Context) -> None:
    """Wires the panel: run and cancel start and end a replay, each tick looks how far it is."""

    @callback(
        app,
        Output(Id.WHAT_IF_ID.value, "data"),
        Output(Id.WHAT_IF_RESULT.value, "children"),
        Output(Id.WHAT_IF_TICK.value, "disabled"),
        Output(Id.WHAT_IF_CANCEL.value, "hidden"),
        Input(Id.WHAT_IF_RUN.value, "n_clicks"),
        Input(Id.WHAT_IF_CANCEL.value, "n_clicks"),
        Input(Id.WHAT_IF_TICK.value, "n_intervals"),
        State(Id.WHAT_IF_ID.value, "data"),
        State(Id.WHAT_IF_INTERVAL.value, "value"),
        State(Id.WHAT_IF_PURCHASE.value, "value"),
        State(context.location, "search"),
        prevent_initial_call=True,
    )
    @for_readers
    def run(*given: Any) -> tuple[Any, Any, bool, bool]:
        name, interval, purchase, search = given[3:]
        try:
            if ctx.triggered_id == Id.WHAT_IF_CANCEL:
                return _cancelled(services, name)
            if ctx.triggered_id == Id.WHAT_IF_RUN:
                view = parse_view(search, datetime.now(UTC), context.defaults)
                policy = Policy(interval, Purchase(purchase), on_notice=False)
                return show_replay(services.replays.start(view.selection, policy))
            return show_replay(services.replays.find(name)) if name else (None, no_update, True, True)
        except MmbatchDashError as error:
            return None, html.P(str(error), role="alert"), True, True


def _cancelled(services: Services, name: str | None) -> tuple[Any, Any, bool, bool]:
    try:
        services.replays.cancel(name or "")
    except NotFound:
        return None, no_update, True, True
    return None, html.P("Cancelled."), True, True


def show_replay(one: Replay) -> tuple[Any, Any, bool, bool]:
    """What of a replay the panel holds: its id, how far it is or its result, and whether to go on looking."""
    if one.answer is None:
        bar = html.Progress(value=f"{one.share:.3f}", max="1", **{"aria-label": "How far the replay is"})
        return one.id, html.P([bar, f" {one.share:.0%} done"]), False, False
    return None, build_result(one.answer), True, True


def build_result(answer: dict[str, Any]) -> Component:
    """The table of a result: what was, and what would have been."""
    rows: list[list[Cell]] = []
    for name, drawn in answer["replayed"].items():
        figure = FIGURE[name]
        low, high = (format_figure(drawn[end], figure.unit) for end in ("low", "high"))
        rows.append(
            [
                (figure.label, figure.definition),
                (format_figure(answer["actual"][name], figure.unit), ""),
                (format_figure(drawn["median"], figure.unit), "median of the draws"),
                (f"{low} to {high}", ""),
            ]
        )
    draws = "1 draw" if answer["draws"] == 1 else f"{answer['draws']} draws"
    return build_table(_HEADS, rows, f"{format_count(answer['jobs'])} jobs, {draws}", "What if")
