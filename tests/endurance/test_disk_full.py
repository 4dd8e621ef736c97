"""A disk without room: 503 and a time to come back, nothing corrupt, and on again once there is room.

Needs the right to mount a small file system; without it the journal's own tests fail the writes by hand.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.endurance.server import running
from tests.endurance.test_sudden_death import assert_tables_equal_a_replay

pytestmark = pytest.mark.slow

SIZE_MIB = 48
RESERVE = SIZE_MIB * (1 << 20) // 10
"""What the server keeps free of it, in bytes: a tenth, as that is less than storage.reserveMB."""
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def event(number: int, size: int = 10) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "filler",
        "type": "mmbatch.job.submitted",
        "time": "2026-03-01T00:00:00Z",
        "data": {"job_id": f"job-{number}", "name": "x" * size, "vcpus": 1},
    }


def test_a_full_disk_refuses_and_recovers_when_space_returns(small_disk: Path, tmp_path: Path) -> None:
    data_dir, ballast = small_disk / "data", small_disk / "ballast"
    with running(data_dir) as server:
        assert server.post([event(number) for number in range(10)])[1]["accepted"] == 10
        server.wait_until_folded()
        fill(ballast, leave=RESERVE + (1 << 20))
        accepted = 10
        for number in range(10, 200):
            status, body = server.post([event(number, size=30_000)])
            if status != 200:
                break
            accepted += 1
        assert (status, body["statusCode"]) == (503, 503)
        assert "MB are kept free for everything but events (storage.reserveMB)" in body["message"]
        assert accepted > 10
        status, body = server.get("/readyz")
        assert (status, "storage.reserveMB" in body["message"]) == (503, True)
        assert server.request("PUT", "/api/v1/log/config", b'{"level": "debug"}', JSON)[0] == 200
        assert server.get("/api/v1/summary")[0] == 200
        assert server.request("POST", "/api/v1/events", b"[]", {"Content-Type": "application/json"})[0] == 200
        assert server.get("/healthz")[0] == 200

        ballast.unlink()
        wait_for(lambda: server.get("/readyz")[0] == 200)
        status, body = server.post([event(number, size=30_000) for number in range(10, 200)])
        assert (status, body["accepted"], body["duplicates"]) == (200, 200 - accepted, accepted - 10)
        server.wait_until_folded()
        assert server.get("/api/v1/summary")[1]["figures"]["total_jobs"] == 200
        assert server.terminate() == 0
    assert_tables_equal_a_replay(data_dir, tmp_path / "replay")


def test_a_server_killed_on_a_full_disk_opens_again(small_disk: Path, tmp_path: Path) -> None:
    data_dir, ballast = small_disk / "data", small_disk / "ballast"
    with running(data_dir) as server:
        server.post([event(number) for number in range(10)])
        fill(ballast, leave=RESERVE + (1 << 19))
        accepted = [number for number in range(10, 100) if server.post([event(number, size=20_000)])[0] == 200]
        assert 0 < len(accepted) < 90
        server.kill()
    ballast.unlink()
    with running(data_dir) as server:
        server.wait_until_folded()
        assert server.get("/api/v1/summary")[1]["figures"]["total_jobs"] == 10 + len(accepted)
        assert server.terminate() == 0
    assert_tables_equal_a_replay(data_dir, tmp_path / "replay")


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def fill(ballast: Path, *, leave: int) -> None:
    """Takes all room but `leave` bytes."""
    room = shutil.disk_usage(ballast.parent).free
    with ballast.open("wb") as file:
        for _ in range(max(0, room - leave) // 65536):
            file.write(b"\0" * 65536)
