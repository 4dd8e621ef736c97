"""The Dashboard's callbacks: the address in, one reading, the panels that changed out."""

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, no_update, set_props

from mmbatch_dash.figures.reclaims import ReclaimKey
from mmbatch_dash.pages.dashboard.downloads import build_download
from mmbatch_dash.pages.dashboard.first_run import read_place
from mmbatch_dash.pages.dashboard.ids import CSV_BUTTONS, DashboardId
from mmbatch_dash.pages.dashboard.panels import PANELS, build_panels, read_dashboard
from mmbatch_dash.pages.dashboard.standing import read_marks
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.unchanged import keep_unchanged
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services


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
            "panels": {name: Output(name, prop) for name, prop in PANELS.items()},
            "digests": Output(DashboardId.DIGESTS.value, "data"),
        },
        inputs={
            "search": Input(context.location, "search"),
            "token": Input(context.token, "data"),
            "key": Input(DashboardId.RECLAIMS_KEY.value, "value"),
            "digests": State(DashboardId.DIGESTS.value, "data"),
        },
        # The page comes filled.
        prevent_initial_call=True,
    )
    def show(search: str | None, token: str | None, key: str, digests: dict[str, str] | None) -> dict[str, Any]:
        del token
        view = parse_view(search, datetime.now(UTC), context.defaults)
        dashboard, spread = read_dashboard(services, view)
        marks = read_marks(services, dashboard)
        panels = build_panels(dashboard, spread, view, ReclaimKey(key), read_place(services), marks)
        changed, now = keep_unchanged(panels, digests)
        # Not an Output: one that every page has would have this callback run on pages without a Dashboard.
        set_props(context.problem, {"children": None})
        return {"panels": changed, "digests": now}

    @callback(
        app,
        Output(DashboardId.DOWNLOAD.value, "data"),
        *(Input(button.value, "n_clicks") for button in CSV_BUTTONS),
        State(context.location, "search"),
        prevent_initial_call=True,
    )
    def download(*given: Any) -> Any:
        if not any(given[:-1]):
            return no_update
        view = parse_view(given[-1], datetime.now(UTC), context.defaults)
        dashboard, spread = read_dashboard(services, view)
        file = build_download(DashboardId(ctx.triggered_id), dashboard, spread, incurred=view.incurred)
        return dcc.send_string(*file)

    app.clientside_callback(
        ClientsideFunction("mmbatch", "followSpread"),
        Output(DashboardId.SPREAD.value, "value"),
        Input(context.location, "search"),
        Input(DashboardId.SPREAD.value, "value"),
        State(DashboardId.SPREAD.value, "id"),
    )

    app.clientside_callback(
        ClientsideFunction("mmbatch", "shareZoom"),
        Output(DashboardId.BODY.value, "data-zoom"),
        Input(DashboardId.COST.value, "relayoutData"),
        Input(DashboardId.HOURS.value, "relayoutData"),
        State(DashboardId.COST.value, "id"),
        State(DashboardId.HOURS.value, "id"),
        prevent_initial_call=True,
    )
