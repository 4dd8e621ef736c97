"""The parts: metadata answers, policy, spool, identities, and the Python that must read all this."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.events import build_event, end_of_dead_run
from mmbatch_dash.reporter.instance import Imds as Reader
from mmbatch_dash.reporter.policy import decide
from mmbatch_dash.reporter.spool import HEARTBEAT, Spool, find_spool, safe_name
from mmbatch_dash.reporter.who import find_job
from tests.reporter.conftest import Wrapped
from tests.reporter.imds import MISSING, MetadataService

PACKAGE = Path(__file__).resolve().parents[2] / "mmbatch_dash" / "reporter"


def test_words_and_calls_are_those_of_python_3_8() -> None:
    program = str(Path(sys.executable).with_name("vermin"))
    line = [program, "--target=3.8-", "--no-tips", "--violations", str(PACKAGE)]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def find_python_3_8() -> str | None:
    """An interpreter that is really one; pyenv puts names on the path that lead nowhere."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which("python3.8"), *map(str, kept.glob("3.8.*/bin/python3.8"))]
    runs = (path for path in found if path and not subprocess.run([path, "--version"], capture_output=True).returncode)
    return next(runs, None)


def test_python_3_8_itself_runs_it_where_there_is_one(wrapped: Wrapped) -> None:
    python = find_python_3_8()
    if python is None:
        pytest.skip("there is no Python 3.8 on this machine")
    path = wrapped.folder / "state"
    save = 'printf saved > "$MMBATCH_CHECKPOINT_TMP"'
    options = ["--job-id", "j", "--checkpoint-path", str(path), "--checkpoint-cmd", save, "--interval", "0.5s"]
    line = [python, "-m", "mmbatch_dash.reporter", "run", *options, "--", "sh", "-c", "sleep 1.5; exit 5"]
    done = subprocess.run(line, env=wrapped.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr, path.read_text()) == (5, "", "saved")
    kept = (wrapped.folder / ".mmbatch-report" / "events").rglob("*.json")
    types = {json.loads(event.read_text())["type"] for event in kept}
    assert {"mmbatch.job.started", "mmbatch.checkpoint.succeeded", "mmbatch.job.failed"} <= types


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"action": "stop", "time": "2017-09-18T08:22:00Z"}', ("interruption", "stop", "2017-09-18T08:22:00Z")),
        ('{\n\t"action": "hibernate",\n\t"time": "2020-04"\n}', ("interruption", "hibernate", "2020-04")),
        ((404, MISSING), None),
        ('{"action": false}', None),
        ('{"action": "terminate", "time": 2020-10-26T15:55:55Z}', None),
        ((500, ""), None),
        ('["terminate"]', None),
    ],
)  # fmt: skip
def test_notices_as_the_service_answers_them(imds: MetadataService, answer: Any, expected: Any) -> None:
    imds.answers["/meta-data/spot/instance-action"] = answer
    assert Reader({names.IMDS: imds.url}).read_notice() == expected


def test_an_expired_token_is_asked_for_anew(imds: MetadataService) -> None:
    reader = Reader({names.IMDS: imds.url})
    reader.read_instance()
    imds.tokens.clear()
    imds.give_notice()
    assert reader.read_notice() is not None


def test_a_rebalance_recommendation_is_one_too(imds: MetadataService) -> None:
    imds.answers["/meta-data/events/recommendations/rebalance"] = json.dumps({"noticeTime": "2026-01-01T00:00:00Z"})
    assert Reader({names.IMDS: imds.url}).read_notice() == ("rebalance", "rebalance", "2026-01-01T00:00:00Z")


def test_the_instance_says_who_it_is(imds: MetadataService) -> None:
    told = json.loads(imds.answers["/dynamic/instance-identity/document"])
    assert Reader({names.IMDS: imds.url}).read_instance().facts == {
        "instance_id": told["instanceId"],
        "instance_type": "m5.xlarge",
        "availability_zone": "us-east-1a",
        "purchase_option": "spot",
        "instance_launched_at": "2026-01-01T00:00:00Z",
    }
    assert Reader({names.IMDS: "off"}).read_instance().facts == {}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"AWS_BATCH_JOB_ID": "j"}, ("j", None, None)),
        ({"AWS_BATCH_JOB_ID": "j", "AWS_BATCH_JOB_ATTEMPT": "2", "AWS_BATCH_JQ_NAME": "q"}, ("j", 2, "q")),
        ({"AWS_BATCH_JOB_ID": "j:3", "AWS_BATCH_JOB_ARRAY_INDEX": "3"}, ("j:3", None, None)),
        ({"AWS_BATCH_JOB_ID": "j", "AWS_BATCH_JOB_ARRAY_INDEX": "3"}, ("j:3", None, None)),
        ({"AWS_BATCH_JOB_ID": "j", "AWS_BATCH_JOB_NODE_INDEX": "1"}, ("j#1", None, None)),
        ({"AWS_BATCH_JOB_ID": "j", "AWS_BATCH_JQ_NAME": "arn:aws:batch:us-east-1:1:job-queue/q"}, ("j", None, "q")),
        ({}, None),
    ],
)
def test_the_job_as_batch_names_it(environment: dict[str, str], expected: Any) -> None:
    assert find_job(environment) == expected


@pytest.mark.parametrize(
    ("environment", "interval", "expected"),
    [
        ({}, None, 600.0),
        ({names.ENGINE_INTERVAL: "90s"}, None, 90.0),
        ({names.ENGINE_MODE: "none"}, None, None),
        ({names.ENGINE_INTERVAL: "90s", names.ENGINE_MODE: "none"}, 5.0, 5.0),
        ({names.ENGINE_INTERVAL: "soon"}, None, 600.0),
    ],
)
def test_who_decides_the_interval(environment: dict[str, str], interval: float | None, expected: float | None) -> None:
    config = {"ckpt": {"ckptMode": "iterative", "ckptInterval": "10m0s"}}
    assert decide(environment, config, interval).interval_seconds == expected


def test_without_any_answer_the_interval_is_a_quarter_of_an_hour() -> None:
    assert decide({}, {}).interval_seconds == 900.0


def test_the_spool_drops_heartbeats_first_and_keeps_owners_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmbatch_dash.reporter.spool.MOST_FILES", 10)
    spool = Spool(tmp_path, "job/1")
    for number in range(6):
        spool.put({"type": HEARTBEAT, "id": f"h{number}"})
        spool.put({"type": "mmbatch.job.started", "id": f"e{number}"})
    kept = [waiting.event["id"] for waiting in spool.waiting() if waiting.event]
    assert [name for name in kept if name.startswith("e")] == [f"e{number}" for number in range(6)]
    assert len([name for name in kept if name.startswith("h")]) < 6
    assert Spool(tmp_path, "another").count() == len(kept)


def test_what_no_disk_took_is_held_and_written_once_there_is_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", "j")
    (tmp_path / "spool").write_text("in the way")
    assert not spool.put({"id": "1"})
    assert [waiting.event for waiting in spool.waiting()] == [{"id": "1"}]
    (tmp_path / "spool").unlink()
    assert spool.put({"id": "2"})
    waiting = Spool(tmp_path / "spool", "another").waiting()
    assert sorted(str(one.event) for one in waiting) == ["{'id': '1'}", "{'id': '2'}"]
    for one in waiting:
        spool.forget(one)
    assert list((tmp_path / "spool" / "events").iterdir()) == []
    assert spool.put({"id": "3"})


def test_a_spool_lies_beside_the_checkpoint_unless_told_otherwise() -> None:
    assert find_spool({}, "/shared/x/state") == Path("/shared/x/.mmbatch-report")
    assert find_spool({names.SPOOL: "/s"}, "/shared/x/state") == Path("/s")
    assert safe_name("a/b:1") != safe_name("a_b:1")


def test_whoever_tells_the_end_of_a_dead_run_tells_the_same() -> None:
    told = {"job_id": "j", "attempt": 1, "nonce": "n", "source": "reporter/i-1", "alive_at": "2026-01-01T00:00:05Z"}
    event = end_of_dead_run({**told, "last_checkpoint_at": "2026-01-01T00:00:09Z", "noticed": True})
    assert event == end_of_dead_run({**told, "last_checkpoint_at": "2026-01-01T00:00:09Z", "noticed": True})
    assert (event["time"], event["data"]["reason"], event["data"]["inferred"]) == (
        "2026-01-01T00:00:09Z",
        "reclaimed",
        True,
    )
    assert end_of_dead_run(told)["data"]["reason"] == "host_lost"


def test_an_event_says_nothing_of_what_is_unknown() -> None:
    event = build_event("job.started", "reporter/h", "1", {"job_id": "j", "attempt": 1, "instance_id": None})
    assert event["data"] == {"job_id": "j", "attempt": 1}
    assert event["subject"] == "j"


def test_the_documentation_names_every_variable_and_command(project: Path) -> None:
    text = (project / "docs" / "reporter.md").read_text()
    told = [value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)]
    internal = {names.RUN, names.JOB, names.ENGINE_MODE}
    assert [name for name in told if name.startswith("MM") and name not in text and name not in internal] == []
    assert [
        command
        for command in ("run", "agent", "checkpoint", "event", "doctor")
        if f"mmbatch-report {command}" not in text
    ] == []
