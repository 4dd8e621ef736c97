"""The page of nodes through Dash's callback endpoint."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mmbatch_dash.services.nodes import NodeList
from mmbatch_dash.store.queries.nodes import NODE_COLUMNS, NodePatience, NodeState
from tests.pages.conftest import Browser, dump, text_of
from tests.pages.fake_jobs import SUBMITTED, FakeNodes

Browse = Callable[..., Browser]


PATIENCE = NodePatience(30, 300)


def node(node_id: str, state: NodeState, **given: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(NODE_COLUMNS, None)
    return {**row, "node_id": node_id, "state": state, "running_job_ids": [], "attempts": 0, **given}


def fleet(*rows: dict[str, Any]) -> FakeNodes:
    states = {state: sum(row["state"] == state for row in rows) for state in NodeState}
    return FakeNodes(NodeList(SUBMITTED, list(rows), states, PATIENCE))


def show(browser: Browser, search: str = "") -> dict[str, Any]:
    return browser.call("nodes-digests", "data", **{"shell-location.search": search, "shell-token.data": "1"})


BUSY = node(
    "n-1", NodeState.ALIVE, last_heartbeat_at=SUBMITTED - timedelta(seconds=12), instance_type="c5.2xlarge",
    memory_mib=16384.0, vcpus=8.0, engine_version="3.1", running_job_ids=["a:0", "b"], attempts=2,
)  # fmt: skip
LOST = node("n-2", NodeState.RECLAIMED, ended_at=SUBMITTED - timedelta(days=1))


def test_a_node_shows_its_state_its_jobs_and_when_it_was_heard_of(browse: Browse) -> None:
    table = show(browse(nodes=fleet(BUSY, LOST)), "?tz=Europe/Berlin")["nodes-table"]["children"]
    text = text_of(table)
    assert "Alive" in text
    assert "Reclaimed" in text
    assert "2026-03-01 13:59:48 CET" in text
    assert "12 s ago" in text
    assert '"href": "/jobs/a%3A0?tz=Europe%2FBerlin"' in dump(table)


def test_counts_per_state_lead_to_their_nodes_and_back(browse: Browse) -> None:
    browser = browse(nodes=fleet(BUSY, LOST))
    everything = show(browser, "?instance_type=c5.2xlarge")
    assert '"href": "/nodes?instance_type=c5.2xlarge&state=reclaimed"' in dump(everything["nodes-states"])
    one = show(browser, "?state=reclaimed")
    assert "n-1" not in text_of(one["nodes-table"]["children"])
    assert "n-2" in text_of(one["nodes-table"]["children"])
    assert '"href": "/nodes"' in dump(one["nodes-states"])


def test_the_csv_holds_the_selection_and_finished_nodes_too(browse: Browse) -> None:
    answer = show(browse(nodes=fleet(BUSY, LOST)), "?purchase_option=spot&queue=align&range=7d")
    # What is of jobs comes along from other pages and chooses no node.
    assert answer["nodes-csv"]["href"] == "/api/v1/nodes.csv?purchase_option=spot"
    finished = "/api/v1/nodes.csv?purchase_option=spot&state=reclaimed&state=gone&state=stopped"
    assert answer["nodes-finished-csv"]["href"] == finished


def many(count: int) -> FakeNodes:
    rows = [node(f"n-{n:04d}", NodeState.ALIVE, vcpus=float(n), last_heartbeat_at=SUBMITTED) for n in range(count)]
    return fleet(*rows, LOST)


def test_every_node_is_on_some_page_and_the_pages_lead_to_each_other(browse: Browse) -> None:
    browser = browse(nodes=many(1300))
    seen: list[str] = []
    for page in range(1, 9):
        table = show(browser, f"?state=alive&sort=vcpus&page={page}")["nodes-table"]["children"]
        seen += re.findall(r"n-\d{4}", text_of(table))
        assert ("Next" in text_of(table)) == (page < 7)
    assert seen == [f"n-{n:04d}" for n in range(1300)]
    middle = show(browser, "?state=alive&sort=vcpus&page=3")["nodes-table"]["children"]
    assert "401 to 600 of 1,300" in text_of(middle)
    for way in ("/nodes?state=alive&sort=vcpus", "/nodes?state=alive&sort=vcpus&page=4"):
        assert f'"href": "{way}"' in dump(middle)
    assert "Nothing here: there are 1,300" in text_of(table)


def test_a_header_sorts_over_all_pages_and_back_to_the_first(browse: Browse) -> None:
    browser = browse(nodes=many(300))
    table = show(browser, "?sort=-vcpus&page=2")["nodes-table"]["children"]
    assert '"href": "/nodes?sort=vcpus"' in dump(table)
    assert '"href": "/nodes?sort=-attempts"' in dump(table)
    assert dump(table).count('"aria-sort": "descending"') == 1
    assert "n-0099" in text_of(table)


def test_a_page_or_order_that_does_not_exist_is_the_usual_one(browse: Browse) -> None:
    browser = browse(nodes=many(300))
    for search in ("?page=none", "?page=-1", "?page=0", "?sort=colour"):
        assert "1 to 200 of 301" in text_of(show(browser, search)["nodes-table"]["children"])


def test_a_state_nobody_knows_is_left_out(browse: Browse) -> None:
    text = text_of(show(browse(nodes=fleet(BUSY)), "?state=on-fire")["nodes-table"]["children"])
    assert "n-1" in text


def test_without_nodes_the_page_says_how_they_appear(browse: Browse) -> None:
    answer = show(browse(nodes=fleet()))
    assert "No node here yet" in text_of(answer["nodes-notice"]["children"])


def test_states_name_the_times_they_are_judged_by(browse: Browse) -> None:
    states = dump(show(browse(nodes=fleet(BUSY)))["nodes-states"])
    assert "Heard of within 1 min" in states
    assert "Silent for more than 5 min (node.ttl)" in states


def test_hostile_names_stay_texts_and_are_cut(browse: Browse) -> None:
    name = "<img src=x onerror=alert(1)>" + "y" * 10_000
    table = show(browse(nodes=fleet(node(name, NodeState.GONE, engine_version=name))))["nodes-table"]["children"]
    assert "<img src=x" in text_of(table)
    assert "y" * 601 not in dump(table)


def test_nodes_heard_of_lately_are_asked_of_the_store_and_what_they_have_is_offered(browse: Browse) -> None:
    nodes = fleet({**BUSY, "availability_zone": "eu-west-1b"}, LOST)
    asks = "?heard=24h&instance_type=m9.huge&availability_zone=eu-west-1b&status=FAILED&q=n-1"
    answer = show(browse(nodes=nodes), asks)
    asked = nodes.asked[-1]
    assert asked.instance_type == ("m9.huge",)
    assert asked.availability_zone == ("eu-west-1b",)
    assert (asked.status, asked.q) == ((), "n-1")
    assert asked.from_at is not None
    assert timedelta(hours=24) <= datetime.now(UTC) - asked.from_at < timedelta(hours=24, minutes=2)
    assert [one["value"] for one in answer["nodes-type"]["options"]] == ["", "c5.2xlarge", "m9.huge"]
    assert [one["value"] for one in answer["nodes-zone"]["options"]] == ["", "eu-west-1b"]


def test_nodes_that_have_another_time_are_named(browse: Browse) -> None:
    off = {"n-1": 420.0, "<b>n-2": -5400.0}
    nodes = FakeNodes(NodeList(SUBMITTED, [BUSY], {NodeState.ALIVE: 1}, PATIENCE, off))
    text = text_of(show(browse(nodes=nodes))["nodes-notice"]["children"])
    assert "2 nodes have another time than this server." in text
    assert "<b>n-2 is 1 h 30 min behind, n-1 is 7 min ahead" in text
