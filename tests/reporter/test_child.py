"""The child's exit code, signals, stdin and stdout are its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.reporter.conftest import Wrapped, wait_for

PY = sys.executable


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["true"], 0),
        (["false"], 1),
        (["sh", "-c", "exit 42"], 42),
        (["sh", "-c", "exit 255"], 255),
        (["sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
        (["sh", "-c", "kill -KILL $$"], -signal.SIGKILL),
        (["sh", "-c", "kill -SEGV $$"], -signal.SIGSEGV),
        (["no-such-command-anywhere"], 127),
        (["/etc/passwd"], 126),
    ],
)
def test_it_ends_as_the_child_ends(wrapped: Wrapped, command: list[str], expected: int) -> None:
    process = wrapped.start("--job-id", "j", command=command, stderr=subprocess.DEVNULL, cwd=wrapped.folder)
    assert process.wait(20) == expected


def test_stdin_and_stdout_are_the_childs_own(wrapped: Wrapped) -> None:
    process = wrapped.start("--job-id", "j", command=["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    body = os.urandom(300_000)
    told, _ = process.communicate(body, timeout=20)
    assert told == body


def test_a_closed_pipe_ends_the_child_as_it_would_have(wrapped: Wrapped) -> None:
    process = wrapped.start("--job-id", "j", command=["yes"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(20) == -signal.SIGPIPE


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGALRM, signal.SIGRTMIN + 3]
)
def test_signals_reach_the_child(wrapped: Wrapped, number: int) -> None:
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\nwhile True: time.sleep(0.05)"
    )
    process = wrapped.start("--job-id", "j", command=[PY, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    os.kill(process.pid, number)
    assert process.wait(20) == 7


def restoring(wrapped: Wrapped, seconds: float, command: list[str]) -> subprocess.Popen[bytes]:
    """A run whose restore command is under way."""
    (wrapped.folder / "state").write_text("saved")
    options = ("--job-id", "j", "--checkpoint-path", str(wrapped.folder / "state"))
    load = f'touch "{wrapped.folder}/begun"; sleep {seconds}'
    process = wrapped.start(*options, "--restore-cmd", load, command=command, stdout=subprocess.PIPE)
    wait_for((wrapped.folder / "begun").exists)
    return process


def test_who_is_told_to_end_while_restoring_ends_and_does_not_begin(wrapped: Wrapped) -> None:
    process = restoring(wrapped, 60, ["echo", "begun"])
    asked = time.monotonic()
    process.terminate()
    assert process.communicate(timeout=20)[0] == b""
    assert process.returncode == -signal.SIGTERM
    assert time.monotonic() - asked < 4
    told = {json.loads(path.read_text())["type"] for path in wrapped.folder.rglob("*.e.json")}
    assert {"mmbatch.restore.failed", "mmbatch.job.failed"} <= told


def test_a_signal_that_comes_while_restoring_reaches_the_child(wrapped: Wrapped) -> None:
    process = restoring(wrapped, 1.5, ["sleep", "30"])
    os.kill(process.pid, signal.SIGUSR1)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGUSR1


def test_the_child_gets_the_signal_mask_it_would_have_had(wrapped: Wrapped) -> None:
    command = [PY, "-c", "import signal; print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"]
    process = wrapped.start("--job-id", "j", command=command, stdout=subprocess.PIPE)
    assert process.communicate(timeout=20)[0] == b"[]\n"


def test_without_a_job_the_command_runs_all_the_same(wrapped: Wrapped) -> None:
    process = wrapped.start(command=["sh", "-c", "exit 3"], stderr=subprocess.PIPE)
    _, told = process.communicate(timeout=20)
    assert (process.returncode, b"no job is named" in told) == (3, True)


def test_it_takes_less_than_one_percent_of_a_processor_and_30_mib(wrapped: Wrapped) -> None:
    """All it does beside a job: the mark, the notice, the configuration, the spool; where nobody answers."""
    options = wrapped.with_checkpoints("j", "--interval", "1h")
    process = wrapped.start(*options, command=["sleep", "14"], server="http://127.0.0.1:9")
    time.sleep(3)  # the start-up of an interpreter is no matter of how long the job runs
    before = processor_seconds(process.pid)
    time.sleep(10)
    assert processor_seconds(process.pid) - before < 0.01 * 10
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    highest_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert highest_kib < 30 * 1024
    assert process.wait(20) == 0


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
