"""Commands beside a running server that holds the store: they ask it by its private socket instead of refusing."""

import csv
import gzip
import io
import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as parquet
import pytest

from tests.api.conftest import event, worked_example
from tests.endurance.server import PROJECT, Server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beside")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server whose data directory has the socket of one that was killed: nothing can be bound to its path."""
    (folder / "data").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / "data" / "server.sock"))
    server = Server(folder / "data", folder / "server.log")
    server.wait_until_up()
    assert server.post([*worked_example(queue="align"), event("job.submitted", 0, job_id="bad", vcpus=-1)])[0] == 207
    yield server
    server.terminate()


def run(server: Server, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "mmbatch_dash", *words, "--data-dir", str(server.data_dir)]
    return subprocess.run(command, cwd=PROJECT, input=stdin, capture_output=True, timeout=120)


def lines_of(events: list[dict[str, object]]) -> bytes:
    return b"\n".join(orjson.dumps(one) for one in events)


def test_the_socket_is_for_its_owner_alone_and_leads_to_an_admin(server: Server) -> None:
    note = json.loads((server.data_dir / "server.json").read_text())
    mode = Path(note["socket"]).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert mode & 0o077 == 0
    assert (server.data_dir / "server.json").stat().st_mode & 0o077 == 0


def test_summary_prints_what_the_server_says(server: Server) -> None:
    done = run(server, "summary", "--json", "--filter", "queue=align")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["figures"]["total_jobs"] == 1
    refused = run(server, "summary", "--filter", "qeue=align")
    assert refused.returncode == 1
    assert b"queue is nearest" in refused.stderr


@pytest.mark.parametrize("what", ["jobs", "attempts", "nodes", "checkpoints"])
def test_export_writes_to_standard_output_or_to_a_file(server: Server, what: str, tmp_path: Path) -> None:
    printed = run(server, "export", what)
    assert printed.returncode == 0, printed.stderr.decode()
    rows = list(csv.DictReader(io.StringIO(printed.stdout.decode(), newline="")))
    assert len(rows) == {"jobs": 1, "attempts": 3, "nodes": 0, "checkpoints": 2}[what]
    target = tmp_path / "out.parquet"
    written = run(server, "export", what, "--format", "parquet", "--output", str(target))
    assert written.returncode == 0, written.stderr.decode()
    assert written.stdout == b""
    assert parquet.read_table(target).num_rows == len(rows)


def test_import_sends_files_and_the_same_again_adds_nothing(server: Server, tmp_path: Path) -> None:
    events = [event("job.submitted", n, job_id=f"imported-{n}") for n in range(50)]
    (tmp_path / "one.ndjson").write_bytes(lines_of(events[:20]) + b"\nbroken\n")
    (tmp_path / "two.ndjson.gz").write_bytes(gzip.compress(lines_of(events[20:])))
    (tmp_path / "unknown.txt").write_text("nothing that anybody knows")
    done = run(server, "import", str(tmp_path))
    said = done.stdout.decode()
    assert "one.ndjson: 20 new, 0 known already, 1 kept aside" in said, done.stderr.decode()
    assert "two.ndjson.gz: 30 new, 0 known already, 0 kept aside" in said
    assert "unknown.txt: not imported: " in done.stderr.decode()
    assert "1 of 3 files could not be imported: unknown.txt" in done.stderr.decode()
    assert done.returncode == 1
    again = run(server, "import", "-", stdin=lines_of(events))
    assert again.stdout.decode() == "standard-input: 0 new, 50 known already, 0 kept aside\n", again.stderr.decode()
    assert list((server.data_dir / "incoming").iterdir()) == []


def test_rejects_are_listed_exported_retried_and_dismissed(server: Server) -> None:
    listed = run(server, "rejects", "list")
    assert b"vcpus" in listed.stdout
    [first, *_] = run(server, "rejects", "export").stdout.splitlines()
    reject_id = json.loads(first)["reject_id"]
    retried = run(server, "rejects", "retry", reject_id)
    assert retried.stdout == b"0 entered, 1 still kept aside\n"
    assert run(server, "rejects", "dismiss", reject_id).stdout == b"1 dismissed; the journal keeps them\n"


def test_rebuild_has_the_server_do_it_and_says_what_came_of_it(server: Server) -> None:
    server.wait_until_folded()
    before = server.get("/api/v1/summary")[1]["figures"]
    done = run(server, "rebuild")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"Rebuilt the tables of the running server from the journal.\n"
    assert b"takes events in meanwhile" in done.stderr
    assert server.get("/api/v1/rebuild")[1] == {
        "status": "done",
        "share": None,
        "refused": None,
        "problem": None,
        "damaged_places": 0,
        "lost_bytes": 0,
    }
    assert server.get("/api/v1/summary")[1]["figures"] == before
    told = [json.loads(line) for line in (server.data_dir / "audit.jsonl").read_text().splitlines()]
    assert [one["detail"] for one in told if one["action"] == "rebuild"] == ["never fewer events than before"]


def test_rebuild_that_would_lose_something_exits_3_and_the_server_goes_on(server: Server) -> None:
    server.wait_until_folded()
    [last] = (server.data_dir / "journal").glob("*.ndjson")
    with last.open("r+b") as segment:
        told = segment.read()
        segment.seek(told.index(b"\n") - 40)  # in the first line
        segment.write(b"#")
    jobs = server.get("/api/v1/summary")[1]["figures"]["total_jobs"]
    done = run(server, "rebuild")
    assert done.returncode == 3, done.stderr.decode()
    assert b"so the tables before stay as they are; new events are shown as before" in done.stderr
    assert b"1 places of the journal" in done.stderr
    assert done.stdout == b""
    assert server.post([event("job.submitted", 7, job_id="after-it")])[0] == 200
    server.wait_until_folded()
    assert server.get("/api/v1/summary")[1]["figures"]["total_jobs"] == jobs + 1


def test_after_the_server_the_same_commands_open_the_store(folder: Path, tmp_path: Path) -> None:
    server = Server(folder / "later", folder / "later.log")
    server.wait_until_up()
    server.post(worked_example())
    server.terminate()
    assert not (server.data_dir / "server.sock").exists()
    assert json.loads(run(server, "summary", "--json").stdout)["figures"]["total_jobs"] == 1
    assert run(server, "export", "jobs").stdout.count(b"\r\n") == 2


def test_a_data_directory_with_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    server = Server(deep / "data", tmp_path / "server.log")
    try:
        server.wait_until_up()
        done = run(server, "summary", "--json")
        assert done.returncode == 0, done.stderr.decode()
        place = Path(json.loads((server.data_dir / "server.json").read_text())["socket"])
    finally:
        server.terminate()
    assert not place.parent.exists()
