"""The wiring of the page Bill: read once when it is opened, for it looks at every attempt of the bill's days."""

from typing import Any

import flask
from dash import Dash, Input, Output, State, no_update, set_props

from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.pages.bill.ids import BillId
from mmbatch_dash.pages.bill.panels import build_causes, build_days, build_files, build_lead, build_rows
from mmbatch_dash.pages.caller import may_change
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services

HOW = """curl -X POST '{url}/api/v1/bill?name=bill.csv.gz' --data-binary @bill.csv.gz
python -m mmbatch_dash bill import s3://BUCKET/PREFIX"""


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(BillId.COMPARED.value, "hidden"),
        Output(BillId.EXPORT.value, "hidden"),
        Output(BillId.DROP.value, "hidden"),
        Output(BillId.HOW.value, "children"),
        Output(BillId.LEAD.value, "children"),
        Output(BillId.CAUSES.value, "children"),
        Output(BillId.DAYS.value, "children"),
        Output(BillId.ROWS.value, "children"),
        Output(BillId.FILES.value, "children"),
        Input(context.location, "pathname"),
        Input(context.token, "data"),
        State(BillId.LEAD.value, "children"),
    )
    def show(_path: str | None, _token: str | None, shown: str | None) -> tuple[Any, ...]:
        # News of jobs do not change a bill that is shown; one that could not be read yet is tried again.
        if shown:
            return (no_update,) * 9
        set_props(context.problem, {"children": None})
        how = HOW.format(url=flask.request.url_root.rstrip("/"))
        files = build_files(services.bills.list())
        locked = not may_change()
        try:
            compared = services.bills.compare()
        except NotFound:
            return True, True, locked, how, "Hold AWS's own bill against the cost shown here.", None, None, None, files
        panels = build_causes(compared), build_days(compared), build_rows(compared)
        return False, False, locked, how, build_lead(compared), *panels, files
