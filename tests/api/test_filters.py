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
