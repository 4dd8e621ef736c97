"""Order and place in a long list: `sort`, `limit`, `offset` and `after` of requests, read once and checked."""

import base64
import binascii
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import RENAMED
from mmbatch_dash.domain.nearest import describe_choice

CURSOR_LIMIT = 8192
_LARGEST = 10**9

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Sort:
    """The column rows are ordered by. Ties are in order of id, unknown values come last both ways."""

    column: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column


@dataclass(frozen=True, slots=True)
class Place:
    """Just after one row of an ordered list: its value in the sorted column and its id.

    Attributes:
        value: JSON value of the sorted column; instants as ISO 8601 text, None where unknown.
    """

    value: str | float | int | bool | None
    row_id: str


def parse_sort(text: str | None, columns: Collection[str], default: Sort) -> Sort:
    """The order a `sort` parameter asks for: a column, with `-` before it for descending.

    Raises:
        InvalidFilter: no such column.
    """
    if not text:
        return default
    name = text.removeprefix("-")
    name = RENAMED.get(name, name)
    if name not in columns:
        raise InvalidFilter(f"{describe_choice(name, columns)}, and a - may stand before it", field="sort")
    return Sort(name, text.startswith("-"))


def parse_count(text: str | None, name: str, *, default: int, most: int = _LARGEST, least: int = 1) -> int:
    """The whole number a parameter holds.

    Raises:
        InvalidFilter: it is none, or not between `least` and `most`.
    """
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
        raise InvalidFilter(f"{text[:80]!r} is not a whole number from {least} to {most}", field=name)
    return int(text)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A part of a list.

    Attributes:
        next: what asks for the part after it; None where it is the last.
    """

    rows: Sequence[Row]
    next: str | None


def take_page(rows: Sequence[Row], key: Callable[[Row], str], *, limit: int, after: str) -> Page[Row]:
    """The rows after the one that a cursor stands for, in the order they have; from the first on without cursor.

    Args:
        rows: the whole list.
        key: gives what is unique to a row.
        limit: how many at most.
        after: `next` of the page before, or empty.

    Raises:
        InvalidFilter: the cursor was not made here, or its row is not in the list any more.
    """
    start = 0
    if after:
        said = _decode(after)
        if not (isinstance(said, list) and len(said) == 1 and isinstance(said[0], str)):
            raise InvalidFilter("is not a cursor of this list; take it from `next` of the page before", field="after")
        start = 1 + next((place for place, row in enumerate(rows) if key(row) == said[0]), -1)
        if not start:
            raise InvalidFilter("is a place that is not in this list any more; begin again without it", field="after")
    page = rows[start : start + limit]
    return Page(page, _encode([key(page[-1])]) if start + limit < len(rows) else None)


def write_cursor(sort: Sort, place: Place) -> str:
    """The opaque text that stands for a place in a list of that order."""
    return _encode([str(sort), place.value, place.row_id])


def _encode(content: list[Any]) -> str:
    said = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def read_cursor(text: str, sort: Sort) -> Place:
    """The place a cursor stands for.

    Raises:
        InvalidFilter: it was not made here, or for a list of another order.
    """
    said = _decode(text)
    if not (isinstance(said, list) and len(said) == 3 and isinstance(said[2], str)):
        raise InvalidFilter("is not a cursor of this list; take it from `next` of the page before", field="after")
    asked, value, row_id = said
    if asked != str(sort):
        raise InvalidFilter(f"is a place in the list sorted by {str(asked)[:80]!r}, not by {sort}", field="after")
    if not isinstance(value, str | float | int | bool | None):
        raise InvalidFilter("is not a cursor of this list; take it from `next` of the page before", field="after")
    return Place(value, row_id)


def _decode(text: str) -> Any:
    if len(text) > CURSOR_LIMIT * 4:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True), parse_constant=_refuse)
    except (binascii.Error, ValueError, UnicodeError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
