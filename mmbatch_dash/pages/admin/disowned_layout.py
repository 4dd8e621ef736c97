"""The places of the page of what is disowned, and what it says of a change before it is made."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.figures import FIGURES
from mmbatch_dash.domain.units import format_count, format_figure
from mmbatch_dash.pages.admin.ids import AdminId
from mmbatch_dash.pages.admin.tabs import build_tabs
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.services.disowning import Foreseen

_HEADS = (Head("Figure of all jobs", narrow=True), Head("Now", numeric=True), Head("Then", numeric=True))
_FIELDS = (
    (AdminId.TELLER, "Token", "its name"),
    (AdminId.SOURCE, "Source of the events", "a pattern, as s3://lab/*"),
    (AdminId.SINCE, "Received at or after", "2026-03-01T00:00:00Z"),
    (AdminId.UNTIL, "Received before", "2026-03-02T00:00:00Z"),
)


def disowned_layout(**_query: object) -> Component:
    """The page; its callback fills the list."""
    lead = (
        "The figures leave out what is named here, as if it had never been told. Nothing is deleted, and it can be "
        "taken back. The tables are made anew for it; those before stay on show until then."
    )
    fields = [
        html.Label(
            [label, dcc.Input(id=name.value, type="text", placeholder=hint, debounce=False)], className="admin-field"
        )
        for name, label, hint in _FIELDS
    ]
    return html.Div(
        [
            dcc.Store(id=AdminId.DISOWN_WISH.value),
            dcc.Store(id=AdminId.DISOWN_DONE.value, data=0),
            build_tabs("/admin/disowned"),
            html.Div(html.H1("Disowned"), className="page-head"),
            html.P(lead, className="panel-lead"),
            html.Section(
                [
                    html.Div(html.H2("Leave out what a token or source told"), className="panel-head"),
                    html.Div(fields, className="admin-fields"),
                    _button(AdminId.FORESEE, "Show what it changes"),
                ],
                className="panel",
                **{"aria-label": "Leave out"},
            ),
            html.Section(
                [
                    html.Div(html.H2("Left out now"), className="panel-head"),
                    html.Div(
                        dbc.RadioItems(id=AdminId.DISOWNED.value, options=[], class_name="disowned-list"),
                        role="radiogroup",
                        **{"aria-label": "What to take back"},
                    ),
                    html.P(id=AdminId.DISOWNED_NONE.value, className="panel-empty"),
                    _button(AdminId.FORESEE_UNDO, "Show what taking it back changes"),
                ],
                className="panel",
                **{"aria-label": "Left out now"},
            ),
            html.Section(
                [
                    html.Div(id=AdminId.FORESEEN.value, role="status"),
                    html.Button(
                        "Do it",
                        id=AdminId.DISOWN.value,
                        type="button",
                        className="button button-primary",
                        disabled=True,
                    ),
                ],
                className="panel",
                **{"aria-label": "What it changes"},
            ),
        ],
        className="dashboard admin-page",
    )


def build_options(disowned: Sequence[Disowned]) -> list[dict[str, Any]]:
    """A choice for each line of the list."""
    return [{"label": str(each), "value": place} for place, each in enumerate(disowned)]


def build_foreseen(wanted: Disowned, foreseen: Foreseen, *, undo: bool) -> Component:
    """How many entries it is about, and the headline before and after."""
    entries = f"{format_count(foreseen.entries)} {'entry' if foreseen.entries == 1 else 'entries'}"
    said = f"{'Taking back' if undo else 'Leaving out'} {wanted}: {entries} of the journal."
    if foreseen.after is None:
        return html.Div([html.P(said), html.P("The journal is too large to tell the figures beforehand.")])
    before, after = (blocks.as_dict()["figures"] for blocks in (foreseen.before, foreseen.after))
    rows = [("Total Jobs", before["total_jobs"], after["total_jobs"], format_count)]
    rows += [("Spot Protections", before["spot_protections"], after["spot_protections"], format_count)]
    cells: list[list[Cell]] = [[(name, ""), (say(was), ""), (say(then), "")] for name, was, then, say in rows]
    for figure in FIGURES:
        was, then = (format_figure(values[figure.name]["value"], figure.unit) for values in (before, after))
        cells.append([(figure.label, ""), (was, ""), (then, "")])
    return html.Div([html.P(said), build_table(_HEADS, cells, "The headline before and after", "what it changes")])


def _button(name: AdminId, label: str) -> Component:
    return html.Button(label, id=name.value, type="button", className="button", n_clicks=0)
