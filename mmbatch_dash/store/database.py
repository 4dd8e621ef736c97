"""The DuckDB file of the folded tables: opening, cursors, the one write lock, small settings of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.rollup import rollup_statements
from mmbatch_dash.store.tables import pair_statements

FOLDED_POSITION = "folded_position"
"""Name of the note of how far the journal is folded."""
MEMORY_LIMIT = "900MB"


class Database:
    """One open store file. Reading takes a cursor each; writing takes the lock."""

    def __init__(self, path: Path, *, memory_limit: str = MEMORY_LIMIT, threads: int | None = None) -> None:
        """Opens the file and creates what is missing in it.

        Raises:
            StoreUnavailable: another process holds the file, or it cannot be opened.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
            "temp_directory": str(path.parent / "spill"),
        }
        if threads:
            config["threads"] = threads
        try:
            self._connection = duckdb.connect(str(path), config=config)
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise StoreUnavailable(
                    f"The store {path} is in use by another process. Stop the server first, or ask it through its API."
                ) from None
            raise StoreUnavailable(f"The store {path} cannot be opened: {error}") from None
        self._connection.execute("SET TimeZone = 'UTC'; SET checkpoint_threshold = '256MB'")
        self.write_lock = threading.RLock()
        self._create()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for reading; closed on leaving, so results must be fetched before."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def snapshot(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for reading whose questions all see the tables of one moment."""
        with self.cursor() as cursor:
            cursor.execute("BEGIN")
            yield cursor

    def open_cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that the caller keeps and closes, with temporary tables of its own."""
        return self._connection.cursor()

    def checkpoint(self) -> None:
        """Writes the write-ahead log into the file."""
        with self.write_lock:
            self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Writes everything out and closes; a later use fails."""
        with self.write_lock:
            self._connection.execute("CHECKPOINT")
            self._connection.close()

    def _create(self) -> None:
        for script in ("schema.sql", "macros.sql"):
            self._connection.execute(files("mmbatch_dash.store").joinpath(script).read_text(encoding="utf-8"))
        for statement in (*pair_statements(), *rollup_statements()):
            self._connection.execute(statement)


def inspect_tables(path: Path) -> tuple[int | None, str | None]:
    """How far a store file that nobody holds is folded, and what is wrong with it; None twice where there is none."""
    if not path.exists():
        return None, None
    try:
        connection = duckdb.connect(str(path), read_only=True)
        try:
            folded = get_meta(connection.cursor(), FOLDED_POSITION)
        finally:
            connection.close()
    except duckdb.Error as error:
        return None, f"it cannot be opened: {str(error).splitlines()[0]}"
    return int(folded or 0), None


def get_meta(cursor: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A small setting the store keeps about itself."""
    # To the end: DuckDB refuses other work on a cursor with a result left open.
    rows = cursor.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchall()
    return str(rows[0][0]) if rows else None


def set_meta(cursor: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Keeps a small setting, in the caller's transaction."""
    cursor.execute("DELETE FROM meta WHERE name = ?", [name])
    cursor.execute("INSERT INTO meta VALUES (?, ?)", [name, value])
