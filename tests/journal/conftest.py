"""A journal of a test's own, with a clock the test sets."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.journal import FileJournal, Journal
from mmbatch_dash.store.journal.checksum import seal
from mmbatch_dash.store.journal.records import Record

START = datetime(2026, 3, 1, tzinfo=UTC)


def record(identity: int, digest: int = 1, size: int = 0) -> Record:
    """A journal line of `identity` with some content, as an entry writes it."""
    filler = "x" * size
    line = (
        f'{{"received_at":"2026-03-01T00:00:00Z","identity":{identity},"digest":{digest},"filler":"{filler}"}}\n'
    ).encode()
    return Record(identity, digest, seal(line))


def append_by_many_threads(journal: Journal) -> None:
    """32 threads each append the same hundred records, each beginning elsewhere: each record enters once."""
    barrier = threading.Barrier(32)

    def append(thread: int) -> tuple[int, int]:
        barrier.wait()
        results = [journal.append([record(1 + (number + thread) % 100)]) for number in range(100)]
        return sum(result.accepted for result in results), sum(result.duplicates for result in results)

    with ThreadPoolExecutor(32) as pool:
        counts = list(pool.map(append, range(32)))
    assert sum(accepted for accepted, _ in counts) == 100
    assert sum(duplicates for _, duplicates in counts) == 3100
    assert sorted(content(journal).splitlines(keepends=True)) == sorted(record(n).line for n in range(1, 101))


def content(journal: Journal) -> bytes:
    """All lines of the journal, those that are damaged as blanks."""
    position, read = 0, b""
    while (stretch := journal.read(position, 1 << 20)).end > position:
        read += stretch.data
        position = stretch.end
    return read


class Clock:
    """A clock that shows what it is set to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        """Moves on by a timedelta; negative parts move back."""
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> Clock:
    return Clock()


OpenJournal = Callable[..., FileJournal]
OpenAnyJournal = Callable[..., Journal]


@pytest.fixture
def open_journal(tmp_path: Path, clock: Clock) -> Iterator[OpenJournal]:
    """Opens the journal of the test's folder, closing the one opened before."""
    opened: list[Journal] = []

    def close_last() -> None:
        if opened:
            opened.pop().close()

    def reopen(segment_bytes: int = 1 << 20) -> Journal:
        close_last()
        opened.append(FileJournal(tmp_path / "journal", clock=clock, segment_bytes=segment_bytes))
        return opened[-1]

    yield reopen
    close_last()


@pytest.fixture(params=["files", "postgres"])
def open_any_journal(request: pytest.FixtureRequest, clock: Clock) -> Iterator[OpenAnyJournal]:
    """Opens the test's journal, in files and then in PostgreSQL, closing the one opened before."""
    if request.param == "files":
        yield request.getfixturevalue("open_journal")
        return
    postgres = Postgres(request.getfixturevalue("migrated_database"))
    opened: list[Journal] = []

    def reopen(**_of_files: int) -> Journal:
        while opened:
            opened.pop().close()
        opened.append(PostgresJournal(postgres, clock=clock))
        return opened[-1]

    yield reopen
    while opened:
        opened.pop().close()
    postgres.close()
