"""The journal of one machine: what could not be stored on its disk left nothing behind, and flushes are shared."""

import errno
import os
from pathlib import Path

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from tests.journal.conftest import OpenJournal, append_by_many_threads, content, record


def test_many_threads_share_flushes_and_each_identity_enters_once(
    open_journal: OpenJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal()
    flushes = 0
    flush = os.fdatasync

    def counted(handle: int) -> None:
        nonlocal flushes
        flushes += 1
        flush(handle)

    monkeypatch.setattr(os, "fdatasync", counted)
    append_by_many_threads(journal)
    assert 1 <= flushes <= 100


def test_a_full_disk_refuses_and_stores_nothing_then_recovers(
    open_journal: OpenJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal()
    before = journal.append([record(1)]).end
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", _full)
        with pytest.raises(StoreUnavailable, match=r"No space left on device.*Nothing was stored"):
            journal.append([record(2), record(3)])
    assert (journal.end, content(journal)) == (before, record(1).line)
    assert journal.append([record(2), record(3)]).accepted == 2
    assert content(open_journal()) == b"".join(record(number).line for number in (1, 2, 3))


def test_a_rotation_that_finds_no_room_is_made_up_for_later(
    open_journal: OpenJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(segment_bytes=10)
    with monkeypatch.context() as broken:
        broken.setattr(os, "open", _full)
        assert journal.append([record(1)]).accepted == 1
        journal.append([])  # the writer has finished with the one before
    assert journal.append([record(2)]).accepted == 1
    assert journal.append([record(3)]).accepted == 1
    journal.append([])
    assert content(journal) == b"".join(record(number).line for number in (1, 2, 3))
    assert len(list((tmp_path / "journal").glob("*.ndjson"))) == 3
    again = open_journal(segment_bytes=10)
    assert [again.append([record(number)]).duplicates for number in (1, 2, 3)] == [1, 1, 1]


def _full(*_arguments: object, **_options: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")
