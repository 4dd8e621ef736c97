"""Tables of the Configuration page in boxes that scroll by themselves."""

from dash import html
from dash.development.base_component import Component


def build_box(table: Component, label: str) -> Component:
    """The box; keys reach it, or who has only keys could not scroll it.

    Args:
        table: what is in it.
        label: its name for those who do not see it.
    """
    return html.Div(
        table, className="configuration-scroll", tabIndex=0, role="region", **{"aria-label": f"Table: {label}"}
    )
