"""`retention.jobs` in a running server: what leaves the lists, what stays, and what is said of it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mmbatch_dash.domain.config.retention import Retention
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.services.retention import remove_before
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server, event, worked_example


def keep(server: Server, jobs: str) -> None:
    server.services.config.apply({"retention.jobs": jobs}, who="ana", origin="api")
    server.services.retention.look()
    server.fold()


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The worked example, which ended 27 hours ago, where jobs are kept for a day; another job ended since."""
    settings = build_settings(tmp_path_factory.mktemp("retention"))
    services = open_services(settings, clock=lambda: NOW, start_folding=False)
    server = Server(services, create_app(services).test_client())
    server.send(worked_example(queue="align"))
    server.send([event("job.succeeded", 900, job_id="young")])
    keep(server, "24h")
    yield server
    services.close()


def test_an_old_job_leaves_the_list_and_stays_in_the_figures(aged: Server) -> None:
    summary = aged.get("/api/v1/summary")
    assert summary["figures"]["total_jobs"] == 2
    assert summary["figures"]["cost_usd"]["value"] == pytest.approx(1.0667, abs=1e-4)
    assert summary["removed"] == {"jobs": 1, "before": "2026-03-01T18:00:00Z"}
    assert [row["job_id"] for row in aged.get("/api/v1/jobs")["rows"]] == ["young"]
    assert [row["job_id"] for row in aged.csv("/api/v1/jobs.csv")] == ["young"]
    assert aged.get("/readyz")["status"] == "ready"


def test_its_own_page_says_where_it_is(aged: Server) -> None:
    said = aged.get("/api/v1/jobs/job-1", 404)["message"]
    assert "Job 'job-1' ended 2026-03-01T15:00:00Z and is no longer listed" in said
    assert "There is no job 'job-2'" in aged.get("/api/v1/jobs/job-2", 404)["message"]


def test_groups_name_what_they_cannot_tell(aged: Server) -> None:
    queues = aged.get("/api/v1/queues")
    assert ({row["key"] for row in queues["rows"]}, queues["removed"]) == ({"align", "(none)"}, None)
    users = aged.get("/api/v1/queues", by="user")
    assert sum(row["figures"]["total_jobs"] for row in users["rows"]) == 1
    assert users["removed"]["figures"]["total_jobs"] == 1
    assert users["removed"]["figures"]["cost_usd"]["value"] == pytest.approx(1.0667, abs=1e-4)


def test_a_late_event_about_it_changes_the_figures_and_forever_brings_it_back(aged: Server) -> None:
    before = aged.get("/api/v1/summary")["checkpoints"]["succeeded"]
    aged.send([event("checkpoint.succeeded", 30, job_id="job-1", attempt=1, checkpoint_id="late", duration_seconds=1)])
    assert aged.get("/api/v1/summary")["checkpoints"]["succeeded"] == before + 1
    assert [row["job_id"] for row in aged.get("/api/v1/jobs")["rows"]] == ["young"]
    keep(aged, "forever")
    assert {row["job_id"] for row in aged.get("/api/v1/jobs")["rows"]} == {"young", "job-1"}
    assert len(aged.get("/api/v1/jobs/job-1")["checkpoints"]) == before + 1
    assert aged.get("/api/v1/summary")["removed"] == {"jobs": 0, "before": None}


def test_jobs_to_be_kept_for_longer_than_there_has_been_time_are_all_kept() -> None:
    kept = Retention.model_validate({"jobs": "800000h"})
    assert remove_before(kept, NOW) == datetime(1970, 1, 1, tzinfo=UTC)
    assert remove_before(Retention.model_validate({"jobs": "1h"}), NOW) == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert remove_before(Retention(), NOW) is None
