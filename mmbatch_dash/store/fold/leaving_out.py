"""Leaving disowned entries out of what the fold reads, as if they had never been told."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from mmbatch_dash.domain.disowning import Disowned

# The original, which comes last, is most of a line and is not read here.
_LINES = """
SELECT position FROM (
    SELECT position, TRY(from_json(
        CASE WHEN strlen(head) < strlen(line) THEN head || ']}' ELSE line END,
        '{"received_at": "TIMESTAMP", "by": "VARCHAR", "source": "VARCHAR", "identity": "UBIGINT"}'
    )) AS e
    FROM (SELECT position, line, split_part(line, '],"raw":{', 1) AS head FROM all_lines)
) WHERE e.identity IS NOT NULL AND ($rules)
"""


def leave_out(cursor: duckdb.DuckDBPyConnection, lines: pa.Table, disowned: Sequence[Disowned]) -> pa.Table:
    """The lines (position, line) without entries that are disowned; what was kept aside stays."""
    rules: list[str] = []
    parameters: list[object] = []
    for each in disowned:
        parts: list[str] = []
        for condition, value in (
            ("e.by = ?", each.teller),
            ("e.source GLOB ?", each.source),
            ("e.received_at >= ?::TIMESTAMPTZ::TIMESTAMP", each.since),
            ("e.received_at < ?::TIMESTAMPTZ::TIMESTAMP", each.until),
        ):
            if value is not None:
                parts.append(condition)
                parameters.append(value)
        rules.append(f"({' AND '.join(parts)})")
    cursor.register("all_lines", lines)
    try:
        # To the end: DuckDB refuses other work on a cursor with a result left open.
        found = cursor.execute(_LINES.replace("$rules", " OR ".join(rules)), parameters).fetchall()
    finally:
        cursor.unregister("all_lines")
    left_out = np.isin(lines["position"].to_numpy(), np.array([position for (position,) in found], np.int64))
    return lines.filter(pa.array(~left_out))
