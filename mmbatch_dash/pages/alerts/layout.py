"""The places of the page Alerts."""

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.alerts.ids import AlertsId

EVERY = "every rule"
LEAD = (
    "Rules over the figures of this server. One message when an incident begins and one when it ends, to the channels "
    "named in the "
)
HOURS = {"1": "1 hour", "4": "4 hours", "24": "1 day", "72": "3 days", "168": "1 week", "720": "30 days"}


def layout(**_query: object) -> Component:
    """The page, still empty; the callbacks fill it."""
    return html.Div(
        [
            dcc.Store(id=AlertsId.CHANGED.value),
            html.Div(
                [
                    html.H1("Alerts"),
                    html.P(
                        [
                            LEAD,
                            dcc.Link("Configuration", href="/configuration#alerts"),
                            ".",
                        ],
                        className="lead",
                    ),
                ],
                className="page-head",
            ),
            _panel("Now", "What is wrong at this moment.", AlertsId.OPEN),
            _panel("Budgets", "This month's money, with what runs now.", AlertsId.BUDGETS),
            _panel(
                "Digest",
                "The report of each week or month that is over, once to each channel.",
                AlertsId.DIGEST,
                html.Button("See what it says", id=AlertsId.PREVIEW.value, className="button"),
                html.Div(id=AlertsId.PREVIEWED.value, role="status"),
            ),
            _panel("Rules in force", "Windows are over the time things happened.", AlertsId.RULES),
            html.Section(
                [
                    html.Div(html.H2("Silence and test"), className="panel-head"),
                    _build_silence(),
                    html.Div(id=AlertsId.SILENCES.value),
                    _build_end(),
                    _build_test(),
                    html.Div(id=AlertsId.TOLD.value, role="status"),
                ],
                className="panel",
                **{"aria-label": "Silence and test"},
            ),
            _panel("History", "Incidents that are over, the latest first, and who was told.", AlertsId.CLOSED),
        ],
        className="dashboard alerts-page",
    )


def _panel(title: str, lead: str, place: AlertsId, *more: Component) -> Component:
    head = html.Div(html.Div([html.H2(title), html.P(lead, className="panel-lead")]), className="panel-head")
    body = html.Div(html.Div(className="bones bones-table"), id=place.value)
    return html.Section([head, body, *more], className="panel", **{"aria-label": title})


def _build_silence() -> Component:
    hours = [{"label": text, "value": value} for value, text in HOURS.items()]
    return html.Div(
        [
            _choice("Silence", AlertsId.SILENCE_RULE, [{"label": EVERY, "value": EVERY}], EVERY),
            _choice("for", AlertsId.SILENCE_HOURS, hours, "4"),
            html.Label("Why", htmlFor=AlertsId.SILENCE_NOTE.value),
            dbc.Input(id=AlertsId.SILENCE_NOTE.value, placeholder="What is being done", maxlength=200),
            html.Button("Silence", id=AlertsId.SILENCE.value, className="button"),
        ],
        className="alerts-form",
    )


def _build_end() -> Component:
    return html.Div(
        [
            _choice("End the silence", AlertsId.SILENCE_ENDED, [], None, "none in force"),
            html.Button("End it now", id=AlertsId.SILENCE_END.value, className="button"),
        ],
        className="alerts-form",
    )


def _build_test() -> Component:
    return html.Div(
        [
            _choice("Try the channel", AlertsId.CHANNEL, [], None, "a channel of the Configuration"),
            html.Button("Send a test", id=AlertsId.TEST.value, className="button"),
        ],
        className="alerts-form",
    )


def _choice(
    label: str, place: AlertsId, options: list[dict[str, str]], value: str | None, nothing: str = ""
) -> Component:
    select = dbc.Select(options, value, id=place.value, class_name="filter-select", placeholder=nothing)
    return html.Span([html.Label(label, htmlFor=place.value), select], className="choice")
