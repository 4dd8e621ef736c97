"""What a token may tell: bound types and sources, prices with a right of their own, nodes that belong to somebody."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mmbatch_dash.cli import main
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.node_owners import NodeOwners
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.documents.files import FileDocuments
from tests.auth.house import House


class World:
    """A server of its own with tokens and a journal."""

    def __init__(self, folder: Path) -> None:
        self.services: Services = open_services(Settings(data_dir=folder, insecure_open=True), start_folding=False)
        self.client: FlaskClient = create_app(self.services).test_client()
        self.tokens = Tokens(FileDocuments(self.services.settings.data_dir))
        self._number = 0

    def token(self, *rights: Right, name: str = "agent", **bounds: Any) -> str:
        return self.tokens.create(name, rights, None, **bounds)[0]

    def tell(self, token: str, event_type: str, source: str = "my/node", **data: Any) -> TestResponse:
        """Sends one event of a made-up job or node."""
        self._number += 1
        event = {
            "specversion": "1.0",
            "id": str(self._number),
            "source": source,
            "type": f"mmbatch.{event_type}",
            "time": "2026-03-01T12:00:00Z",
            "data": data,
        }
        headers = {"X-Api-Key": token} if token else {}
        return self.client.post("/api/v1/events", json=[event], headers=headers)

    def lines(self) -> list[dict[str, Any]]:
        """The journal's entries."""
        data = self.services.journal.read(0, 1 << 20).data
        return [row for row in map(json.loads, data.splitlines()) if "facts" in row]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    world = World(tmp_path / "data")
    yield world
    world.services.close()


PRICE = {
    "instance_type": "m5.large",
    "purchase_option": "spot",
    "availability_zone": "us-east-1a",
    "usd_per_hour": 0.1,
    "effective_at": "2026-03-01T00:00:00Z",
}


def test_each_line_of_the_journal_says_by_whom_it_came(world: World) -> None:
    world.tell(world.token(Right.INGEST), "job.submitted", job_id="a")
    world.tell("", "job.submitted", job_id="b")
    assert [row["by"] for row in world.lines()] == ["token:agent", "address:127.0.0.1"]


def test_a_token_bound_to_types_sends_no_others(world: World) -> None:
    token = world.token(Right.INGEST, types=["job", "checkpoint"])
    assert world.tell(token, "job.submitted", job_id="a").status_code == 200
    assert world.tell(token, "checkpoint.started", job_id="a", attempt=1, checkpoint_id="c").status_code == 200
    refused = world.tell(token, "node.heartbeat", node_id="i-1")
    assert refused.status_code == 422
    error = refused.get_json()["details"][0]["error"]
    assert error == "type: 'mmbatch.node.heartbeat' may not be sent with this token; it may send job, checkpoint"
    envelope = {
        "version": "0",
        "id": "e1",
        "source": "aws.batch",
        "account": "1",
        "region": "us-east-1",
        "time": "2026-03-01T12:00:00Z",
        "detail-type": "Something Else",
        "detail": {},
        "resources": [],
    }
    sent = world.client.post("/api/v1/events", json=[envelope], headers={"X-Api-Key": token})
    assert (sent.status_code, "may not be sent" in sent.get_data(as_text=True)) == (422, True)


def test_a_token_bound_to_sources_names_no_others(world: World) -> None:
    token = world.token(Right.INGEST, sources=["my/*", "exact"])
    for source, status in (("my/node", 200), ("exact", 200), ("yours/node", 422), ("exactly", 422)):
        assert world.tell(token, "job.submitted", source, job_id=source).status_code == status, source


def test_one_event_that_may_not_be_told_does_not_stop_the_others(world: World) -> None:
    token = world.token(Right.INGEST, sources=["my/*"])
    events = [
        {"specversion": "1.0", "id": "1", "source": source, "type": "mmbatch.job.submitted", "data": {"job_id": "a"}}
        for source in ("my/a", "yours/b")
    ]
    for event in events:
        event["time"] = "2026-03-01T12:00:00Z"
    answer = world.client.post("/api/v1/events", json=events, headers={"X-Api-Key": token})
    assert (answer.status_code, answer.get_json()["accepted"], answer.get_json()["rejected"][0]["index"]) == (207, 1, 1)


@pytest.mark.parametrize("rights", [(Right.INGEST,), (Right.INGEST, Right.READ)])
def test_without_the_right_prices_no_price_is_believed(world: World, rights: tuple[Right, ...]) -> None:
    token = world.token(*rights)
    refused = world.tell(token, "price.observed", **PRICE)
    assert (refused.status_code, "right `prices`" in refused.get_data(as_text=True)) == (422, True)
    assert world.tell(token, "job.started", job_id="a", attempt=1, usd_per_hour=179_000.0).status_code == 422
    assert world.tell(token, "job.started", job_id="a", attempt=1, usd_per_hour=99.0).status_code == 200
    [fact] = world.lines()[0]["facts"]
    assert "usd_per_hour" not in fact
    assert fact["unread"] == ["usd_per_hour"]


@pytest.mark.parametrize("rights", [(Right.INGEST, Right.PRICES), (Right.ADMIN,), ()])
def test_with_it_and_for_admins_and_where_nobody_logs_in_prices_are_believed(
    world: World, rights: tuple[Right, ...]
) -> None:
    token = world.token(*rights) if rights else ""
    assert world.tell(token, "price.observed", **PRICE).status_code == 200
    assert world.tell(token, "job.started", job_id="a", attempt=1, usd_per_hour=0.5).status_code == 200
    assert world.lines()[1]["facts"][0]["usd_per_hour"] == 0.5


def test_a_token_of_the_first_version_is_still_believed_about_prices(world: World) -> None:
    token = world.token(Right.INGEST)
    file = world.services.settings.secrets_dir / "tokens.json"
    tree = json.loads(file.read_text())
    for row in tree.values():
        for added in ("version", "types", "sources"):
            del row[added]
    file.write_text(json.dumps(tree))
    assert Tokens(FileDocuments(file.parent.parent)).find(token).rights == {Right.INGEST, Right.PRICES}  # type: ignore[union-attr]


def test_a_node_belongs_to_the_token_that_first_named_it(world: World) -> None:
    first, second = world.token(Right.INGEST, name="first"), world.token(Right.INGEST, name="second")
    assert world.tell(first, "node.registered", node_id="i-1").status_code == 200
    assert world.tell(first, "node.heartbeat", node_id="i-1").status_code == 200
    refused = world.tell(second, "node.stopped", node_id="i-1")
    assert (refused.status_code, "belongs to another token" in refused.get_data(as_text=True)) == (422, True)
    assert world.tell(second, "node.heartbeat", node_id="i-2").status_code == 200
    assert world.tell(world.token(Right.ADMIN, name="root"), "node.stopped", node_id="i-1").status_code == 200
    world.tokens.revoke("first")
    assert world.tell(second, "node.heartbeat", node_id="i-1").status_code == 200, "nobody valid owns it any more"


def test_log_files_are_handed_in_by_the_nodes_own_token_and_read_by_readers(world: World) -> None:
    first, second = world.token(Right.INGEST, name="first"), world.token(Right.INGEST, name="second")
    reader = world.token(Right.READ, name="reader")
    path = "/api/v1/nodes/i-1/files/pagent.log"

    def put(token: str) -> int:
        return world.client.put(path, data=b"line\n", headers={"X-Api-Key": token}).status_code

    assert (put(first), put(second), put(reader)) == (200, 403, 403)
    asked = {token: world.client.get(path, headers={"X-Api-Key": token}).status_code for token in (first, reader)}
    assert asked == {first: 403, reader: 200}
    own = {token: world.client.get("/mmab.log", headers={"X-Api-Key": token}).status_code for token in (first, reader)}
    assert set(own.values()) == {403}


def test_a_token_names_so_many_nodes_and_no_more(world: World) -> None:
    world.services.config.apply({"node.maxNodes": 2}, who="test", origin="cli")
    token = world.token(Right.INGEST)
    statuses = [world.tell(token, "node.heartbeat", node_id=f"i-{number}").status_code for number in (1, 2, 3, 1)]
    assert statuses == [200, 200, 422, 200]


def test_who_polls_the_configuration_names_no_node_of_another_token(world: World) -> None:
    first, second = world.token(Right.NODE, name="first"), world.token(Right.NODE, name="second")
    for token in (first, second):
        headers = {"X-Api-Key": token, "X-Node-Id": "i-1"}
        assert world.client.get("/api/v1/config", headers=headers).status_code == 200
    clients = world.client.get("/api/v1/config/obedience").get_json()["clients"]
    assert {(client["name"], client["named"]) for client in clients} == {
        ("i-1", "node"),
        ("second from 127.0.0.1", "token"),
    }


def test_owners_are_known_after_a_restart(tmp_path: Path) -> None:
    owners = NodeOwners(tmp_path, lambda token: True, lambda: 10)
    assert owners.claim("i-1", "first") == ""
    with (tmp_path / "node_owners.ndjson").open("a") as file:
        file.write('{"node": "i-2", "tok')
    again = NodeOwners(tmp_path, lambda token: True, lambda: 10)
    assert again.claim("i-1", "second") == "belongs to another token, which named it first"
    assert again.claim("i-1", "first") == ""


@pytest.mark.parametrize(
    ("bounds", "said"),
    [({"types": ["jobs"]}, "types: must be some of"), ({"sources": ["x" * 201]}, "sources: must be patterns")],
)
def test_bounds_that_are_none_are_refused(world: World, bounds: dict[str, list[str]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        world.token(Right.INGEST, **bounds)
    with pytest.raises(InvalidInput, match="cannot be bound"):
        world.token(Right.ADMIN, types=["job"])


def test_the_command_line_binds_tokens_and_lists_what_they_are_bound_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["token", "create", "agent", "--right", "ingest", "--types", "job,checkpoint", "--sources", "my/*"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--data-dir", str(tmp_path)])
    assert ended.value.code == 0
    [token] = Tokens(FileDocuments(tmp_path)).all()
    assert (token.types, token.sources, token.rights) == (("job", "checkpoint"), ("my/*",), {Right.INGEST})
    with pytest.raises(SystemExit):
        main(["token", "list", "--data-dir", str(tmp_path)])
    assert "types job,checkpoint  sources my/*" in capsys.readouterr().out


def test_the_page_binds_tokens_too(house: House) -> None:
    from tests.auth.house import post

    alice = house.signed_in("alice")
    fields = {"name": "agent", "rights": "ingest", "types": "job, node", "sources": "my/*", "expires": "never"}
    page = post(alice, "/admin/tokens", "/admin/tokens", **fields).get_data(as_text=True)
    assert "job, node; my/*" in page
    assert house.auth.tokens.all()[0].types == ("job", "node")
