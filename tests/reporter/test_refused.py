"""A field that the server refuses does not take its event with it, and whoever runs the job is told."""

import json
import subprocess
import sys
from typing import Any

import pytest

from mmbatch_dash.reporter.doctor import examine
from mmbatch_dash.reporter.refused import read_refusals, without_field
from mmbatch_dash.reporter.spool import find_spool
from tests.endurance.server import Server
from tests.reporter.conftest import Wrapped, fetch_job


def test_a_job_whose_fields_are_refused_is_told_without_them_and_says_so(
    wrapped: Wrapped, server: Server, url: str
) -> None:
    said = ["--job-id", "wrong", "--set", "vcpus=-1", "--set", "tags=[1]", "--set", "user=mara"]
    job = wrapped.start(*said, command=["sh", "-c", "exit 3"], server=url, stderr=subprocess.PIPE)
    assert job.stderr is not None
    stderr = job.stderr.read().decode()
    assert job.wait() == 3
    environment = wrapped.environment()
    spool = subprocess.run(
        [sys.executable, "-m", "mmbatch_dash.reporter", "spool", "--send", "--server", url],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert spool.returncode == 0
    told = fetch_job(server, "wrong")
    assert (told["status"], told["user"], told["vcpus"], len(told["attempts"])) == ("FAILED", "mara", None, 1)
    lines = (stderr + spool.stderr).splitlines()
    for field in ("vcpus=-1 (vcpus: must be greater than 0)", "tags=[1]"):
        [line] = [one for one in lines if f"the server refuses {field}" in one]
        assert line.endswith("mmbatch.job.started is told without it")
    bad = [words for well, words in examine(environment, url, None, None) if not well]
    assert any("Fields were refused, the latest:" in words for words in bad)


def test_an_event_that_cannot_do_without_the_field_is_kept_and_said(wrapped: Wrapped, url: str) -> None:
    line = [sys.executable, "-m", "mmbatch_dash.reporter", "event", "job.usage", "--server", url]
    done = subprocess.run([*line, "--job-id", "x" * 600], env=wrapped.environment(), capture_output=True, text=True)
    root = find_spool(wrapped.environment())
    assert "mmbatch-report: the server refuses mmbatch.job.usage (data.job_id: " in done.stderr
    [kept] = (root / "refused").iterdir()
    assert json.loads(kept.read_text())["data"]["job_id"] == "x" * 600


@pytest.mark.parametrize(
    "told",
    [
        {"rejected": [{"index": 10, "error": "e"}, {"index": -1, "error": "e"}, {"index": True, "error": "e"}]},
        {"rejected": [None, "text", {"error": "e"}, {"index": 0}, {"index": 0, "error": 7}]},
        {"rejected": {"index": 0, "error": "e"}},
        {},
    ],
)
def test_an_answer_that_makes_no_sense_refuses_nothing(told: Any) -> None:
    assert read_refusals(told, 3) == {}


def test_only_a_field_that_stands_in_the_event_goes() -> None:
    event = {"type": "mmbatch.job.started", "data": {"job_id": "j", "attempt": 1, "tags": {"a": 1}, "vcpus": "many"}}
    for error in ("data.job_id: is required", "data.gpus: must be greater than 0", "time: is required", "data", ""):
        assert without_field(event, error)[0] is None
    mended, name = without_field(event, "data.tags.a: must be a text")
    assert (name, mended and mended["data"]) == ("tags", {"job_id": "j", "attempt": 1, "vcpus": "many"})
