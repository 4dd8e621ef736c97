"""The page's callback: the address and the word in, files and lines out."""

from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, set_props

from mmbatch_dash.domain.errors import InvalidInput, NotFound
from mmbatch_dash.pages.filters.view import View, parse_view
from mmbatch_dash.pages.logs.ids import LogsId
from mmbatch_dash.pages.logs.layout import LINES, build_files, build_lines
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.log_view import view_lines


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(LogsId.TITLE.value, "children"),
        Output(LogsId.FILES.value, "children"),
        Output(LogsId.SHOWN.value, "children"),
        Input(context.location, "search"),
        Input(LogsId.SEARCH.value, "value"),
        Input(context.token, "data"),
    )
    def show(address: str | None, word: str | None, _token: str | None) -> tuple[Any, Any, Any]:
        view = parse_view(address, datetime.now(UTC), context.defaults)
        job, node, path = (_named(view, name) for name in ("job", "node", "path"))
        files = services.node_files.of_job(job) if job else services.node_files.of_node(node) if node else []
        kept = {"job": job} if job else {"node": node}
        set_props(context.problem, {"children": None})
        title = f"Logs of job {job}" if job else f"Logs of node {node}" if node else "Logs"
        lines = _read(services, _named(view, "on") or node, path, word or "") if path else []
        return title, build_files(files, view.selection.zone, kept), lines


def _named(view: View, name: str) -> str:
    return next(iter(view.query.get(name, ())), "")


def _read(services: Services, node: str, path: str, word: str) -> Any:
    try:
        return build_lines(path, view_lines(services.node_files.read(node, path), tail=LINES, search=word), word)
    except (NotFound, InvalidInput) as error:
        return str(error)
