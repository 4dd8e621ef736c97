"""Strangers cannot fill the disk by way of the audit log, and a full disk keeps nobody from signing in."""

from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from mmbatch_dash.auth.sessions.passwords import hash_password
from mmbatch_dash.domain.identity import Role
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.documents.files import FileDocuments
from tests.effort import effort
from tests.endurance.server import Server, running
from tests.endurance.test_connections import PASSWORD, sign_in
from tests.endurance.test_disk_full import fill, small_disk

pytestmark = pytest.mark.slow
__all__ = ["small_disk"]
MIB = 1 << 20


def make_house(data_dir: Path) -> None:
    """Alice may sign in; little room for the audit log."""
    Users(FileDocuments(data_dir)).save("alice", Role.ADMIN, hash_password(PASSWORD))
    (data_dir / "config.yaml").write_text("audit:\n  maxSizeMB: 1\n  maxBackups: 2\n")


def knock(server: Server, count: int) -> set[int]:
    """Bad tokens with long paths, each from another address as the proxy in front tells it."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    statuses = set()
    for number in range(count):
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = {"X-Api-Key": f"mmb_{number}_x", "X-Forwarded-For": address}
        connection.request("GET", f"/api/v1/jobs/{'x' * 7_000}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    connection.close()
    return statuses


def test_bad_tokens_with_long_paths_from_many_addresses_leave_the_audit_log_small(small_disk: Path) -> None:
    data_dir = small_disk / "data"
    make_house(data_dir)
    with running(data_dir, MMBATCH_DASH_TRUSTED_PROXIES="1") as server:
        assert knock(server, effort(6_000, 2_500)) == {401}
        size = sum(path.stat().st_size for path in data_dir.glob("audit.jsonl*"))
        assert 100_000 < size < 2 * MIB, "a line each for the first addresses, then counts"
        sign_in(server).close()
        assert server.terminate() == 0
    said = (data_dir / "audit.jsonl").read_text()
    assert "more from other addresses in" in said
    assert '"local:alice"' in said


def test_a_disk_full_to_the_last_byte_keeps_nobody_from_signing_in(small_disk: Path) -> None:
    data_dir, ballast = small_disk / "data", small_disk / "ballast"
    make_house(data_dir)
    with running(data_dir) as server:
        fill(ballast, leave=0)
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        sign_in(server).close()
        assert server.get("/healthz")[0] == 200
        ballast.unlink()
        sign_in(server).close()
        assert server.terminate() == 0
    assert "entries could not be written" in (data_dir / "audit.jsonl").read_text()
