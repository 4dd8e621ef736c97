"""A backup of a server that takes events in meanwhile holds what was accepted up to its position."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.effort import effort
from tests.endurance.server import PROJECT, Server, running
from tests.endurance.story import job_events

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("ENDURANCE_BACKUP_SECONDS", effort(4, 2)))
RATE = 2000
"""Events a second offered meanwhile."""


class Sender(threading.Thread):
    """Posts events at a rate until it is stopped."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.stopped = threading.Event()
        self.acknowledged: list[dict[str, Any]] = []

    def run(self) -> None:
        chance, number, began = random.Random(1), 0, time.monotonic()
        while not self.stopped.is_set():
            events: list[dict[str, Any]] = []
            while len(events) < RATE // 10:
                number += 1
                events += job_events(chance, number, "busy")
            status, _ = self.server.post(events)
            if status == 200:
                self.acknowledged += events
            ahead = len(self.acknowledged) / RATE - (time.monotonic() - began)
            self.stopped.wait(max(0.0, ahead))


def command(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mmbatch_dash", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def journalled(data_dir: Path) -> list[dict[str, Any]]:
    """Every entry of a stopped server's journal, in order."""
    services = open_services(build_settings(data_dir, environ={}), start_folding=False)
    try:
        services.fold.fold_all()
        assert services.journal.damage.count == 0
        position, lines = 0, []
        while (stretch := services.journal.read(position, 1 << 24)).end > position:
            lines += [orjson.loads(line) for line in stretch.data.splitlines()]
            position = stretch.end
        summary = services.reports.summary(Selection())
        assert summary.total_jobs == len({fact["job_id"] for line in lines for fact in line["facts"]})
        return lines
    finally:
        services.close()


def test_a_backup_of_a_busy_server_is_what_was_accepted_up_to_its_position(tmp_path: Path) -> None:
    data_dir, place = tmp_path / "data", str(tmp_path / "backups")
    with running(data_dir) as server:
        sender = Sender(server)
        sender.start()
        time.sleep(SECONDS / 2)
        before_first = len(sender.acknowledged)
        first = command("backup", place, "--data-dir", str(data_dir))
        time.sleep(SECONDS / 2)
        before_second = len(sender.acknowledged)
        second = command("backup", place, "--data-dir", str(data_dir))
        sender.stopped.set()
        sender.join(timeout=60)
        assert "mmbatch_dash_backup_age_seconds" in metrics(server)
        assert server.terminate() == 0
    assert "verified" in first
    assert "verified" in second
    command("restore", place, "--data-dir", str(tmp_path / "elsewhere"))
    command("check", "--data-dir", str(tmp_path / "elsewhere"))
    restored, lived = journalled(tmp_path / "elsewhere"), journalled(data_dir)
    assert restored == lived[: len(restored)]
    assert 0 < before_first < before_second <= len(restored) < len(lived)
    told = {(line["source"], line["id"]) for line in restored}
    assert {(event["source"], event["id"]) for event in sender.acknowledged[:before_second]} <= told


def metrics(server: Server) -> str:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=20) as answer:
        return str(answer.read().decode())
