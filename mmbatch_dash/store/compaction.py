"""Copying tables into a new file without the room that moved and removed rows left behind in the old one.

DuckDB writes into free blocks again but seldom gives them back, so a file that was large once stays so.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import duckdb

from mmbatch_dash.store.database import Database

LEAST_GAIN_BYTES = 16 * 1024 * 1024
LEAST_GAIN_SHARE = 1 / 4
"""With less of the file free than both of these, copying it is not worth it: the fold fills free room again. A copy
gains more than what is free, since removed rows lie between those that stay: of 106 MiB, 31 of them free, 58 stayed."""
MARGIN = 1.25
"""The copy may need this much of what is in use in the old file: its rows lie in other blocks."""

_COPY = "fresh"
# Rows that later rows of the same kind are only added to.
_TOGETHER = {"event_counts": "SELECT type, understood, sum(events)::BIGINT AS events FROM event_counts GROUP BY ALL"}


@dataclass(frozen=True, slots=True)
class Room:
    """How the file of the tables is filled.

    Attributes:
        file_bytes: its size, the write-ahead log aside.
        free_bytes: what of it holds nothing.
    """

    file_bytes: int
    free_bytes: int

    @property
    def needed_bytes(self) -> int:
        """What a copy may need on the disk while both are there."""
        return int((self.file_bytes - self.free_bytes) * MARGIN)

    def is_worth_it(self, least_bytes: int = LEAST_GAIN_BYTES) -> bool:
        """Whether a copy would be so much smaller that it is worth the work.

        Args:
            least_bytes: what is to be gained at least.
        """
        return self.free_bytes >= max(least_bytes, self.file_bytes * LEAST_GAIN_SHARE)


class CopyStopped(Exception):
    """Somebody needs the tables for something else, or the server ends."""


class Halt:
    """What stops a copy from another thread."""

    def __init__(self) -> None:
        """Nobody has asked for it yet."""
        self._asked = Event()
        self._interrupt: Callable[[], None] = lambda: None

    def ask(self) -> None:
        """Stops the copy; to be asked again until it has ended, since a statement may begin at this moment."""
        self._asked.set()
        self._interrupt()

    def watch(self, interrupt: Callable[[], None]) -> None:
        """Notes what ends the statement under way."""
        self._interrupt = interrupt

    def check(self) -> None:
        """Nothing.

        Raises:
            CopyStopped: it was asked for.
        """
        if self._asked.is_set():
            raise CopyStopped


def read_room(database: Database) -> Room:
    """How the file is filled, as of its last checkpoint."""
    with database.cursor() as cursor:
        sql = "SELECT block_size, total_blocks, free_blocks FROM pragma_database_size() LIMIT 1"
        [(size, total, free)] = cursor.execute(sql).fetchall()
    return Room(size * total, size * free)


def copy_tables(source: Database, target: Path, generation: int, halt: Halt) -> None:
    """Copies all tables, as they are at one moment, into a new file that says that it is not ready to be shown.

    The source is read and written to meanwhile. Whatever stops it leaves the source as it is, and in the new file
    nothing that would be taken for tables.

    Args:
        source: open tables.
        target: a path where there is nothing yet.
        generation: of the new file.
        halt: stops it.

    Raises:
        CopyStopped: it was stopped between two statements.
        duckdb.Error: it was stopped in one, or the disk is full.
    """
    Database(target).close()
    cursor = source.open_cursor()
    try:
        halt.watch(cursor.interrupt)
        name = str(target).replace("'", "''")
        cursor.execute(f"ATTACH '{name}' AS {_COPY}")
        try:
            _copy(cursor, generation, halt)
            cursor.execute(f"CHECKPOINT {_COPY}")
        finally:
            with suppress(duckdb.Error):  # nothing is under way where it went well
                cursor.execute("ROLLBACK")
            with suppress(duckdb.Error):  # of a copy that failed, which is removed
                cursor.execute(f"DETACH {_COPY}")
    finally:
        halt.watch(lambda: None)
        cursor.close()


def merge_counts(cursor: duckdb.DuckDBPyConnection) -> None:
    """Brings the counts of events, to which each batch adds rows, down to a row each, in the caller's transaction."""
    # Read to the end before: a statement on what it deletes itself is not to be trusted with both.
    rows = cursor.execute(_TOGETHER["event_counts"]).fetchall()
    if cursor.execute("SELECT count(*) FROM event_counts").fetchall() == [(len(rows),)]:
        return
    cursor.execute("DELETE FROM event_counts").fetchall()
    cursor.executemany("INSERT INTO event_counts VALUES (?, ?, ?)", rows)


def _copy(cursor: duckdb.DuckDBPyConnection, generation: int, halt: Halt) -> None:
    [(here,)] = cursor.execute("SELECT current_database()").fetchall()
    tables = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [here]).fetchall()
    cursor.execute("BEGIN")
    for (table,) in tables:
        halt.check()
        rows = _TOGETHER.get(table, f'SELECT * FROM "{table}"')
        cursor.execute(f'INSERT INTO {_COPY}.main."{table}" BY NAME {rows}').fetchall()
    meta = f"{_COPY}.main.meta"
    cursor.execute(f"DELETE FROM {meta} WHERE name IN ('ready', 'generation')")
    cursor.execute(f"INSERT INTO {meta} VALUES ('ready', '0'), ('generation', ?)", [str(generation)])
    cursor.execute("COMMIT")
