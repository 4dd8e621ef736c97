"""Moves of an MMBatch job as servers tell them: names of nodes late, once or never, and a count of protections."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.mmbatch import read_answers
from mmbatch_dash.cli import main
from mmbatch_dash.commands.store_access import opened
from mmbatch_dash.domain.facts import Entry, Fact
from mmbatch_dash.domain.selection import parse_selection
from mmbatch_dash.settings import Settings, build_settings

START = datetime(2025, 5, 15, tzinfo=UTC)


def event(minutes: float, kind: str, node: str | None = None, **more: str) -> dict[str, str]:
    told = {"timestamp": (START + timedelta(minutes=minutes)).isoformat(), "eventType": kind, **more}
    return {**told, "nodeOid": node, "containerId": f"c-{node}"} if node else told


def job(number: int, protections: int | None, *events: dict[str, str], **fields: Any) -> dict[str, Any]:
    counted = {} if protections is None else {"spotProtCount": protections}
    return {
        "id": f"job-{number}",
        "queueName": "team-a",
        "createdAt": START.isoformat(),
        "status": "Succeeded",
        "batchJobIds": [f"job-{number}"],
        **counted,
        **fields,
        "events": list(events),
    }


def facts(record: dict[str, Any]) -> list[Fact]:
    items = list(read_answers([[record]], zone=UTC))
    assert all(isinstance(item, Entry) for item in items)
    return [fact for item in items if isinstance(item, Entry) for fact in item.facts]


def of(said: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in said if fact["type"] == kind]


BEGIN = (event(0, "Job-Creating", "i-0aaaaaaaa"), event(1, "Job-Running"))
SAVED = (event(10, "Job-Checkpointing"), event(11, "Job-CheckpointSucceeded"))
END = event(60, "Job-Succeeded")
# How servers have told one and the same thing: two nodes, one checkpoint, one restore.
NAMES: dict[str, dict[str, Any]] = {
    "the second when it restores": job(
        1, 1, *BEGIN, *SAVED, event(20, "Job-Restoring", "i-0bbbbbbbb"), event(22, "Job-RestoreSucceeded"), END
    ),
    "the second when it runs": job(
        2,
        1,
        *BEGIN,
        *SAVED,
        event(20, "Job-Restoring"),
        event(22, "Job-RestoreSucceeded"),
        event(22, "Job-Running", "i-0bbbbbbbb"),
        END,
    ),
    "the second only in the record": job(
        3, 1, *BEGIN, *SAVED, event(20, "Job-Restoring"), event(22, "Job-RestoreSucceeded"), END, nodeOid="i-0bbbbbbbb"
    ),
    "the second when it is made": job(
        4,
        1,
        *BEGIN,
        *SAVED,
        event(18, "Job-Creating", "i-0bbbbbbbb"),
        event(20, "Job-Restoring"),
        event(22, "Job-RestoreSucceeded"),
        END,
    ),
    "all with their names": job(
        5,
        1,
        event(1, "Job-Running", "i-0aaaaaaaa"),
        event(10, "Job-Checkpointing", "i-0aaaaaaaa"),
        event(11, "Job-CheckpointSucceeded", "i-0aaaaaaaa"),
        event(20, "Job-Restoring", "i-0bbbbbbbb"),
        event(22, "Job-RestoreSucceeded", "i-0bbbbbbbb"),
        event(60, "Job-Succeeded", "i-0bbbbbbbb"),
    ),
    "the first stopped and said so late": job(
        6,
        1,
        *BEGIN,
        *SAVED,
        event(20, "Job-Restoring", "i-0bbbbbbbb"),
        event(21, "Job-Stopped", "i-0aaaaaaaa"),
        event(22, "Job-RestoreSucceeded"),
        END,
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_two_nodes_are_two_attempts_however_their_names_come(name: str) -> None:
    said = facts(NAMES[name])
    started = of(said, "mmbatch.job.started")
    assert [fact["attempt"] for fact in started] == [1, 2]
    assert [fact["instance_id"] for fact in started] == ["i-0aaaaaaaa", "i-0bbbbbbbb"]
    assert started[0]["started_at"] == START + timedelta(minutes=1)
    [checkpoint] = of(said, "mmbatch.checkpoint.succeeded")
    assert (checkpoint["attempt"], checkpoint["taken_at"]) == (1, START + timedelta(minutes=10))
    [restore] = of(said, "mmbatch.restore.succeeded")
    assert restore["attempt"] == 2
    assert {fact["end_reason"] for fact in said if fact.get("attempt") == 1 and "end_reason" in fact} == {"reclaimed"}
    [end] = of(said, "mmbatch.job.succeeded")
    assert end["attempt"] == 2


def test_without_any_name_a_restore_is_into_a_new_attempt() -> None:
    said = facts(job(1, 0, event(1, "Job-Running"), *SAVED, event(20, "Job-Restoring"), event(22, "Job-Running"), END))
    assert [fact["attempt"] for fact in of(said, "mmbatch.job.started")] == [1, 2]
    assert not any("end_reason" in fact for fact in said if fact.get("attempt") == 1)


def test_a_move_that_is_counted_and_of_whose_restore_nothing_is_told_was_restored_where_it_ran_again() -> None:
    said = facts(job(1, 1, *BEGIN, *SAVED, event(20, "Job-Running", "i-0bbbbbbbb"), END))
    [restore] = of(said, "mmbatch.restore.succeeded")
    assert (restore["attempt"], restore["at"]) == (2, START + timedelta(minutes=20))
    said = facts(job(1, 1, *BEGIN, *SAVED, event(20, "Job-Restoring", "i-0b"), event(25, "Job-Running"), END))
    assert of(said, "mmbatch.restore.succeeded")[0]["at"] == START + timedelta(minutes=25)


def test_a_move_whose_restore_failed_is_no_protection_even_if_one_is_counted() -> None:
    restoring = (event(20, "Job-Restoring", "i-0b"), event(21, "Job-RestoreFailed"), event(22, "Job-Running"))
    said = facts(job(1, 1, *BEGIN, *SAVED, *restoring, END, status="Running"))
    assert not of(said, "mmbatch.restore.succeeded")
    assert not any(fact.get("end_reason") == "reclaimed" for fact in said)


def test_what_a_running_job_counts_before_its_events_show_it_is_not_made_up() -> None:
    said = facts(job(1, 1, *BEGIN, *SAVED, status="Running"))
    assert not any("end_reason" in fact for fact in said)


def test_volume_events_are_kept_as_they_are_spelled() -> None:
    volume = event(0, "Volume-Attached", volumnId="vol-1")
    items = [item for item in read_answers([[job(1, 0, volume, *BEGIN, END)]], zone=UTC) if isinstance(item, Entry)]
    [kept] = [item for item in items if item.type == "Volume-Attached"]
    assert ([fact["volume_id"] for fact in kept.facts], kept.raw["event"]["volumnId"]) == (["vol-1"], "vol-1")


def test_fields_that_cannot_be_read_are_unknown_and_named() -> None:
    said = facts(job(1, None, *BEGIN, END, spotProtCount="many", queueName=7, nodeOid=[1]))
    assert set(said[0]["unread"]) == {"spotProtCount", "queueName", "nodeOid"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return build_settings(tmp_path / "data")


def imported(settings: Settings, file: Path) -> dict[str, Any]:
    with pytest.raises(SystemExit) as ended:
        main(["import", str(file), "--data-dir", str(settings.data_dir)])
    assert ended.value.code in (0, None)
    with opened(settings) as services, services.database.cursor() as cursor:
        summary = services.reports.summary(parse_selection({}))
        rows = cursor.execute("SELECT attempts, saved_seconds FROM jobs ORDER BY job_id").fetchall()
        return {"protections": summary.spot_protections, "jobs": rows, "rejects": services.rejects.count()}


def test_the_sample_of_the_vendor_has_two_attempts_one_protection_and_1545_seconds_carried(
    settings: Settings, shared_data: Path
) -> None:
    told = imported(settings, shared_data / "mmbatch" / "job_with_restore.json")
    [(attempts, saved)] = told["jobs"]
    assert (attempts, told["protections"], told["rejects"]) == (2, 1, 0)
    # From Job-Running 05:29:20.675862 to Job-Checkpointing 05:55:06.194790.
    assert saved == pytest.approx(1545.518928, abs=1e-3)


def test_as_many_protections_are_counted_after_an_import_as_the_server_counts(
    settings: Settings, tmp_path: Path
) -> None:
    records = [
        *NAMES.values(),
        # Three nodes, one of the moves after a failure of the job itself.
        job(
            7,
            1,
            *BEGIN,
            event(15, "Job-Failed"),
            event(20, "Job-Restoring", "i-0b"),
            event(21, "Job-RestoreSucceeded"),
            event(30, "Job-Restoring", "i-0c"),
            event(31, "Job-RestoreSucceeded"),
            END,
        ),
        job(8, 1, *BEGIN, *SAVED, event(20, "Job-Running", "i-0b"), END),
        # The events of two moves are gone, of one job all of them.
        job(9, 3, *BEGIN, *SAVED, event(20, "Job-Restoring", "i-0b"), event(22, "Job-RestoreSucceeded"), END),
        job(10, 2, event(1, "Job-Running"), END, nodeOid="i-0c"),
        job(11, 0, *BEGIN, END),
        job(12, None, *BEGIN, END),
    ]
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps(records))
    for _ in range(2):
        told = imported(settings, file)
        assert told["protections"] == sum(record.get("spotProtCount", 0) for record in records) == 13
        assert told["rejects"] == 0
