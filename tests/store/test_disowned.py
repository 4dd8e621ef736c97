"""What is disowned is left out as if it had never been told, and comes back as it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.cli import main
from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import open_services
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.auth.audit import AuditLog
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.journal import FileJournal
from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.world import World

MORNING, NOON = datetime(2026, 3, 20, 8, tzinfo=UTC), datetime(2026, 3, 20, 12, tzinfo=UTC)


def job(number: int, source: str = "honest", **data: Any) -> dict[str, Any]:
    """A job that was submitted."""
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": source,
        "type": "mmbatch.job.submitted",
        "time": "2026-03-01T12:00:00Z",
        "data": {"job_id": f"job-{number}", "vcpus": 2, **data},
    }


def tell(world: World, events: list[dict[str, Any]], by: str, at: datetime = MORNING) -> None:
    """Takes events in, told by somebody at a time."""
    Intake(world.journal, lambda: at).take(read_batch(events), by)


def jobs_of(world: World) -> list[tuple[Any, ...]]:
    world.fold.fold_all()
    return world.rows("SELECT job_id, vcpus FROM jobs ORDER BY job_id")


def test_a_disowned_token_is_as_if_it_had_never_spoken(build_world: Callable[..., World]) -> None:
    without = build_world(disowned=(Disowned("token:bad", None),))
    tell(without, [job(1)], "token:good")
    tell(without, [job(2), job(3)], "token:bad")
    tell(without, WORKED_EXAMPLE, "token:good")
    never = build_world()
    tell(never, [job(1)], "token:good")
    tell(never, WORKED_EXAMPLE, "token:good")
    without.fold.fold_all()
    never.fold.fold_all()
    assert without.tables() == never.tables()


def test_a_disowned_word_does_not_keep_out_the_honest_one_told_later(build_world: Callable[..., World]) -> None:
    for rules, vcpus in (((), 64.0), ((Disowned("token:bad", None),), 2.0)):
        world = build_world(disowned=rules)
        tell(world, [job(1, vcpus=64)], "token:bad")
        tell(world, [job(1)], "token:good")
        assert jobs_of(world) == [("job-1", vcpus)]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (Disowned(None, "my/*"), ["job-1"]),
        (Disowned(None, "my/*", since=NOON), ["job-1", "job-2"]),
        (Disowned(None, "my/*", until=NOON), ["job-1", "job-3"]),
        (Disowned("token:other", "my/*"), ["job-1", "job-2", "job-3"]),
    ],
)
def test_a_source_is_disowned_by_pattern_and_time_of_receipt(
    build_world: Callable[..., World], rule: Disowned, left: list[str]
) -> None:
    world = build_world(disowned=(rule,))
    tell(world, [job(1), job(2, "my/node")], "token:a", MORNING)
    tell(world, [job(3, "my/node")], "token:a", NOON)
    assert [row[0] for row in jobs_of(world)] == left


def test_the_command_disowns_a_token_lists_it_and_takes_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = build_settings(tmp_path / "data", environ={})
    journal = FileJournal(settings.journal_dir)
    Intake(journal).take(read_batch(WORKED_EXAMPLE), "token:good")
    Intake(journal).take(read_batch([job(7), job(8)]), "token:bad")
    journal.close()

    def total_jobs() -> int:
        services = open_services(settings, start_folding=False)
        try:
            services.fold.fold_all()
            assert services.condition.degraded() == ()
            return services.reports.summary(Selection()).total_jobs
        finally:
            services.close()

    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["disown", *arguments, "--data-dir", str(settings.data_dir)])
        return int(ended.value.code or 0)

    before = total_jobs()
    assert run("--token", "bad") == 0
    assert total_jobs() == before - 2
    assert run() == 0
    assert "token:bad\n" in capsys.readouterr().out
    assert run("--token", "bad", "--undo") == 0
    assert total_jobs() == before
    assert run("--token", "bad", "--undo") == 1
    assert "token:bad is not disowned" in capsys.readouterr().err
    assert [entry.detail for entry in AuditLog(FileDocuments(settings.data_dir)).read()] == [
        "disowned: token:bad",
        "owned again: token:bad",
    ]
