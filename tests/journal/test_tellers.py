"""Each entry says who told it, and what one tells does not keep out what another tells."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store.journal import FileJournal, Journal
from tests.journal.conftest import content

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def event(**data: Any) -> dict[str, Any]:
    """A job that started, at a price."""
    return {
        "specversion": "1.0",
        "id": "1",
        "source": "my/node",
        "type": "mmbatch.job.started",
        "time": "2026-03-01T12:00:00Z",
        "data": {"job_id": "job-1", "attempt": 1, **data},
    }


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = FileJournal(tmp_path / "journal", clock=lambda: NOW)
    yield opened
    opened.close()


def told(journal: Journal) -> list[tuple[str, str]]:
    """Who told each line, and what it is."""
    lines = [orjson.loads(line) for line in content(journal).splitlines()]
    return [(line["by"], "reject" if "reject" in line else line["type"]) for line in lines]


def test_each_entry_and_each_reject_says_who_told_it(journal: Journal) -> None:
    intake = Intake(journal, lambda: NOW)
    intake.take(read_batch([event(), {"id": "no event"}]), "token:nightly")
    intake.of("sync").take(read_batch([{**event(), "id": "2"}]))
    assert told(journal) == [
        ("token:nightly", "mmbatch.job.started"),
        ("token:nightly", "reject"),
        ("sync", "mmbatch.job.started"),
    ]
    assert intake.counts() == {"accepted": 2, "duplicate": 0, "rejected": 1}


def test_what_was_told_before_is_a_repeat_and_what_another_tells_too_is_kept(journal: Journal, tmp_path: Path) -> None:
    intake = Intake(journal, lambda: NOW)
    assert intake.take(read_batch([event()]), "token:a").accepted == 1
    assert intake.take(read_batch([event()]), "token:a").duplicates == 1
    assert len(told(journal)) == 1
    assert intake.take(read_batch([event()]), "token:b").duplicates == 1
    assert len(told(journal)) == 2
    assert len(intake.take(read_batch([event(vcpus=8)]), "token:a").rejected) == 1
    assert intake.take(read_batch([event(vcpus=8)]), "token:c").accepted == 1
    journal.close()
    again = FileJournal(tmp_path / "journal", clock=lambda: NOW)
    try:
        later = Intake(again, lambda: NOW)
        assert [later.take(read_batch([event()]), by).duplicates for by in ("token:a", "token:b")] == [1, 1]
        before = len(told(again))
        assert later.take(read_batch([event()]), "token:d").duplicates == 1
        assert len(told(again)) == before + 1
    finally:
        again.close()
