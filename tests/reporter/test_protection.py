"""A job that is reclaimed, saves, dies and goes on: the server's figures are the clock's."""

import os
import signal
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.endurance.server import Server
from tests.reporter.conftest import COUNT, Wrapped, fetch_job, wait_for

AS_SPOT = ("--queue", "align", "--set", "vcpus=4", "--set", "usd_per_hour=0.36")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def last_checkpoint(job: dict[str, Any], attempt: int) -> datetime:
    taken = [
        row["taken_at"] for row in job["checkpoints"] if row["attempt"] == attempt and row["outcome"] == "succeeded"
    ]
    return max(at(text) for text in taken)


def expected_saved(job: dict[str, Any]) -> float:
    """What the last restore carried, from the times alone: one interruption."""
    return (last_checkpoint(job, 1) - at(job["attempts"][0]["started_at"])).total_seconds()


def test_a_reclaimed_job_goes_on_and_counts_as_one_protection(server: Server, wrapped: Wrapped, url: str) -> None:
    options = wrapped.with_checkpoints("reclaimed", "--interval", "1h", *AS_SPOT)
    first = wrapped.start(*options, "--attempt", "1", command=[*COUNT, "400"], server=url)
    wait_for((wrapped.folder / "reclaimed.live").exists)
    wrapped.imds.give_notice()
    wait_for((wrapped.folder / "reclaimed").exists)  # the notice alone makes a checkpoint
    wait_for(lambda: fetch_job(server, "reclaimed")["checkpoints"])
    wrapped.kill_group(first)

    wrapped.imds.answers.pop("/meta-data/spot/instance-action")
    second = wrapped.start(*options, "--attempt", "2", command=[*COUNT, "20"], server=url)
    assert second.wait(60) == 0
    job = fetch_job(server, "reclaimed")

    assert job["status"] == "SUCCEEDED"
    assert [attempt["end_reason"] for attempt in job["attempts"]] == ["reclaimed", "completed"]
    assert (job["protections_succeeded"], job["restores_succeeded"]) == (1, 1)
    assert job["attempts"][0]["purchase_option"] == "spot"
    assert job["saved_seconds"] == pytest.approx(expected_saved(job), abs=1.0)
    assert job["spot_saved_seconds"] == job["saved_seconds"]
    assert job["cost_usd"] == pytest.approx(job["instance_hours"] * 0.36, rel=1e-6)
    assert job["cpu_seconds"] > 0


def test_without_a_notice_a_lost_host_saves_work_and_is_no_protection(
    server: Server, wrapped: Wrapped, url: str
) -> None:
    options = wrapped.with_checkpoints("lost", "--interval", "2s", *AS_SPOT)
    first = wrapped.start(*options, "--attempt", "1", command=[*COUNT, "400"], server=url)
    wait_for((wrapped.folder / "lost").exists)
    wrapped.kill_group(first)
    assert wrapped.start(*options, "--attempt", "2", command=[*COUNT, "12"], server=url).wait(60) == 0
    job = fetch_job(server, "lost")
    assert [attempt["end_reason"] for attempt in job["attempts"]] == ["host_lost", "completed"]
    assert job["protections_succeeded"] == 0
    assert job["saved_seconds"] > 0
    assert job["spot_saved_seconds"] == 0


def test_a_wrapper_killed_alone_leaves_its_job_running_and_the_next_start_tells_the_end(
    server: Server, wrapped: Wrapped, url: str
) -> None:
    options = wrapped.with_checkpoints("orphan", "--interval", "2s", *AS_SPOT)
    first = wrapped.start(*options, "--attempt", "1", command=[*COUNT, "400"], server=url)
    wait_for((wrapped.folder / "orphan").exists)
    wrapped.kill_wrapper(first)
    counted = (wrapped.folder / "orphan.live").read_text()
    wait_for(lambda: (wrapped.folder / "orphan.live").read_text() != counted)
    os.killpg(first.pid, signal.SIGKILL)  # what takes the container away ends the job too
    assert wrapped.start(*options, "--attempt", "2", command=[*COUNT, "12"], server=url).wait(60) == 0
    job = fetch_job(server, "orphan")
    assert [attempt["end_reason"] for attempt in job["attempts"]] == ["host_lost", "completed"]
    assert job["saved_seconds"] == pytest.approx(expected_saved(job), abs=1.0)
    assert job["protections_succeeded"] == 0


def test_a_child_ended_by_sigterm_after_a_notice_was_reclaimed_and_did_not_fail(
    server: Server, wrapped: Wrapped, url: str
) -> None:
    options = ("--job-id", "termed", "--attempt", "1", *AS_SPOT)
    wrapped.imds.give_notice()
    process = wrapped.start(*options, command=["sleep", "60"], server=url)
    wait_for(lambda: server.get("/api/v1/jobs/termed")[0] == 200 and fetch_job(server, "termed")["reclaim_notices"])
    process.terminate()
    assert process.wait(20) == -15
    job = fetch_job(server, "termed")
    assert job["attempts"][0]["end_reason"] == "reclaimed"
    assert job["status"] != "FAILED"


def test_a_failing_checkpoint_command_is_told_and_the_job_goes_on(server: Server, wrapped: Wrapped, url: str) -> None:
    path = str(wrapped.folder / "failing")
    options = ("--job-id", "failing", "--checkpoint-path", path, "--checkpoint-cmd", "echo no room >&2; exit 3")
    process = wrapped.start(*options, "--interval", "1s", *AS_SPOT, command=["sleep", "3"], server=url)
    assert process.wait(20) == 0
    job = fetch_job(server, "failing")
    assert job["status"] == "SUCCEEDED"
    assert job["checkpoints_failed"] >= 1
    assert "no room" in job["checkpoints"][0]["error"]


def test_a_kill_in_the_middle_of_a_checkpoint_leaves_the_former_one(wrapped: Wrapped) -> None:
    path = wrapped.folder / "torn"
    path.write_text("former")
    save = 'printf half > "$MMBATCH_CHECKPOINT_TMP"; sleep 30; printf whole > "$MMBATCH_CHECKPOINT_TMP"'
    options = ("--job-id", "torn", "--checkpoint-path", str(path), "--checkpoint-cmd", save, "--interval", "1s")
    process = wrapped.start(*options, command=["sleep", "60"])
    wait_for((wrapped.folder / "torn.mmbatch-tmp").exists)
    wrapped.kill_group(process)
    assert path.read_text() == "former"


def test_what_a_server_that_was_away_missed_comes_with_the_next_run(server: Server, wrapped: Wrapped, url: str) -> None:
    options = wrapped.with_checkpoints("away", "--interval", "2s", *AS_SPOT)
    first = wrapped.start(*options, "--attempt", "1", command=[*COUNT, "400"], server="http://127.0.0.1:9")
    wait_for((wrapped.folder / "away").exists)
    wrapped.kill_group(first)
    assert wrapped.start(*options, "--attempt", "2", command=[*COUNT, "12"], server=url).wait(60) == 0
    job = fetch_job(server, "away")
    assert [attempt["attempt"] for attempt in job["attempts"]] == [1, 2]
    assert job["saved_seconds"] == pytest.approx(expected_saved(job), abs=1.0)
    left = list((wrapped.folder / ".mmbatch-report" / "events").rglob("*.json"))
    assert left == []


def test_a_machine_that_never_says_which_attempt_it_is_collides_with_nothing(
    server: Server, wrapped: Wrapped, url: str
) -> None:
    options = wrapped.with_checkpoints("unnumbered", "--interval", "1h", *AS_SPOT)
    for code in (4, 5):
        assert wrapped.start(*options, command=["sh", "-c", f"exit {code}"], server=url).wait(20) == code
    job = fetch_job(server, "unnumbered")
    assert [(row["attempt"], row["exit_code"]) for row in job["attempts"]] == [(1, 4), (2, 5)]


def test_files_that_a_job_writes_by_itself_are_seen_as_checkpoints(server: Server, wrapped: Wrapped, url: str) -> None:
    target = wrapped.folder / "model-1.pt"
    write = f"sleep 1; head -c 100000 /dev/zero > {target}.tmp; mv {target}.tmp {target}; sleep 4"
    options = ("--job-id", "watched", "--watch", str(wrapped.folder / "*.pt"))
    assert wrapped.start(*options, command=["sh", "-c", write], server=url).wait(30) == 0
    job = fetch_job(server, "watched")
    assert [(row["outcome"], row["size_bytes"]) for row in job["checkpoints"]] == [("succeeded", 100_000)]
    assert at(job["checkpoints"][0]["taken_at"]) - at(job["attempts"][0]["started_at"]) < timedelta(seconds=4)
