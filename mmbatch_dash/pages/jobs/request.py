"""What the grid asks for as it scrolls and sorts, read without trust: it comes from the browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmbatch_dash.domain.errors import InvalidFilter

MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """A stretch of the list.

    Attributes:
        sort: `cost_usd` or `-cost_usd`; "" where the grid has no order of its own.
    """

    offset: int
    limit: int
    sort: str


def read_request(request: Mapping[str, Any]) -> RowsRequest:
    """The stretch the grid's request is about.

    Raises:
        InvalidFilter: rows are not whole numbers in order.
    """
    start, end = request.get("startRow", 0), request.get("endRow", 100)
    whole = isinstance(start, int) and isinstance(end, int) and 0 <= start < end
    if not whole:
        raise InvalidFilter("are not a stretch of rows", field="startRow, endRow")
    model = request.get("sortModel") or []
    first = model[0] if isinstance(model, list) and model and isinstance(model[0], dict) else {}
    column = str(first.get("colId", ""))
    descending = "-" if first.get("sort") == "desc" else ""
    return RowsRequest(start, min(end - start, MOST_ROWS), f"{descending}{column}" if column else "")
