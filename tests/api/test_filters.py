"""What filters of the address choose, over HTTP."""

import pytest

from tests.api.conftest import Server, event


def submitted(job_id: str, **more: object) -> dict[str, object]:
    return event("job.submitted", 0, job_id=job_id, **more)


@pytest.fixture
def tagged(server: Server) -> Server:
    server.send(
        [
            submitted("stack", tags={"aws:cloudformation:stack-name": "prod", "team": "a"}),
            submitted("plain", tags={"k": "v:w"}),
            submitted("split", tags={"k:v": "w"}),
            submitted("whole", tags={"k:v:w": "x"}),
            submitted("bare"),
        ]
    )
    return server


@pytest.mark.parametrize(
    ("tag", "chosen"),
    [
        ("aws:cloudformation:stack-name", {"stack"}),
        ("aws:cloudformation:stack-name:prod", {"stack"}),
        ("aws:cloudformation:stack-name:test", set()),
        ("k:v:w", {"plain", "split", "whole"}),
        ("team:(none)", {"plain", "split", "whole", "bare"}),
        ("aws:cloudformation:stack-name:(none)", {"plain", "split", "whole", "bare"}),
        ("(none)", {"bare"}),
        ("team", {"stack"}),
    ],
)
def test_a_tag_filter_is_a_key_or_any_split_into_key_and_value(tagged: Server, tag: str, chosen: set[str]) -> None:
    assert {row["job_id"] for row in tagged.get("/api/v1/jobs", tag=tag)["rows"]} == chosen
    assert tagged.get("/api/v1/summary", tag=tag)["figures"]["total_jobs"] == len(chosen)


@pytest.mark.parametrize("name", ["queue", "status", "instance_type", "purchase_option", "user", "tag"])
def test_nobody_seen_is_an_empty_selection_and_none_is_understood_everywhere(tagged: Server, name: str) -> None:
    assert tagged.get("/api/v1/summary", **{name: "(none)"})["figures"]["total_jobs"] in (0, 1, 5)
    if name not in ("status", "purchase_option"):
        assert tagged.get("/api/v1/summary", **{name: "nobody"})["figures"]["total_jobs"] == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"status": "SUCEEDED"}, "SUCCEEDED is nearest"),
        ({"purchase_option": "ondemand"}, "on-demand is nearest"),
        ({"basis": "submited"}, "submitted is nearest"),
        ({"tz": "Europe/Berlinn"}, "Europe/Berlin is nearest"),
        ({"tz": "localtime"}, "not an IANA time zone"),
        ({"tz": "posix/UTC"}, "not an IANA time zone"),
        ({"from": "0001-01-01"}, "between 1970 and 2200"),
        ({"to": "9999-12-31"}, "between 1970 and 2200"),
        ({"from": "9999-12-31T23:59:59-12:00"}, "between 1970 and 2200"),
        ({"queue": "a\x00b"}, "NUL"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_was_probably_meant(
    server: Server, query: dict[str, str], said: str
) -> None:
    [name] = query
    for path in ("/api/v1/summary", "/api/v1/jobs.csv", "/api/v1/job"):
        refused = server.get(path, expected=400, **query)
        assert refused["statusCode"] == 400
        assert said in refused["message"]
        assert refused["details"][0]["parameter"] == name


def test_the_years_of_a_selection_reach_from_1970_on(server: Server) -> None:
    assert server.get("/api/v1/summary", **{"from": "1970-01-02"})["figures"]["total_jobs"] == 0


def test_a_pool_is_a_type_in_a_zone_and_jobs_are_grouped_by_it(server: Server) -> None:
    spot = {"purchase_option": "spot", "attempt": 1}
    server.send(
        [
            event("job.started", 0, job_id="a", instance_type="m5.large", availability_zone="us-east-1a", **spot),
            event("job.started", 0, job_id="b", instance_type="m5.large", availability_zone="us-east-1b", **spot),
            event("job.started", 0, job_id="c", instance_type="m5.large", **spot),
        ]
    )
    pools = server.get("/api/v1/queues", by="pool")["rows"]
    assert {row["key"] for row in pools} == {"m5.large/us-east-1a", "m5.large/us-east-1b", "(none)"}
    for row in pools:
        assert server.get("/api/v1/summary", pool=row["key"])["figures"]["total_jobs"] == 1


def test_a_job_nobody_saw_submitted_stands_at_its_start(server: Server) -> None:
    server.send([event("job.started", 0, job_id="seen-running", attempt=1), submitted("seen", queue="q")])
    for edges in ({"from": "2026-03-01"}, {"to": "2026-03-02"}, {"from": "2026-03-01", "to": "2026-03-01"}):
        assert server.get("/api/v1/summary", **edges)["figures"]["total_jobs"] == 2
    assert [row["key"] for row in server.get("/api/v1/queues", by="day")["rows"]] == ["2026-03-01"]
    assert server.get("/api/v1/summary", to="2026-02-28")["figures"]["total_jobs"] == 0


def test_the_hours_of_the_published_api_lose_no_job(server: Server) -> None:
    server.send(
        [
            submitted("whole", queue="q"),
            event("job.started", 30, job_id="started", attempt=1, queue="q"),
            event("checkpoint.started", 60, job_id="heard-of", attempt=1),
            event("job.failed", 90, job_id="ended"),
        ]
    )
    points = server.get("/api/v1/metrics/summary")["items"]["jobSubmitted"]
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 4
    assert sum(point["point"]["value"] for point in points) == 4
    completed = server.get("/api/v1/metrics/summary", basis="completed")["items"]["jobSubmitted"]
    assert sum(point["point"]["value"] for point in completed) == 4
    assert {point["id"] for point in points} >= {"jobSubmitted/q/2026-03-01T12:00:00Z"}
