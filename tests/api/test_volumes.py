"""An MMBatch server's word on EBS volumes: read, shown, told again in its own shape, and as a metric series."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.mmbatch import read_answers
from mmbatch_dash.domain.facts import Entry
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.dashboard.standing import read_marks
from tests.api.conftest import Server
from tests.insight.conftest import in_process

ATTACHED = "/api/v1/metricValue/system-total/metricDef-volumeAttachTime"


def take(server: Server, answer: Any) -> None:
    entries = list(read_answers([answer], zone=UTC))
    assert all(isinstance(entry, Entry) for entry in entries)
    assert server.services.intake.take(entries).rejected == []
    server.fold()


def by_id(server: Server) -> dict[str, dict[str, Any]]:
    return {job["id"]: job for job in server.get("/api/v1/job")}


@pytest.fixture(scope="module")
def made(project: Path) -> Any:
    return json.loads((project / "tests" / "data" / "mmbatch" / "jobs_with_volumes.json").read_text())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, made: Any) -> Iterator[Server]:
    with in_process(tmp_path_factory.mktemp("volumes")) as server:
        take(server, made)
        yield server


def test_a_jobs_volumes_and_what_happened_to_them_are_told_as_the_mmbatch_server_tells_them(server: Server) -> None:
    told = by_id(server)
    assert {name: job["volumeIds"] for name, job in told.items()} == {
        "vol-job-1": ["vol-0aaaaaaaaaaaaaaa1"],
        "vol-job-2": ["vol-0aaaaaaaaaaaaaaa2"],
        "vol-job-3": ["vol-0aaaaaaaaaaaaaaa3", "vol-0aaaaaaaaaaaaaaa4"],
    }
    events = told["vol-job-1"]["events"]
    assert events == sorted(events, key=lambda event: event["timestamp"].rstrip("Z").ljust(26, "."))
    of_volumes = [event for event in events if "volumnId" in event]
    assert [(event["timestamp"][11:], event["eventType"], event["volumnId"]) for event in of_volumes] == [
        ("08:00:06.500000Z", "Volume-Created", "vol-0aaaaaaaaaaaaaaa1"),
        ("08:00:13.750000Z", "Volume-Attached", "vol-0aaaaaaaaaaaaaaa1"),
        ("09:10:00Z", "Job-RestoreVolumeUnready", None),
        ("09:12:00.500000Z", "Volume-Attached", "vol-0aaaaaaaaaaaaaaa1"),
    ]  # fmt: skip
    assert told["vol-job-1"]["spotProtCount"] == 1


def test_the_time_to_attach_a_new_volume_is_a_metric_series(server: Server) -> None:
    # 13.75 − 6.5 s of the first, 10 s of the third; the second attachment of the first follows no creation.
    said = server.get(ATTACHED, interval="1m", start="2026-03-01T00:00:00Z")
    assert said == {
        "id": "metricDef-volumeAttachTime.system-total",
        "points": [{"time": "2026-03-02T08:00:00Z", "value": pytest.approx(17.25)}],
        "metaData": {},
    }
    assert server.get(ATTACHED.replace("system-total", "queue-other"), interval="24h")["points"] == []
    assert "metricDef-volumeAttachTime.queue-volumes" in {one["id"] for one in server.get("/api/v1/metric")}


def test_a_job_without_its_volume_says_so_until_it_goes_on(server: Server) -> None:
    reasons = {name: server.get(f"/api/v1/jobs/{name}") for name in ("vol-job-1", "vol-job-2", "vol-job-3")}
    assert reasons["vol-job-1"]["status_reason"].startswith("Restore Volume Unready - ")
    assert reasons["vol-job-1"]["status_reason"].endswith(" It went on afterwards.")
    assert (reasons["vol-job-2"]["status"], reasons["vol-job-2"]["attempts"]) == ("STARTING", [])
    assert reasons["vol-job-2"]["status_reason"] == (
        "Volume Unready - its managed EBS volume was not there when it was to start."
    )
    assert reasons["vol-job-3"]["status_reason"] == (
        "Restore Volume Unready - its EBS volume was not found when it was to be restored."
    )
    chosen = server.services.reports.dashboard(Selection())
    marks = {mark.said: mark.href for mark in read_marks(server.services, chosen)}
    path = marks["2 jobs stuck without their volume: 1 Restore Volume Unready, 1 Volume Unready"]
    listed = server.get("/api/v1/jobs", q=path.rpartition("q=")[2].replace("%20", " "))
    assert {row["job_id"] for row in listed["rows"]} >= {"vol-job-2", "vol-job-3"}


def test_what_is_told_of_volumes_is_read_back_as_the_same(start: Callable[..., Server], server: Server) -> None:
    first = by_id(server)
    again = start()
    take(again, list(first.values()))
    for name, job in by_id(again).items():
        mine = [event for event in job["events"] if "volumnId" in event]
        assert mine == [event for event in first[name]["events"] if "volumnId" in event]


def test_volumes_that_are_none_are_left_out(start: Callable[..., Server], made: Any) -> None:
    server = start()
    hostile = json.loads(json.dumps(made[:1]))
    hostile[0] |= {"volumeIds": [7, None, "", {"a": 1}, *(f"v{n}" * 600 for n in range(300))]}
    hostile[0]["events"][1]["volumnId"] = {"not": "text"}
    hostile[0]["events"][2]["volumnId"] = "<script>" * 500
    take(server, hostile)
    [job] = server.get("/api/v1/job")
    assert len(job["volumeIds"]) <= 102
    assert max(map(len, job["volumeIds"])) == 512


def test_the_published_sample_has_its_volume_and_the_time_to_attach_it(
    start: Callable[..., Server], shared_data: Path
) -> None:
    server = start()
    [sample] = json.loads((shared_data / "mmbatch" / "job_with_restore.json").read_text())
    take(server, [sample])
    [job] = server.get("/api/v1/job")
    assert job["volumeIds"] == sample["volumeIds"]
    wanted = [(event["eventType"], event["volumnId"]) for event in sample["events"] if "volumnId" in event]
    assert [(event["eventType"], event["volumnId"]) for event in job["events"] if "volumnId" in event] == wanted
    points = server.get(ATTACHED, interval="24h")["points"]
    assert [(point["time"], point["value"]) for point in points] == [("2025-05-15T00:00:00Z", pytest.approx(7.0))]
