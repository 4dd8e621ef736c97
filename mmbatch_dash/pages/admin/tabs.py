"""The second row of links that all pages for admins have in common."""

from dash import dcc, html
from dash.development.base_component import Component

TABS: tuple[tuple[str, str, bool], ...] = (
    ("/admin/quarantine", "Quarantine", True),
    ("/admin/disowned", "Disowned", True),
    ("/admin/storage", "Storage and versions", True),
    ("/admin/users", "Users", False),
    ("/admin/tokens", "Tokens", False),
    ("/admin/audit", "Audit log", False),
    ("/admin/cognito", "Cognito login", False),
)
"""Path, name, and whether it is a page of this frame: the others are loaded anew."""


def build_tabs(here: str) -> Component:
    """The links; the page they stand on is marked."""
    links: list[Component] = []
    for path, name, framed in TABS:
        current = {"aria-current": "page"} if path == here else {}
        kind = dcc.Link if framed and not current else html.A
        links.append(kind(name, href=path, className="admin-tab", **current))
    return html.Nav(links, className="admin-tabs", **{"aria-label": "Administration"})
