"""A state as a word beside a shape, so that colour is never alone."""

from dash import html
from dash.development.base_component import Component


def build_state(state: str | None, word: str = "") -> Component:
    """The mark of a state of a job, an attempt or a node.

    Args:
        state: its name in any case; None where it is unknown.
        word: what is written, if not the name.
    """
    name = (state or "unknown").lower()
    said = word or name.replace("_", " ").capitalize()
    return html.Span([html.Span(className="shape", **{"aria-hidden": "true"}), said], className=f"state state-{name}")


def build_copy(text: str, label: str) -> Component:
    """A button that copies the text."""
    return html.Button(className="copy-id", title=label, **{"aria-label": label, "data-copy": text})


def build_drop_zone(takes: str, **attributes: str) -> Component:
    """Where files are dropped, or chosen, and what became of them is told.

    Args:
        takes: events or bills.
        attributes: of the whole.
    """
    # Not dcc.Upload, which reads files into memory before it sends them; the browser's own input is made by import.js.
    zone = html.Button(
        [html.Strong("Drop files here"), html.Span(" or choose them")],
        className="drop-zone",
        **{"data-takes": takes},
    )
    return html.Div([zone, html.P("", className="drop-told", role="status")], **attributes)
