"""What the data directory takes, how fast that grows, and when the disk will be full."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mmbatch_dash.settings import Settings
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.journal.manifest import STRIPPED, Manifest
from mmbatch_dash.store.journal.shelf import Shelf

OVER = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Storage:
    """The data directory on its disk.

    Attributes:
        journal_bytes: on disk, compressed where it is.
        tables_bytes: on disk.
        free_bytes: of the file system.
        total_bytes: of the file system.
        growth_bytes_a_day: of the journal on disk, over the last week; None where there is less than an hour of it.
        stripped_bytes: how much of the journal, uncompressed, is kept without the events as they came.
    """

    journal_bytes: int
    tables_bytes: int
    free_bytes: int
    total_bytes: int
    growth_bytes_a_day: float | None
    stripped_bytes: int

    @property
    def full_in_days(self) -> float | None:
        """When the disk is full at this rate; None where it does not grow."""
        return self.free_bytes / self.growth_bytes_a_day if self.growth_bytes_a_day else None


def read_storage(settings: Settings, now: datetime, shared: PostgresJournal | None = None) -> Storage:
    """How the data directory is now; the journal is looked at where it is shared."""
    usage = shutil.disk_usage(settings.data_dir)
    tables_bytes = _size(settings.data_dir.glob(f"{settings.store_file.stem}*.duckdb*"))
    if shared is not None:
        return Storage(shared.stored_bytes(), tables_bytes, usage.free, usage.total, None, 0)
    journal_bytes = _size(settings.journal_dir.glob("*"))
    shelf, manifest = Shelf(settings.journal_dir), Manifest(settings.journal_dir)
    told = _told_a_day(shelf, now)
    first = shelf.starts[0] if shelf.starts else 0
    packed = journal_bytes / (shelf.end - first) if shelf.end > first else 1.0
    return Storage(
        journal_bytes,
        tables_bytes,
        usage.free,
        usage.total,
        None if told is None else told * min(packed, 1.0),
        sum(closed.length for closed in manifest.all() if closed.generation >= STRIPPED),
    )


def _told_a_day(shelf: Shelf, now: datetime) -> float | None:
    """Bytes of the journal that came in a day, uncompressed: in the last week, or since there are any."""
    came, since = 0, None
    for start, stop in reversed(shelf.spans()):
        last = shelf.last_received_at(start)
        if last is not None and last < now - OVER:
            break
        came += stop - start
        since = shelf.first_received_at(start) or since
    if since is None or now - since < timedelta(hours=1):
        return None
    return came / ((now - since) / _DAY)


def _size(paths: Iterable[Path]) -> int:
    found = 0
    for path in paths:
        try:
            found += path.stat().st_size
        except FileNotFoundError:  # compressed or removed meanwhile
            continue
    return found
