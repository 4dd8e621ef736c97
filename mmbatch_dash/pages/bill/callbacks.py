"""The wiring of the page Bill: read once when it is opened, for it looks at every attempt of the bill's days."""

from typing import Any

from dash import Dash, Input, Output, html, set_props

from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.pages.bill.ids import BillId
from mmbatch_dash.pages.bill.panels import build_causes, build_days, build_files, build_lead, build_rows
from mmbatch_dash.pages.page import Context
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
        Output(BillId.LEAD.value, "children"),
        Output(BillId.CAUSES.value, "children"),
        Output(BillId.DAYS.value, "children"),
        Output(BillId.ROWS.value, "children"),
        Output(BillId.FILES.value, "children"),
        Input(context.location, "pathname"),
    )
    def show(_path: str | None) -> tuple[Any, ...]:
        set_props(context.problem, {"children": None})
        files = build_files(services.bills.list())
        try:
            compared = services.bills.compare()
        except NotFound as nothing:
            empty = html.P(str(nothing), className="panel-empty")
            return "No bill yet", empty, empty, empty, files
        return build_lead(compared), build_causes(compared), build_days(compared), build_rows(compared), files
