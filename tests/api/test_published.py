"""The published MMBatch shapes, and that what they tell is read back as the same jobs."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from mmbatch_dash.adapters.mmbatch import read_answers
from mmbatch_dash.domain.facts import Entry
from tests.api.conftest import Server, event, worked_example
from tests.reference.hard_worlds import build_hard_world


def read_back(start: Callable[..., Server], answer: Any) -> Server:
    """Another server that imported the answer."""
    server = start()
    entries = list(read_answers([answer], zone=UTC))
    assert all(isinstance(entry, Entry) for entry in entries)
    receipt = server.services.intake.take(entries)
    assert receipt.rejected == []
    server.fold()
    assert server.services.fold.position == receipt.end
    return server


def test_the_worked_example_is_told_with_published_keys(server: Server) -> None:
    server.send(worked_example(queue="align"))
    [job] = server.get("/api/v1/job")
    events = job.pop("events")
    assert job == {
        "id": "job-1",
        "queueName": "align",
        "createdAt": "2026-03-01T11:55:00Z",
        "updatedAt": "2026-03-01T15:00:00Z",
        "status": "SUCCEEDED",
        "nodeOid": "i-0000000000000003",
        "containerId": None,
        "spotProtCount": 2,
        "batchJobIds": ["job-1"],
        "volumeIds": [],
    }
    assert {frozenset(said) for said in events} == {
        frozenset({"timestamp", "eventType", "nodeOid", "containerId", "batchJobId"})
    }
    kinds = [said["eventType"].removeprefix("Job-") for said in events]
    assert kinds == [
        "Created", "Running", "CheckpointSucceeded", "Stopped", "Running", "RestoreSucceeded", "CheckpointSucceeded",
        "Stopped", "Running", "RestoreSucceeded", "Succeeded",
    ]  # fmt: skip


def test_an_export_imported_again_gives_the_same_jobs_attempts_and_protections(start: Callable[..., Server]) -> None:
    first = start(simulated=True)
    events = [said for said in build_hard_world(5, jobs=60) if said["type"] != "mmbatch.job.usage"]
    first.send(events)
    told = first.get("/api/v1/job")
    again = read_back(start, told).get("/api/v1/job")
    by_id = {job["id"]: job for job in again}
    assert set(by_id) == {job["id"] for job in told}
    for job in told:
        same = by_id[job["id"]]
        for name in ("queueName", "status", "spotProtCount", "batchJobIds"):
            assert same[name] == job[name], (job["id"], name)
        if any(said["eventType"] == "Job-Running" for said in job["events"]):
            runs = [said["timestamp"] for said in job["events"] if said["eventType"] == "Job-Running"]
            assert [s["timestamp"] for s in same["events"] if s["eventType"] == "Job-Running"] == runs, job["id"]


def test_an_import_of_ones_own_export_twice_adds_nothing(start: Callable[..., Server]) -> None:
    first = start()
    first.send(worked_example())
    told = first.get("/api/v1/job")
    second = read_back(start, told)
    end = second.services.journal.end
    second.services.intake.take(list(read_answers([told], zone=UTC)))
    assert second.services.journal.end == end


def test_hours_add_up_to_the_summary(fleet: Server) -> None:
    items = fleet.get("/api/v1/metrics/summary", start="2026-03-01", end="2026-03-02")["items"]
    summary = fleet.get("/api/v1/summary", **{"from": "2026-03-01", "to": "2026-03-02"})
    assert sum(point["point"]["value"] for point in items["jobSubmitted"]) == summary["figures"]["total_jobs"]
    protections = sum(point["point"]["value"] for point in items["spotProtection"])
    assert protections == summary["figures"]["spot_protections"]
    saved = sum(point["point"]["value"] for point in items["timeSaved"])
    assert saved == pytest.approx(summary["engineering"]["saved_seconds"]["value"])
    assert len({point["id"] for point in items["runtime"]}) == len(items["runtime"])


def test_a_node_is_told_with_its_instance(server: Server) -> None:
    node: dict[str, Any] = {"node_id": "n1", "instance_id": "i-0000000000000001", "instance_type": "m5.large"}
    node |= {"availability_zone": "eu-west-1a", "purchase_option": "spot", "vcpus": 2, "memory_mib": 8192}
    server.send([event("node.registered", 0, **node)])
    [told] = server.get("/api/v1/node")
    assert told["instance"] == {
        "zone": "eu-west-1a",
        "instanceId": "i-0000000000000001",
        "instanceType": "m5.large",
        "region": "eu-west-1",
        "createTime": None,
        "payType": "Spot",
    }
    assert (told["id"], told["cores"], told["memoryInMB"]) == ("n1", 2, 8192)
    assert told["lastHeartbeat"] == "2026-03-01T12:00:00Z"
