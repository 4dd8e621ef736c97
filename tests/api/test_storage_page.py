"""The page of storage: what lies on disk, how fast that grows, and what retention took."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.pages.admin.server import describe_storage
from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.services.storage import read_storage
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.journal import FileJournal
from tests.api.conftest import NOW, Server, event, worked_example


def test_growth_is_that_of_the_last_week_and_tells_when_the_disk_is_full(tmp_path: Path) -> None:
    settings = build_settings(tmp_path, environ={})
    journal = FileJournal(settings.journal_dir, segment_bytes=2_000)
    ends = []
    for day in (30, 5, 4, 2):
        intake = Intake(journal, lambda day=day: NOW - timedelta(days=day))
        intake.take(read_batch([event("job.submitted", number, job_id=f"{day}-{number}") for number in range(12)]))
        journal.append([])
        ends.append(journal.end)
    journal.close()
    storage = read_storage(settings, NOW)
    assert storage.growth_bytes_a_day == pytest.approx((ends[-1] - ends[0]) / 5, rel=0.3)
    assert storage.full_in_days == pytest.approx(storage.free_bytes / storage.growth_bytes_a_day)
    assert read_storage(settings, NOW + timedelta(days=300)).growth_bytes_a_day is None


def test_the_page_says_how_many_jobs_are_only_in_totals(server: Server) -> None:
    server.send(worked_example())
    server.services.config.apply({"retention.jobs": "24h"}, who="ana", origin="api")
    server.services.retention.look()
    server.fold()
    services = server.services
    facts = dict(
        describe_storage(
            services.settings.data_dir,
            read_storage(services.settings, NOW),
            services.reports.summary(
                parse_view("", NOW, PageDefaults()).selection.model_copy(update={"from_at": None, "to_at": None})
            ).removed,
            services.reports.freshness(),
            parse_view("", datetime.now(UTC), PageDefaults()),
        )
    )
    assert facts["Jobs only in totals"] == "1, ended before 2026-03-01 18:00 UTC (retention.jobs)"
    assert facts["Growth of the journal"] == "not known yet"
    assert facts["Events without originals"] == "none"
