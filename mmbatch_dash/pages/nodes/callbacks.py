"""The page's one callback: the address in, one reading, what changed out."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, set_props

from mmbatch_dash.pages.filters.view import ALL, parse_view
from mmbatch_dash.pages.nodes.filters import READ, build_menus, register_node_filters, select_nodes_of
from mmbatch_dash.pages.nodes.ids import NodesId
from mmbatch_dash.pages.nodes.pager import PAGE_ROWS, read_order, read_page
from mmbatch_dash.pages.nodes.panels import PANELS, build_panels
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.unchanged import keep_unchanged
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.store.queries.nodes import NodeState


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
            "digests": Output(NodesId.DIGESTS.value, "data"),
        },
        inputs={
            "search": Input(context.location, "search"),
            "token": Input(context.token, "data"),
            "digests": State(NodesId.DIGESTS.value, "data"),
        },
    )
    def show(search: str | None, token: str | None, digests: dict[str, str] | None) -> dict[str, Any]:
        del token
        now = datetime.now(UTC)
        asked = parse_view(search, now, context.defaults, usual_range=ALL)
        view = replace(asked, selection=select_nodes_of(asked, now))
        chosen = [NodeState(state) for state in view.query.get("state", ()) if state in set(NodeState)]
        sort = read_order(services.nodes, view)
        offset = (read_page(view) - 1) * PAGE_ROWS
        nodes = services.nodes.list(view.selection, states=tuple(chosen), sort=sort, limit=PAGE_ROWS, offset=offset)
        menus = build_menus(services.nodes.values(*READ), view)
        panels = {**build_panels(nodes, view, chosen, sort), **menus}
        changed, digested = keep_unchanged(panels, digests)
        set_props(context.problem, {"children": None})
        return {"panels": changed, "digests": digested}

    register_node_filters(app, context.location)
