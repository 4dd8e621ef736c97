"""Jobs under the wrapper, started as a container would start them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.endurance.server import Server, running
from tests.reporter.imds import MetadataService, serving

PROJECT = Path(__file__).resolve().parents[2]
SAVE = 'cp "$MMBATCH_CHECKPOINT_PATH.live" "$MMBATCH_CHECKPOINT_TMP"'
LOAD = 'cp "$MMBATCH_CHECKPOINT_PATH" "$MMBATCH_CHECKPOINT_PATH.restored"'
COUNT = [sys.executable, str(PROJECT / "tests" / "reporter" / "counting_job.py")]


_INSTANCES = count(1)


class Wrapped:
    """Starts `mmbatch-report run` with a folder of its own for checkpoints."""

    def __init__(self, folder: Path, imds: MetadataService) -> None:
        self.folder, self.imds = folder, imds
        self.started: list[subprocess.Popen[bytes]] = []

    def environment(self, **more: str) -> dict[str, str]:
        """What a container would hand in."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("MMBATCH", "AWS_BATCH", "MMC_"))
        }
        return {
            **kept,
            "PYTHONPATH": str(PROJECT),
            "MMBATCH_REPORT_IMDS": self.imds.url,
            "XDG_STATE_HOME": str(self.folder / "state"),
            **more,
        }

    def start(
        self,
        *options: str,
        command: list[str],
        server: str | None = None,
        environment: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> subprocess.Popen[bytes]:
        """The wrapper's process, in a group of its own as in a container."""
        said = ["--server", server] if server else []
        line = [sys.executable, "-m", "mmbatch_dash.reporter", "run", *said, *options, "--", *command]
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(line, env=environment or self.environment(), start_new_session=True, **kwargs)
        self.started.append(process)
        return process

    def with_checkpoints(self, job: str, *options: str) -> tuple[str, ...]:
        """Options of a job that is checkpointed by copying its state."""
        path = str(self.folder / job)
        return ("--job-id", job, "--checkpoint-path", path, "--checkpoint-cmd", SAVE, "--restore-cmd", LOAD, *options)

    def kill_group(self, process: subprocess.Popen[bytes]) -> None:
        """Ends wrapper and job at once, as a lost host does."""
        os.killpg(process.pid, 9)
        process.wait()

    def kill_wrapper(self, process: subprocess.Popen[bytes]) -> None:
        """Ends the wrapper alone; the job lives on without it."""
        process.kill()
        process.wait()


@pytest.fixture
def imds() -> Iterator[MetadataService]:
    with serving(f"i-{next(_INSTANCES):016x}") as service:
        yield service


@pytest.fixture
def wrapped(tmp_path: Path, imds: MetadataService) -> Iterator[Wrapped]:
    folder = tmp_path / "shared"
    folder.mkdir()
    wrapper = Wrapped(folder, imds)
    yield wrapper
    for process in wrapper.started:
        if process.poll() is None:
            wrapper.kill_group(process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reporter") / "data") as started:
        yield started


@pytest.fixture
def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def wait_for(what: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What it says once it says something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def fetch_job(server: Server, job_id: str) -> dict[str, Any]:
    """One job as the API tells it, with everything sent so far folded."""
    server.wait_until_folded()
    status, body = server.get(f"/api/v1/jobs/{job_id}")
    assert status == 200, body
    return dict(body)
