"""The files that tables may be in: which of them is in use, which is of other making, and where new ones go.

There are two names; the one that is not in use is free for tables made anew. What a crash left of a change from one to
the other is told from what the files say of themselves.
"""

import logging
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from mmbatch_dash.store.database import Access, Database, StoreDamaged, create_tables, get_meta
from mmbatch_dash.store.digest import reading_digest

LOG = logging.getLogger(__name__)

# Heartbeats do not count: those of closed segments are thinned, so that a journal whole again has fewer.
_EVENTS = "SELECT coalesce(sum(events), 0)::BIGINT FROM event_counts WHERE type <> 'mmbatch.node.heartbeat'"
_COLUMNS = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
_WAL = ".wal"
MADE_OTHERWISE = "an earlier program made them, or other entries are disowned now"


@dataclass(frozen=True, slots=True)
class TableFile:
    """What one file says of itself.

    Attributes:
        path: of the file.
        made_by: digest of what its tables were made by; None before there were digests.
        ready: whether they were shown, or may be: those still being made anew are not.
        generation: grows with each making anew.
        readable: whether the present queries can read them.
        events: how many events they are made from.
        end: journal position up to which they are made; None where nothing is.
        at: when they were last written.
    """

    path: Path
    made_by: str | None = None
    ready: bool = True
    generation: int = 0
    readable: bool = False
    events: int = 0
    end: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """What to do with the files there are.

    Attributes:
        current: tables to go on with; None where they are to be made anew.
        fresh: where to make them, perhaps half done already.
        old: what there was before.
        reason: why they are made anew.
    """

    current: TableFile | None
    fresh: TableFile
    old: TableFile | None
    reason: str


def choose_files(path: Path, journal_end: int, made_by: str, *, anew: bool = False) -> Files:
    """What to go on with, after tidying up what an earlier change left behind.

    Args:
        path: the first of the two names.
        journal_end: what there is to make tables from; without anything new ones are in use at once.
        made_by: what the tables are to be made by.
        anew: take the tables in use as old ones.

    Raises:
        StoreUnavailable: another process holds a file.
    """
    names = _names(path)
    existed = any(name.exists() for name in names)
    files = [file for name in names if name.exists() and (file := read_file(name)) is not None]
    ready = sorted((file for file in files if file.ready), key=lambda file: file.generation)
    last = ready[-1] if ready else None
    ours = last is not None and last.made_by == made_by
    if last is not None and ours and not anew:
        for file in files:
            if file is not last:
                remove_file(file.path)
        return Files(_named(last, path), last, None, "")
    half = [file for file in files if not file.ready and file.made_by == made_by and not anew]
    for file in files:
        if file is not last and file not in half:
            remove_file(file.path)
    free = next(name for name in names if last is None or name != last.path)
    fresh = half[0] if half else TableFile(free, made_by, False, last.generation + 1 if last else 1)
    if last is None and not journal_end:
        return Files(TableFile(free, made_by), fresh, None, "")
    reason = "it was asked for" if ours else MADE_OTHERWISE if last else "their file cannot be read"
    return Files(None, fresh, last, reason if existed else "their file is missing")


def read_file(path: Path) -> TableFile | None:
    """What a file says of itself; None where it cannot be read, and then it is set aside.

    Where only the write-ahead log is damaged, that is set aside, and the fold does again what was in it.

    Raises:
        StoreUnavailable: another process holds the file.
    """
    log = path.with_name(path.name + _WAL)
    for last_try in (False, True):
        try:
            return _read(path)
        except (StoreDamaged, duckdb.Error) as error:
            LOG.error("The tables in %s cannot be read: %s", path, error)
            if last_try or not log.exists():
                set_aside(path, "damaged")
                return None
            log.replace(path.with_name(f"{path.name}.damaged{_WAL}"))
    return None


def inspect_files(path: Path) -> list[TableFile | str]:
    """What the files there are say of themselves, every block of them read; a sentence for one that is damaged.

    Args:
        path: the first of the two names; nobody else may hold the files.
    """
    found: list[TableFile | str] = []
    for name in _names(path):
        if not name.exists():
            continue
        try:
            found.append(_read(name))
            _read_through(name)
        except (StoreDamaged, duckdb.Error) as error:
            found.append(f"{name.name} cannot be read: {str(error).splitlines()[0]}")
    return found


def other_name(path: Path, taken: Path) -> Path:
    """The one of the two names that is free.

    Args:
        path: the first of the two names.
        taken: the one that is in use.
    """
    return next(name for name in _names(path) if name != taken)


def remove_file(path: Path) -> None:
    """Removes a file and its log."""
    for name in (path.name, path.name + _WAL):
        path.with_name(name).unlink(missing_ok=True)


def set_aside(path: Path, why: str) -> None:
    """Gives a file that is of no use now another name, that of what was set aside for the same reason before."""
    with suppress(OSError):
        path.replace(path.with_name(f"{path.name}.{why}"))
    path.with_name(path.name + _WAL).unlink(missing_ok=True)


def count_events(cursor: duckdb.DuckDBPyConnection) -> int:
    """How many events the tables are made from."""
    return int(cursor.execute(_EVENTS).fetchall()[0][0])


def _read(path: Path) -> TableFile:
    database = Database(path, access=Access.READ)
    try:
        with database.cursor() as cursor:
            columns = set(cursor.execute(_COLUMNS).fetchall())
            if ("meta", "name", "VARCHAR") not in columns:
                return TableFile(path, ready=False)
            position = get_meta(cursor, "folded_position")
            ready = get_meta(cursor, "ready")
            return TableFile(
                path,
                get_meta(cursor, "digest"),
                # Version 0.1 kept no such word; a file that says nothing at all was only just begun.
                position is not None if ready is None else ready == "1",
                int(get_meta(cursor, "generation") or 0),
                get_meta(cursor, "reading") == reading_digest() and columns >= _present_columns(),
                count_events(cursor),
                int(position) if position else None,
                datetime.fromtimestamp(path.stat().st_mtime, UTC),
            )
    finally:
        database.abandon()


def _names(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(f"{path.stem}.next{path.suffix}")


def _read_through(path: Path) -> None:
    """Reads every block: DuckDB compares a block's checksum when it reads it."""
    database = Database(path, access=Access.READ)
    try:
        with database.cursor() as cursor:
            for (table,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                cursor.execute(f'SELECT max(hash(t)) FROM "{table}" t').fetchall()
    finally:
        database.abandon()


def _named(file: TableFile, path: Path) -> TableFile:
    """The file under its usual name."""
    if file.path == path:
        return file
    for ending in (_WAL, ""):
        with suppress(FileNotFoundError):
            file.path.with_name(file.path.name + ending).replace(path.with_name(path.name + ending))
    return TableFile(path, file.made_by, file.ready, file.generation, file.readable, file.events, file.end, file.at)


def _present_columns() -> set[tuple[str, str, str]]:
    with closing(duckdb.connect()) as connection:
        create_tables(connection)
        return set(connection.execute(_COLUMNS).fetchall())
