"""Answers of an MMBatch management server: which job, which attempt, and how each ended."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mmbatch_dash.adapters.documents import read_documents
from mmbatch_dash.adapters.mmbatch import read_answers
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Fact, Rejection

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def event(minutes: float, kind: str, node: str = "", batch: str = "b-1") -> dict[str, str]:
    timestamp = at(minutes).isoformat()
    return {
        "timestamp": timestamp,
        "eventType": f"Job-{kind}",
        "nodeOid": node,
        "containerId": "c",
        "batchJobId": batch,
    }


def record(*events: dict[str, str], **fields: Any) -> dict[str, Any]:
    return {
        "id": "mm-1",
        "queueName": "align",
        "createdAt": "2026-03-01T00:00:00Z",
        "updatedAt": "2026-03-01T03:00:00Z",
        "status": "Running",
        "batchJobIds": ["b-1"],
        "events": list(events),
        **fields,
    }


def read(*records: Any) -> list[Entry | Rejection]:
    documents = read_documents(json.dumps(list(records)), door="mmbatch", file="j.json")
    return list(read_answers(documents, zone=UTC, file="j.json"))


def facts(*events: dict[str, str], **fields: Any) -> list[Fact]:
    results = read(record(*events, **fields))
    assert all(isinstance(result, Entry) for result in results)
    return [fact for result in results if isinstance(result, Entry) for fact in result.facts]


def of(said: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in said if fact["type"] == f"mmbatch.{kind}"]


# The worked example of docs/definitions.md section 3, as a server would list it.
WORKED = (
    event(0, "Running", "n1"),
    event(45, "Checkpointing", "n1"),
    event(46, "CheckpointSucceeded", "n1"),
    event(60, "Stopped", "n1"),
    event(65, "Restoring", "n2"),
    event(70, "RestoreSucceeded", "n2"),
    event(71, "Running", "n2"),
    event(120, "Checkpointing", "n2"),
    event(121, "CheckpointSucceeded", "n2"),
    event(125, "Stopped", "n2"),
    event(140, "Restoring", "n3"),
    event(144, "RestoreSucceeded", "n3"),
    event(180, "Succeeded", "n3"),
)


def test_the_worked_example_has_three_attempts_two_reclaims_and_two_restores() -> None:
    said = facts(*WORKED, spotProtCount=2)
    started = of(said, "job.started")
    assert [(fact["attempt"], fact["started_at"], fact["node_id"]) for fact in started] == [
        (1, at(0), "n1"),
        (2, at(65), "n2"),
        (3, at(140), "n3"),
    ]
    interrupted = of(said, "job.interrupted")
    assert [(fact["attempt"], fact["ended_at"], fact["end_reason"]) for fact in interrupted] == [
        (1, at(60), "reclaimed"),
        (2, at(125), "reclaimed"),
    ]
    checkpoints = of(said, "checkpoint.succeeded")
    assert [(c["attempt"], c["taken_at"], c["duration_seconds"]) for c in checkpoints] == [
        (1, at(45), 60.0),
        (2, at(120), 60.0),
    ]
    restores = of(said, "restore.succeeded")
    assert [(r["attempt"], r["at"], r["duration_seconds"]) for r in restores] == [
        (2, at(70), 300.0),
        (3, at(144), 240.0),
    ]
    [end] = of(said, "job.succeeded")
    assert (end["attempt"], end["completed_at"], end["status"]) == (3, at(180), "SUCCEEDED")


def test_as_many_interruptions_as_the_server_counts_protections_are_reclaims() -> None:
    said = facts(*WORKED, spotProtCount=1)
    assert [fact["end_reason"] for fact in of(said, "job.interrupted")] == ["reclaimed", "host_lost"]
    said = facts(*WORKED, spotProtCount=0)
    assert [fact["end_reason"] for fact in of(said, "job.interrupted")] == ["host_lost", "host_lost"]


def test_running_again_after_a_stop_is_another_attempt_even_on_the_same_node() -> None:
    said = facts(event(0, "Running", "n1"), event(9, "Stopped", "n1"), event(12, "Running", "n1"))
    assert [fact["attempt"] for fact in of(said, "job.started")] == [1, 2]
    assert [fact["attempt"] for fact in of(said, "job.interrupted")] == [1]


def test_a_stop_that_nothing_follows_is_a_cancellation() -> None:
    said = facts(event(0, "Running", "n1"), event(9, "Stopped", "n1"))
    [end] = of(said, "job.cancelled")
    assert (end["status"], end["end_reason"], end["completed_at"]) == ("FAILED", "cancelled", at(9))


def test_a_stop_reported_late_belongs_to_the_attempt_on_its_own_node() -> None:
    said = facts(event(0, "Running", "n1"), event(5, "Restoring", "n2"), event(6, "Stopped", "n1"), spotProtCount=1)
    assert [fact["attempt"] for fact in of(said, "job.started")] == [1, 2]
    [ended] = of(said, "job.interrupted")
    assert (ended["attempt"], ended["end_reason"]) == (1, "reclaimed")


def test_restoring_on_the_same_node_is_the_same_attempt_and_a_new_node_after_it_is_the_next() -> None:
    said = facts(
        event(0, "Running", "n1"),
        event(5, "Restoring", "n1"),
        event(6, "RestoreFailed", "n1"),
        event(9, "Running", "n2"),
    )
    assert [(fact["attempt"], fact["started_at"]) for fact in of(said, "job.started")] == [(1, at(0)), (2, at(9))]
    assert [fact["attempt"] for fact in of(said, "restore.failed")] == [1]


def test_running_anew_on_another_node_without_a_restore_is_a_new_attempt() -> None:
    said = facts(event(0, "Running", "n1"), event(9, "Running", "n2"))
    assert [fact["attempt"] for fact in of(said, "job.started")] == [1, 2]
    assert not of(said, "job.interrupted")


def test_events_before_the_first_attempt_are_kept_without_facts_and_those_of_volumes_make_no_attempt() -> None:
    created, volume = read(record(event(0, "Creating"), {**event(1, "x"), "eventType": "Volume-Attached"}))[1:]
    assert isinstance(created, Entry)
    assert isinstance(volume, Entry)
    assert (created.facts, volume.facts) == ([], [{"type": "volume.attached", "at": at(1), "job_id": "b-1"}])
    assert volume.type == "Volume-Attached"


def test_the_job_is_the_batch_job_of_its_earliest_event_then_the_first_listed_then_its_own_id() -> None:
    assert facts(event(0, "Running", "n1", "b-9"), batchJobIds=["b-1", "b-9"])[0]["job_id"] == "b-9"
    assert facts(batchJobIds=["b-1", "b-9"])[0]["job_id"] == "b-1"
    assert facts(batchJobIds=[])[0]["job_id"] == "mm-1"


def test_a_batch_job_that_joins_later_does_not_change_which_job_it_is() -> None:
    before = facts(event(0, "Running", "n1", "b-1"), batchJobIds=["b-1"])
    after = facts(event(0, "Running", "n1", "b-1"), event(9, "Running", "n2", "b-2"), batchJobIds=["b-1", "b-2"])
    assert {fact["job_id"] for fact in before + after} == {"b-1"}


def test_a_later_export_of_a_job_adds_only_what_is_new() -> None:
    early = {entry.id for entry in read(record(*WORKED[:3])) if isinstance(entry, Entry)}
    late = [entry for entry in read(record(*WORKED)) if isinstance(entry, Entry)]
    assert early < {entry.id for entry in late}
    assert len({entry.id for entry in late}) == len(late) == 14


def test_queue_submission_and_kind_come_from_the_record() -> None:
    entry = read(record())[0]
    assert isinstance(entry, Entry)
    [fact] = entry.facts
    assert (fact["queue"], fact["submitted_at"], fact["status"]) == ("align", START, "RUNNING")
    assert (entry.kind, entry.time) == (SourceKind.TRACE, at(180))


@pytest.mark.parametrize("stamp", [1772323200, 1772323200000, "2026-03-01T00:00:00", "2026-03-01T01:00:00+01:00"])
def test_times_are_iso_text_or_epoch_seconds_or_milliseconds(stamp: Any) -> None:
    assert facts(createdAt=stamp)[0]["submitted_at"] == START


def test_a_node_is_a_heartbeat_with_its_instance() -> None:
    node = {
        "id": "n1",
        "hostName": "ip-10-0-0-1",
        "cores": 8,
        "memoryInMB": 15360,
        "instance": {
            "zone": "us-east-1a",
            "instanceId": "i-1",
            "instanceType": "m5.2xlarge",
            "createTime": "2026-02-28T23:00:00Z",
            "payType": "onDemand",
        },
        "lastHeartbeat": "2026-03-01T00:00:00Z",
    }
    [entry] = read(node)
    assert isinstance(entry, Entry)
    assert entry.facts == [
        {
            "type": "mmbatch.node.heartbeat",
            "at": START,
            "node_id": "n1",
            "instance_id": "i-1",
            "instance_type": "m5.2xlarge",
            "availability_zone": "us-east-1a",
            "purchase_option": "on-demand",
            "instance_launched_at": at(-60),
            "node_vcpus": 8.0,
            "node_memory_mib": 15360.0,
        }
    ]


def test_a_bad_job_among_good_ones_is_kept_aside_whole() -> None:
    bad = record({**event(0, "Running"), "timestamp": "soon"}, id="mm-2")
    results = read(record(), bad, "x", record(id="mm-3"))
    refused = [result for result in results if isinstance(result, Rejection)]
    assert [(r.id, r.index, r.file) for r in refused] == [("mm-2", 2, "j.json"), (None, 3, "j.json")]
    assert refused[0].error.startswith("events[0].timestamp: 'soon' is not")
    assert len(results) == 4


def test_what_is_no_list_of_jobs_or_nodes_is_refused() -> None:
    with pytest.raises(InvalidInput, match="GET /api/v1/job"):
        list(read_answers([7], zone=UTC))
