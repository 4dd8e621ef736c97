"""Heartbeats that say nothing new leave the tables that the whole fold of them would leave."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from mmbatch_dash.store.fold import fold as folding
from mmbatch_dash.store.fold.running import Steps
from tests.store.world import World

PLACES: list[dict[str, object]] = [
    {},
    {"instance_id": "i-1"},
    {"instance_id": "i-1", "instance_type": "m5.large", "vcpus": 2.0},
    {"instance_id": "i-2", "availability_zone": "us-east-1a", "purchase_option": "spot", "engine_version": "2.1"},
    {"instance_id": "i-2", "instance_launched_at": "2026-03-01T00:00:00Z", "memory_mib": 8192.0},
]


def node_event(number: int, minute: int, step: str = "heartbeat", **data: object) -> dict[str, Any]:
    time = f"2026-03-01T{minute // 60:02d}:{minute % 60:02d}:00Z"
    head = {"specversion": "1.0", "id": str(number), "source": "fleet", "time": time}
    return {**head, "type": f"mmbatch.node.{step}", "data": {"node_id": "n-1", **data}}


def fleet(rng: Random, count: int) -> Iterator[dict[str, Any]]:
    """Nodes that mostly beat, at times in any order, with a job that runs on one of them."""
    yield {
        **node_event(-1, 1),
        "type": "mmbatch.job.started",
        "data": {"job_id": "j", "attempt": 1, "node_id": "n-1", "started_at": "2026-03-01T00:01:00Z"},
    }
    for number in range(count):
        step = rng.choices(("heartbeat", "registered", "stopped"), (25, 1, 1))[0]
        jobs: dict[str, object] = {"job_ids": rng.choice((["j"], ["j", "k"], []))} if rng.random() < 0.6 else {}
        usual = PLACES[2] if rng.random() < 0.92 else rng.choice(PLACES)
        data = {"node_id": f"n-{rng.randrange(3)}", **usual, **(jobs if step == "heartbeat" else {})}
        # No two nodes speak at one moment of one thing: what then stands is anybody's guess.
        yield node_event(number, 2 + rng.randrange(300) * 4 + number % 4, step, **data)


@pytest.mark.parametrize("seed", [0, 1])
def test_heartbeats_that_are_passed_over_fold_to_the_tables_of_all_of_them(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = Random(seed)
    events = list({event["time"]: event for event in fleet(rng, 90)}.values())
    cuts = sorted({0, len(events), *(rng.randrange(len(events)) for _ in range(8))})
    batches = [events[start:stop] for start, stop in pairwise(cuts)]
    quick, thorough = build_world(), build_world()
    passed_over: list[int] = []
    split = folding.split_quiet

    def counted(*arguments: Any) -> Any:
        rest, quiet = split(*arguments)
        passed_over.append(quiet.lines if quiet else 0)
        return rest, quiet

    for batch in batches:
        with monkeypatch.context() as patch:
            patch.setattr(folding, "split_quiet", counted)
            quick.take(batch)
        with monkeypatch.context() as patch:
            patch.setattr(folding, "split_quiet", lambda _cursor, lines: (lines, None))
            thorough.take(batch)
    assert sum(passed_over) > 5
    assert quick.tables() == thorough.tables()
    counts = "SELECT type, understood, sum(events) FROM event_counts GROUP BY ALL ORDER BY ALL"
    assert quick.rows(counts) == thorough.rows(counts)
    facts = "SELECT rank, happened_at, instance_id FROM instance_facts ORDER BY ALL"
    assert quick.rows(facts) == thorough.rows(facts)


def test_a_batch_of_heartbeats_that_say_nothing_new_plans_no_step(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world()
    world.take([node_event(0, 1, "registered", **PLACES[3]), node_event(1, 2, **PLACES[3])])
    runs: list[object] = []
    monkeypatch.setattr(Steps, "run", lambda _steps, given: runs.append(given))
    world.take([node_event(2, 4, **PLACES[3], job_ids=["j"]), node_event(3, 6, **PLACES[3])])
    assert runs == []
    assert world.rows(
        "SELECT job_ids, strftime(last_heartbeat_at, '%H:%M'), told_at = last_heartbeat_at FROM nodes"
    ) == [(["j"], "00:06", True)]
    world.take([node_event(4, 8, **PLACES[3]), node_event(5, 9, "stopped")])
    assert len(runs) == 1


def test_a_heartbeat_of_an_unknown_node_or_from_another_instance_is_folded_as_a_whole(
    build_world: Callable[..., World],
) -> None:
    world = build_world()
    world.take([node_event(0, 1, **PLACES[1])])
    world.take([node_event(1, 2, **PLACES[3])])
    assert world.rows("SELECT instance_id, engine_version FROM nodes") == [("i-2", "2.1")]
    assert world.rows("SELECT instance_id FROM instances ORDER BY ALL") == [("i-2",)]
