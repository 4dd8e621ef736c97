"""What /readyz, pages and a job say of a server whose journal is damaged or gone."""

import re
from pathlib import Path

from tests.api.conftest import Server, worked_example


def journal_of(server: Server) -> Path:
    return server.services.settings.journal_dir


def hurt_second_line(server: Server) -> None:
    path = journal_of(server) / f"{0:020d}.ndjson"
    data = bytearray(path.read_bytes())
    middle = data.index(b"\n") + 40
    data[middle : middle + 3] = bytes(3)
    path.write_bytes(bytes(data))


def test_a_whole_server_is_ready(server: Server) -> None:
    server.send(worked_example())
    assert server.get("/readyz") == {"status": "ready", "lag_seconds": 0.0}


def test_a_damaged_line_makes_it_degraded_with_the_place_and_the_rest_is_counted(server: Server) -> None:
    server.services.intake.take([])
    body = server.client.post("/api/v1/events", json=worked_example())
    assert body.status_code == 200
    hurt_second_line(server)
    server.fold()
    answer = server.get("/readyz")
    assert answer["status"] == "degraded"
    assert re.search(r"1 place of the journal cannot be read \(0+\.ndjson, line 2: its checksum differs\)", str(answer))
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 1


def test_every_page_says_that_it_is_degraded(server: Server) -> None:
    def page(path: str) -> str:
        return server.client.get("/_dash-layout", query_string={"path": path}).text

    assert "freshness-degraded" not in page("/")
    server.client.post("/api/v1/events", json=worked_example())
    hurt_second_line(server)
    server.fold()
    for path in ("/", "/jobs", "/nodes", "/configuration"):
        assert "freshness-degraded" in page(path), path


def test_a_job_whose_events_can_no_longer_be_read_still_has_its_page(server: Server) -> None:
    server.send(worked_example())
    hurt_second_line(server)
    events = server.get("/api/v1/jobs/job-1")["events"]
    damaged = [event for event in events if event["type"] == "(this line of the journal is damaged or missing)"]
    assert [(event["raw"], event["facts"]) for event in damaged] == [(None, None)]
    assert server.get("/readyz")["status"] == "degraded"


def test_a_data_directory_that_vanishes_ends_acknowledgements_and_readiness(server: Server, tmp_path: Path) -> None:
    server.send(worked_example())
    journal_of(server).rename(tmp_path / "away")
    try:
        answer = server.client.post("/api/v1/events", json=[{**worked_example()[0], "id": "new"}])
        assert (answer.status_code, "no longer where this server opened it" in answer.text) == (503, True)
        assert "removed, moved or unmounted" in server.get("/readyz", 503)["message"]
    finally:
        (tmp_path / "away").rename(journal_of(server))
    assert server.get("/readyz")["status"] == "ready"
