"""The places of the page of what was kept aside, and its table."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_instant
from mmbatch_dash.pages.admin.ids import AdminId
from mmbatch_dash.pages.admin.tabs import build_tabs
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.store.queries.rejects import Reject

ROWS = 50
QUESTION = "Dismiss for good?"
_LONGEST = 20_000
_HEADS = (
    Head("Received", narrow=True),
    Head("Why it was refused", narrow=True),
    Head("Came by"),
    Head("Id"),
    Head("What was received"),
    Head("What to do", narrow=True),
)


def quarantine_layout(**_query: object) -> Component:
    """The page, its table still empty; its callback fills it."""
    export = html.A(
        [html.Span(className="icon icon-download"), "NDJSON"],
        href="/api/v1/rejects.ndjson",
        download="",
        className="button export",
        title="Download all of it, one entry a line",
    )
    return html.Div(
        [
            dcc.Store(id=AdminId.WISH.value),
            dcc.Store(id=AdminId.SETTLED.value, data=[]),
            dcc.Store(id=AdminId.DIGESTS.value),
            build_tabs("/admin/quarantine"),
            html.Div(
                [
                    html.Div([html.H1("Quarantine"), html.P(id=AdminId.SCOPE.value, className="scope", role="status")]),
                    html.Div(export, className="list-tools"),
                ],
                className="page-head list-head",
            ),
            html.P(
                "Events and lines that broke a rule. None of them is in any figure, none is lost: what is retried and "
                "understood enters, what is dismissed leaves this list and stays in the journal.",
                className="panel-lead quarantine-lead",
            ),
            html.Div(id=AdminId.TOLD.value, role="status"),
            html.Section(
                html.Div(html.Div(className="bones bones-table"), id=AdminId.TABLE.value),
                className="panel quarantine-panel",
                **{"aria-label": "Quarantine"},
            ),
            _build_question(),
        ],
        className="dashboard admin-page",
    )


def build_quarantine(rows: Sequence[Reject], following: str | None, zone: ZoneInfo, *, may_act: bool) -> Component:
    """The table with what can be done; a sentence where nothing is kept aside.

    Args:
        rows: of this page, oldest first.
        following: address of the next page, or None.
        zone: of the times shown.
        may_act: whether the reader may retry and dismiss.
    """
    if not rows:
        return html.P(
            "Nothing is kept aside. Refused events and lines appear here with their reason.", className="panel-empty"
        )
    table = build_table(_HEADS, [_build_row(row, zone, may_act=may_act) for row in rows], "Oldest first", "Quarantine")
    ids = ",".join(row.reject_id for row in rows)
    tools = [_build_button(wish, ids, f"{wish.capitalize()} these {len(rows)}") for wish in ("retry", "dismiss")]
    way = [dcc.Link("Next", href=following, className="button")] if following else []
    return html.Div([table, html.Div([*(tools if may_act and len(rows) > 1 else []), *way], className="pager")])


def _build_question() -> Component:
    """What is asked before entries are dismissed: apart from the table, which is drawn anew whenever news come in."""
    buttons = [
        html.Button("Cancel", className="button", **{"data-answer": "no"}),
        html.Button("Dismiss for good", className="button button-primary", **{"data-answer": "yes"}),
    ]
    lead = "They leave this list and stay out of every figure. The journal keeps what was received."
    return html.Dialog(
        [html.H2(QUESTION), html.P(lead), html.Div(buttons, className="question-answers")],
        id=AdminId.QUESTION.value,
        className="question",
        **{"aria-label": QUESTION},
    )


def _build_row(row: Reject, zone: ZoneInfo, *, may_act: bool) -> list[Cell]:
    name = f"{row.file}, line {row.place}" if row.file else f"{row.door}, item {row.place}"
    actions = [_build_button("retry", row.reject_id, "Retry"), _build_button("dismiss", row.reject_id, "Dismiss")]
    return [
        (format_instant(row.received_at.astimezone(zone), seconds=False), ""),
        (html.Span(html.Bdi(row.error), className="wrapping"), ""),
        (html.Bdi(name), ""),
        (html.Bdi(row.event_id, className="mono") if row.event_id else UNKNOWN_TEXT, ""),
        (_build_raw(row.raw), ""),
        (html.Span(actions if may_act else [], className="row-actions"), ""),
    ]


def _build_raw(raw: str | None) -> Component | str:
    if not raw:
        return UNKNOWN_TEXT
    shown = raw if len(raw) <= _LONGEST else f"{raw[:_LONGEST]} …"
    return html.Details([html.Summary("Show"), html.Pre(html.Code(shown), tabIndex=0)], className="raw")


def _build_button(wish: str, ids: str, label: str) -> Component:
    asked = {"data-asked": AdminId.QUESTION.value} if wish == "dismiss" else {}
    return html.Button(label, className="button configuration-small", **{"data-settle": wish, "data-ids": ids}, **asked)
