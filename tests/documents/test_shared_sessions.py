"""People sign in once for all servers, and the database cannot be used to enter in their place."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest

from mmbatch_dash.auth.sessions.sessions import ABSOLUTE, IDLE, CognitoTokens
from mmbatch_dash.auth.sessions.shared import SharedSessions, open_sessions
from mmbatch_dash.domain.identity import CallerKind, Role
from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.auth.house import Clock
from tests.documents.waiting import in_time

Opened = Callable[[], SharedSessions]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(database: str, clock: Clock) -> Iterator[Opened]:
    with ExitStack() as opened:

        def open_one() -> SharedSessions:
            shared = opened.enter_context(closing(PostgresDocuments(Postgres(database, most_connections=2))))
            sessions = open_sessions(shared, clock)
            assert isinstance(sessions, SharedSessions)
            return sessions

        yield open_one


def tokens_at(clock: Clock, refresh: str = "refresh-canary") -> CognitoTokens:
    return CognitoTokens("access-canary", refresh, "ana@pool", "uuid-1", clock())


def test_a_session_is_known_everywhere_and_ends_everywhere(server: Opened, clock: Clock) -> None:
    first, second = server(), server()
    session = first.begin("ana", CallerKind.LOCAL, Role.ADMIN, stamp="s1")
    found = second.find(session.key)
    assert found is not None
    assert (found.name, found.kind, found.role, found.stamp) == ("ana", CallerKind.LOCAL, Role.ADMIN, "s1")
    assert (found.began_at, found.identity.who) == (clock(), "local:ana")
    assert second.find(session.key) is found
    second.end(session.key)
    assert second.find(session.key) is None
    in_time(lambda: first.find(session.key) is None)
    assert first.find("another") is None


def test_all_sessions_of_a_user_end_on_every_server(server: Opened) -> None:
    first, second = server(), server()
    ana = [one.begin("ana", CallerKind.LOCAL, Role.ADMIN).key for one in (first, second)]
    bob = second.begin("bob", CallerKind.LOCAL, Role.READER).key
    pool = second.begin("ana", CallerKind.COGNITO, Role.READER).key
    assert first.end_all_of("ana", CallerKind.LOCAL) == 2
    in_time(lambda: all(one.find(key) is None for one in (first, second) for key in ana))
    assert first.find(bob)
    assert first.find(pool)


def test_what_somebody_does_on_one_server_keeps_the_session_alive_on_the_other(server: Opened, clock: Clock) -> None:
    first, second = server(), server()
    key = first.begin("ana", CallerKind.LOCAL, Role.ADMIN).key
    for _ in range(3):
        clock.pass_by(seconds=IDLE.total_seconds() - 60)
        session = second.find(key)
        assert session is not None
        second.touch(session)
    in_time(lambda: first.find(key) is not None)
    clock.pass_by(seconds=IDLE.total_seconds())
    assert (first.find(key), second.find(key)) == (None, None)


def test_no_session_lasts_longer_than_its_time_whatever_is_done(server: Opened, clock: Clock) -> None:
    first = server()
    key = first.begin("ana", CallerKind.LOCAL, Role.ADMIN).key
    for _ in range(int(ABSOLUTE / timedelta(hours=1)) - 1):
        clock.pass_by(hours=1)
        session = first.find(key)
        assert session is not None
        first.touch(session)
    clock.pass_by(hours=1)
    assert (first.find(key), server().find(key)) == (None, None)


def test_tokens_of_the_pool_reach_the_other_server_and_so_do_newer_ones(server: Opened, clock: Clock) -> None:
    first, second = server(), server()
    session = first.begin("ana", CallerKind.COGNITO, Role.ADMIN, tokens=tokens_at(clock))
    beside = second.find(session.key)
    assert beside is not None
    assert beside.tokens == tokens_at(clock)
    clock.pass_by(minutes=3)
    session.tokens, session.role = tokens_at(clock, "newer"), Role.READER
    first.renewed(session)
    in_time(lambda: second.find(session.key) is not None and beside.tokens == tokens_at(clock, "newer"))
    assert beside.role is Role.READER


def test_the_database_holds_neither_the_browsers_key_nor_readable_tokens(
    server: Opened, clock: Clock, database: str
) -> None:
    key = server().begin("ana", CallerKind.COGNITO, Role.ADMIN, tokens=tokens_at(clock)).key
    with closing(Postgres(database)) as postgres, postgres.transaction() as rows:
        rows.execute("SELECT * FROM mmbatch.sessions")
        told = [
            value.encode() if isinstance(value, str) else bytes(value)
            for value in rows.fetchall()[0]
            if isinstance(value, str | bytes)
        ]
    held = b"".join(told)
    assert b"ana" in held
    for secret in (key, "canary", "uuid-1"):
        assert secret.encode() not in held


def test_beyond_so_many_the_one_silent_longest_goes(
    server: Opened, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmbatch_dash.auth.sessions.shared.MOST_SESSIONS", 3)
    first = server()
    keys = []
    for _ in range(5):
        clock.pass_by(seconds=1)
        keys.append(first.begin("ana", CallerKind.LOCAL, Role.ADMIN).key)
    beside = server()
    assert [bool(beside.find(key)) for key in keys] == [False, False, True, True, True]
