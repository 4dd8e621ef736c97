"""The page's callbacks: the recipes once and with each fresh token, the doors whenever figures may have changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import flask
from dash import Dash, Input, Output, no_update

from mmbatch_dash.domain.identity import for_admins
from mmbatch_dash.pages.caller import may_change, who
from mmbatch_dash.pages.connect.ids import ConnectId
from mmbatch_dash.pages.connect.layout import build_doors, build_recipes, build_told
from mmbatch_dash.pages.connect.recipes import write_recipes
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.reporter_archive import build_archive
from mmbatch_dash.services.reporter_token import make_reporter_token


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(ConnectId.DOORS.value, "children"),
        Input(context.location, "search"),
        Input(context.token, "data"),
    )
    def show_doors(search: str | None, _token: str | None) -> Any:
        now = datetime.now(UTC)
        zone = parse_view(search, now, context.defaults).selection.zone
        return build_doors(services.intake.arrivals.report(now), zone, now)

    @callback(
        app,
        Output(ConnectId.RECIPES.value, "children"),
        Output(ConnectId.TOLD.value, "children"),
        Output(ConnectId.MAKE.value, "hidden"),
        Input(context.location, "pathname"),
        Input(ConnectId.FRESH.value, "data"),
    )
    def show_recipes(_path: str | None, fresh: Mapping[str, str] | None) -> Any:
        token = (fresh or {}).get("token", "")
        recipes = write_recipes(flask.request.url_root, digest=build_archive().sha256, token=token)
        return build_recipes(recipes), build_told((fresh or {}).get("name", "")), not may_change()

    @callback(
        app,
        Output(ConnectId.FRESH.value, "data"),
        Input(ConnectId.MAKE.value, "n_clicks"),
        prevent_initial_call=True,
    )
    @for_admins
    def make_token(clicks: int | None) -> Any:
        if not clicks:
            return no_update
        address = flask.request.remote_addr or ""
        text, token = make_reporter_token(services.documents, datetime.now(UTC), who=who(), address=address)
        return {"token": text, "name": token.name}
