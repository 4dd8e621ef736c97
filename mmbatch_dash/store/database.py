"""The DuckDB file of the folded tables: opening, cursors, the one write lock, small settings of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import duckdb

from mmbatch_dash.domain.errors import Rebuilding, StoreUnavailable
from mmbatch_dash.store.rollup import rollup_statements
from mmbatch_dash.store.tables import pair_statements

FOLDED_POSITION = "folded_position"
"""Name of the note of how far the journal is folded."""
MEMORY_LIMIT = "900MB"
DAMAGE = (duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)
DAMAGE_WORDS = ("corrupt", "checksum", "could not read", "not a valid duckdb database", "failure while replaying wal")


class Access(StrEnum):
    """What a database is opened for."""

    WRITE = "write"
    READ = "read"
    NOTHING = "nothing"


class StoreDamaged(StoreUnavailable):
    """A store file that cannot be read, though no other process holds it."""


class Database:
    """One open store file. Reading takes a cursor each; writing takes the lock.

    Attributes:
        path: of the file.
        write_lock: held by whoever writes.
        on_damage: told an error of a question that says the file itself is damaged.
    """

    def __init__(
        self,
        path: Path,
        *,
        access: Access = Access.WRITE,
        memory_limit: str = MEMORY_LIMIT,
        threads: int | None = None,
    ) -> None:
        """Opens the file and, to write, creates what is missing in it; opened for nothing, every question is refused.

        Raises:
            StoreDamaged: the file is there and cannot be read.
            StoreUnavailable: another process holds the file.
        """
        self.path = path
        self.write_lock = threading.RLock()
        self.on_damage: Callable[[Exception], None] = lambda error: None
        self._connection: duckdb.DuckDBPyConnection | None = None
        if access is not Access.NOTHING:
            self._connection = _connect(path, access, memory_limit, threads)
        if access is Access.WRITE:
            create_tables(self.connection)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """What cursors are taken from.

        Raises:
            Rebuilding: there is nothing to read yet.
        """
        if (connection := self._connection) is None:
            raise Rebuilding("The tables are being made anew from the journal; until then there are no figures.")
        return connection

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for reading; closed on leaving, so results must be fetched before.

        Raises:
            Rebuilding: there is nothing to read yet.
        """
        cursor = self.connection.cursor()
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            yield cursor
        except duckdb.Error as error:
            if is_damage(error):
                self.on_damage(error)
            raise
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
        return self.connection.cursor()

    def show(self, other: "Database") -> None:
        """Answers from another database from now on; cursors under way end on what they began with."""
        # What was shown before closes with the last cursor taken from it.
        self._connection, self.path, self.write_lock = other._connection, other.path, other.write_lock

    def require(self) -> None:
        """Nothing, where there is something to read; asked before an answer begins that is then read bit by bit.

        Raises:
            Rebuilding: there is nothing to read yet.
        """
        self.connection  # noqa: B018 - asking is the point

    def checkpoint(self) -> None:
        """Writes the write-ahead log into the file."""
        with self.write_lock:
            self.connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Writes everything out and closes; closing again does nothing, and a later use fails."""
        with self.write_lock:
            if (connection := self._connection) is not None:
                self._connection = None
                if not _is_read_only(connection):
                    connection.execute("CHECKPOINT")
                connection.close()

    def abandon(self) -> None:
        """Closes a file that cannot be trusted any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except duckdb.Error:  # damaged: what closing would write is not wanted
                return


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates what is missing of tables, views and macros."""
    for script in ("schema.sql", "macros.sql"):
        connection.execute(files("mmbatch_dash.store").joinpath(script).read_text(encoding="utf-8"))
    for statement in (*pair_statements(), *rollup_statements()):
        connection.execute(statement)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the file itself is damaged, not that a question was wrong."""
    words = str(error).lower()
    if not isinstance(error, duckdb.Error) or "no space" in words:
        return False
    return isinstance(error, DAMAGE) or any(word in words for word in DAMAGE_WORDS)


def get_meta(cursor: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A small setting the store keeps about itself."""
    # To the end: DuckDB refuses other work on a cursor with a result left open.
    rows = cursor.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchall()
    return str(rows[0][0]) if rows else None


def set_meta(cursor: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Keeps a small setting, in the caller's transaction."""
    # One statement where it is kept already: the fold notes its position with every batch.
    changed = cursor.execute("UPDATE meta SET value = ? WHERE name = ?", [value, name]).fetchall()
    if changed == [(0,)]:
        cursor.execute("INSERT INTO meta VALUES (?, ?)", [name, value])


def _connect(path: Path, access: Access, memory_limit: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
        # A folder of its own: two files may be open at a time.
        "temp_directory": str(path.with_suffix(".spill")),
    }
    if threads:
        config["threads"] = threads
    try:
        connection = duckdb.connect(str(path), read_only=access is Access.READ, config=config)
        connection.execute("SET TimeZone = 'UTC'; SET checkpoint_threshold = '256MB'")
    except duckdb.Error as error:
        if "lock" in str(error).lower() and not is_damage(error):
            raise StoreUnavailable(
                f"The store {path} is in use by another process. Stop the server first, or ask it through its API."
            ) from None
        raise StoreDamaged(f"The store {path} cannot be opened: {error}") from None
    return connection


def _is_read_only(connection: duckdb.DuckDBPyConnection) -> bool:
    sql = "SELECT readonly FROM duckdb_databases() WHERE database_name = current_database()"
    return bool(connection.execute(sql).fetchall()[0][0])
