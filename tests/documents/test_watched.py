"""A server reads shared documents from memory, sees what others change, and trusts what it read for a while only."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.cluster.watched import STALE_SECONDS, WatchedDocuments
from mmbatch_dash.store.documents.interface import Outdated
from mmbatch_dash.store.documents.tree import Tree
from tests.documents.waiting import in_time

NAME = "secrets/a.json"


@dataclass
class Line:
    """The line to the database, which can be cut, and a clock that runs ahead where it is told to."""

    shared: PostgresDocuments
    cut: bool = False
    asked: int = 0
    ahead_seconds: float = field(default=0.0)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_seconds


@pytest.fixture
def line(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    made = Line(PostgresDocuments(Postgres(database, most_connections=2)))
    ask = PostgresDocuments.read_newer

    def asked(documents: PostgresDocuments, known: dict[str, str]) -> object:
        made.asked += 1
        if made.cut:
            raise StoreUnavailable("The database cannot be asked now.")
        return ask(documents, known)

    monkeypatch.setattr(PostgresDocuments, "read_newer", asked)
    yield made
    made.shared.close()


@pytest.fixture
def watched(line: Line, database: str) -> Iterator[WatchedDocuments]:
    with closing(WatchedDocuments(PostgresDocuments(Postgres(database)), line.monotonic)) as opened:
        yield opened


def test_a_request_waits_for_the_database_the_first_time_only(line: Line, watched: WatchedDocuments) -> None:
    tree = Tree(watched, NAME)
    Tree(line.shared, NAME).change(lambda held: held.update(a=1))
    assert tree.read() == {"a": 1}
    line.cut, line.asked = True, 0
    assert [tree.read() for _ in range(1_000)] == [{"a": 1}] * 1_000
    assert line.asked <= 4  # by the thread alone


def test_while_the_database_is_away_the_last_word_holds_for_a_while_and_then_nobody_is_let_in(
    line: Line, watched: WatchedDocuments
) -> None:
    tree = Tree(watched, NAME)
    tree.change(lambda held: held.update(a=1))
    assert tree.read() == {"a": 1}
    line.cut = True
    line.ahead_seconds = STALE_SECONDS / 2
    assert tree.read() == {"a": 1}
    line.ahead_seconds = STALE_SECONDS + 1
    with pytest.raises(StoreUnavailable, match=r"secrets/a.json in the database at .* Nobody is let in until it can"):
        tree.read()
    Tree(line.shared, NAME).change(lambda held: held.update(a=2))
    line.cut = False
    told_at = time.monotonic()
    while True:
        try:
            assert tree.read() in ({"a": 1}, {"a": 2})
            break
        except StoreUnavailable:
            assert time.monotonic() < told_at + 5
            time.sleep(0.01)
    in_time(lambda: tree.read() == {"a": 2})


def test_a_document_that_was_changed_elsewhere_is_read_anew_before_it_is_changed_here(
    line: Line, watched: WatchedDocuments
) -> None:
    version = watched.write(NAME, b'{"a": 1}', None)
    assert watched.version(NAME) == version
    newer = line.shared.write(NAME, b'{"a": 2}', version)
    with pytest.raises(Outdated):
        watched.write(NAME, b'{"a": 3}', version)
    assert watched.version(NAME) == newer
    Tree(watched, NAME).change(lambda held: held.update(b=held["a"]))
    assert Tree(line.shared, NAME).read() == {"a": 2, "b": 2}
