"""The reporter as the server hands it out: the same bytes every time, and a script that installs it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from mmbatch_dash.services.reporter_archive import build_archive
from tests.api.conftest import Server
from tests.endurance.server import running


def test_the_file_is_small_and_known_by_its_digest(server: Server) -> None:
    answer = server.client.get("/api/v1/reporter")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.data).hexdigest() == answer.headers["X-Sha256"] == answer.get_etag()[0]
    assert len(answer.data) <= 100_000
    again = server.client.get("/api/v1/reporter", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    build_archive.cache_clear()
    assert build_archive().content == answer.data


def test_the_file_runs_alone(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "mmbatch-report.pyz"
    file.write_bytes(server.client.get("/api/v1/reporter").data)
    environment = {"PATH": os.environ["PATH"], "MMBATCH_REPORT_IMDS": "off", "XDG_STATE_HOME": str(tmp_path)}
    line = [sys.executable, "-S", file, "run", "--job-id", "j", "--", "sh", "-c", "exit 11"]
    assert subprocess.run(line, env=environment, cwd=tmp_path).returncode == 11


def test_the_script_installs_it_from_this_server(tmp_path: Path) -> None:
    with running(tmp_path / "data") as started:
        script = tmp_path / "install.sh"
        url = f"http://127.0.0.1:{started.port}"
        subprocess.run(["curl", "-fsS", "-o", script, f"{url}/api/v1/scripts/install-reporter"], check=True)
        place = tmp_path / "bin"
        environment = {**os.environ, "TO": str(place)}
        told = subprocess.run(["sh", script], env=environment, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        done = subprocess.run([place / "mmbatch-report", "--version"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
