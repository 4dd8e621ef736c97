"""Documents in the shared database: swapped by their version, those that need it with every version they had."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mmbatch_dash.store.cluster.postgres import SCHEMA, Postgres
from mmbatch_dash.store.cluster.sessions import PostgresSessions
from mmbatch_dash.store.documents.interface import Kept, Outdated, Room
from mmbatch_dash.store.documents.sessions import SessionTable

if TYPE_CHECKING:
    from mmbatch_dash.store.cluster.postgres import Rows

HISTORICAL = frozenset({"config"})
"""Documents of which every version is kept. Of others it must not be: they hold hashes of passwords."""
MIB = 1024 * 1024
PAGE_LINES = 1_000


class PostgresDocuments:
    """The documents of a cluster, asked for each time. Safe for threads.

    Attributes:
        look_seconds: how late a reader that keeps what it read sees what another one changed.
        sessions: of people who signed in on any server.
    """

    look_seconds = 0.5
    sessions: SessionTable | None

    def __init__(self, postgres: Postgres) -> None:
        """Args: postgres: migrated."""
        self._postgres = postgres
        self.sessions = PostgresSessions(postgres)

    def changes(self) -> int | None:
        """None: nobody counts."""
        return None

    def look(self) -> None:
        """Nothing: there is no count to be opened."""

    def version(self, name: str) -> str | None:
        """The version of a document."""
        with self._postgres.transaction() as rows:
            rows.execute(f"SELECT version::text FROM {SCHEMA}.documents WHERE name = %s", [name])
            found = rows.fetchone()
        return None if found is None else str(found[0])

    def read(self, name: str) -> Kept | None:
        """A document."""
        with self._postgres.transaction() as rows:
            rows.execute(f"SELECT content, version::text FROM {SCHEMA}.documents WHERE name = %s", [name])
            found = rows.fetchone()
        return None if found is None else Kept(bytes(found[0]), str(found[1]))

    def write(self, name: str, content: bytes, expected: str | None) -> str:
        """Swaps a document, by one statement that two who are equally fast take turns at."""
        swap = (
            f"INSERT INTO {SCHEMA}.documents (name, content) VALUES (%(name)s, %(content)s) ON CONFLICT DO NOTHING"
            if expected is None
            else f"UPDATE {SCHEMA}.documents SET content = %(content)s, version = version + 1, changed_at = now()"
            " WHERE name = %(name)s AND version::text = %(expected)s"
        )
        values = {"name": name, "content": content, "expected": expected}

        def change(rows: "Rows") -> str:
            rows.execute(f"{swap} RETURNING version::text".encode(), values)
            swapped = rows.fetchone()
            if swapped is None:
                raise Outdated(f"{self.place(name)} was changed at this moment. Nothing was changed; try again.")
            if name in HISTORICAL:
                sql = f"INSERT INTO {SCHEMA}.document_history (name, version, content) VALUES (%s, %s, %s)"
                rows.execute(sql, [name, int(swapped[0]), content])
            return str(swapped[0])

        return self._postgres.run(change)

    def place(self, name: str) -> str:
        """Its name, and the database."""
        return f"{name} in the database at {self._postgres.place}"

    def log(self, name: str) -> "PostgresLog":
        """The log of that name."""
        return PostgresLog(self._postgres, name)

    def read_newer(self, known: Mapping[str, str]) -> dict[str, Kept]:
        """Those documents that have another version than the one known, by name.

        Args:
            known: name → version; an empty one for a document that was not read yet.
        """
        sql = f"""
            SELECT name, content, version::text FROM {SCHEMA}.documents
            JOIN unnest(%s::text[], %s::text[]) AS known (of, at) ON of = name
            WHERE at <> version::text
        """
        with self._postgres.transaction() as rows:
            found = rows.execute(sql.encode(), [list(known), list(known.values())]).fetchall()
        return {str(name): Kept(bytes(content), str(version)) for name, content, version in found}

    def load(self, name: str, versions: Sequence[bytes]) -> bool:
        """Puts a document there with the versions it had elsewhere, all or none; false where there is one already.

        Args:
            name: of the document.
            versions: oldest first; at least one.
        """

        def change(rows: "Rows") -> bool:
            sql = f"INSERT INTO {SCHEMA}.documents (name, version, content) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
            rows.execute(sql, [name, len(versions), versions[-1]])
            if rows.rowcount == 0:
                return False
            if name in HISTORICAL:
                history = [(name, number, content) for number, content in enumerate(versions, 1)]
                rows.executemany(f"INSERT INTO {SCHEMA}.document_history VALUES (%s, %s, %s)", history)
            return True

        return self._postgres.run(change)

    def close(self) -> None:
        """Closes the connections."""
        self._postgres.close()

    def history(self, name: str) -> list[bytes] | None:
        """Every version of a document that there was, oldest first."""
        with self._postgres.transaction() as rows:
            sql = f"SELECT content FROM {SCHEMA}.document_history WHERE name = %s ORDER BY version"
            return [bytes(content) for (content,) in rows.execute(sql, [name])]


class PostgresLog:
    """A log of all processes of a cluster."""

    def __init__(self, postgres: Postgres, name: str) -> None:
        """Args: postgres: migrated; name: of the log."""
        self._postgres, self._name = postgres, name
        self._since_cut: int | None = None

    def append(self, line: str, room: Room) -> None:
        """Adds a line. The room of all its parts is looked at as often as a part is filled."""
        added = len(line.encode()) + 1
        cut = self._since_cut is None or self._since_cut + added >= room.size_mb * MIB
        self._since_cut = 0 if cut else (self._since_cut or 0) + added
        with self._postgres.transaction() as rows:
            rows.execute(f"INSERT INTO {SCHEMA}.logs (log, line) VALUES (%s, %s)", [self._name, line])
            if cut:
                self._cut(rows, room.size_mb * max(room.backups, 1) * MIB)

    def lines(self) -> Iterator[str]:
        """All lines, in pages: a log may be larger than memory."""
        after = 0
        while True:
            with self._postgres.transaction() as rows:
                sql = f"SELECT id, line FROM {SCHEMA}.logs WHERE log = %s AND id > %s ORDER BY id LIMIT {PAGE_LINES}"
                page = rows.execute(sql, [self._name, after]).fetchall()
            yield from (str(line) for _, line in page)
            if len(page) < PAGE_LINES:
                return
            after = int(page[-1][0])

    def newest(self, most: int) -> list[str]:
        """The newest lines, oldest of them first."""
        with self._postgres.transaction() as rows:
            sql = f"SELECT line FROM {SCHEMA}.logs WHERE log = %s ORDER BY id DESC LIMIT %s"
            return [str(line) for (line,) in rows.execute(sql, [self._name, most])][::-1]

    def _cut(self, rows: "Rows", most_bytes: int) -> None:
        sql = f"""
            DELETE FROM {SCHEMA}.logs WHERE log = %(log)s AND id <= (
                SELECT max(id) FROM (
                    SELECT id, sum(octet_length(line) + 1) OVER (ORDER BY id DESC) AS bytes
                    FROM {SCHEMA}.logs WHERE log = %(log)s
                ) AS measured WHERE bytes > %(most)s
            )
        """
        rows.execute(sql.encode(), {"log": self._name, "most": most_bytes})
