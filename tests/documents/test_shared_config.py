"""The configuration of several servers: one of them saves, all have it, and nothing is saved over unseen."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.config import ConfigConflict, ConfigRefused
from mmbatch_dash.domain.errors import NotFound, StoreUnavailable
from mmbatch_dash.domain.identity import Right, Role
from mmbatch_dash.services.loading_documents import load_documents
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.documents.files import FileDocuments
from tests.documents.waiting import in_time

Opened = Callable[..., ConfigStore]


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Opened]:
    """Opens the configuration as a server of the cluster does, each with a folder of its own."""
    with ExitStack() as opened:

        def open_one(name: str = "server", environ: dict[str, str] | None = None) -> ConfigStore:
            shared = opened.enter_context(closing(PostgresDocuments(Postgres(database, most_connections=2))))
            (tmp_path / name).mkdir(exist_ok=True)
            return ConfigStore(tmp_path / name, documents=shared, environ=environ or {}, trials=())

        yield open_one


def save(store: ConfigStore, key: str, value: Any, **more: Any) -> None:
    store.apply({key: value}, who="ana", origin="api", **more)


def test_of_two_that_start_at_once_one_makes_it_and_both_have_it(server: Opened) -> None:
    stores: list[ConfigStore] = []
    threads = [threading.Thread(target=lambda n=n: stores.append(server(f"{n}"))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({store.current().id for store in stores}) == 1
    assert {store.version for store in stores} == {1}
    assert [change.origin for change in stores[0].history()] == [Origin.START]


def test_the_first_version_is_the_file_of_who_was_one_machine_before(server: Opened, tmp_path: Path) -> None:
    alone = ConfigStore(tmp_path / "server", environ={}, trials=())
    save(alone, "node.ttl", "7m")
    shared = server()
    assert shared.current() == alone.current()
    assert shared.state().text == alone.state().text


def test_what_one_saves_holds_on_the_other_within_a_second_and_survives_both(server: Opened) -> None:
    first, second = server("first"), server("second")
    save(first, "node.ttl", "7m")
    in_time(lambda: str(second.current().node.ttl) == "7m0s")
    assert (second.etag, second.version) == (first.etag, 2)
    assert str(server("third").current().node.ttl) == "7m0s"


def test_who_saves_from_an_old_version_or_etag_is_told_so_on_every_server(server: Opened) -> None:
    first, second = server("first"), server("second")
    old, etag = first.version, first.etag
    save(first, "node.ttl", "7m", expected_version=old, expected_etags=[etag])
    for store in (first, second):
        for expected in ({"expected_version": old}, {"expected_etags": [etag]}):
            with pytest.raises(ConfigConflict) as told:
                save(store, "node.ttl", "9m", **expected)
            assert told.value.values == {"node.ttl": ("7m0s", "9m")}
    save(second, "node.ttl", "9m", expected_etags=[first.etag])
    assert second.version == 3


def test_of_many_that_save_at_once_no_change_is_lost(server: Opened) -> None:
    keys = {"node.ttl": "7m", "log.level": "debug", "storage.reserveMB": 300, "audit.maxBackups": 7}
    stores = [server(f"{number}") for number in range(len(keys))]
    threads = [
        threading.Thread(target=save, args=(store, key, value))
        for store, (key, value) in zip(stores, keys.items(), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    config = server("last").current()
    said = (str(config.node.ttl), config.log.level.value, config.storage.reserve_mb, config.audit.max_backups)
    assert said == ("7m0s", "debug", 300, 7)
    assert [change.version for change in stores[0].history()] == [5, 4, 3, 2, 1]


def test_every_version_is_told_on_every_server_and_can_be_brought_back(server: Opened) -> None:
    first, second = server("first"), server("second")
    before = first.state().text
    save(first, "node.ttl", "7m")
    second.restore(1, who="bob", origin="cli")
    assert second.state().text == before
    told = [(change.version, change.who, change.origin, change.restored) for change in first.history()]
    assert told == [(3, "bob", Origin.CLI, 1), (2, "ana", Origin.API, None), (1, "first start", Origin.START, None)]
    assert first.history()[0].diff == {"node.ttl": ("7m0s", "5m0s")}
    assert first.values_of(2)["node.ttl"] == "7m0s"
    with pytest.raises(NotFound, match="There is no version 9; the newest is 3"):
        second.restore(9, who="bob", origin="cli")


def test_what_is_refused_changes_nothing_anywhere(server: Opened) -> None:
    first, second = server("first"), server("second")
    with pytest.raises(ConfigRefused, match="node.ttl"):
        save(first, "node.ttl", "never")
    assert (first.version, second.version, len(first.history())) == (1, 1, 1)


def test_a_server_whose_environment_speaks_against_it_keeps_what_it_had_and_saves_over_nothing(server: Opened) -> None:
    first = server("first")
    second = server("second", environ={"MMBATCH_DASH__NODE__TTL": "2m"})
    save(first, "node.heartbeat", "4m")
    assert second.refresh() is True
    assert second.problem is not None
    assert "MMBATCH_DASH__NODE__TTL" in str(second.problem)
    assert str(second.current().node.ttl) == "2m0s"
    assert "4m" in second.state().text


def test_while_the_database_is_away_it_stays_in_force_and_saving_is_refused(
    server: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = server()
    before = store.current()

    def away(*_: object) -> None:
        raise StoreUnavailable("The database cannot be asked now.")

    monkeypatch.setattr(PostgresDocuments, "version", away)
    monkeypatch.setattr(PostgresDocuments, "write", away)
    ahead = time.monotonic() + 60
    monkeypatch.setattr("mmbatch_dash.store.config.shared.time.monotonic", lambda: ahead)
    assert store.current() == before
    with pytest.raises(StoreUnavailable, match="cannot be asked now"):
        save(store, "node.ttl", "7m")


def test_a_server_that_served_alone_is_moved_with_its_history_and_its_people(database: str, tmp_path: Path) -> None:
    documents = FileDocuments(tmp_path)
    alone = ConfigStore(tmp_path, environ={}, trials=())
    save(alone, "node.ttl", "7m")
    Users(documents).save("ana", Role.ADMIN, "hash")
    text, _ = Tokens(documents).create("nightly", [Right.READ], None)
    with closing(PostgresDocuments(Postgres(database))) as shared:
        names = ["config (2 versions)", "secrets/users.json", "secrets/tokens.json"]
        assert load_documents(tmp_path, shared) == names
        assert load_documents(tmp_path, shared) == []
        moved = ConfigStore(tmp_path / "other", documents=shared, environ={}, trials=())
        assert moved.history() == alone.history()
        save(moved, "node.ttl", "9m")
        assert [change.version for change in moved.history()] == [3, 2, 1]
        assert Users(shared).find("ana") == Users(documents).find("ana")
        assert Tokens(shared).find(text) is not None


def test_a_file_that_says_more_than_where_the_database_is_is_named(
    server: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server("first")
    for name, text in (("plain", "cluster:\n  postgres: ''\n"), ("more", "node:\n  ttl: 9m\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text)
        assert str(server(name).current().node.ttl) == "5m0s"
    assert [record.getMessage().split(" is read")[0] for record in caplog.records] == [
        f"Of {tmp_path / 'more' / 'config.yaml'} only `cluster`"
    ]


def test_where_the_database_is_cannot_be_saved_in_it(server: Opened) -> None:
    with pytest.raises(ConfigRefused, match="is set by config.yaml of this server and cannot be changed here"):
        save(server(), "cluster.postgres", "postgresql://ana@elsewhere:5432/fleet")
