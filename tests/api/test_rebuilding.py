"""While the tables are made anew the server is up, says so, and takes events."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server, worked_example


def opened(folder: Path) -> Server:
    services = open_services(build_settings(folder, environ={}), clock=lambda: NOW, start_folding=False)
    return Server(services, create_app(services).test_client())


@pytest.fixture(params=["readable", "unreadable"])
def rebuilding(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server whose tables another program made, before its first batch; the present one may be able to read them."""
    before = opened(tmp_path / "data")
    before.send(worked_example())
    before.services.close()
    names = ["digest"] if request.param == "readable" else ["digest", "reading"]
    with duckdb.connect(str(tmp_path / "data" / "store.duckdb")) as file:
        file.execute("UPDATE meta SET value = 'other' WHERE name IN (SELECT unnest(?))", [names])
    server = opened(tmp_path / "data")
    server.readable = request.param == "readable"  # type: ignore[attr-defined]
    yield server
    server.services.close()


def test_it_is_ready_and_says_how_far_it_is(rebuilding: Server) -> None:
    assert rebuilding.get("/readyz") == {"status": "rebuilding", "share": 0.0}
    rebuilding.fold()
    assert rebuilding.get("/readyz") == {"status": "ready", "lag_seconds": 0.0}


def test_it_takes_events_and_shows_them_afterwards(rebuilding: Server) -> None:
    event = {**worked_example()[0], "id": "later", "type": "mmbatch.job.submitted", "data": {"job_id": "later"}}
    assert rebuilding.client.post("/api/v1/events", json=[event]).status_code == 200
    rebuilding.fold()
    assert rebuilding.get("/api/v1/summary")["figures"]["total_jobs"] == 2


def test_figures_are_those_of_the_old_tables_or_wait(rebuilding: Server) -> None:
    paths = ("summary", "queues", "jobs", "jobs.csv", "jobs.parquet", "nodes", "rejects", "rejects.ndjson")
    paths = (*(f"/api/v1/{path}" for path in paths), "/metrics")
    for path in paths:
        answer = rebuilding.client.get(path)
        if rebuilding.readable:  # type: ignore[attr-defined]
            assert answer.status_code == 200, path
        else:
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
            assert "being made anew" in answer.text


def test_everything_else_answers(rebuilding: Server) -> None:
    for path in ("/healthz", "/api/v1/config", "/api/openapi.json", "/configuration", "/", "/jobs", "/nodes"):
        assert rebuilding.client.get(path).status_code == 200, path


@pytest.mark.parametrize("path", ["/", "/jobs", "/nodes", "/configuration"])
def test_every_page_says_how_far_it_is(rebuilding: Server, path: str) -> None:
    said = rebuilding.client.get("/_dash-layout", query_string={"path": path}).text
    assert "rebuilding, 0 %" in said
    rebuilding.fold()
    assert "rebuilding" not in rebuilding.client.get("/_dash-layout", query_string={"path": path}).text


def test_the_age_of_old_figures_is_said(rebuilding: Server) -> None:
    fresh = rebuilding.services.reports.freshness()
    assert fresh.rebuild is not None
    assert fresh.as_of == fresh.rebuild.shown_at if rebuilding.readable else NOW  # type: ignore[attr-defined]
