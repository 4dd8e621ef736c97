"""GET /metrics: the figures of the Dashboard by queue, intake counters, request times by rule."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.conftest import Server, event


def samples(server: Server) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = server.client.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_by_queue_are_those_of_the_summary(fleet: Server) -> None:
    found = samples(fleet)
    for row in fleet.get("/api/v1/queues")["rows"]:
        label = (("queue", row["key"]),)
        assert found["mmbatch_dash_total_jobs", label] == row["figures"]["total_jobs"]
        cost = row["figures"]["cost_usd"]["value"]
        assert found.get(("mmbatch_dash_cost_usd", label)) == (None if cost is None else pytest.approx(cost))


def test_intake_is_counted_by_result(server: Server) -> None:
    server.send([event("job.submitted", 0, job_id="a")])
    server.send([event("job.submitted", 0, job_id="a"), {"specversion": "1.0"}])
    found = samples(server)
    results = ("accepted", "duplicate", "rejected")
    assert [found["mmbatch_dash_events_total", (("result", result),)] for result in results] == [1, 1, 1]


def test_requests_are_timed_by_rule_never_by_path(server: Server) -> None:
    for job_id in ("a", "b"):
        server.get(f"/api/v1/jobs/{job_id}", 404)
    labels = (("method", "GET"), ("route", "/api/v1/jobs/<path:job_id>"), ("status", "404"))
    assert samples(server)["mmbatch_dash_request_seconds_count", labels] == 2
