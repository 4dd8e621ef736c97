"""What a reader can filter by."""

from collections.abc import Callable

import pytest

from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.queries import choices
from tests.store.world import NOW, World


def submitted(number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": "mmbatch.job.submitted",
        "time": "2026-03-01T12:00:00Z",
        "data": {"job_id": f"job-{number}", "queue": f"queue-{number}", "tags": {"team": f"t{number}"}},
    }


def test_the_first_jobs_of_an_empty_server_are_offered_at_once(world: World) -> None:
    worker = FoldWorker(world.fold, world.journal)
    reports = Reports(world.database, worker, clock=lambda: NOW)
    assert reports.filter_choices()["queue"] == []
    world.take([submitted(1)])
    worker.bump()
    assert reports.filter_choices()["queue"] == ["queue-1"]


def test_tags_are_read_from_the_latest_jobs_only(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "LATEST", 2)
    world = build_world()
    for number in range(5):
        world.take([submitted(number)])
    with world.database.cursor() as cursor:
        found = choices.fetch_choices(cursor)
    assert len(found["queue"]) == 5
    assert found["tag"] == ["team", "team:t3", "team:t4"]


def test_what_is_typed_is_found_among_all_values_whatever_the_case(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "MOST_VALUES", 3)
    world = build_world()
    world.take([submitted(number) for number in range(12)])
    reports = Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW)
    assert len(reports.filter_choices()["queue"]) == 3
    assert reports.search_choices("queue", "QUEUE-1") == ["queue-1", "queue-10", "queue-11"]
    assert reports.search_choices("tag", "t11") == ["team:t11"]
    assert reports.search_choices("queue", "100%") == []
