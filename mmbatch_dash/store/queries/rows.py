"""Rows of a statement as dictionaries with aware instants, ready for pages and JSON."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

Row = dict[str, Any]
"""Column → value: text, number, aware UTC datetime, dict of tags, list of texts, or None where unknown."""


def fetch_rows(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """All rows of a statement. Not a number counts as unknown."""
    cursor.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [{name: _plain(value) for name, value in zip(names, values, strict=True)} for values in cursor.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
