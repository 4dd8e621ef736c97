"""Log files of nodes and jobs: handed in, listed, looked at, downloaded, bounded and removed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.domain.errors import InvalidInput, NotFound, StoreUnavailable
from mmbatch_dash.store.node_files import FileLimits, NodeFiles
from tests.api.conftest import Server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG = b"09:00 start\n09:01 dump FAILED: no room\n09:02 dump failed again\n09:03 end\n"
PAGENT = "/api/v1/nodes/i-1/files/var/log/memverge/pagent.log"


def put(server: Server, path: str, body: bytes, expected: int = 200) -> str:
    answer = server.client.put(path, data=body, content_type="application/octet-stream")
    assert answer.status_code == expected, answer.text
    return answer.text


def test_a_nodes_files_are_listed_as_the_published_api_lists_them_and_read_there(server: Server) -> None:
    put(server, PAGENT, LOG)
    assert server.get("/api/v1/nodes/i-1/files") == ["/nodes/i-1/var/log/memverge/pagent.log"]
    whole = server.client.get("/nodes/i-1/var/log/memverge/pagent.log")
    assert (whole.data, whole.mimetype) == (LOG, "text/plain")
    assert "pagent.log" in whole.headers["Content-Disposition"]
    assert server.get("/api/v1/nodes/nobody/files") == []


def test_the_last_lines_and_those_with_a_word_are_shown(server: Server) -> None:
    put(server, PAGENT, LOG)
    assert server.client.get(PAGENT, query_string={"tail": 1}).text == "09:03 end\n"
    assert server.client.get(PAGENT, query_string={"search": "FAILED"}).text.splitlines() == [
        "09:01 dump FAILED: no room",
        "09:02 dump failed again",
    ]
    assert server.client.get(PAGENT, query_string={"search": "failed", "tail": 1}).text.startswith("09:02")


def test_a_jobs_files_are_found_whichever_nodes_handed_them_in(server: Server) -> None:
    put(server, "/api/v1/nodes/i-1/files/jobs/job:3/output.log", b"one\n")
    put(server, "/api/v1/nodes/i-2/files/jobs/job:3/restore.log", b"two\n")
    put(server, "/api/v1/nodes/i-2/files/jobs/job:30/output.log", b"another job's\n")
    rows = server.get("/api/v1/jobs/job:3/files")
    assert [(row["node_id"], row["path"], row["size_bytes"]) for row in rows] == [
        ("i-1", "jobs/job:3/output.log", 4),
        ("i-2", "jobs/job:3/restore.log", 4),
    ]
    assert server.client.get(rows[1]["href"]).data == b"two\n"


def test_a_file_that_is_too_long_is_refused_with_the_key_that_says_so(server: Server) -> None:
    server.services.config.apply({"node.maxPerLogSizeMB": 1}, who="test", origin="cli")
    put(server, PAGENT, b"x" * 1_000_000)
    assert "node.maxPerLogSizeMB" in put(server, PAGENT, b"x" * 1_000_001, expected=413)
    assert len(server.client.get("/nodes/i-1/var/log/memverge/pagent.log").data) == 1_000_000


def test_no_path_leads_out_of_its_folder(server: Server) -> None:
    for path in ("../../secrets/key", "a/../b", "%2e%2e/x", ".", "x" * 250):
        answer = server.client.put(f"/api/v1/nodes/i-1/files/{path}", data=b"x")
        assert answer.status_code in (404, 405, 422), path
    folder = server.services.settings.data_dir
    assert not (folder / "node_files").exists()
    assert not (folder / "secrets" / "key").exists()


def test_a_node_that_is_called_like_a_folder_above_is_a_node_like_any_other(tmp_path: Path) -> None:
    files = make(tmp_path)
    files.put("..", ".hidden/..x", b"1")
    assert files.read("..", ".hidden/..x") == b"1"
    assert [path.parent.parent for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "files"]


def make(
    folder: Path, *, age: timedelta = timedelta(days=14), clock: Callable[[], datetime] = lambda: NOW
) -> NodeFiles:
    limits = FileLimits(100, 250, age, timedelta(hours=12))
    return NodeFiles(folder / "files", lambda: limits, clock=clock)


def test_the_oldest_files_of_a_node_go_when_there_are_too_many(tmp_path: Path) -> None:
    now = [NOW]
    files = make(tmp_path, clock=lambda: now[0])
    for number in range(4):
        now[0] += timedelta(minutes=1)
        files.put("i-1", f"{number}.log", b"x" * 100)
    files.put("i-2", "0.log", b"x" * 100)
    assert [file.path for file in files.of_node("i-1")] == ["2.log", "3.log"]
    assert [file.path for file in files.of_node("i-2")] == ["0.log"]


def test_what_is_older_than_the_age_is_gone_with_its_folder(tmp_path: Path) -> None:
    now = [NOW]
    files = make(tmp_path, age=timedelta(days=1), clock=lambda: now[0])
    files.put("i-1", "old.log", b"x")
    now[0] += timedelta(hours=20)
    files.put("i-2", "fresh.log", b"x")
    now[0] += timedelta(hours=13)
    with pytest.raises(NotFound, match=r"node\.maxLogAge"):
        files.read("i-1", "old.log")
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["i-2"]


def test_without_room_on_the_disk_nothing_is_kept_and_the_reason_is_told(tmp_path: Path) -> None:
    files = NodeFiles(tmp_path, lambda: FileLimits(1, 1, timedelta(1), timedelta(1)), lambda: "The disk is full.")
    with pytest.raises(StoreUnavailable, match="The disk is full"):
        files.put("i-1", "a.log", b"x")
    with pytest.raises(InvalidInput):
        files.put("i-1", "", b"x")


def test_the_servers_own_log_and_audit_log_are_under_their_published_names(server: Server) -> None:
    folder = server.services.settings
    assert server.client.get("/mmab.log").status_code == 404
    folder.logs_dir.mkdir(exist_ok=True)
    (folder.logs_dir / "mmbatch_dash.log").write_text('{"level": "info"}\n')
    assert server.client.get("/mmab.log").data == b'{"level": "info"}\n'
    put(server, PAGENT, LOG)
    server.client.get("/nodes/i-1/var/log/memverge/pagent.log")
    assert b"pagent.log" in server.client.get("/mmab-access.log").data
