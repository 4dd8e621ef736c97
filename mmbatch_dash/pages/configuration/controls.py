"""The control that edits a key, chosen by the kind its model names. Values are checked elsewhere, in one place."""

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import Key
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.pages.configuration.form import form_value
from mmbatch_dash.pages.configuration.ids import entries_id, field_id
from mmbatch_dash.pages.configuration.sections import TITLES
from mmbatch_dash.pages.segments import build_segments

MOST_SEGMENTS = 4
TYPING_MS = 300
"""A text is checked when its writer has paused this long."""
_PLACEHOLDERS = {Kind.DURATION: "15m", Kind.LIST: "one a line"}


def value_prop(key: Key) -> str:
    """The property of the control that holds the value."""
    return "data" if key.kind is Kind.MAP else "value"


def build_control(key: Key) -> Component:
    """The control of a key, holding the default."""
    name, held = field_id(key.name), form_value(key, key.default)
    if key.kind is Kind.BOOL:
        return dbc.Switch(id=name, value=held, label=TITLES[key.name], label_class_name="visually-hidden")
    if key.choices and len(key.choices) <= MOST_SEGMENTS:
        return build_segments([{"label": choice, "value": choice} for choice in key.choices], held, name)
    if key.choices:
        return dbc.Select([{"label": choice, "value": choice} for choice in key.choices], held, id=name)
    if key.kind is Kind.LIST:
        return dcc.Textarea(id=name, value=held, placeholder=_PLACEHOLDERS[Kind.LIST], rows=2, spellCheck=False)
    if key.kind is Kind.MAP:
        return _build_entries(key)
    return _build_text(key, name, held)


def _build_text(key: Key, name: str, held: str) -> Component:
    short = key.kind in (Kind.INTEGER, Kind.NUMBER, Kind.DURATION)
    # Not dcc.Input: with debounce it puts the caret back late, and typing under load comes out reordered.
    # Not of type number: a browser would swallow what is wrong before anyone could say so.
    control = dbc.Input(
        id=name,
        type="text",
        value=held,
        debounce=TYPING_MS,
        placeholder=_PLACEHOLDERS.get(key.kind, ""),
        inputmode="numeric" if key.kind is Kind.INTEGER else None,
        autocomplete="off",
        class_name="configuration-short" if short else "configuration-long",
    )
    unit = [html.Span(key.marks.unit, className="configuration-unit")] if key.marks.unit else []
    return html.Div([control, *unit], className="configuration-text")


def _build_entries(key: Key) -> Component:
    """Rows of names and values. The browser draws them from the store and writes them back to it."""
    words = ("Queue or compute environment", "spot or on-demand") if key.name.startswith("aws") else ("Key", "Value")
    return html.Div(
        [
            dcc.Store(id=field_id(key.name), data=form_value(key, key.default)),
            html.Div(
                id=entries_id(key.name),
                className="configuration-entries",
                **{
                    "data-store": field_id(key.name),
                    "data-name": words[0],
                    "data-value": words[1],
                    "data-title": TITLES[key.name],
                },
            ),
            html.Button(
                "Add a row",
                className="button configuration-small",
                type="button",
                **{"data-add-to": entries_id(key.name), "aria-label": f"Add a row to {TITLES[key.name]}"},
            ),
        ]
    )
