"""The wiring of the page of what was kept aside: reading it, retrying, dismissing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update, set_props
from dash.development.base_component import Component

from mmbatch_dash.domain.identity import for_admins, for_readers
from mmbatch_dash.domain.units import format_count
from mmbatch_dash.pages.admin.ids import AdminId
from mmbatch_dash.pages.admin.quarantine_layout import ROWS, build_quarantine
from mmbatch_dash.pages.caller import may_change
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.unchanged import keep_unchanged
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services

AFTER = "after"


def register_quarantine(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read and settled.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(AdminId.SCOPE.value, "children"),
        Output(AdminId.TABLE.value, "children"),
        Output(AdminId.DIGESTS.value, "data"),
        Input(context.location, "search"),
        Input(context.token, "data"),
        Input(AdminId.SETTLED.value, "data"),
        State(AdminId.DIGESTS.value, "data"),
    )
    @for_readers
    def show(search: str | None, _token: Any, settled: list[str] | None, known: dict[str, str] | None) -> Any:
        view = parse_view(search, datetime.now(UTC), context.defaults)
        gone = set(settled or ())
        page = services.rejects.page(limit=ROWS, after=view.query.get(AFTER, [None])[-1])
        following = view.link("/admin/quarantine", after=[page[-1].reject_id]) if len(page) == ROWS else None
        # What was settled a moment ago may still be on its way into the tables.
        rows = [row for row in page if row.reject_id not in gone]
        total = max(services.rejects.count() - (len(page) - len(rows)), len(rows))
        set_props(context.problem, {"children": None})
        said = f"{format_count(total)} {'entry' if total == 1 else 'entries'}, times in {view.selection.tz}"
        table = build_quarantine(rows, following, view.selection.zone, may_act=may_change())
        changed, digests = keep_unchanged({AdminId.TABLE: table}, known)
        return said, changed[AdminId.TABLE], digests

    @callback(
        app,
        Output(AdminId.TOLD.value, "children"),
        Output(AdminId.SETTLED.value, "data"),
        Input(AdminId.WISH.value, "data"),
        State(AdminId.SETTLED.value, "data"),
        prevent_initial_call=True,
    )
    @for_admins
    def settle(wish: Mapping[str, Any] | None, settled: list[str] | None) -> Any:
        ids = [str(one) for one in (wish or {}).get("ids", ())][:ROWS]
        if not wish or not ids:
            return no_update, no_update
        if wish.get("want") == "dismiss":
            services.rejects.dismiss(ids)
            return _tell(f"{_count(len(ids))} dismissed."), [*(settled or ()), *ids]
        retried = services.rejects.retry(ids)
        said = f"{_count(len(retried.entered))} understood now and taken in."
        return _tell(said, retried.refused), [*(settled or ()), *retried.entered]

    app.clientside_callback(
        ClientsideFunction("mmbatch", "settled"),
        Output(AdminId.TOLD.value, "data-settled"),
        Input(AdminId.TOLD.value, "children"),
        Input(context.problem, "children"),
        prevent_initial_call=True,
    )


def _count(number: int) -> str:
    return f"{format_count(number)} {'entry' if number == 1 else 'entries'}"


def _tell(said: str, refused: Mapping[str, str] | None = None) -> Component:
    reasons = sorted(set((refused or {}).values()))
    still = [html.Span(f"{_count(len(refused or {}))} still refused: {'; '.join(reasons[:3])}")] if refused else []
    return html.Div([html.Strong(said), *still], className="notice")
