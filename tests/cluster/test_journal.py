"""Several servers on one journal: each event enters once, all of them read the same order, and damage is told."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import psycopg
import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.cluster.conftest import OpenServer
from tests.journal.conftest import content, record
from tests.postgres import PostgresServer


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns once it holds; fails where it does not within 20 seconds."""
    give_up_at = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_of_what_several_servers_are_told_at_once_each_event_enters_once(open_server: OpenServer) -> None:
    servers = [open_server() for _ in range(3)]
    together = threading.Barrier(9)

    def tell(thread: int) -> int:
        together.wait()
        mine = servers[thread % 3]
        order = range(40) if thread % 2 else range(39, -1, -1)
        return sum(mine.append([record(1 + 2 * n), record(2 + 2 * n)]).accepted for n in order)

    with ThreadPoolExecutor(9) as pool:
        assert sum(pool.map(tell, range(9))) == 80
    wait_until(lambda: len({server.end for server in servers}) == 1)
    first, *others = [content(server) for server in servers]
    assert sorted(first.splitlines(keepends=True)) == sorted(record(n).line for n in range(1, 81))
    assert others == [first, first]
    assert servers[0].end == len(first)


def test_a_server_hears_of_what_another_was_told(open_server: OpenServer) -> None:
    one, other = open_server(), open_server()
    heard: list[int] = []
    other.on_append = heard.append
    end = one.append([record(1)]).end
    wait_until(lambda: heard == [end])
    assert other.read(0, 1 << 20).data == record(1).line


@pytest.mark.parametrize("commits", [True, False])
def test_a_repeat_waits_for_what_becomes_of_the_first(
    open_server: OpenServer, postgres: Postgres, commits: bool
) -> None:
    journal = open_server()
    first = postgres.connect()
    first.execute("BEGIN")
    first.execute("INSERT INTO mmbatch.seen VALUES (7, 1, now())")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(journal.append, [record(7)])
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        watcher = postgres.connect()
        wait_until(lambda: watcher.execute(waiting).fetchall() == [(1,)])
        watcher.close()
        assert not answer.done()
        first.execute("COMMIT" if commits else "ROLLBACK")
        assert (answer.result(20).accepted, answer.result(20).duplicates) == ((0, 1) if commits else (1, 0))
    first.close()


def test_a_row_that_is_damaged_or_gone_is_noted_and_the_rest_is_read(
    open_server: OpenServer, postgres: Postgres
) -> None:
    journal = open_server()
    ends = [0] + [journal.append([record(n)]).end for n in range(1, 7)]
    with postgres.transaction() as cursor:
        cursor.execute("UPDATE mmbatch.journal SET lines = 'nonsense' WHERE start_position = %s", [ends[1]])
        cursor.execute("DELETE FROM mmbatch.journal WHERE start_position IN (%s, %s)", [ends[3], ends[5]])
    lines = [line for line in content(journal).splitlines(keepends=True) if line.strip()]
    assert lines == [record(n).line for n in (1, 3, 5)]
    assert [(place.position, place.end) for place in journal.damage.places] == [
        (ends[1], ends[2]),
        (ends[3], ends[4]),
        (ends[5], ends[6]),
    ]
    assert journal.read(ends[5], 1).end == journal.end
    assert [journal.read_line(end) for end in (ends[1], ends[3])] == [None, None]
    assert journal.read_line(ends[2]) == record(3).line


def test_a_line_that_says_something_else_than_was_written_is_left_out(
    open_server: OpenServer, postgres: Postgres
) -> None:
    journal = open_server()
    journal.append([record(1), record(2)])
    import pyarrow as pa

    changed = record(1).line.replace(b"2026", b"2027") + record(2).line
    with postgres.transaction() as cursor:
        cursor.execute("UPDATE mmbatch.journal SET lines = %s", [pa.Codec("zstd").compress(changed, asbytes=True)])
    assert content(journal).strip() == record(2).line.strip()
    assert [place.reason for place in journal.damage.places] == ["its checksum differs"]


def test_tables_that_know_more_than_the_database_are_not_gone_on_with(open_server: OpenServer) -> None:
    journal = open_server()
    other = open_server()
    end = other.append([record(1)]).end
    journal.go_on_from(end)
    with pytest.raises(StoreUnavailable, match=rf"made from {end + 1} bytes of the journal.*holds {end}"):
        journal.go_on_from(end + 1)


def test_while_the_database_is_away_nothing_is_acknowledged_and_then_it_goes_on(
    open_server: OpenServer, postgres_server: PostgresServer, migrated_database: str
) -> None:
    journal = open_server()
    journal.append([record(1)])
    name = migrated_database.rpartition("/")[2]
    with psycopg.connect(postgres_server.address("postgres"), autocommit=True) as operator:
        operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        with pytest.raises(StoreUnavailable, match="cannot be asked now"):
            journal.append([record(2)])
        wait_until(lambda: journal.obstacle() is not None)
        operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    wait_until(lambda: journal.obstacle() is None)
    result = journal.append([record(1), record(2)])
    assert (result.accepted, result.duplicates) == (1, 1)
    assert content(journal) == record(1).line + record(2).line


def test_a_database_without_its_tables_names_the_command(empty_database: str) -> None:
    postgres = Postgres(empty_database)
    try:
        with pytest.raises(StoreUnavailable, match="run `mmbatch-dash cluster migrate` once"):
            PostgresJournal(postgres)
    finally:
        postgres.close()


APPENDING = """
import sys
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.journal.conftest import record

journal, number = PostgresJournal(Postgres(sys.argv[1])), 1
while True:
    journal.append([record(number + each, size=200) for each in range(3)])
    print(number, flush=True)
    number += 3
"""


def test_processes_killed_in_the_midst_of_appending_lose_and_double_nothing(
    open_server: OpenServer, migrated_database: str, project: Path
) -> None:
    chance, acknowledged = random.Random(2026), set[int]()
    for _ in range(2):
        told = [sys.executable, "-c", APPENDING, migrated_database]
        # Two that append the same, so that one waits for what the other has not committed when it dies.
        both = [subprocess.Popen(told, stdout=subprocess.PIPE, cwd=project) for _ in range(2)]
        for process in both:
            assert process.stdout is not None
            for _ in range(30):
                acknowledged.add(int(process.stdout.readline()))
        time.sleep(chance.uniform(0.0, 0.2))
        for process in both:
            process.kill()
            said, _ = process.communicate()
            acknowledged |= {int(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")}
    journal = open_server()
    lines = content(journal).splitlines(keepends=True)
    numbers = [orjson.loads(line)["identity"] for line in lines]
    assert len(numbers) == len(set(numbers))
    assert {number + each for number in acknowledged for each in range(3)} <= set(numbers)
    assert (journal.end, journal.damage.count) == (sum(map(len, lines)), 0)
    assert journal.append([record(number, size=200) for number in numbers]).duplicates == len(numbers)
