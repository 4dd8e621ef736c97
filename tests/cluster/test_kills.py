"""Several servers on one journal, killed at random with all that is between them: nothing is lost, nothing doubled.

CLUSTER_ROUNDS sets how many deaths there are: `make test-cluster` gives figures of many.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.effort import effort
from tests.endurance.server import Server
from tests.endurance.story import job_events
from tests.endurance.test_sudden_death import tables_of
from tests.journal.conftest import content
from tests.postgres import FAST, PostgresServer, serving_migrated

ROUNDS = int(os.environ.get("CLUSTER_ROUNDS", effort(20, 0)))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ROUNDS, reason="takes minutes: make test-cluster; test_journal.py kills what appends alone"),
]

SERVERS, SENDERS = 2, 3
SEED = int(os.environ.get("CLUSTER_SEED", "2026"))
VARIABLE = "MMBATCH_DASH__CLUSTER__POSTGRES"
# A commit that was answered outlives the death of PostgreSQL's processes; that of the machine is not tried.
DURABLE = tuple(setting for setting in FAST if not setting.startswith("synchronous_commit"))


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    """A server that may be killed, with a migrated database `fleet`."""
    with serving_migrated("fleet", DURABLE) as server:
        yield server


class Sender(threading.Thread):
    """Posts batches to whichever server answers, and sends one again until somebody says that it has it."""

    def __init__(self, number: int, servers: list[Server]) -> None:
        super().__init__(daemon=True)
        self.servers = servers
        self.chance = random.Random(SEED + number)
        self.source = f"sender-{number}"
        self.enough = threading.Event()
        self.acknowledged: set[tuple[str, str]] = set()
        self.answers: Counter[str] = Counter()
        self.unexpected: list[Any] = []

    def run(self) -> None:
        jobs = 0
        while not self.enough.is_set():
            events = []
            for _ in range(self.chance.choice([1, 1, 5])):
                jobs += 1
                events += job_events(self.chance, jobs, self.source)
            while not self._send(events):
                time.sleep(0.02)
            time.sleep(0.1)  # enough is sent to be in the midst of it at any moment

    def _send(self, events: list[dict[str, Any]]) -> bool:
        try:
            status, body = self.chance.choice(self.servers).post(events)
        except (OSError, HTTPException, orjson.JSONDecodeError):
            self.answers["none"] += 1
            return False
        self.answers[str(status)] += 1
        if status == 200 and body["accepted"] + body["duplicates"] == len(events):
            self.acknowledged |= {(event["source"], event["id"]) for event in events}
            return True
        if status != 503:
            self.unexpected.append((status, body))
        return status != 503


class Fleet:
    """The servers, and what happens to them."""

    def __init__(self, folder: Path, database: PostgresServer) -> None:
        self.folder, self.database = folder, database
        self.environ = {VARIABLE: database.address("fleet")}
        self.servers = [self._start(number) for number in range(SERVERS)]
        for server in self.servers:
            server.wait_until_up()

    def server(self, chance: random.Random) -> None:
        """One is gone at once, as with its host; another takes its place."""
        number = chance.randrange(SERVERS)
        self.servers[number].kill()
        self._again(number)

    def restart(self, chance: random.Random) -> None:
        """One ends in order and comes back, as in a rolling update."""
        number = chance.randrange(SERVERS)
        assert self.servers[number].terminate() == 0
        self._again(number)

    def stall(self, chance: random.Random) -> None:
        """One stands still for a while, perhaps with the turn, and does not know."""
        process = chance.choice(self.servers).process
        process.send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0.5, 2.0))
        process.send_signal(signal.SIGCONT)

    def connections(self, chance: random.Random) -> None:
        """Every connection to the database is cut."""
        with psycopg.connect(self.database.address("postgres"), autocommit=True) as operator:
            operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fleet'")

    def postgres(self, chance: random.Random) -> None:
        """The database dies and recovers."""
        self.database.stop("immediate")
        time.sleep(chance.uniform(0.0, 1.0))
        self.database.start()

    def close(self) -> None:
        for server in self.servers:
            server.kill()

    def _again(self, number: int) -> None:
        self.servers[number] = self._start(number)
        self.servers[number].wait_until_up()

    def _start(self, number: int) -> Server:
        return Server(self.folder / f"data-{number}", self.folder / f"server-{number}.log", **self.environ)


KINDS = ("server", "connections", "postgres", "stall", "restart")


def test_whatever_dies_nothing_acknowledged_is_lost_doubled_or_shown_otherwise(
    tmp_path: Path, database: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    fleet = Fleet(tmp_path, database)
    senders = [Sender(number, fleet.servers) for number in range(SENDERS)]
    died: Counter[str] = Counter()
    try:
        for sender in senders:
            sender.start()
        for turn in range(ROUNDS):
            time.sleep(chance.uniform(0.2, 1.5))
            kind = KINDS[turn] if turn < len(KINDS) else chance.choice(KINDS)
            died[kind] += 1
            getattr(fleet, kind)(chance)
        for sender in senders:
            sender.enough.set()
        for sender in senders:
            sender.join(timeout=120)
            assert not sender.is_alive()
        for server in fleet.servers:
            assert server.terminate() == 0
    finally:
        fleet.close()

    postgres = Postgres(database.address("fleet"))
    journal = PostgresJournal(postgres)
    lines = [orjson.loads(line) for line in content(journal).splitlines()]
    assert journal.damage.count == 0
    journal.close()
    postgres.close()
    held = Counter((line["source"], line["id"]) for line in lines)
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    lost, doubled = len(acknowledged - set(held)), sum(held.values()) - len(held)

    alone = open_services(build_settings(tmp_path / "alone"), start_folding=False)
    for by in {line["by"] for line in lines}:
        alone.intake.take(read_batch([line["raw"] for line in lines if line["by"] == by]), by)
    alone.close()
    expected, _ = tables_of(tmp_path / "alone")
    monkeypatch.setenv(VARIABLE, database.address("fleet"))
    differing: Counter[str] = Counter()
    for number in range(SERVERS):
        shown, _ = tables_of(tmp_path / f"data-{number}")
        for table, rows in shown.items():
            differing[table] += len(set(map(repr, rows)) ^ set(map(repr, expected[table])))

    answers = sum((sender.answers for sender in senders), Counter[str]())
    rows = sum(map(len, expected.values()))
    told = f"deaths {dict(died)}; acknowledged {len(acknowledged):,}, lost {lost}, doubled {doubled}, "
    told += f"differing rows {differing.total()} of {rows:,} on each of {SERVERS} servers; answers {dict(answers)}"
    print(f"\n{told}")  # noqa: T201 - the figures are the point
    assert [sender.unexpected for sender in senders] == [[]] * SENDERS
    assert len(acknowledged) > 100
    assert (lost, doubled, +differing) == (0, 0, {})


@pytest.fixture(autouse=True)
def _kept_log(tmp_path: Path) -> Iterator[None]:
    """Says what the servers said, where a test fails before it could."""
    yield
    for log in sorted(tmp_path.glob("server-*.log")):
        print(log.name, log.read_text(errors="replace")[-1500:])  # noqa: T201
