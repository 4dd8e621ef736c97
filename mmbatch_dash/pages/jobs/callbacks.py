"""The list's callbacks: blocks of rows as the grid scrolls, and what stands around the grid."""

import time
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, set_props

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.jobs.column_filters import register_column_filters
from mmbatch_dash.pages.jobs.columns import Reading
from mmbatch_dash.pages.jobs.ids import JobsId
from mmbatch_dash.pages.jobs.layout import DEFAULT_SORT
from mmbatch_dash.pages.jobs.request import read_request
from mmbatch_dash.pages.jobs.rows import build_rows, build_totals_row
from mmbatch_dash.pages.jobs.states import build_notice, describe_scope, export_link
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.problem import report_problem
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the list.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    def keep_rows(error: Exception) -> None:
        """The grid is told that its request failed, so that it keeps the rows it has and asks again later."""
        report_problem(error)
        set_props(JobsId.FAILED.value, {"data": time.time()})

    @callback(
        app,
        Output(JobsId.GRID.value, "getRowsResponse"),
        Input(JobsId.GRID.value, "getRowsRequest"),
        State(context.location, "search"),
        prevent_initial_call=True,
        on_error=keep_rows,
    )
    def fetch_rows(request: dict[str, Any] | None, search: str | None) -> dict[str, Any]:
        now = datetime.now(UTC)
        view = parse_view(search, now, context.defaults)
        asked = read_request(request or {})
        sort = services.jobs.read_sort(asked.sort or DEFAULT_SORT)
        block = services.jobs.block(view.selection, sort=sort, offset=asked.offset, limit=asked.limit)
        rows = build_rows(block.rows, Reading(view.selection.zone, now), view)
        return {"rowData": rows, "rowCount": block.total}

    @callback(
        app,
        Output(JobsId.SCOPE.value, "children"),
        Output(JobsId.NOTICE.value, "children"),
        Output(JobsId.TOTALS.value, "data"),
        Output(JobsId.CSV.value, "href"),
        Output(JobsId.PARQUET.value, "href"),
        Input(context.location, "search"),
        Input(context.token, "data"),
    )
    def describe(search: str | None, _token: str | None) -> tuple[Any, ...]:
        now = datetime.now(UTC)
        view = parse_view(search, now, context.defaults)
        totals = services.jobs.totals(view.selection)
        jobs = int(totals["jobs"] or 0)
        everything = jobs or services.jobs.count(Selection())
        sort = view.query.get("sort", [""])[-1]
        set_props(context.problem, {"children": None})
        return (
            describe_scope(view, jobs),
            build_notice(view, jobs, everything),
            {"row": build_totals_row(totals, Reading(view.selection.zone, now)) if jobs else None, "jobs": jobs},
            export_link(view, "csv", sort),
            export_link(view, "parquet", sort),
        )

    register_column_filters(app, context.location)
    grid = JobsId.GRID.value
    app.clientside_callback(
        ClientsideFunction("mmbatch", "followJobs"),
        Output(JobsId.SYNC.value, "data"),
        Input(context.location, "search"),
        Input(context.token, "data"),
        Input(JobsId.TOTALS.value, "data"),
        Input(JobsId.COLUMNS.value, "value"),
        Input(JobsId.FAILED.value, "data"),
        Input(grid, "getRowsRequest"),
        Input(grid, "getRowsResponse"),
        State(grid, "id"),
    )
