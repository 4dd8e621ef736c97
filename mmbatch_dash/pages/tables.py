"""Small tables of pages: a caption, headers, cells with what hovering adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import UNKNOWN_TEXT


@dataclass(frozen=True, slots=True)
class Head:
    """One column: its header, its side, and whether it stays on narrow screens.

    Attributes:
        href: where the rows are in the order of this column; "" where they cannot be.
        order: "ascending" or "descending" where they are in it now.
    """

    label: str
    numeric: bool = False
    narrow: bool = False
    href: str = ""
    order: str = ""


Cell = tuple[Any, str]
"""What the cell holds (text or component), and what hovering adds."""


def build_table(heads: Sequence[Head], rows: Sequence[Sequence[Cell]], caption: str, label: str) -> Component:
    """The table in a box that scrolls sideways by itself.

    Args:
        heads: the first names its rows.
        rows: a cell a head.
        caption: what it holds.
        label: its name for those who do not see it.
    """
    top = html.Tr([_build_head(head, place) for place, head in enumerate(heads)])
    body = [
        html.Tr([_build_cell(head, cell, place) for place, (head, cell) in enumerate(zip(heads, row, strict=True))])
        for row in rows
    ]
    table = html.Table([html.Caption(caption), html.Thead(top), html.Tbody(body)], className="data-table")
    return html.Div(table, className="table-scroll", tabIndex=0, role="region", **{"aria-label": f"Table: {label}"})


def _build_head(head: Head, place: int) -> Component:
    sorted_now = {"aria-sort": head.order} if head.order else {}
    mark = {"ascending": "▲", "descending": "▼"}.get(head.order, "")
    label: Any = head.label
    if head.href:
        label = dcc.Link(
            [head.label, html.Span(mark, className="sort-mark", **{"aria-hidden": "true"})],
            href=head.href,
            title=f"Sort by {head.label}",
            className="sort-link",
        )
    return html.Th(label, scope="col", className=_classes(head, place), **sorted_now)


def _build_cell(head: Head, cell: Cell, place: int) -> Component:
    content, exact = cell
    kind = _classes(head, place) + (" unknown" if content == UNKNOWN_TEXT else "")
    if place == 0:
        return html.Th(content, scope="row", title=exact, className=kind)
    return html.Td(content, title=exact, className=kind)


def _classes(head: Head, place: int) -> str:
    kind = "col-name" if place == 0 else "num" if head.numeric else "text"
    return kind if head.narrow or place == 0 else f"{kind} wide-only"
