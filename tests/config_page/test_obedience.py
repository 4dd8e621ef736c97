"""Who fetched which configuration, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mmbatch_dash.api import config, obedience
from mmbatch_dash.services.obedience import MOST_CLIENTS, Named, Obedience
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.documents.files import FileDocuments

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """A configuration, a register and a clock that is set by hand."""

    config: ConfigStore
    obedience: Obedience
    folder: Path
    now: datetime = START

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def world(tmp_path: Path) -> World:
    store = ConfigStore(tmp_path, environ={})
    made = World(store, None, tmp_path)  # type: ignore[arg-type]  # the register needs the clock of the world
    made.obedience = register(made)
    return made


def register(world: World) -> Obedience:
    store = world.config
    return Obedience(
        FileDocuments(world.folder),
        lambda queue: (store.etag, store.version),
        lambda: timedelta(minutes=5),
        lambda: world.now,
    )


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    server = Flask("test")
    server.register_blueprint(config.build_blueprint(world))
    server.register_blueprint(obedience.build_blueprint(world))
    with server.test_client() as opened:
        yield opened


def versions(world: World) -> dict[str, int]:
    return {client.name: client.version for client in world.obedience.report().clients}


def test_a_node_names_itself_by_header_or_parameter_and_others_by_address(world: World, client: FlaskClient) -> None:
    client.get("/api/v1/config", headers={"X-Node-Id": "i-header"})
    client.get("/api/v1/config?node=i-parameter")
    client.get("/api/v1/config")
    assert {one.name: one.named for one in world.obedience.report().clients} == {
        "i-header": Named.NODE,
        "i-parameter": Named.NODE,
        "127.0.0.1": Named.ADDRESS,
    }


def test_since_is_when_a_node_first_had_the_version_and_a_304_counts_as_having_it(
    world: World, client: FlaskClient
) -> None:
    etag = client.get("/api/v1/config?node=i-1").headers["ETag"]
    world.wait(30)
    assert client.get("/api/v1/config?node=i-1", headers={"If-None-Match": etag}).status_code == 304
    [one] = world.obedience.report().clients
    assert (one.version, one.since, one.seen_at) == (1, START, START + timedelta(seconds=30))


def test_after_a_change_those_who_have_not_fetched_it_come_first(world: World, client: FlaskClient) -> None:
    for node in ("i-1", "i-2", "i-3"):
        client.get(f"/api/v1/config?node={node}")
    world.config.apply({"node.ttl": "9m"}, who="Alice", origin="page")
    world.wait(10)
    client.get("/api/v1/config?node=i-1")
    body = client.get("/api/v1/config/obedience").get_json()
    assert (body["version"], body["obeying"], body["behind"], body["silent"]) == (2, 1, 2, 0)
    assert [(one["name"], one["version"], one["obeys"]) for one in body["clients"]] == [
        ("i-2", 1, False),
        ("i-3", 1, False),
        ("i-1", 2, True),
    ]
    assert body["clients"][-1]["since"] == "2026-03-01T12:00:10Z"


def test_a_change_that_nodes_do_not_see_leaves_them_obeying(world: World, client: FlaskClient) -> None:
    client.get("/api/v1/config?node=i-1")
    world.config.path.write_text(world.config.path.read_text() + "# a remark\n")
    world.config.refresh(settled=True)
    report = world.obedience.report()
    assert (report.version, report.behind) == (2, 0)


def test_a_node_that_stopped_asking_counts_as_silent(world: World, client: FlaskClient) -> None:
    client.get("/api/v1/config?node=i-1")
    world.wait(301)
    client.get("/api/v1/config?node=i-2")
    assert world.obedience.report().silent == 1


def test_the_register_survives_a_restart_and_a_broken_file_is_only_forgotten(world: World, client: FlaskClient) -> None:
    client.get("/api/v1/config?node=i-1")
    world.obedience.write()
    assert register(world).report().clients == world.obedience.report().clients
    (world.folder / "config.obedience.json").write_text('[{"name": 1')
    assert register(world).report().clients == ()


def test_the_register_is_bounded_and_long_names_are_cut(world: World) -> None:
    for number in range(MOST_CLIENTS + 5):
        world.obedience.record(f"i-{number}", Named.NODE, "etag", 1)
    world.obedience.record("x" * 500, Named.NODE, "etag", 1)
    names = set(versions(world))
    assert len(names) == MOST_CLIENTS
    assert "x" * 128 in names
    assert "i-0" not in names


def test_those_not_heard_of_for_a_month_are_forgotten(world: World) -> None:
    world.obedience.record("i-old", Named.NODE, "etag", 1)
    world.wait(31 * 86_400)
    world.obedience.record("i-new", Named.NODE, "etag", 1)
    world.obedience.write()
    assert set(versions(world)) == {"i-new"}


def test_a_node_whose_clock_differs_by_minutes_is_named_as_long_as_it_asks(world: World, client: FlaskClient) -> None:
    for node, minutes in (("i-ahead", 7), ("i-behind", -90), ("i-right", 4)):
        headers = {"X-Node-Id": node, "Date": format_datetime(START + timedelta(minutes=minutes), usegmt=True)}
        client.get("/api/v1/config", headers=headers)
    client.get("/api/v1/config", headers={"X-Node-Id": "i-garbage", "Date": "tomorrow"})
    assert world.obedience.clocks_off() == {"i-ahead": 420.0, "i-behind": -5400.0}
    told = {
        one["name"]: one["clock_ahead_seconds"] for one in client.get("/api/v1/config/obedience").get_json()["clients"]
    }
    assert (told["i-right"], told["i-garbage"]) == (240.0, None)
    world.obedience.write()
    assert register(world).clocks_off() == world.obedience.clocks_off()
    client.get("/api/v1/config", headers={"X-Node-Id": "i-ahead", "Date": format_datetime(START, usegmt=True)})
    assert world.obedience.clocks_off() == {"i-behind": -5400.0}
    world.wait(7200)
    assert world.obedience.clocks_off() == {}
