"""Order and page of the table of nodes: read from the address, written into links. The store does both."""

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.paging import Sort, parse_count
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.services.nodes import Nodes

PAGE_ROWS = 200
_MOST_PAGES = 100_000


def read_page(view: View) -> int:
    """The page the address asks for, from 1; the first where it says no such thing."""
    try:
        return parse_count(view.query.get("page", [""])[-1], "page", default=1, most=_MOST_PAGES)
    except InvalidFilter:
        return 1


def read_order(nodes: Nodes, view: View) -> Sort:
    """The order the address asks for; the usual one where it says no such thing."""
    try:
        return nodes.read_sort(view.query.get("sort", [""])[-1])
    except InvalidFilter:
        return nodes.read_sort(None)


def sort_link(view: View, column: str, now: Sort, *, descending_first: bool) -> str:
    """The address of the first page in the order of a column, the other way round where it is in it already."""
    descending = not now.descending if now.column == column else descending_first
    return view.link("/nodes", sort=[str(Sort(column, descending))], page=None)


def build_pager(view: View, shown: int, total: int) -> Component | None:
    """Where in the table this page is, and the ways on and back; None where all of it is one page.

    Args:
        view: of the address.
        shown: rows on this page.
        total: rows on all of them.
    """
    page = read_page(view)
    if total <= PAGE_ROWS and page == 1:
        return None
    first = (page - 1) * PAGE_ROWS + 1
    last_page = max(1, -(-total // PAGE_ROWS))
    said = f"{first:,} to {first + shown - 1:,} of {total:,}" if shown else f"Nothing here: there are {total:,}"
    ways = [
        _build_way("First", 1, view, wanted=page > 2),
        _build_way("Previous", min(page - 1, last_page), view, wanted=page > 1),
        _build_way("Next", page + 1, view, wanted=page < last_page),
        _build_way("Last", last_page, view, wanted=page < last_page - 1),
    ]
    place = html.Span(said, className="pager-place", role="status")
    return html.Nav([place, *ways], className="pager", **{"aria-label": "Pages of nodes"})


def _build_way(label: str, page: int, view: View, *, wanted: bool) -> Component | None:
    if not wanted:
        return None
    return dcc.Link(label, href=view.link("/nodes", page=[str(page)] if page > 1 else None), className="button")
