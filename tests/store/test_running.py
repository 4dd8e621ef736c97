"""What runs now, of the selected jobs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mmbatch_dash.domain.selection import parse_selection
from mmbatch_dash.store.queries.activity import fetch_running
from tests.store.world import NOW, World


def event(number: int, step: str, minutes_ago: int, **data: object) -> dict[str, Any]:
    time = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    head = {"specversion": "1.0", "id": str(number), "source": "s", "time": time}
    return {**head, "type": f"mmbatch.job.{step}", "data": {"attempt": 1, **data}}


def test_reclaims_of_the_last_hour_are_those_of_the_selected_jobs(build_world: Callable[..., World]) -> None:
    world = build_world()
    events: list[dict[str, Any]] = []
    for number, (queue, minutes_ago) in enumerate([("a", 10), ("a", 20), ("b", 30), ("a", 90)]):
        job = {"job_id": f"j-{number}", "instance_id": f"i-{number}"}
        events.append(event(number, "started", 300, **job, queue=queue))
        events.append(event(100 + number, "interrupted", minutes_ago, **job, reason="reclaimed"))
    world.take(events)

    def reclaims(**chosen: str) -> int:
        with world.database.cursor() as cursor:
            row = fetch_running(cursor, parse_selection(chosen), NOW, timedelta(hours=1)).iloc[0]
        return int(row["reclaims_last_hour"])

    assert {name: reclaims(queue=name) for name in ("a", "b", "c")} == {"a": 2, "b": 1, "c": 0}
    assert reclaims() == 3
