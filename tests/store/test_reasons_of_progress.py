"""Why what was carried, lost or waited for is unknown: the reason names what is really missing."""

from collections.abc import Callable
from typing import Any

import pytest

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, JOB_REPORTED, Entry
from mmbatch_dash.services.jobs import Jobs
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from tests.reference.readings import native, said
from tests.reference.worked_example import at, job, start
from tests.store.world import NOW, World

UNTIMED = said("mmbatch.job.interrupted", "01:00", SourceKind.TRACE, attempt=1, end_reason="reclaimed")
CHECKPOINT = job("checkpoint.succeeded", "00:31", 1, checkpoint_id="c", taken_at=at("00:30"), duration_seconds=60)
RESTORED = job("restore.succeeded", "01:01", 2, checkpoint_id="c", duration_seconds=60)
TWO = [job("job.submitted", "00:00", vcpus=2), start("00:00", 1), start("01:00", 2)]
AFTER = [
    start("02:00", 3),
    job("checkpoint.succeeded", "01:31", 2, checkpoint_id="d", taken_at=at("01:30"), duration_seconds=60),
    job("restore.succeeded", "02:01", 3, checkpoint_id="d", duration_seconds=60),
]


@pytest.fixture
def explain(build_world: Callable[..., World]) -> Callable[..., Any]:
    """The reason why a figure of job-1 is unknown, and the flags of the job."""

    def find(entries: list[Entry], figure: str) -> tuple[str | None, list[str]]:
        world = build_world()
        world.take_items(entries)
        reports = Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW)
        detail = Jobs(world.database, world.journal, reports, lambda: NOW).detail("job-1")
        return detail.figures[figure].unknown_because, detail.job["flags"]

    return find


def test_an_end_at_an_unknown_time_is_no_reason_where_a_restore_proves_the_checkpoint(explain: Any) -> None:
    unplaced = job("restore.succeeded", "00:05", 1, checkpoint_id="of another job", duration_seconds=60)
    told = [*native([*TWO, CHECKPOINT, RESTORED, *AFTER]), UNTIMED]
    assert explain(told, "saved_seconds") == (None, [])
    reason, flags = explain([*told, *native([unplaced])], "saved_seconds")
    assert reason == "the restore into attempt 1 was from a checkpoint that nothing is known of"
    assert flags == ["restore_without_checkpoint"]
    assert explain(told, "lost_seconds")[0] == "the end of attempt 1 is not known"


def test_an_end_that_nobody_explains_is_named_where_it_would_change_what_was_saved(explain: Any) -> None:
    told = native([*TWO, CHECKPOINT, RESTORED])
    assert explain(told, "spot_saved_seconds")[0] == "nothing says how attempt 1 ended"
    assert explain(told, "lost_seconds")[0] == "nothing says how attempt 1 ended"
    assert explain(told, "waiting_seconds")[0] == "the end of attempt 1 is not known"


@pytest.mark.parametrize("figure", ["cpu_hours", "cost_usd", "on_demand_savings_usd"])
def test_a_job_that_never_started_says_so(explain: Any, figure: str) -> None:
    idle = said(ATTEMPT_REPORTED, "00:10", attempt=1, end_reason="not_started")
    never = said(JOB_REPORTED, "00:11", status="FAILED", completed_at="00:11", never_started=True)
    reason, flags = explain([*native([job("job.submitted", "00:00", vcpus=2)]), idle, never], figure)
    assert reason == "it never started"
    assert flags == ["never_started"]
