"""GET /api/v1/nodes: state from heartbeats, stops and reclaims. The clock stands at NOW."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import NOW, Server, event

MINUTES_TO_NOW = (NOW - datetime(2026, 3, 1, 12, tzinfo=UTC)) / timedelta(minutes=1)


def ago(seconds: float) -> float:
    return MINUTES_TO_NOW - seconds / 60


def heartbeat(seconds_ago: float, node: str = "n1", **more: Any) -> dict[str, Any]:
    return event("node.heartbeat", ago(seconds_ago), node_id=node, instance_id=f"i-{node}", **more)


@pytest.mark.parametrize(
    ("silent", "state"), [(0, "alive"), (60, "alive"), (61, "late"), (300, "late"), (301, "gone"), (9999, "gone")]
)
def test_silence_makes_a_node_late_after_two_heartbeats_and_gone_after_its_time_to_live(
    server: Server, silent: int, state: str
) -> None:
    server.send([heartbeat(silent)])
    found = server.get("/api/v1/nodes")
    assert [(row["node_id"], row["state"], row["silent_seconds"]) for row in found["rows"]] == [("n1", state, silent)]
    assert found["states"][state] == 1


def test_a_silent_node_that_had_an_interruption_notice_was_reclaimed(server: Server) -> None:
    notice = {"instance_id": "i-n1", "kind": "interruption"}
    server.send([heartbeat(900), event("instance.reclaim_notice", ago(910), **notice)])
    assert [row["state"] for row in server.get("/api/v1/nodes")["rows"]] == ["reclaimed"]


def test_a_noticed_node_that_still_reports_is_alive(server: Server) -> None:
    server.send([heartbeat(5), event("instance.reclaim_notice", ago(10), instance_id="i-n1", kind="interruption")])
    assert [row["state"] for row in server.get("/api/v1/nodes")["rows"]] == ["alive"]


def test_a_rebalance_notice_does_not_reclaim(server: Server) -> None:
    server.send([heartbeat(900), event("instance.reclaim_notice", ago(910), instance_id="i-n1", kind="rebalance")])
    assert [row["state"] for row in server.get("/api/v1/nodes")["rows"]] == ["gone"]


def test_a_node_whose_attempt_was_reclaimed_and_that_stopped_was_reclaimed(server: Server) -> None:
    placed = {"job_id": "j", "attempt": 1}
    server.send(
        [
            heartbeat(900),
            event("job.started", ago(1000), **placed, node_id="n1", instance_id="i-n1"),
            event("job.interrupted", ago(880), **placed, reason="reclaimed"),
            event("node.stopped", ago(870), node_id="n1"),
        ]
    )
    [row] = server.get("/api/v1/nodes")["rows"]
    assert (row["state"], row["attempts"]) == ("reclaimed", 1)
    assert row["ended_at"] == row["stopped_at"]


def test_a_stopped_node_that_reports_again_is_alive(server: Server) -> None:
    server.send([heartbeat(900), event("node.stopped", ago(600), node_id="n1")])
    assert server.get("/api/v1/nodes")["rows"][0]["state"] == "stopped"
    server.send([heartbeat(10)])
    assert server.get("/api/v1/nodes")["rows"][0]["state"] == "alive"


def test_running_jobs_of_a_node_are_its_open_attempts(server: Server) -> None:
    server.send([heartbeat(5)])
    server.send([event("job.started", ago(50 + n), job_id=f"j{n}", attempt=1, instance_id="i-n1") for n in range(2)])
    server.send([event("job.succeeded", ago(5), job_id="j0", attempt=1)])
    [row] = server.get("/api/v1/nodes")["rows"]
    assert (row["running_jobs"], row["running_job_ids"], row["attempts"]) == (1, ["j1"], 2)


def test_the_file_has_finished_nodes_too_unless_states_are_chosen(server: Server) -> None:
    server.send([heartbeat(5, "here"), heartbeat(9000, "lost", instance_type="=cmd")])
    assert [row["node_id"] for row in server.csv("/api/v1/nodes.csv")] == ["here", "lost"]
    [lost] = server.csv("/api/v1/nodes.csv", state="gone")
    assert (lost["node_id"], lost["instance_type"]) == ("lost", "'=cmd")
    assert server.get("/api/v1/nodes", 400, state="dead")["details"] == [{"parameter": "state"}]


def test_nodes_are_chosen_by_what_ran_on_them(server: Server) -> None:
    server.send([heartbeat(5, "a"), heartbeat(6, "b")])
    server.send([event("job.started", ago(50), job_id="j", attempt=1, instance_id="i-a", queue="align")])
    assert [row["node_id"] for row in server.get("/api/v1/nodes", queue="align")["rows"]] == ["a"]
    assert [row["node_id"] for row in server.get("/api/v1/nodes", q="I-B")["rows"]] == ["b"]


def test_thousands_of_nodes_are_read_page_by_page_in_any_order(server: Server) -> None:
    server.send([heartbeat(n % 400, f"n{n:04d}", node_vcpus=float(n % 16 + 1)) for n in range(1200)])
    for sort, key in (("node_id", "node_id"), ("-last_heartbeat_at", "last_heartbeat_at"), ("vcpus", "vcpus")):
        pages = [server.get("/api/v1/nodes", sort=sort, limit=500, offset=place)["rows"] for place in (0, 500, 1000)]
        rows = [row for page in pages for row in page]
        assert len({row["node_id"] for row in rows}) == len(rows) == 1200
        values = [row[key] for row in rows if row[key] is not None]
        assert values == sorted(values, reverse=sort.startswith("-"))
    assert server.get("/api/v1/nodes", 400, sort="running_job_ids")["details"]


def test_nodes_are_chosen_by_their_own_zone(server: Server) -> None:
    server.send([heartbeat(5, "a", availability_zone="eu-west-1a"), heartbeat(6, "b", availability_zone="eu-west-1b")])
    server.send([heartbeat(7, "c")])
    for chosen, nodes in (("eu-west-1b", ["b"]), ("(none)", ["c"])):
        found = server.get("/api/v1/nodes", availability_zone=chosen)["rows"]
        assert [row["node_id"] for row in found] == nodes
