"""The page's callbacks: the recipes once, the doors whenever figures may have changed."""

from datetime import UTC, datetime
from typing import Any

import flask
from dash import Dash, Input, Output

from mmbatch_dash.pages.connect.ids import ConnectId
from mmbatch_dash.pages.connect.layout import build_doors, build_recipes
from mmbatch_dash.pages.connect.recipes import write_recipes
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.reporter_archive import build_archive


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

    @callback(app, Output(ConnectId.RECIPES.value, "children"), Input(context.location, "pathname"))
    def show_recipes(_path: str | None) -> Any:
        return build_recipes(write_recipes(flask.request.url_root, digest=build_archive().sha256))
