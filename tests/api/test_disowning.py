"""Disowning while the server runs: foreseen, done, and taken back."""

from collections.abc import Callable
from typing import Any

import orjson

from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.auth.audit import AuditLog
from tests.api.conftest import NOW, Server, event, worked_example


def tell_good_and_bad(server: Server) -> None:
    """The worked example, and of another source the same job with another price, and a job of its own."""
    server.send(worked_example())
    bad = [
        event("job.started", 0, job_id="job-1", attempt=1, usd_per_hour=900.0),
        event("job.succeeded", 5, job_id="x"),
    ]
    server.send([{**one, "source": "bad/one", "time": "2026-03-01T12:00:01Z"} for one in bad])


def post(server: Server, path: str, expected: int = 200, **wish: Any) -> Any:
    answer = server.client.post(path, json=wish)
    assert answer.status_code == expected, answer.text
    return answer.json


def figures(server: Server) -> Any:
    return {name: server.get("/api/v1/summary")[name] for name in ("figures", "engineering", "checkpoints")}


def test_what_it_changes_is_told_before_it_is_done_and_it_can_be_taken_back(
    server: Server, start: Callable[..., Server]
) -> None:
    clean = start()
    clean.send(worked_example())
    tell_good_and_bad(server)
    whole = figures(server)
    assert whole != figures(clean)

    foreseen = post(server, "/api/v1/disowned/preview", source="bad/*")
    assert foreseen == {"entries": 2, "before": whole["figures"], "after": figures(clean)["figures"]}
    assert server.get("/api/v1/disowned") == {"rows": [], "rebuilding": None}
    assert figures(server) == whole

    row = {"teller": None, "source": "bad/*", "from": None, "to": None}
    assert post(server, "/api/v1/disowned", source="bad/*")["rows"] == [row]
    # Until the new tables are there those before are shown, and say so.
    assert (server.get("/readyz")["status"], figures(server)) == ("rebuilding", whole)
    server.send([event("job.submitted", 1, job_id="later")])
    assert server.get("/readyz")["status"] == "ready"
    assert figures(server)["figures"]["total_jobs"] == 2
    assert figures(server)["figures"]["cost_usd"] == figures(clean)["figures"]["cost_usd"]

    assert post(server, "/api/v1/disowned", source="bad/*", undo=True) == {"rows": [], "rebuilding": 0.0}
    server.fold()
    assert figures(server)["figures"]["total_jobs"] == 3
    assert figures(server)["figures"]["cost_usd"] == whole["figures"]["cost_usd"]
    audited = [entry.detail for entry in AuditLog(server.services.documents).read() if entry.action == "disown"]
    assert sorted(audited) == ["disowned: source bad/*", "owned again: source bad/*"]


def test_another_change_in_the_midst_of_making_anew_and_an_end_there_lose_nothing(server: Server) -> None:
    tell_good_and_bad(server)
    whole = figures(server)
    post(server, "/api/v1/disowned", source="tests")
    server.services.fold.fold_batch()  # half way
    post(server, "/api/v1/disowned", source="bad/*")
    post(server, "/api/v1/disowned", source="tests", undo=True)
    settings = server.services.settings
    server.services.close()
    services = reopened(settings.data_dir)
    try:
        services.fold.fold_all()
        assert [str(each) for each in services.disowning.all()] == ["source bad/*"]
        assert services.projection.rebuild() is None
        with services.database.cursor() as cursor:
            assert cursor.execute("SELECT job_id FROM jobs").fetchall() == [("job-1",)]
        assert len(list(settings.data_dir.glob("store*.duckdb"))) == 1
        assert whole["figures"]["total_jobs"] == 2
    finally:
        services.close()


def reopened(data_dir: Any) -> Services:
    return open_services(build_settings(data_dir), clock=lambda: NOW, start_folding=False)


def test_what_cannot_be_disowned_is_refused_with_a_reason(server: Server) -> None:
    assert "Say whose entries" in post(server, "/api/v1/disowned", 422)["message"]
    assert "is not disowned" in post(server, "/api/v1/disowned", 422, source="s", undo=True)["message"]
    assert "must be a JSON object" in post(server, "/api/v1/disowned/preview", 422, who="ana")["message"]
    wrong = {"source": "s", "from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    assert "must be after" in post(server, "/api/v1/disowned", 422, **wrong)["message"]
    assert orjson.loads(server.client.get("/api/v1/disowned").data)["rows"] == []
