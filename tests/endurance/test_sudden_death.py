"""kill -9 at random moments: no acknowledged event lost, none doubled, tables equal a replay.

ENDURANCE_ROUNDS sets how many deaths a server dies here; a handful by default.
"""

import os
import random
import shutil
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any

import orjson
import pytest

from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.effort import effort
from tests.endurance.server import Server, running
from tests.endurance.story import job_events
from tests.store.world import World

ROUNDS = int(os.environ.get("ENDURANCE_ROUNDS", effort(50, 2)))
SENDERS = 4

pytestmark = pytest.mark.slow


class Sender(threading.Thread):
    """Posts batches until the server dies, remembering what was answered; sends the last one again to the next."""

    def __init__(self, number: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.source = f"sender-{number}"
        self.chance = random.Random(seed)
        self.jobs = 0
        self.open: list[dict[str, Any]] = []
        self.acknowledged: dict[tuple[str, str], dict[str, Any]] = {}
        self.sent: set[tuple[str, str]] = set()
        self.unexpected: list[tuple[int, Any]] = []

    def batch(self) -> list[dict[str, Any]]:
        for _ in range(self.chance.choice([1, 1, 5, 40])):
            self.jobs += 1
            self.open += job_events(self.chance, self.jobs, self.source)
        return self.open

    def talk_to(self, server: Server) -> None:
        try:
            while True:
                events = self.open or self.batch()
                self.sent |= {(event["source"], event["id"]) for event in events}
                status, body = server.post(events)
                if status != 200 or body["accepted"] + body["duplicates"] != len(events):
                    self.unexpected.append((status, body))
                    return
                self.acknowledged |= {(event["source"], event["id"]): event for event in events}
                self.open = []
        except (OSError, HTTPException, orjson.JSONDecodeError):
            return  # dead; what was under way is sent again in the next life


def test_a_server_killed_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(2026)
    data_dir = tmp_path / "data"
    senders = [Sender(number, seed=number) for number in range(SENDERS)]
    for _ in range(ROUNDS):
        with running(data_dir) as server:
            threads = [threading.Thread(target=sender.talk_to, args=(server,), daemon=True) for sender in senders]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.05, 2.5))
            server.kill()
            for thread in threads:
                thread.join(timeout=60)
    assert [sender.unexpected for sender in senders] == [[]] * SENDERS

    # The last life: what hung is sent again, everything folds, and the end is orderly.
    with running(data_dir) as server:
        for sender in senders:
            if sender.open:
                status, _ = server.post(sender.open)
                assert status == 200
                sender.acknowledged |= {(event["source"], event["id"]): event for event in sender.open}
        server.wait_until_folded()
        assert server.terminate() == 0
    assert [path.name for path in data_dir.glob("*.wal")] == []

    acknowledged = {key: event for sender in senders for key, event in sender.acknowledged.items()}
    sent = set().union(*(sender.sent for sender in senders))
    journalled = [
        (line["source"], line["id"])
        for path in sorted((data_dir / "journal").glob("*.ndjson"))
        for line in map(orjson.loads, path.read_bytes().splitlines())
    ]
    assert len(acknowledged) > 20 * ROUNDS
    assert len(journalled) == len(set(journalled))
    assert set(acknowledged) <= set(journalled) <= sent
    assert_tables_equal_a_replay(data_dir, tmp_path / "replay")


def assert_tables_equal_a_replay(data_dir: Path, replay_dir: Path) -> None:
    """Compares the tables that were lived with those folded at once from the same journal."""
    lived, position = tables_of(data_dir)
    replay_dir.mkdir()
    shutil.copytree(data_dir / "journal", replay_dir / "journal")
    replayed, end = tables_of(replay_dir)
    assert position == end
    assert sum(len(rows) for rows in lived.values()) > 0
    for table, rows in lived.items():
        assert rows == replayed[table], table


def tables_of(data_dir: Path) -> tuple[dict[str, list[tuple[Any, ...]]], int]:
    """Every derived table of a data directory as sorted rows, all of the journal folded, and where that ends."""
    services = open_services(build_settings(data_dir), start_folding=False)
    world = World.__new__(World)
    world.database = services.database
    try:
        services.fold.fold_all()
        assert services.fold.position == services.journal.end
        return world.tables(), services.fold.position
    finally:
        services.close()
