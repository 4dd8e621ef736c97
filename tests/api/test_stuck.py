"""A job that stands still shows why, on its page and on the Dashboard."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.dashboard.standing import read_marks
from tests.api.conftest import Server
from tests.insight.conftest import in_process

CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
FIT = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
GIVEN_UP = "Canceled by JobStateTimeLimit action due to reason: "


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all, each test with a queue of its own."""
    with in_process(tmp_path_factory.mktemp("stuck")) as server:
        yield server


def blocked(
    number: int,
    reason: str,
    status: str = "RUNNABLE",
    kind: str = "Batch Job Queue Blocked",
    queue: str = "align",
) -> dict[str, Any]:
    at = datetime(2026, 3, 2, 18, tzinfo=UTC) + timedelta(seconds=number)
    detail = {
        "jobArn": f"arn:aws:batch:us-east-1:123456789012:job/{queue}-{number}",
        "jobName": f"j{number}",
        "jobId": f"{queue}-{number}",
        "jobQueue": f"arn:aws:batch:us-east-1:123456789012:job-queue/{queue}",
        "status": status,
        "statusReason": reason,
        "attempts": [],
        "createdAt": int(at.timestamp() * 1000) - 60_000,
        "container": {"resourceRequirements": [{"value": "2", "type": "VCPU"}]},
    }
    if status == "FAILED":
        detail |= {"stoppedAt": int(at.timestamp() * 1000), "isCancelled": True}
    head = {"version": "0", "id": f"b-{queue}-{number}-{status}", "detail-type": kind, "source": "aws.batch"}
    return {**head, "account": "123456789012", "time": at.isoformat(), "region": "us-east-1", "detail": detail}


def marks(server: Server, queue: str) -> list[str]:
    chosen = server.services.reports.dashboard(Selection(queue=(queue,)))
    return [mark.said for mark in read_marks(server.services, chosen)]


def post(server: Server, envelopes: list[Any]) -> None:
    answer = server.client.post("/api/v1/events", json=envelopes)
    assert answer.status_code == 200, answer.text
    server.fold()


def test_the_dashboard_says_how_many_stand_still_and_why(server: Server) -> None:
    told = [blocked(n, f"{CAPACITY} - Service cannot fulfill m5.{n}xlarge") for n in range(3)]
    given_up = [blocked(n, GIVEN_UP + FIT, "FAILED", "Batch Job State Change") for n in (7, 8)]
    post(server, [*told, blocked(4, f"{FIT} – too many vCPUs"), *given_up])
    assert f"4 jobs stuck: 3 {CAPACITY}, 1 {FIT}" in marks(server, "align")
    assert f"2 jobs given up while waiting: 2 {FIT}" in marks(server, "align")
    assert server.get("/api/v1/jobs/align-0")["status_reason"].startswith(CAPACITY)


def test_awss_documented_event_puts_its_reason_on_job_and_dashboard(server: Server, shared_data: Path) -> None:
    documented = json.loads((shared_data / "eventbridge" / "awsdocs_batch_job_queue_blocked.json").read_text())
    post(server, [documented])
    queue = documented["detail"]["jobQueue"].rpartition("/")[2]
    assert "1 job stuck: 1 blocked-reason" in marks(server, queue)


def test_every_reason_aws_documents_is_counted_by_its_code(server: Server, shared_data: Path) -> None:
    text = (shared_data / "eventbridge" / "batch_blocked_reasons.csv").read_text(encoding="utf-8")
    reasons = [row["status_reason"] for row in csv.DictReader(text.splitlines())]
    waiting = [one for one in reasons if not one.startswith(GIVEN_UP)]
    post(server, [blocked(n, reason, queue="documented") for n, reason in enumerate(waiting)])
    found = dict(server.services.measure.stuck(Selection(queue=("documented",))).waiting)
    codes = [one.replace(" – ", " - ").split(" - ")[0] for one in waiting]
    assert found == dict.fromkeys(codes, 1)
