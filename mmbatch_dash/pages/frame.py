"""The shell's own components: skip link, top bar, banner, keyboard help."""

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.layout import build_filters, build_timezone
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.page import Page, PageBook
from mmbatch_dash.pages.user import build_open_banner, build_user_slot

PRODUCT = "MMBatch Dash"
KEYS = (
    ("/", "Search jobs"),
    ("?", "Show this list"),
    ("Tab", "Next control; figures show their definition when reached"),
    ("Enter", "Follow a link, press a button"),
    ("Esc", "Close what is open"),
    ("p", "Pause or resume live updates"),
)


def build_frame(book: PageBook, defaults: PageDefaults) -> Component:
    """The frame of every page, the content still empty."""
    return html.Div(
        [
            dcc.Location(id=ShellId.LOCATION.value, refresh="callback-nav"),
            dcc.Store(id=ShellId.TOKEN.value),
            dcc.Interval(id=ShellId.TICK.value, interval=round(defaults.refresh_seconds * 1000)),
            html.A("Skip to content", href=f"#{ShellId.MAIN.value}", className="skip"),
            _build_bar(book, defaults),
            html.Section(
                [html.Strong("Simulated data."), " Every job, price and reclaim shown here is made up."],
                id=ShellId.BANNER.value,
                className="banner",
                hidden=True,
                **{"aria-label": "About these data"},
            ),
            build_open_banner(),
            build_filters(defaults),
            html.Div(id=ShellId.PROBLEM.value, className="problem-slot"),
            html.Main(html.Div(id=ShellId.CONTENT.value), id=ShellId.MAIN.value, tabIndex=-1),
            _build_keys(),
        ],
        className="shell",
    )


def build_not_found(pathname: str) -> Component:
    """The page of an address that is none."""
    return html.Div(
        [
            html.H1("There is no such page"),
            html.P([html.Code(pathname), " leads nowhere on this server."]),
            dcc.Link("Open the Dashboard", href="/", className="button"),
        ],
        className="message-page",
    )


def link_id(page: Page) -> str:
    """The id of a page's link in the top bar."""
    return f"{ShellId.NAV.value}-{page.title.lower()}"


def _build_bar(book: PageBook, defaults: PageDefaults) -> Component:
    links = [dcc.Link(page.title, href=page.path, id=link_id(page), className="nav-item") for page in book.in_bar()]
    return html.Header(
        [
            dcc.Link([html.Span(className="mark"), PRODUCT], href="/", className="product"),
            html.Nav(links, id=ShellId.NAV.value, **{"aria-label": "Pages"}),
            html.Div(
                [
                    html.Div(
                        id=ShellId.FRESHNESS.value,
                        className="freshness",
                        **{"data-refresh-ms": str(round(defaults.refresh_seconds * 1000))},
                    ),
                    html.Button(
                        html.Span(className="icon icon-pause"),
                        id=ShellId.PAUSE.value,
                        className="icon-button",
                        title="Pause live updates (p)",
                        **{"aria-label": "Pause live updates", "aria-pressed": "false"},
                    ),
                    build_timezone(defaults),
                    html.Button(
                        html.Span(className="icon icon-theme"),
                        id=ShellId.THEME.value,
                        className="icon-button",
                        title="Light or dark",
                        **{"aria-label": "Switch between light and dark"},
                    ),
                    html.Button(
                        "?",
                        id=ShellId.KEYS_OPEN.value,
                        className="icon-button",
                        title="Keyboard (?)",
                        **{"aria-label": "Show keyboard shortcuts"},
                    ),
                    build_user_slot(),
                ],
                className="bar-right",
            ),
        ],
        className="bar",
    )


def _build_keys() -> Component:
    rows = [html.Tr([html.Th(html.Kbd(key), scope="row"), html.Td(what)]) for key, what in KEYS]
    table = html.Table([html.Caption("Keys"), html.Tbody(rows)], className="keys")
    return dbc.Modal(
        [dbc.ModalHeader(dbc.ModalTitle("Keyboard")), dbc.ModalBody(table)],
        id=ShellId.KEYS.value,
        is_open=False,
        centered=True,
    )
