"""What was kept aside: lines and events that broke a rule, with their reason."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson

_COLUMNS = "reject_id, received_at, error, place, event_id, door, file, raw, options, settled, position"


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing kept aside.

    Attributes:
        place: index in the body, or line number in the file.
        raw: what was refused, as text.
        settled: how it left the list ("entered", "dismissed"), or None while it is on it.
        position: of its line in the journal; -1 where a server tells of it.
    """

    reject_id: str
    received_at: datetime
    error: str
    place: int
    event_id: str | None
    door: str
    file: str | None
    raw: str | None
    options: dict[str, str]
    settled: str | None
    position: int = -1

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "reject_id": self.reject_id,
            "received_at": self.received_at.isoformat().replace("+00:00", "Z"),
            "error": self.error,
            "place": self.place,
            "event_id": self.event_id,
            "door": self.door,
            "file": self.file,
            "raw": self.raw,
            "options": self.options,
            "settled": self.settled,
        }


def fetch_rejects(
    cursor: duckdb.DuckDBPyConnection, *, limit: int, after: str | None = None, settled: bool = False
) -> list[Reject]:
    """Rejects in the order they came, unsettled ones unless `settled`; `after` is a reject_id to go on from."""
    conditions, parameters = ["true" if settled else "settled IS NULL"], list[Any]()
    if after is not None:
        conditions.append(
            "(position, reject_id) > (SELECT (position, reject_id) FROM rejects WHERE reject_id = ? LIMIT 1)"
        )
        parameters.append(after)
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM rejects WHERE {' AND '.join(conditions)} ORDER BY position, reject_id LIMIT ?",
        [*parameters, limit],
    ).fetchall()
    return [_reject(row) for row in rows]


def fetch_rejects_by_id(cursor: duckdb.DuckDBPyConnection, reject_ids: list[str]) -> list[Reject]:
    """Those of the given rejects that exist and are not settled."""
    marks = ", ".join("?" * len(reject_ids)) or "NULL"
    sql = f"SELECT {_COLUMNS} FROM rejects WHERE settled IS NULL AND reject_id IN ({marks}) ORDER BY position"
    return [_reject(row) for row in cursor.execute(sql, reject_ids).fetchall()]


def count_rejects(cursor: duckdb.DuckDBPyConnection) -> int:
    """How many are on the list."""
    return int(cursor.execute("SELECT count(*) FROM rejects WHERE settled IS NULL").fetchall()[0][0])


def _reject(row: tuple[Any, ...]) -> Reject:
    reject_id, received_at, error, place, event_id, door, file, raw, options, settled, position = row
    return Reject(
        reject_id=reject_id,
        received_at=received_at.replace(tzinfo=UTC),
        error=error,
        place=place,
        event_id=event_id,
        door=door,
        file=file,
        raw=raw,
        options=orjson.loads(options) if options else {},
        settled=settled,
        position=position,
    )
