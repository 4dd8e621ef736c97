"""The shared database: whoever cannot ask it hears so in a sentence, without its password."""

import threading
import time
from pathlib import Path

import pytest

from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.store.cluster.address import name_database, read_address
from mmbatch_dash.store.cluster.migrate import list_migrations, migrate, require_migrated
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.postgres import PostgresServer

ADDRESS = "postgresql://ana:secret@db.example:5433/fleet"


def test_an_address_is_taken_as_it_is_or_from_a_file(tmp_path: Path) -> None:
    held = tmp_path / "address"
    held.write_text(f"{ADDRESS}\n")
    assert read_address(ADDRESS) == read_address(str(held)) == ADDRESS
    assert name_database(ADDRESS) == "db.example:5433/fleet"


@pytest.mark.parametrize("given", ["db.example", "mysql://ana:secret@db/fleet", "postgresql://ana:secret@db", ""])
def test_what_is_no_address_is_refused_without_showing_it(given: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^cluster.postgres: must be postgresql://user@host:port/database") as told:
        read_address(given)
    held = tmp_path / "address"
    held.write_text(given)
    with pytest.raises(InvalidInput, match="must be postgresql://") as told_of_file:
        read_address(str(held))
    assert "secret" not in f"{told.value}{told_of_file.value}"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"cluster.postgres: the file /no/such cannot be read: No such file"):
        read_address("/no/such")


def test_a_database_that_does_not_answer_is_told_in_a_sentence(postgres_server: PostgresServer) -> None:
    address = f"postgresql://mmbatch:secret@127.0.0.1:{postgres_server.port}/nowhere"
    opened = Postgres(address)
    try:
        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{postgres_server.port}/nowhere cannot be") as told:
            opened.connect()
        assert "secret" not in str(told.value)
    finally:
        opened.close()


def test_migrating_makes_the_tables_once_and_two_at_once_take_turns(empty_database: str) -> None:
    opened = Postgres(empty_database)
    try:
        with pytest.raises(StoreUnavailable, match="run `mmbatch-dash cluster migrate`"):
            require_migrated(opened)
        made: list[list[str]] = []
        threads = [threading.Thread(target=lambda: made.append(migrate(opened))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(made) == [[], [], list_migrations()]
        require_migrated(opened)
    finally:
        opened.close()


def test_a_database_of_a_newer_program_is_left_alone(postgres: Postgres) -> None:
    with postgres.transaction() as cursor:
        cursor.execute("INSERT INTO mmbatch.migrations VALUES ('9999_later', '99.0')")
    for look in (migrate, require_migrated):
        with pytest.raises(StoreUnavailable, match=r"migrated by a newer program \(9999_later\)"):
            look(postgres)


def test_a_transaction_that_fails_leaves_nothing(postgres: Postgres) -> None:
    def fail(cursor: object) -> None:
        cursor.execute("INSERT INTO mmbatch.domains VALUES ('lost')")  # type: ignore[attr-defined]
        raise KeyError

    with pytest.raises(KeyError):
        postgres.run(fail)
    with postgres.transaction() as cursor:
        assert cursor.execute("SELECT count(*) FROM mmbatch.domains").fetchall() == [(0,)]


def test_of_two_that_wait_for_each_other_both_are_done(postgres: Postgres) -> None:
    with postgres.transaction() as cursor:
        cursor.execute("INSERT INTO mmbatch.domains VALUES ('a'), ('b')")
    both = threading.Barrier(2)
    tries: list[str] = []

    def move(first: str, second: str) -> None:
        def change(cursor: object) -> None:
            tries.append(first)
            sql = "UPDATE mmbatch.domains SET position = position + 1 WHERE domain = %s"
            cursor.execute(sql, [first])  # type: ignore[attr-defined]
            if len(tries) <= 2:
                both.wait(timeout=20)
            cursor.execute(sql, [second])  # type: ignore[attr-defined]

        postgres.run(change)

    threads = [threading.Thread(target=move, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with postgres.transaction() as cursor:
        cursor.execute("SELECT domain, position FROM mmbatch.domains ORDER BY domain")
        assert cursor.fetchall() == [("a", 2), ("b", 2)]
    assert len(tries) >= 3


def test_connections_are_made_anew_after_the_database_was_away(postgres: Postgres) -> None:
    with postgres.transaction() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((pid,),) = cursor.fetchall()
    ended = postgres.connect()
    ended.execute("SELECT pg_terminate_backend(%s)", [pid])
    ended.close()
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        try:
            with postgres.transaction() as cursor:
                assert cursor.execute("SELECT 1").fetchall() == [(1,)]
                return
        except StoreUnavailable:
            continue
    pytest.fail("no connection was made anew")
