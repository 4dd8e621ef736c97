"""A kill at any moment of a checkpoint: whoever runs next tells of it, by its own name; and faults of the wrapper."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.reporter.conftest import LOAD, Wrapped

# Python imports this before the reporter; it makes one function of the reporter do something else.
SITE = """
import importlib, os, signal
module, *inner, name = os.environ["AT"].split(".")
owner = importlib.import_module("mmbatch_dash.reporter." + module)
for part in inner:
    owner = getattr(owner, part)
usual = getattr(owner, name)
def other(*arguments, **named):
    if os.environ["WHEN"] == "fault":
        raise RuntimeError("a fault of the wrapper's own")
    if os.environ["WHEN"] == "after":
        usual(*arguments, **named)
    os.killpg(0, signal.SIGKILL)
setattr(owner, name, other)
"""
SAVE = 'sleep 0.2; printf "%s" "state of $MMBATCH_ATTEMPT" > "$MMBATCH_CHECKPOINT_TMP"'


def with_site(wrapped: Wrapped, **named: str) -> dict[str, str]:
    folder = wrapped.folder / "site"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(SITE)
    environment = wrapped.environment(**named)
    return {**environment, "PYTHONPATH": f"{folder}:{environment['PYTHONPATH']}"}


def read_spool(wrapped: Wrapped) -> list[dict[str, Any]]:
    files = sorted((wrapped.folder / ".mmbatch-report" / "events").rglob("*.json"))
    return [json.loads(path.read_text()) for path in files]


@pytest.mark.parametrize(
    ("at", "when", "whole"),
    [
        ("images.stage_note", "before", False),
        ("images._put_in_place", "before", True),
        ("images._put_in_place", "after", True),
        ("images.put_in_place", "after", True),
        ("images.forget_untold", "before", True),
    ],
)
def test_a_checkpoint_whose_wrapper_is_killed_before_it_told_of_it_is_told_by_the_next_run(
    wrapped: Wrapped, at: str, when: str, whole: bool
) -> None:
    path = wrapped.folder / "state"
    options = ("--job-id", "j", "--checkpoint-path", str(path), "--restore-cmd", LOAD)
    saving = ("--checkpoint-cmd", SAVE, "--interval", "0.5s")
    killed = wrapped.start(
        *options, *saving, "--attempt", "1", command=["sleep", "30"], environment=with_site(wrapped, AT=at, WHEN=when)
    )
    assert killed.wait(20) == -signal.SIGKILL
    assert wrapped.start(*options, "--attempt", "2", command=["true"]).wait(20) == 0

    events = read_spool(wrapped)
    told = {event["id"]: event for event in events if event["type"] == "mmbatch.checkpoint.succeeded"}
    restored = [event["data"] for event in events if event["type"] == "mmbatch.restore.succeeded"]
    (end,) = [event for event in events if event["type"] == "mmbatch.job.interrupted"]
    assert (path.exists(), len(told), len(restored)) == (whole, int(whole), int(whole))
    for event in told.values():
        assert path.read_text() == "state of 1"
        assert (event["data"]["attempt"], event["data"]["size_bytes"]) == (1, 10)
        assert restored[0]["checkpoint_id"] == event["data"]["checkpoint_id"]
        assert end["time"] >= event["time"]
        assert event["source"] == end["source"]
    note = json.loads(Path(f"{path}.mmbatch.json").read_text()) if whole else {}
    assert "untold" not in note


def test_a_folder_that_was_about_to_be_replaced_is_whole_for_the_next_run(wrapped: Wrapped) -> None:
    path = wrapped.folder / "state"
    path.mkdir()
    (path / "part").write_text("former")
    save = 'sleep 0.2; mkdir "$MMBATCH_CHECKPOINT_TMP"; printf new > "$MMBATCH_CHECKPOINT_TMP/part"'
    options = ("--job-id", "j", "--checkpoint-path", str(path))
    saving = ("--checkpoint-cmd", save, "--interval", "0.5s")
    dying = with_site(wrapped, AT="images._put_in_place", WHEN="after")
    assert wrapped.start(*options, *saving, command=["sleep", "30"], environment=dying).wait(20) == -signal.SIGKILL
    assert wrapped.start(*options, command=["true"]).wait(20) == 0
    assert (path / "part").read_text() == "new"
    assert [entry.name for entry in wrapped.folder.iterdir() if entry.name.startswith("state.")] == [
        "state.mmbatch.json"
    ]


def test_a_job_that_saves_by_itself_and_is_killed_before_it_told_so_is_told_of_by_the_next(wrapped: Wrapped) -> None:
    code = (
        "from mmbatch_dash import reporter\n"
        "with reporter.checkpoint('state'):\n    open('state', 'w').write('x' * 1000)\n"
    )
    dying = with_site(wrapped, AT="images.write_note", WHEN="after", AWS_BATCH_JOB_ID="j")
    options: dict[str, Any] = {"cwd": wrapped.folder, "start_new_session": True}
    spool = {"MMBATCH_REPORT_SPOOL": str(wrapped.folder / ".mmbatch-report")}
    killed = subprocess.run([sys.executable, "-c", code], env={**dying, **spool}, **options)
    assert killed.returncode == -signal.SIGKILL
    resuming = "from mmbatch_dash import reporter\nreporter.restored('state')\n"
    environment = wrapped.environment(AWS_BATCH_JOB_ID="j", AWS_BATCH_JOB_ATTEMPT="2", **spool)
    subprocess.run([sys.executable, "-c", resuming], env=environment, check=True, **options)
    told = [(event["type"], event["data"]["attempt"]) for event in read_spool(wrapped)]
    assert told == [
        ("mmbatch.checkpoint.started", 1),
        ("mmbatch.checkpoint.succeeded", 1),
        ("mmbatch.restore.succeeded", 2),
    ]


@pytest.mark.parametrize(
    "at",
    [
        "wrapper.Wrapper.__init__",
        "wrapper.Wrapper.policy",
        "wrapper.Wrapper.finish",
        "teller.Teller.start",
        "spool.Spool.put",
        "instance.Imds.read_instance",
    ],
)
def test_a_fault_of_the_wrapper_is_never_the_jobs(wrapped: Wrapped, at: str) -> None:
    faulty = with_site(wrapped, AT=at, WHEN="fault")
    options = ("--job-id", "j", "--checkpoint-path", str(wrapped.folder / "state"), "--checkpoint-cmd", SAVE)
    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = wrapped.start(*options, command=["sh", "-c", "cat; exit 7"], environment=faulty, **streams)
    told, complaints = process.communicate(b"what came in", timeout=20)
    assert (process.returncode, told) == (7, b"what came in"), complaints
    assert b"sitecustomize" not in complaints, complaints
