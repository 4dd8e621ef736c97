"""What one server does for all: it is one at a time, another takes over, and what is old goes."""

from datetime import UTC, datetime, timedelta

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store.cluster import lease as lease_module
from mmbatch_dash.store.cluster.journal import PostgresJournal
from mmbatch_dash.store.cluster.keeper import SharedKeeper
from mmbatch_dash.store.cluster.lease import KEEPER, Lease
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.cluster.test_commands import EVENTS
from tests.cluster.test_journal import wait_until
from tests.journal.conftest import content

NOW = datetime(2026, 3, 31, tzinfo=UTC)


def test_one_has_the_turn_until_it_gives_it_up_or_is_lost(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "LOOK_SECONDS", 0.0)
    first, second, third = (Lease(postgres, KEEPER) for _ in range(3))
    assert [first.held(), second.held(), first.held(), third.held()] == [True, False, True, False]
    first.release()
    wait_until(second.held)
    assert [third.held(), first.held()] == [False, False]
    with postgres.transaction() as cursor:  # the host of the second is gone
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    wait_until(third.held)
    assert [second.held(), third.held(), second.held()] == [False, True, False]
    third.release()
    second.release()


def test_identities_of_more_than_a_day_ago_go(postgres: Postgres) -> None:
    clock = [NOW]
    journal = PostgresJournal(postgres, clock=lambda: clock[0])
    intake = Intake(journal, lambda: clock[0])
    intake.take(read_batch(EVENTS[:1]))
    clock[0] += timedelta(hours=13)
    intake.take(read_batch(EVENTS[1:]))
    keeper = SharedKeeper(postgres, lambda: True, lambda: clock[0])
    assert keeper.forget_identities() == 0
    clock[0] += timedelta(hours=12)
    assert keeper.forget_identities() == 1
    assert (intake.take(read_batch(EVENTS[1:])).duplicates, intake.take(read_batch(EVENTS[:1])).accepted) == (2, 1)
    journal.close()


def test_old_events_lose_what_they_came_as_and_keep_their_places(postgres: Postgres) -> None:
    journal = PostgresJournal(postgres, clock=lambda: NOW)
    intake = Intake(journal, lambda: NOW)
    for event in EVENTS:
        intake.take(read_batch([event]), "token:nightly")
    before = content(journal)
    since = [NOW]
    keeper = SharedKeeper(postgres, lambda: True, lambda: NOW, lambda: since[0])
    assert keeper.strip_events() == 0
    since[0] += timedelta(seconds=1)
    assert (keeper.strip_events(), keeper.strip_events()) == (3, 0)
    after = content(journal)
    assert len(after) == len(before)
    assert (before.count(b'"raw":'), after.count(b'"raw":')) == (3, 0)
    assert journal.damage.count == 0
    assert intake.take(read_batch(EVENTS), "token:nightly").duplicates == 3
    journal.close()
