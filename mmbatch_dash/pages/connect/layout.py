"""The places of the page Connect, and what fills them."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_age, format_instant
from mmbatch_dash.pages.connect.ids import ConnectId
from mmbatch_dash.pages.connect.recipes import Recipe
from mmbatch_dash.services.arrivals import Arrival

EVENTS = "Events in the last hour"
HEADINGS = ("Door", EVENTS, "Last", "Told by")
TOKEN_COMMAND = "mmbatch-dash token create worker --right ingest --right node --data-dir DIR"  # noqa: S105 - no secret


def layout(**_query: object) -> Component:
    """The page, still empty; the callback fills it."""
    return html.Div(
        [
            html.Div(
                [
                    html.H1("Connect"),
                    html.P(
                        "How jobs, nodes and AWS tell this server what happens. Every door leads into one journal; the "
                        "same event through two of them counts once.",
                        className="lead",
                    ),
                ],
                className="page-head",
            ),
            html.Section(
                [
                    html.H2("Heard in the last hour"),
                    html.Div(id=ConnectId.DOORS.value, className="connect-doors", role="status", tabIndex=0),
                ],
                className="panel",
                **{"aria-label": "Heard in the last hour"},
            ),
            html.Section(
                [
                    html.H2("Where to write what"),
                    html.P(
                        [
                            "Where a login is on, each needs a token with the rights ",
                            html.Code("ingest"),
                            " and ",
                            html.Code("node"),
                            ". Admins make one here, or by ",
                            html.Code(TOKEN_COMMAND),
                            "; it is shown once. ",
                            html.A("Admin, Tokens", href="/admin/tokens"),
                            " lists them and takes them back.",
                        ]
                    ),
                    html.Button(
                        "Make a token and fill it in", id=ConnectId.MAKE.value, className="button", hidden=True
                    ),
                    dcc.Store(id=ConnectId.FRESH.value),
                    html.Div(id=ConnectId.TOLD.value, role="status", className="connect-told"),
                    html.Ol(id=ConnectId.RECIPES.value, className="steps"),
                ],
                className="panel",
                **{"aria-label": "Where to write what"},
            ),
        ],
        className="connect-page dashboard",
    )


def build_doors(arrivals: Sequence[Arrival], zone: ZoneInfo, now: datetime) -> Component:
    """Each door with its events of the last hour, and the last one's time and teller."""
    head = html.Tr([html.Th(text, scope="col", className="number" if text == EVENTS else None) for text in HEADINGS])
    rows = [
        html.Tr(
            [
                html.Th(arrival.door.value, scope="row"),
                html.Td(f"{arrival.events:,}" if arrival.last_at else "–", className="number"),
                html.Td(_build_last(arrival, zone, now)),
                html.Td(arrival.last_by or "–"),
            ]
        )
        for arrival in arrivals
    ]
    caption = html.Caption("Counted since this server started; repeats are counted too.")
    return html.Table([caption, html.Thead(head), html.Tbody(rows)], className="data-table")


def _build_last(arrival: Arrival, zone: ZoneInfo, now: datetime) -> Component | str:
    if arrival.last_at is None:
        return "nothing yet"
    told = format_instant(arrival.last_at.astimezone(zone))
    return html.Time(f"{told} ({format_age(now - arrival.last_at)} ago)", dateTime=arrival.last_at.isoformat())


def build_told(name: str) -> list[Component]:
    """What became of the wish for a token; empty where there was none."""
    if not name:
        return []
    text = " stands in the lines below. It is not shown again once you leave, and ends in 90 days."
    return [html.P([html.Strong(["The token ", name]), text])]


def build_recipes(recipes: Sequence[Recipe]) -> list[Component]:
    """Each place with what to write there, to be copied."""
    return [
        html.Li(
            [
                html.H3(recipe.title),
                html.P(recipe.text),
                html.Div(
                    [
                        html.Pre(html.Code(recipe.command), id=f"connect-{recipe.anchor}", tabIndex=0),
                        dcc.Clipboard(content=recipe.command, className="copy", title=f"Copy: {recipe.title}"),
                    ],
                    className="command",
                ),
            ]
        )
        for recipe in recipes
    ]
