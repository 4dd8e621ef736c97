"""The wiring of the page of what is disowned: what a change would do first, then the change."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from dash import Dash, Input, Output, State, ctx, html, no_update, set_props
from flask import request

from mmbatch_dash.domain.disowning import Disowned, disown
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.identity import for_admins
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.pages.admin.disowned_layout import build_foreseen, build_options
from mmbatch_dash.pages.admin.ids import AdminId
from mmbatch_dash.pages.caller import who
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services


def register_disowned(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read and changed.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(AdminId.DISOWNED.value, "options"),
        Output(AdminId.DISOWNED_NONE.value, "children"),
        Input(context.token, "data"),
        Input(AdminId.DISOWN_DONE.value, "data"),
    )
    @for_admins
    def show(_token: Any, _done: int | None) -> Any:
        disowned = services.disowning.all()
        set_props(context.problem, {"children": None})
        return build_options(disowned), "" if disowned else "Nothing is left out."

    @callback(
        app,
        Output(AdminId.FORESEEN.value, "children"),
        Output(AdminId.DISOWN_WISH.value, "data"),
        Output(AdminId.DISOWN.value, "disabled"),
        Input(AdminId.FORESEE.value, "n_clicks"),
        Input(AdminId.FORESEE_UNDO.value, "n_clicks"),
        State(AdminId.TELLER.value, "value"),
        State(AdminId.SOURCE.value, "value"),
        State(AdminId.SINCE.value, "value"),
        State(AdminId.UNTIL.value, "value"),
        State(AdminId.DISOWNED.value, "value"),
        prevent_initial_call=True,
    )
    @for_admins
    def foresee(_new: Any, _undo: Any, *given: Any) -> Any:
        undo = ctx.triggered_id == AdminId.FORESEE_UNDO.value
        try:
            wanted = _chosen(services, given[4]) if undo else _read(*given[:4])
            foreseen = services.disowning.foresee(wanted, undo=undo)
        except MmbatchDashError as error:
            return html.P(str(error), className="notice"), None, True
        wish = {
            "teller": wanted.teller,
            "source": wanted.source,
            "since": wanted.since and to_iso(wanted.since),
            "until": wanted.until and to_iso(wanted.until),
            "undo": undo,
        }
        return build_foreseen(wanted, foreseen, undo=undo), wish, False

    @callback(
        app,
        Output(AdminId.FORESEEN.value, "children", allow_duplicate=True),
        Output(AdminId.DISOWN_DONE.value, "data"),
        Output(AdminId.DISOWN.value, "disabled", allow_duplicate=True),
        Input(AdminId.DISOWN.value, "n_clicks"),
        State(AdminId.DISOWN_WISH.value, "data"),
        State(AdminId.DISOWN_DONE.value, "data"),
        prevent_initial_call=True,
    )
    @for_admins
    def change(_clicks: Any, wish: Mapping[str, Any] | None, done: int | None) -> Any:
        if not wish:
            return no_update, no_update, True
        since, until = (parse_instant(wish[name]) if wish[name] else None for name in ("since", "until"))
        wanted, undo = Disowned(wish["teller"], wish["source"], since, until), bool(wish["undo"])
        services.disowning.change(wanted, undo=undo, who=who(), address=request.remote_addr or "")
        said = f"{wanted} is {'counted again' if undo else 'left out'} as soon as the tables are made anew."
        return html.P(said, className="notice"), (done or 0) + 1, True


def _read(token: str | None, source: str | None, since: str | None, until: str | None) -> Disowned:
    begin = parse_instant(since, zone=UTC, field="Received at or after") if since else None
    end = parse_instant(until, zone=UTC, field="Received before") if until else None
    return disown(token or None, source or None, begin, end)


def _chosen(services: Services, place: int | None) -> Disowned:
    disowned = services.disowning.all()
    if place is None or place >= len(disowned):
        raise MmbatchDashError("Choose what to take back.")
    return disowned[place]
