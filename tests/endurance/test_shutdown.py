"""Orderly ends: a signal answers what is under way and writes everything out."""

import json
import os
import random
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.endurance.server import Server, running
from tests.endurance.story import job_events
from tests.endurance.test_hostile_clients import open_slow
from tests.endurance.test_sudden_death import Sender, assert_tables_equal_a_replay

pytestmark = pytest.mark.slow


def events(count: int) -> list[dict[str, object]]:
    chance = random.Random(1)
    return [event for number in range(count) for event in job_events(chance, number, "one")]


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_signal_ends_a_busy_server_cleanly(tmp_path: Path, whole_group: bool) -> None:
    data_dir = tmp_path / "data"
    sender = Sender(1, seed=1)
    with running(data_dir) as server:
        talking = threading.Thread(target=sender.talk_to, args=(server,), daemon=True)
        talking.start()
        time.sleep(0.5)
        if whole_group:
            os.killpg(server.process.pid, signal.SIGINT)
            assert server.process.wait(timeout=60) == 0
            server.wait_until_gone()
        else:
            assert server.terminate() == 0
        talking.join(timeout=60)
    assert [status for status, _ in sender.unexpected] in ([], [503])
    assert list(data_dir.glob("*.wal")) == []
    assert "Traceback" not in server.log.read_text(encoding="utf-8")
    with running(data_dir) as server:
        server.wait_until_folded()
        status, summary = server.get("/api/v1/summary")
        jobs = {event["data"]["job_id"] for event in sender.acknowledged.values()}
        assert (status, summary["figures"]["total_jobs"]) == (200, len(jobs))
        assert server.terminate() == 0
    assert_tables_equal_a_replay(data_dir, tmp_path / "replay")


def test_bodies_that_never_come_and_connections_that_say_nothing_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        slow = [open_slow(server, 1000) for _ in range(20)]
        began = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - began < 15
        for connection in (*silent, *slow):
            connection.close()
    assert list((tmp_path / "data").glob("*.wal")) == []
    assert "Traceback" not in server.log.read_text(encoding="utf-8")


def test_a_second_server_on_the_same_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(data_dir) as server:
        assert server.post(events(2))[0] == 200
        second = Server(data_dir, tmp_path / "second.log")
        try:
            assert second.process.wait(timeout=60) != 0
        finally:
            second.kill()
        said = second.log.read_text(encoding="utf-8")
        assert f"is in use by process {server.process.pid} (" in said
        assert json.loads((data_dir / "server.json").read_text())["url"].endswith(f":{server.port}")
        assert "Traceback" not in said
        assert server.post(events(3))[1]["duplicates"] == len(events(2))
