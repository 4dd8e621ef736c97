"""A page asked for again is not made again, and never shows what is no longer so."""

from contextlib import AbstractContextManager
from typing import Any

import pytest

from mmbatch_dash.pages.kept import RECHECK_SECONDS, KeptPages
from mmbatch_dash.store.database import Database
from tests.api.conftest import Server, event, worked_example

LAYOUT = {"path": "/", "search": "?range=all"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every cursor that is taken from the tables."""
    # A minute that ends in the midst of a test draws pages anew.
    monkeypatch.setattr("mmbatch_dash.pages.kept.RECHECK_SECONDS", 10**9)
    taken: list[int] = []
    cursor = Database.cursor

    def counted(self: Database) -> AbstractContextManager[Any]:
        taken.append(1)
        return cursor(self)

    monkeypatch.setattr(Database, "cursor", counted)
    return taken


def first_look(server: Server, **headers: str) -> str:
    page = server.client.get("/?range=all", headers=headers).text
    return page[page.index('id="first-look"') : page.index("<footer>")]


def test_the_dashboard_is_drawn_once_and_again_when_data_or_configuration_change(
    server: Server, asked: list[int]
) -> None:
    server.send(worked_example())
    look = first_look(server)
    asked.clear()
    assert first_look(server) == look
    assert asked == []

    server.send([event("job.succeeded", 300, job_id="another")])
    asked.clear()
    assert first_look(server) != look
    assert asked != []

    first_look(server)
    server.services.config.apply({"dashboard.engineeringMode": True}, who="ana", origin="api")
    asked.clear()
    first_look(server)
    assert asked != []


def test_what_scripts_ask_for_next_is_kept_too_and_equals_what_was_drawn(server: Server, asked: list[int]) -> None:
    server.send(worked_example())
    layout = server.client.get("/_dash-layout", query_string=LAYOUT)
    asked.clear()
    assert server.client.get("/_dash-layout", query_string=LAYOUT).data == layout.data
    assert asked == []
    assert server.client.get("/_dash-layout", query_string={**LAYOUT, "search": "?range=7d"}).data != layout.data


def test_each_name_of_the_server_has_its_own_page(server: Server) -> None:
    """The page before the first job holds commands with the server's address."""
    ours = first_look(server)
    assert ("localhost" in ours, "127.0.0.1" in ours) == (True, False)
    theirs = first_look(server, Host="127.0.0.1:8080")
    assert "127.0.0.1:8080" in theirs


def test_a_page_is_made_again_every_minute_and_never_kept_while_events_wait_for_the_fold(server: Server) -> None:
    now = [0.0]
    kept, drawn = KeptPages(server.services, clock=lambda: now[0]), []

    def draw() -> tuple[int, bool]:
        drawn.append(1)
        return len(drawn), True

    def ask() -> int:
        with server.client.application.test_request_context("/"):
            return kept.keep("markup", "/", "", draw)

    assert [ask(), ask()] == [1, 1]
    now[0] = RECHECK_SECONDS
    assert [ask(), ask()] == [2, 2]
    server.client.post("/api/v1/events", json=worked_example())
    assert [ask(), ask()] == [3, 4]
    server.fold()
    assert [ask(), ask()] == [5, 5]


def test_a_page_that_failed_is_not_kept(server: Server) -> None:
    kept, drawn = KeptPages(server.services), []

    def draw() -> tuple[int, bool]:
        drawn.append(1)
        return len(drawn), False

    with server.client.application.test_request_context("/"):
        assert [kept.keep("markup", "/", "", draw) for _ in range(2)] == [1, 2]
