"""Jobs chosen by their definition: the same ones for headline, list, groups and file, alive or long ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.projection import Projection
from tests.api.conftest import NOW, Server, event, worked_example


@pytest.fixture
def aged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server whose ended jobs are all in history, and which has live ones."""
    monkeypatch.setitem(Projection.__init__.__kwdefaults__, "retire_at", 0)
    services = open_services(build_settings(tmp_path), clock=lambda: NOW, start_folding=False)
    server = Server(services, create_app(services).test_client())
    for number in range(3):
        server.send(worked_example(f"align-{number}", definition="align:7"))
    server.send(worked_example("qc-0", definition="qc:1"))
    live = [("align-live", {"definition": "align:7"}), ("qc-live", {"definition": "qc:1"}), ("other", {})]
    server.send([event("job.submitted", 0, job_id=name, **more) for name, more in live])
    yield server
    services.close()


@pytest.mark.parametrize(
    ("definitions", "jobs", "ended"),
    [
        (["align:7"], {"align-0", "align-1", "align-2", "align-live"}, 3),
        (["qc:1"], {"qc-0", "qc-live"}, 1),
        (["qc:1", "(none)"], {"qc-0", "qc-live", "other"}, 1),
        (["(none)"], {"other"}, 0),
        (["never-seen:1"], set(), 0),
    ],
)
def test_headline_list_groups_and_file_agree(aged: Server, definitions: list[str], jobs: set[str], ended: int) -> None:
    with aged.services.database.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM jobs_done").fetchall() == [(4,)]
        assert cursor.execute("SELECT count(*) FROM jobs_live").fetchall() == [(3,)]
    asked = {"definition": definitions}
    figures = aged.get("/api/v1/summary", **asked)["figures"]
    rows = aged.csv("/api/v1/jobs.csv", **asked)
    assert figures["total_jobs"] == len(jobs)
    assert {row["job_id"] for row in aged.get("/api/v1/jobs", **asked)["rows"]} == jobs
    assert {row["job_id"] for row in rows} == jobs
    cost = figures["cost_usd"]["value"]
    assert cost == (pytest.approx(ended * 1.0666667) if ended else None)
    assert sum(float(row["cost_usd"] or 0) for row in rows) == pytest.approx(cost or 0)
    for by in ("queue", "definition", "day"):
        groups = aged.get("/api/v1/queues", by=by, **asked)["rows"]
        assert sum(group["figures"]["total_jobs"] for group in groups) == len(jobs)


def test_jobs_can_be_grouped_by_it_and_the_menu_offers_it(aged: Server) -> None:
    rows = aged.get("/api/v1/queues", by="definition")["rows"]
    assert {row["key"]: row["figures"]["total_jobs"] for row in rows} == {"align:7": 4, "qc:1": 2, "(none)": 1}
    assert aged.services.reports.filter_choices()["definition"] == ["align:7", "qc:1", "(none)"]
