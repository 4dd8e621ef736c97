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
