"""The node's own voice, and a job that follows the interval the configuration page sets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.endurance.server import Server
from tests.reporter.conftest import PROJECT, Wrapped, fetch_job, wait_for

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_agent(wrapped: Wrapped, url: str) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        environment = wrapped.environment(MMBATCH_REPORT_SPOOL=str(wrapped.folder / "spool"))
        line = [sys.executable, "-m", "mmbatch_dash.reporter", "agent", "--server", url, *options]
        started.append(subprocess.Popen(line, env=environment, cwd=PROJECT))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def configure(server: Server, **values: str) -> None:
    changes = {name.replace("__", "."): value for name, value in values.items()}
    status, body = server.request("PUT", "/api/v1/configKV", json.dumps({"kvMap": changes}).encode())
    assert status == 200, body


def find_node(server: Server, node_id: str) -> dict[str, Any] | None:
    rows = server.get("/api/v1/nodes?limit=500")[1]["rows"]
    return next((dict(row) for row in rows if row["node_id"] == node_id), None)


def test_a_node_registers_beats_and_says_goodbye(server: Server, wrapped: Wrapped, start_agent: Start) -> None:
    configure(server, node__heartbeat="1s", node__ttl="10s")
    node_id = json.loads(wrapped.imds.answers["/dynamic/instance-identity/document"])["instanceId"]
    agent = start_agent()
    first = wait_for(lambda: find_node(server, node_id))
    assert (first["instance_type"], first["purchase_option"]) == ("m5.xlarge", "spot")
    wait_for(lambda: (find_node(server, node_id) or {}).get("last_heartbeat_at"))
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(20) == 0
    wait_for(lambda: (find_node(server, node_id) or {}).get("state") == "stopped")


def test_an_agent_tells_the_end_of_a_wrapper_that_was_killed_on_its_node(
    server: Server, wrapped: Wrapped, start_agent: Start, url: str
) -> None:
    configure(server, node__heartbeat="1s", node__ttl="10s")
    environment = wrapped.environment(MMBATCH_REPORT_SPOOL=str(wrapped.folder / "spool"))
    job = wrapped.start(
        "--job-id", "orphaned", "--attempt", "1", command=["sleep", "60"], server=url, environment=environment
    )
    wait_for(lambda: server.get("/api/v1/jobs/orphaned")[0] == 200)
    wrapped.kill_group(job)
    start_agent()
    wait_for(lambda: fetch_job(server, "orphaned")["attempts"][0]["end_reason"] == "host_lost")
    assert fetch_job(server, "orphaned")["status"] == "RUNNABLE"


def test_a_job_follows_the_interval_that_is_saved_for_its_queue(server: Server, wrapped: Wrapped, url: str) -> None:
    configure(server, node__heartbeat="1s", node__ttl="10s", ckpt__ckptInterval="1h", ckpt__queues="{}")
    path = wrapped.folder / "followed"
    options = ("--job-id", "followed", "--queue", "align", "--checkpoint-path", str(path))
    save = 'date > "$MMBATCH_CHECKPOINT_TMP"'
    process = wrapped.start(*options, "--checkpoint-cmd", save, command=["sleep", "60"], server=url)
    time.sleep(4)
    assert not path.exists()
    configure(server, ckpt__queues='{"align": {"ckptInterval": "2s"}}')
    wait_for(path.exists, seconds=10)
    first = path.stat().st_mtime
    wait_for(lambda: path.stat().st_mtime > first + 1, seconds=10)
    configure(server, ckpt__queues="{}")  # back to an hour
    time.sleep(2.5)
    last = path.stat().st_mtime
    time.sleep(3)
    assert path.stat().st_mtime == last
    configure(server, ckpt__ckptInterval="1s")
    wait_for(lambda: path.stat().st_mtime > last, seconds=5)
    configure(server, ckpt__ckptInterval="15m")
    os.killpg(process.pid, signal.SIGKILL)


def test_a_job_told_to_end_saves_first_and_its_diagnosis_is_handed_in_where_the_configuration_says_so(
    server: Server, wrapped: Wrapped, url: str
) -> None:
    configure(server, ckpt__ckptOnSigTerm="true", ckpt__diagnosisMode="true", ckpt__ckptInterval="1h")
    path = wrapped.folder / "told-to-end"
    save = 'echo saving; sleep 1; echo careful >&2; date > "$MMBATCH_CHECKPOINT_TMP"'
    options = ("--job-id", "told-to-end", "--checkpoint-path", str(path), "--checkpoint-cmd", save)
    process = wrapped.start(*options, command=["sleep", "60"], server=url)
    wait_for(lambda: server.get("/api/v1/jobs/told-to-end")[0] == 200)
    process.terminate()
    assert process.wait(20) == -signal.SIGTERM
    assert path.exists()
    configure(server, ckpt__ckptOnSigTerm="false", ckpt__diagnosisMode="false", ckpt__ckptInterval="15m")
    log = next((wrapped.folder / ".mmbatch-report" / "logs").rglob("dump.log")).read_text()
    assert log.splitlines()[1:3] == ["saving", "careful"]
    [row] = server.get("/api/v1/jobs/told-to-end/files")[1]
    assert (row["path"], row["size_bytes"]) == ("jobs/told-to-end/dump.log", len(log))


def test_logs_of_a_job_whose_server_was_away_are_handed_in_by_whoever_runs_next(
    server: Server, wrapped: Wrapped, url: str
) -> None:
    save = 'echo saving; date > "$MMBATCH_CHECKPOINT_TMP"'
    path = str(wrapped.folder / "left-behind")
    options = ("--job-id", "left-behind", "--checkpoint-path", path, "--checkpoint-cmd", save, "--interval", "0.5s")
    environment = wrapped.environment(MMC_CHECKPOINT_DIAGNOSIS="true")
    away = wrapped.start(*options, command=["sleep", "1.5"], server="http://127.0.0.1:9", environment=environment)
    assert away.wait(20) == 0
    logs = wrapped.folder / ".mmbatch-report" / "logs"
    assert [note.name for note in logs.rglob("*.owed")] == ["dump.log.owed"]
    assert server.get("/api/v1/jobs/left-behind/files")[1] == []
    other = ("--job-id", "comes-next", "--checkpoint-path", str(wrapped.folder / "next"))
    process = wrapped.start(*other, command=["sleep", "60"], server=url)
    [row] = wait_for(lambda: server.get("/api/v1/jobs/left-behind/files")[1])
    assert row["size_bytes"] == next(logs.rglob("dump.log")).stat().st_size
    wait_for(lambda: not list(logs.rglob("*.owed")))
    wrapped.kill_group(process)


def test_switched_off_means_no_checkpoint_at_a_notice_either(wrapped: Wrapped) -> None:
    path = wrapped.folder / "off"
    options = (
        "--job-id",
        "off",
        "--checkpoint-path",
        str(path),
        "--checkpoint-cmd",
        'date > "$MMBATCH_CHECKPOINT_TMP"',
    )
    wrapped.imds.give_notice()
    environment = wrapped.environment(MMC_CHECKPOINT_MODE="none")
    process = wrapped.start(*options, command=["sleep", "3"], environment=environment)
    assert process.wait(20) == 0
    told = [json.loads(event.read_text())["type"] for event in wrapped.folder.rglob("*.e.json")]
    assert "mmbatch.instance.reclaim_notice" in told
    assert not path.exists()


def test_the_child_is_told_interval_path_attempt_and_whether_it_was_restored(wrapped: Wrapped, tmp_path: Path) -> None:
    path = str(wrapped.folder / "told")
    show = "echo $MMBATCH_CHECKPOINT_INTERVAL_SECONDS $MMBATCH_CHECKPOINT_PATH $MMBATCH_ATTEMPT $MMBATCH_RESTORED"
    options = ("--job-id", "told", "--attempt", "3", "--checkpoint-path", path, "--interval", "90s")
    process = wrapped.start(*options, command=["sh", "-c", show], stdout=subprocess.PIPE)
    assert process.communicate(timeout=20)[0].decode().split() == ["90", path, "3", "0"]


def test_a_script_and_a_python_job_tell_their_own_checkpoints(server: Server, wrapped: Wrapped, url: str) -> None:
    code = (
        "from mmbatch_dash import reporter\n"
        "path = 'state.bin'\n"
        "with reporter.checkpoint(path):\n    open(path, 'wb').write(b'x' * 1000)\n"
        "reporter.restored(path, duration_seconds=1.5)\n"
    )
    options = ("--job-id", "scripted", "--attempt", "1")
    script = (
        f'{sys.executable} -c "$CODE"; {sys.executable} -m mmbatch_dash.reporter checkpoint failed --error "no room"'
    )
    environment = wrapped.environment(CODE=code)
    process = wrapped.start(
        *options, command=["sh", "-c", script], server=url, environment=environment, cwd=wrapped.folder
    )
    assert process.wait(30) == 0
    job = fetch_job(server, "scripted")
    assert (job["checkpoints_succeeded"], job["checkpoints_failed"], job["restores_succeeded"]) == (1, 1, 1)
    assert max(row["size_bytes"] or 0 for row in job["checkpoints"]) == 1000


def test_an_agent_hands_in_log_files_as_they_change_and_a_script_those_of_its_job(
    server: Server, wrapped: Wrapped, start_agent: Start, url: str
) -> None:
    configure(server, node__heartbeat="1s", node__ttl="10s", node__maxPerLogSizeMB="1")
    log = wrapped.folder / "pagent.log"
    log.write_text("first\n")
    start_agent("--node-id", "n-logs", "--logs", str(wrapped.folder / "*.log"))
    there = f"/api/v1/nodes/n-logs/files{log}"
    wait_for(lambda: server.get("/api/v1/nodes/n-logs/files")[1] == [f"/nodes/n-logs{log}"])
    log.write_text("".join(f"line {number:06}\n" for number in range(100_000)))  # 1.2 MB: the last MB is taken
    ask = ["curl", "-fsS", f"{url}{there}?tail=2"]
    wait_for(lambda: subprocess.run(ask, capture_output=True).stdout == b"line 099998\nline 099999\n")
    whole = subprocess.run(["curl", "-fsS", f"{url}/nodes/n-logs{log}"], capture_output=True).stdout
    assert (len(whole) <= 1_000_000, whole.startswith(b"line ")) == (True, True)

    dump = wrapped.folder / "dump.txt"
    dump.write_text("dumped\n")
    line = [sys.executable, "-m", "mmbatch_dash.reporter", "logs", "--server", url, "--job-id", "logged", str(dump)]
    done = subprocess.run(line, env=wrapped.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    [row] = server.get("/api/v1/jobs/logged/files")[1]
    assert (row["path"], row["size_bytes"]) == ("jobs/logged/dump.txt", 7)
    gone = subprocess.run([*line, "/no/such.log"], env=wrapped.environment(), capture_output=True, text=True)
    assert (gone.returncode, "/no/such.log was not handed in" in gone.stderr) == (1, True)


def test_the_doctor_says_what_is_wrong(wrapped: Wrapped, url: str) -> None:
    line = [sys.executable, "-m", "mmbatch_dash.reporter", "doctor", "--server"]
    well = subprocess.run([*line, url], env=wrapped.environment(), capture_output=True, text=True, cwd=wrapped.folder)
    assert well.returncode == 0, well.stdout
    away = subprocess.run([*line, "http://127.0.0.1:9"], env=wrapped.environment(), capture_output=True, text=True)
    assert away.returncode == 1
    assert "does not answer" in away.stdout
