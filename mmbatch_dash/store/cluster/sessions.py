"""Sessions of all servers of a cluster, in the shared database."""

from datetime import datetime

from mmbatch_dash.store.cluster.postgres import SCHEMA, Postgres
from mmbatch_dash.store.documents.sessions import SessionRow

COLUMNS = "id, name, kind, role, stamp, began_at, seen_at, sealed"


class PostgresSessions:
    """The rows."""

    def __init__(self, postgres: Postgres) -> None:
        """Args: postgres: migrated."""
        self._postgres = postgres

    def add(self, row: SessionRow, *, over: tuple[datetime, datetime], most: int) -> None:
        """Adds a session, and removes those that are over."""
        values = [row.id, row.name, row.kind, row.role, row.stamp, row.began_at, row.seen_at, row.sealed]
        with self._postgres.transaction() as rows:
            rows.execute(f"DELETE FROM {SCHEMA}.sessions WHERE seen_at <= %s OR began_at <= %s", over)
            rows.execute(
                f"DELETE FROM {SCHEMA}.sessions WHERE id IN"
                f" (SELECT id FROM {SCHEMA}.sessions ORDER BY seen_at DESC OFFSET %s)",
                [most - 1],
            )
            marks = ", ".join(["%s"] * len(values))
            rows.execute(f"INSERT INTO {SCHEMA}.sessions ({COLUMNS}) VALUES ({marks})".encode(), values)

    def find(self, session_id: bytes) -> SessionRow | None:
        """The session of that id; None where it was ended."""
        with self._postgres.transaction() as rows:
            rows.execute(f"SELECT {COLUMNS} FROM {SCHEMA}.sessions WHERE id = %s", [session_id])
            found = rows.fetchone()
        if found is None:
            return None
        key, name, kind, role, stamp, began_at, seen_at, sealed = found
        return SessionRow(
            bytes(key), name, kind, role, stamp, began_at, seen_at, None if sealed is None else bytes(sealed)
        )

    def touch(self, session_id: bytes, seen_at: datetime) -> None:
        """Notes that the person did something."""
        with self._postgres.transaction() as rows:
            sql = f"UPDATE {SCHEMA}.sessions SET seen_at = greatest(seen_at, %s) WHERE id = %s"
            rows.execute(sql, [seen_at, session_id])

    def renew(self, session_id: bytes, role: str, sealed: bytes | None) -> None:
        """Puts what the user pool says now in the place of what it said before."""
        with self._postgres.transaction() as rows:
            sql = f"UPDATE {SCHEMA}.sessions SET role = %s, sealed = %s WHERE id = %s"
            rows.execute(sql, [role, sealed, session_id])

    def end(self, session_id: bytes) -> None:
        """Removes a session; nothing if it is gone already."""
        with self._postgres.transaction() as rows:
            rows.execute(f"DELETE FROM {SCHEMA}.sessions WHERE id = %s", [session_id])

    def end_all_of(self, name: str, kind: str) -> int:
        """Removes every session of a user; how many there were."""
        with self._postgres.transaction() as rows:
            rows.execute(f"DELETE FROM {SCHEMA}.sessions WHERE name = %s AND kind = %s", [name, kind])
            return rows.rowcount
