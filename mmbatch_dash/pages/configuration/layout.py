"""The page's places: head, sections of the form, who obeys, history, the bar that saves, two dialogs."""

from typing import Any
from zoneinfo import available_timezones

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.configuration.fields import build_field
from mmbatch_dash.pages.configuration.ids import ConfigurationId
from mmbatch_dash.pages.configuration.sections import SECTIONS, PageSection

ZONES = "configuration-zones"


def layout(**_query: object) -> Component:
    """The page holding defaults; a callback puts in what is in force."""
    return html.Div(
        [
            *(dcc.Store(id=name.value) for name in _STORES),
            html.Div(
                [html.H1("Configuration"), html.P(id=ConfigurationId.SCOPE.value, className="scope")],
                className="page-head",
            ),
            html.Div(id=ConfigurationId.STANDING.value),
            html.Div(id=ConfigurationId.NEWS.value, **{"aria-live": "polite"}),
            html.Div(
                [
                    _build_index(),
                    html.Div(
                        [
                            html.P(id=ConfigurationId.NONE.value, className="configuration-none", role="status"),
                            html.Div([_build_section(section) for section in SECTIONS], id=ConfigurationId.FORM.value),
                            _build_aws_state(),
                            _build_obedience(),
                            _build_history(),
                        ],
                        className="configuration-main",
                    ),
                ],
                className="configuration-columns",
            ),
            html.Datalist([html.Option(value=zone) for zone in sorted(available_timezones())], id=ZONES),
            _build_bar(),
            _build_review(),
            _build_ask(),
        ],
        className="configuration-page",
    )


_ADVICE = (
    "With managed EBS a new instance pulls the container image to its root volume first, so that volume must be "
    "large enough for it. A large image, such as 45 GB for GPU work, adds 5 to 10 minutes to each restore."
)
_STORES = (
    ConfigurationId.SIGNAL,
    ConfigurationId.KEPT,
    ConfigurationId.OPENED,
    ConfigurationId.CHANGES,
    ConfigurationId.PLAN,
    ConfigurationId.WANTED,
    ConfigurationId.DIGESTS,
)


SEARCH = "configuration-search"
CHANGED = "changed"


def _build_index() -> Component:
    keys = [(CHANGED, "Changed keys"), *((section.anchor, section.title) for section in SECTIONS)]
    beside = [("aws-state", "Asking AWS"), ("obedience", "Who obeys"), ("history", "History")]
    return html.Nav(
        [
            html.Label("Find a key", htmlFor=SEARCH, className="visually-hidden"),
            dbc.Input(id=SEARCH, type="search", placeholder="Find a key", autocomplete="off", maxlength=80),
            html.Ul([_build_place(anchor, title) for anchor, title in keys]),
            html.Ul([_build_place(anchor, title) for anchor, title in beside], className="configuration-beside"),
        ],
        className="configuration-index",
        **{"aria-label": "Sections"},
    )


def _build_place(anchor: str, title: str) -> Component:
    # The browser counts: it knows what is typed into the form and not saved.
    count = html.Span(className="configuration-number", title="Keys that differ from their default or are overridden")
    return html.Li(html.A([html.Span(title), count], href=f"#{_anchor(anchor)}"))


def _build_section(section: PageSection) -> Component:
    extra = [html.Div(_build_volume_advice(), id=ConfigurationId.ADVICE.value)] if section.anchor == "volume" else []
    return html.Section(
        [
            html.Div([html.H2(section.title), html.P(section.lead, className="panel-lead")], className="panel-top"),
            *extra,
            *(build_field(name) for name in section.titles),
        ],
        id=_anchor(section.anchor),
        className="panel configuration-section",
    )


def _build_volume_advice() -> Component:
    return html.Div(
        [
            html.Strong("Size the root volume for the container image. "),
            _ADVICE,
        ],
        className="configuration-advice",
        role="note",
    )


def _build_aws_state() -> Component:
    return _build_panel(
        "aws-state",
        "Asking AWS",
        "What came of the last synchronisation of each account, and when it is tried again.",
        html.Div(id=ConfigurationId.AWS_STATE.value),
    )


def _build_obedience() -> Component:
    return _build_panel(
        "obedience",
        "Who obeys",
        "Nodes and clients that fetch /api/v1/config, and which version they have.",
        html.Div(id=ConfigurationId.OBEDIENCE.value),
    )


def _build_history() -> Component:
    return _build_panel(
        "history", "History", "Every accepted change. A former state comes back as a new version.",
        html.Div(id=ConfigurationId.HISTORY.value),
    )  # fmt: skip


def _build_panel(anchor: str, title: str, lead: str, body: Component) -> Component:
    head = html.Div([html.H2(title), html.P(lead, className="panel-lead")], className="panel-top")
    return html.Section([head, body], id=_anchor(anchor), className="panel configuration-section")


def _build_bar() -> Component:
    return html.Div(
        [
            html.Div(id=ConfigurationId.COUNT.value, className="configuration-count", **{"aria-live": "polite"}),
            html.Button("Discard", className="button", **{"data-want": "discard"}),
            html.Button("Review and save", id=ConfigurationId.REVIEW.value, className="button button-primary"),
        ],
        id=ConfigurationId.BAR.value,
        className="configuration-bar",
        role="region",
        hidden=True,
        **{"aria-label": "Unsaved changes"},
    )


def _build_review() -> Component:
    buttons = [
        html.Button("Back to the form", id=ConfigurationId.REVIEW_BACK.value, className="button"),
        html.Button("Take theirs, drop mine", id=ConfigurationId.TAKE_THEIRS.value, className="button", hidden=True),
        html.Button("Keep mine, look again", id=ConfigurationId.KEEP_MINE.value, className="button", hidden=True),
        html.Button("Save", id=ConfigurationId.CONFIRM.value, className="button button-primary"),
    ]
    return _build_dialog(
        ConfigurationId.REVIEW_BOX, ConfigurationId.REVIEW_TITLE, ConfigurationId.REVIEW_BODY, buttons, size="lg"
    )


def _build_ask() -> Component:
    buttons = [
        html.Button("Cancel", id=ConfigurationId.ASK_BACK.value, className="button"),
        html.Button("Yes", id=ConfigurationId.ASK_DO.value, className="button button-primary"),
    ]
    return _build_dialog(
        ConfigurationId.ASK_BOX, ConfigurationId.ASK_TITLE, ConfigurationId.ASK_BODY, buttons, size="lg"
    )


def _build_dialog(
    box: ConfigurationId, title: ConfigurationId, body: ConfigurationId, buttons: list[Any], *, size: str
) -> Component:
    return dbc.Modal(
        [
            dbc.ModalHeader(dbc.ModalTitle(id=title.value)),
            dbc.ModalBody(id=body.value),
            dbc.ModalFooter(buttons),
        ],
        id=box.value,
        is_open=False,
        size=size,
        scrollable=True,
        centered=True,
    )


def _anchor(name: str) -> str:
    return f"configuration-at-{name}"
