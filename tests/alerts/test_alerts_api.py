"""Alerts over HTTP and on their page: the book, silences, a test message; addresses are in no answer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mmbatch_dash.domain.alerts.figures import ALERT_FIGURES
from tests.alerts.receiver import Receiver, receiving
from tests.api.conftest import NOW, Server, worked_example
from tests.insight.conftest import in_process


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(autouse=True)
def _nothing_received(receiver: Receiver) -> None:
    receiver.got.clear()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    with in_process(tmp_path_factory.mktemp("alerts")) as server:
        channels = {"ops": {"url": f"{receiver.address}/s3cret"}, "gone": {"url": "http://127.0.0.1:1/s3cret"}}
        rules = {"any-restore": {"figure": "restores.succeeded", "above": 1, "window": "48h", "by": "queue"}}
        # The other shipped rules may be wrong of the machine that runs the test.
        changes = {"alerts.channels": channels, "alerts.tell": ["ops"], "alerts.rules": rules}
        changes["alerts.rules"] |= {"disk-reserve": {"enabled": False}}
        changes["alerts.digestTo"] = ["ops"]
        server.services.config.apply(changes, who="test", origin="page")
        server.send(worked_example(queue="align"))
        yield server


def test_a_silence_is_made_listed_and_ended(server: Server, receiver: Receiver) -> None:
    assert server.get("/api/v1/alerts")["open"] == []
    until = (NOW + timedelta(hours=1)).isoformat()
    made = server.client.post("/api/v1/alerts/silence", json={"rule": "any-restore", "until": until}).json
    assert made["until"] == "2026-03-02T19:30:00Z"
    server.services.alerts.look()
    book = server.get("/api/v1/alerts")
    assert (book["open"][0]["silenced"], len(book["silences"]), receiver.got) == (True, 1, [])
    assert server.client.delete(f"/api/v1/alerts/silence/{made['id']}").json == {"ended": made["id"]}
    assert server.get("/api/v1/alerts")["silences"] == []
    assert server.client.delete("/api/v1/alerts/silence/none").status_code == 404
    assert server.client.post("/api/v1/alerts/silence", json={"until": "2020-01-01T00:00:00Z"}).status_code == 422
    said = server.client.post("/api/v1/alerts/silence", json=[]).json
    assert said["message"].startswith('body: must be a JSON object such as {"rule"')


def test_the_book_holds_what_is_open_who_was_told_and_what_is_watched(server: Server, receiver: Receiver) -> None:
    server.services.alerts.look()
    book = server.get("/api/v1/alerts")
    [incident] = book["open"]
    assert (incident["rule"], incident["group"], incident["value"]) == ("any-restore", "align", 2.0)
    assert incident["told"][0]["channel"] == "ops"
    assert incident["told"][0]["began_at"] == "2026-03-02T18:30:00Z"
    assert receiver.json()[0]["url"].endswith("/alerts")
    assert book["channels"] == ["ops", "gone"]
    assert book["digest"] == {
        "every": "weekly",
        "period": "2026-W09",
        "told": [{"channel": "ops", "at": None, "error": ""}],
    }
    assert [rule["name"] for rule in book["rules"]][-1] == "any-restore"


def test_the_figures_that_rules_may_name_are_listed(server: Server) -> None:
    assert [one["name"] for one in server.get("/api/v1/alerts/figures")["figures"]] == list(ALERT_FIGURES)


def test_a_channel_is_tried_and_says_whether_it_took_the_message(server: Server, receiver: Receiver) -> None:
    answer = server.client.post("/api/v1/alerts/test", json={"channel": "ops"}).json
    assert answer == {"channel": "ops", "taken": True, "error": ""}
    assert receiver.json()[0]["title"] == "A test of this channel: nothing is wrong"
    answer = server.client.post("/api/v1/alerts/test", json={"channel": "gone"}).json
    assert answer["error"] == "The address could not be reached (ConnectionError)."
    assert server.client.post("/api/v1/alerts/test", json={"channel": "none"}).status_code == 404
    assert server.client.post("/api/v1/alerts/test", json={"chanel": "ops"}).status_code == 422


def test_no_answer_holds_an_address(server: Server) -> None:
    server.services.alerts.look()
    for path in ("/api/v1/config", "/api/v1/alerts", "/api/v1/alerts/figures", "/metrics", "/", "/alerts"):
        assert "s3cret" not in server.client.get(path).text, path


def test_the_digest_is_seen_before_it_is_sent_and_nobody_gets_it_by_that(server: Server, receiver: Receiver) -> None:
    seen = server.get("/api/v1/alerts/digest")
    assert (seen["period"], seen["channels"]) == ("2026-W09", ["ops"])
    assert seen["title"].startswith("Week 9 of 2026: ")
    for said in ("Total EC2 Instance Cost", "What insight advises", "What broke"):
        assert said in seen["text"]
        assert said in seen["html"]
    assert receiver.got == []
    assert server.get("/api/v1/alerts")["digest"]["told"][0]["at"] is None
