"""Live workflows: Nextflow's weblog gives the same figures as the run's trace, with the run's name as a tag."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings

NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
FIELDS = ("task_id", "hash", "native_id", "process", "name", "status", "exit", "submit", "start", "complete",
          "duration", "realtime", "attempt", "queue", "cpus", "memory", "hostname")  # fmt: skip


class Server:
    def __init__(self, folder: Path) -> None:
        self.services: Services = open_services(build_settings(folder), clock=lambda: NOW, start_folding=False)
        self.client: FlaskClient = create_app(self.services).test_client()

    def tell(self, messages: Any, expected: int = 200) -> Any:
        answer = self.client.post("/api/v1/nextflow", json=messages)
        assert answer.status_code == expected, answer.text
        self.fold()
        return answer.json

    def fold(self) -> None:
        self.services.fold.fold_all()
        self.services.worker.bump()

    def get(self, path: str) -> Any:
        return self.client.get(path).json


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Any]]:
    """A server that the weblog told a run, and what it answered."""
    server = Server(tmp_path_factory.mktemp("told"))
    yield server, server.tell(messages(tasks()))
    server.services.close()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the rest, each test with a job of its own."""
    server = Server(tmp_path_factory.mktemp("other"))
    yield server
    server.services.close()


def tasks() -> list[dict[str, Any]]:
    """A run of three tasks on AWS Batch, one of them a retry of another that failed."""
    rows = []
    for number, (process, exit_code) in enumerate([("align", 0), ("call", 137), ("call", 0)]):
        submit = 1_772_366_400_000 + number * 600_000
        rows.append(
            {
                "task_id": number + 1,
                "hash": f"8f/{number:06x}",
                "native_id": f"c1610fe4-2428-4da8-a868-{number:012x}",
                "process": process,
                "name": f"{process} ({number})",
                "status": "COMPLETED" if exit_code == 0 else "FAILED",
                "exit": exit_code,
                "submit": submit,
                "start": submit + 60_000,
                "complete": submit + 360_000,
                "duration": 360_000,
                "realtime": 290_000,
                "attempt": 2 if number == 2 else 1,
                "queue": "spot-queue",
                "cpus": 4,
                "memory": 8 * 2**30,
                "hostname": f"i-{number:017x}",
            }
        )
    return rows


def messages(rows: list[dict[str, Any]], run: str = "serene_babbage") -> list[dict[str, Any]]:
    """What Nextflow sends of them while it runs."""
    head = {"runName": run, "runId": "1e01c1a6-06d5-45b8-8134-31e4271c3c22", "utcTime": "2026-03-01T12:00:00Z"}
    secret = {"script": "curl -H 'token: s3cret'", "env": "KEY=s3cret"}
    sent: list[dict[str, Any]] = [
        {
            **head,
            "event": "started",
            "metadata": {"parameters": {"key": "s3cret"}, "workflow": {"commandLine": "s3cret"}},
        }
    ]
    for row in rows:
        early = {
            key: value for key, value in row.items() if key not in ("complete", "duration", "realtime", "hostname")
        }
        early |= {"exit": 2**31 - 1, "module": [], "disk": None, **secret}
        sent.append({**head, "event": "process_submitted", "trace": {**early, "status": "SUBMITTED", "start": 0}})
        sent.append({**head, "event": "process_started", "trace": {**early, "status": "RUNNING"}})
        sent.append({**head, "event": "process_completed", "trace": {**row, **secret}})
    sent.append({**head, "event": "completed", "metadata": {"workflow": {"success": True}}})
    return sent


def trace(rows: list[dict[str, Any]]) -> bytes:
    lines = ["\t".join(FIELDS), *("\t".join(str(row[name]) for name in FIELDS) for row in rows)]
    return "\n".join(lines).encode()


def figures(server: Server) -> Any:
    said = server.get("/api/v1/summary")
    jobs = server.get("/api/v1/jobs?sort=job_id")["rows"]
    plain = [{key: value for key, value in job.items() if key not in ("tags", "updated_at")} for job in jobs]
    return {name: said[name] for name in ("figures", "engineering", "checkpoints", "restores", "protections")}, plain


def test_a_run_by_trace_and_by_weblog_gives_equal_figures(told: tuple[Server, Any], tmp_path: Path) -> None:
    (by_weblog, receipt), by_trace = told, Server(tmp_path)
    assert (receipt["accepted"], receipt["rejected"]) == (11, [])
    answer = by_trace.client.post("/api/v1/import?name=trace.txt", data=trace(tasks()))
    assert answer.status_code == 200, answer.text
    by_trace.fold()
    found = figures(by_trace)
    by_trace.services.close()
    assert figures(by_weblog) == found
    assert by_weblog.get("/api/v1/summary")["figures"]["total_jobs"] == 3


def test_the_cost_of_a_run_is_over_all_its_tries(told: tuple[Server, Any]) -> None:
    server, _ = told
    [run] = server.get("/api/v1/queues?by=tag:runName")["rows"]
    assert (run["key"], run["figures"]["total_jobs"]) == ("serene_babbage", 3)
    by_process = server.get("/api/v1/queues?by=tag:process")["rows"]
    assert {row["key"]: row["figures"]["total_jobs"] for row in by_process} == {"align": 1, "call": 2}


def test_the_run_is_known_beside_the_tags_that_aws_tells(other: Server) -> None:
    server, [row, *_] = other, tasks()
    server.tell(messages([row]))
    detail = {"jobId": row["native_id"], "jobName": "align", "jobQueue": "spot-queue", "status": "SUCCEEDED",
              "createdAt": row["submit"], "tags": {"team": "genomics"}}  # fmt: skip
    event = {"version": "0", "id": "e", "detail-type": "Batch Job State Change", "source": "aws.batch",
             "account": "1", "time": "2026-03-01T12:10:00Z", "region": "us-east-1", "detail": detail}  # fmt: skip
    assert server.client.post("/api/v1/events", json=event).status_code == 200
    server.fold()
    tags = server.get(f"/api/v1/jobs/{row['native_id']}")["tags"]
    assert {key: tags[key] for key in ("team", "runName", "process")} == {
        "team": "genomics", "runName": "serene_babbage", "process": "align",
    }  # fmt: skip


def test_no_secret_of_a_run_is_written_down(told: tuple[Server, Any]) -> None:
    server, _ = told
    for path in server.services.settings.journal_dir.rglob("*"):
        if path.is_file():
            assert b"s3cret" not in path.read_bytes()


def test_what_is_said_twice_counts_once_and_both_ways_meet_on_the_job(told: tuple[Server, Any]) -> None:
    server, _ = told
    assert server.tell(messages(tasks()))["duplicates"] == 11
    server.client.post("/api/v1/import?name=trace.txt", data=trace(tasks()))
    server.fold()
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 3


def test_what_is_no_message_is_kept_aside_with_its_reason(other: Server) -> None:
    server, good = other, messages(tasks(), run="aside")
    told = server.tell([good[0], {"event": "process_completed", "runName": "x"}, 7], expected=207)
    assert [one["index"] for one in told["rejected"]] == [1, 2]
    assert told["rejected"][0]["error"] == "trace: is missing; a message of a task must hold it"
    assert server.client.post("/api/v1/nextflow", data=b"{").status_code == 422


def test_the_published_run_on_aws_batch_is_read(other: Server, shared_data: Path) -> None:
    server = other
    folder = shared_data / "nextflow_weblog"
    server.tell(json.loads((folder / "nf19.07_awsbatch_run.json").read_text()))
    [job] = server.get("/api/v1/jobs?queue=default-queue")["rows"]
    assert (job["job_id"], job["status"], job["runtime_seconds"]) == (
        "c1610fe4-2428-4da8-a868-1f3b53733169",
        "SUCCEEDED",
        160.048,
    )
    assert job["tags"]["runName"] == "serene_babbage"
    for name in ("nfweblog_readme_started.json", "nfweblog_readme_process_completed.json"):
        server.tell(json.loads((folder / name).read_text()))
