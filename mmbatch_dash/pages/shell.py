"""The frame around every page: top bar, filters, routing, freshness, errors. Knows pages only by their `Page`."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import flask
from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update, set_props
from dash.development.base_component import Component

from mmbatch_dash.domain.shipped_files import find_shipped
from mmbatch_dash.pages.admin import PAGES as ADMIN
from mmbatch_dash.pages.alerts import PAGE as ALERTS
from mmbatch_dash.pages.bill import PAGE as BILL
from mmbatch_dash.pages.bundles import read_bundle, register_bundles
from mmbatch_dash.pages.configuration import PAGE as CONFIGURATION
from mmbatch_dash.pages.connect import PAGE as CONNECT
from mmbatch_dash.pages.dashboard import PAGE as DASHBOARD
from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.callbacks import register_callbacks as register_filters
from mmbatch_dash.pages.filters.ids import FilterId
from mmbatch_dash.pages.frame import build_frame, link_id
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.insight import PAGE as INSIGHT
from mmbatch_dash.pages.jobs import PAGES as JOBS
from mmbatch_dash.pages.kept import KeptPages
from mmbatch_dash.pages.logs import PAGE as LOGS
from mmbatch_dash.pages.nodes import PAGE as NODES
from mmbatch_dash.pages.opening import draw_address, open_frame, open_page, read_state
from mmbatch_dash.pages.page import Context, Page, PageBook
from mmbatch_dash.pages.problem import report_problem
from mmbatch_dash.pages.scripts import INDEX, LeanDash
from mmbatch_dash.pages.static import register_static
from mmbatch_dash.pages.unknown import register_unknown
from mmbatch_dash.pages.user import register_user
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services

ASSETS = find_shipped("assets")
TITLE = "MMBatch Dash"
_APART = r"(boot|ahead)\.js|plotly-.*|icon\.svg|.*\.txt"
"""Files that no page asks for by a tag of Dash's."""
PAGES: tuple[Page, ...] = (DASHBOARD, *JOBS, NODES, INSIGHT, ALERTS, BILL, CONNECT, CONFIGURATION, *ADMIN, LOGS)
"""In the order of the top bar."""


def create_dash(
    server: flask.Flask,
    services: Services,
    *,
    simulated: bool = False,
    defaults: PageDefaults | None = None,
    pages: Sequence[Page] = PAGES,
) -> Dash:
    """The Dash app on the server, all pages wired. No state outside the app: two in one process do not meet.

    Args:
        server: the Flask app it is mounted on, at "/".
        services: what pages read.
        simulated: the server was started to show simulated data.
        defaults: zone, mode and refresh of pages whose address does not say.
        pages: in the order of the top bar.
    """
    defaults = defaults or PageDefaults()
    app = LeanDash(
        "mmbatch_dash",
        server=server,
        assets_folder=str(ASSETS),
        assets_ignore=_APART,
        title=TITLE,
        update_title="",
        serve_locally=True,
        use_pages=False,
        pages_folder="",
        suppress_callback_exceptions=False,
        add_log_handler=False,
        on_error=report_problem,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    register_static(server)
    app.bundles = (read_bundle(ASSETS, "css", _APART), read_bundle(ASSETS, "js", _APART))
    register_bundles(server, app.bundles)
    app.index_string = INDEX
    book = app.book = PageBook(tuple(pages))
    register_unknown(server, book)
    context = Context(ShellId.LOCATION.value, ShellId.TOKEN.value, ShellId.PROBLEM.value, defaults)
    app.validation_layout = html.Div([build_frame(book, defaults), *(page.layout() for page in book.pages)])
    kept = KeptPages(services)
    app.layout = partial(open_frame, book, services, context, kept, simulated=simulated)
    app.first_look = partial(draw_address, book, services, context, kept, simulated=simulated)
    _register_callbacks(app, services, book, context, simulated=simulated)
    register_user(app)
    register_filters(app, services, defaults=defaults, location=context.location, token=context.token)
    for page in book.pages:
        page.register_callbacks(app, services, context)
    return app


def _register_callbacks(app: Dash, services: Services, book: PageBook, context: Context, *, simulated: bool) -> None:
    @callback(
        app,
        Output(ShellId.CONTENT.value, "children"),
        Output(FilterId.BAR.value, "hidden"),
        Output(ShellId.MAIN.value, "data-path"),
        Input(ShellId.LOCATION.value, "pathname"),
        State(ShellId.LOCATION.value, "search"),
        prevent_initial_call=True,
    )
    def show_page(pathname: str | None, search: str | None) -> tuple[Component, bool, str | None]:
        content, bar_hidden, problem = open_page(book, services, context, pathname or "/", search or "")
        set_props(ShellId.PROBLEM.value, {"children": problem})
        return content, bar_hidden, pathname

    @callback(
        app,
        Output(ShellId.FRESHNESS.value, "children"),
        Output(ShellId.BANNER.value, "hidden"),
        Output(ShellId.TOKEN.value, "data"),
        Input(ShellId.TICK.value, "n_intervals"),
        Input(FilterId.TIMEZONE.value, "value"),
        State(ShellId.TOKEN.value, "data"),
        # Each asks once the one before was answered: an answer that a newer question overtakes is thrown away.
        running=[(Output(ShellId.TICK.value, "max_intervals"), 0, -1)],
        prevent_initial_call=True,
    )
    def refresh(_ticks: int | None, zone: str | None, token: str | None) -> tuple[Any, bool, Any]:
        label, banner_hidden, now = read_state(services, context, zone, simulated=simulated)
        return label, banner_hidden, no_update if now == token else now

    app.clientside_callback(
        ClientsideFunction("mmbatch", "markLinks"),
        Output(ShellId.NAV.value, "data-path"),
        *(Output(link_id(page), "href") for page in book.in_bar()),
        Input(ShellId.LOCATION.value, "pathname"),
        Input(ShellId.LOCATION.value, "search"),
        *(State(link_id(page), "href") for page in book.in_bar()),
    )
    app.clientside_callback(
        ClientsideFunction("mmbatch", "pageDrawn"),
        Output(ShellId.MAIN.value, "data-drawn"),
        Input(ShellId.CONTENT.value, "children"),
        State(ShellId.MAIN.value, "data-path"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("mmbatch", "pause"),
        Output(ShellId.TICK.value, "disabled"),
        Output(ShellId.PAUSE.value, "aria-pressed"),
        Input(ShellId.PAUSE.value, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("mmbatch", "openKeys"),
        Output(ShellId.KEYS.value, "is_open"),
        Input(ShellId.KEYS_OPEN.value, "n_clicks"),
        State(ShellId.KEYS.value, "is_open"),
        prevent_initial_call=True,
    )
