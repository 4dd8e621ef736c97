"""Every answer is what its declaration says, and every refusal has the one shape."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from mmbatch_dash.api.declared import as_template, endpoints_of
from mmbatch_dash.api.docs import build_text
from mmbatch_dash.api.models.errors import Error
from mmbatch_dash.api.queries import parameters_of
from mmbatch_dash.domain.endpoints import JSON, Endpoint
from tests.api.conftest import Server, event

BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/v1/events"): event("job.submitted", 0, job_id="one-more"),
    ("POST", "/api/v1/import"): event("job.submitted", 0, job_id="imported"),
    ("POST", "/api/v1/rejects/retry"): {"ids": ["none"]},
    ("POST", "/api/v1/rejects/dismiss"): {"ids": ["none"]},
    ("PUT", "/api/v1/configKV"): {"kvMap": {"node.ttl": "6m"}},
    ("PUT", "/api/v1/ckptConfig"): {"ckptInterval": "20m"},
    ("PUT", "/api/v1/log/config"): {"maxBackups": 9},
    ("PUT", "/api/v1/security/cognito"): {"enabled": False},
    ("PUT", "/api/v1/nodes/<node_id>/files/<path:path>"): "a line",
    ("POST", "/api/v1/insight/replay"): {"interval": "none"},
    ("POST", "/api/v1/alerts/silence"): {"rule": "reclaim-wave", "until": "2099-01-01T00:00:00Z"},
    ("POST", "/api/v1/disowned/preview"): {"token": "nobodys"},
    ("POST", "/api/v1/rebuild"): {"accept_loss": False},
}
OF_WHAT_IS_NOT_HERE = {
    # What these answer once there is a bill, a channel, a log or a long replay is held by the tests of each.
    ("GET", "/api/v1/insight/replay/<replay_id>"): 404,
    ("DELETE", "/api/v1/insight/replay/<replay_id>"): 404,
    ("POST", "/api/v1/alerts/test"): 422,
    ("DELETE", "/api/v1/alerts/silence/<silence_id>"): 404,
    ("GET", "/api/v1/bill"): 404,
    ("GET", "/api/v1/bill.csv"): 404,
    ("POST", "/api/v1/bill"): 400,
    ("POST", "/api/v1/bill/s3"): 422,
    ("DELETE", "/api/v1/bill/<bill_id>"): 404,
    ("POST", "/api/v1/nextflow"): 422,
    ("POST", "/api/v1/disowned"): 422,
    ("GET", "/mmab.log"): 404,
}


@pytest.fixture(scope="module")
def told(fleet: Server) -> Server:
    """The fleet, with something kept aside too."""
    fleet.send([event("job.submitted", 1, job_id="lacking", vcpus=-1)])
    assert fleet.client.put("/api/v1/nodes/node-1/files/pagent.log", data=b"started\n").status_code == 200
    return fleet


def endpoints(server: Server) -> dict[tuple[str, str], Endpoint]:
    return endpoints_of(server.client.application)


def ask(server: Server, method: str, rule: str, **query: Any) -> Any:
    path = as_template(rule)
    if "{job_id}" in path:
        row = server.get("/api/v1/jobs", limit=1, sort="-attempts", status="SUCCEEDED")["rows"][0]
        path = path.replace("{job_id}", row["job_id"])
    known = {"node_id": "node-1", "path:path": "pagent.log", "path": "pagent.log"}
    known |= {"definition_id": "metricDef-runtime", "object_id": "system-total"}
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return server.client.open(path, method=method, json=BODIES.get((method, rule)), query_string=query)


def check_answer(told: Server, method: str, rule: str, one: Endpoint, **query: Any) -> None:
    answer = ask(told, method, rule, **query)
    if (method, rule) in OF_WHAT_IS_NOT_HERE:
        assert answer.status_code == OF_WHAT_IS_NOT_HERE[method, rule], (method, rule)
        assert answer.data
        return
    assert answer.status_code in one.answers, (method, rule, answer.text[:300])
    content = one.answers[answer.status_code]
    assert answer.mimetype == content.media, (method, rule)
    if content.media == JSON:
        TypeAdapter(content.model).validate_json(answer.data)
    else:
        assert answer.data, (method, rule)


def test_every_answer_is_what_its_declaration_says_and_nothing_more(told: Server) -> None:
    checked = 0
    for (method, rule), one in endpoints(told).items():
        check_answer(told, method, rule, one)
        checked += 1
    assert checked >= 39
    [incurred] = [one for (_, rule), one in endpoints(told).items() if rule == "/api/v1/queues"]
    check_answer(told, "GET", "/api/v1/queues", incurred, by="day", bucket="incurred")


def test_no_json_answer_is_declared_as_a_bare_object(told: Server) -> None:
    bare = [
        f"{method} {rule}"
        for (method, rule), one in endpoints(told).items()
        for content in one.answers.values()
        if content.media == JSON and TypeAdapter(content.model).json_schema() in ({"type": "object"}, {})
    ]
    assert bare == []


def test_an_unknown_parameter_is_refused_with_the_nearest_known_one_save_where_the_published_api_ignores_it(
    told: Server,
) -> None:
    for (method, rule), one in endpoints(told).items():
        answer = ask(told, method, rule, qeue="align")
        if one.lenient:
            assert answer.status_code in {*one.answers, OF_WHAT_IS_NOT_HERE.get((method, rule))}, (method, rule)
            continue
        assert answer.status_code == 400, (method, rule)
        Error.model_validate_json(answer.data)
        if "queue" in parameters_of(one.query):
            assert "queue is nearest" in answer.json["message"]


def test_every_value_of_a_closed_list_is_checked_and_every_number_bounded(told: Server) -> None:
    checked = 0
    for (method, rule), one in endpoints(told).items():
        for name, declared in parameters_of(one.query).items():
            wrong = {"by": "quueue", "tz": "Mars/Olympus", "from": "soon", "to": "x", "after": "???", "where": "x"}
            value = wrong.get(name, "nonsense" if declared.vocabulary else None)
            if declared.least is not None:
                value = str(declared.most + 1)
            if value is None or rule == "/api/v1/rejects":
                continue
            answer = ask(told, method, rule, **{name: value})
            assert answer.status_code == 400, (rule, name, answer.text[:200])
            assert answer.json["details"][0]["parameter"] == name
            checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/jobs/unknown-job", 404),
        ("GET", "/api/v1/jobs/a%0Ab", 400),
        ("GET", "/api/v1/jobs/a%00b/events", 400),
        ("DELETE", "/api/v1/jobs", 405),
        ("PUT", "/api/v1/configKV", 400),
        ("POST", "/api/v1/events", 415),
        ("POST", "/api/v1/rejects/retry", 422),
        ("GET", "/api/v1/jobs?limit=99999999999999999999", 400),
        ("GET", "/api/v1/jobs?after=broken", 400),
        ("GET", "/api/v1/queues?after=broken", 400),
        ("GET", "/api/v1/queues?by=day&bucket=basis&limit=0", 400),
        ("GET", "/api/v1/queues?bucket=incurred", 400),
        ("GET", "/api/v1/job?limit=-1", 400),
        ("GET", "/api/v1/metrics/summary?start=0001-01-01", 400),
        ("GET", "/api/v1/jobs.csv?sort=nothing", 400),
        ("GET", "/api/v1/nodes.parquet?state=asleep", 400),
    ],
)
def test_every_refusal_has_the_one_shape(told: Server, method: str, path: str, status: int) -> None:
    answer = told.client.open(path, method=method)
    assert answer.status_code == status, answer.text[:300]
    said = Error.model_validate_json(answer.data)
    assert said.statusCode == status


def test_groups_come_a_page_at_a_time_and_together_are_all_of_them(told: Server) -> None:
    for by in ("queue", "day", "user"):
        whole = told.get("/api/v1/queues", by=by)
        assert whole["next"] is None
        rows, after = [], ""
        while after is not None:
            page = told.get("/api/v1/queues", by=by, limit=2, after=after)
            assert len(page["rows"]) <= 2
            rows += page["rows"]
            after = page["next"]
        assert rows == whole["rows"]
        assert len(rows) > 2


def test_the_written_documentation_is_the_declared_api(told: Server, project: Any) -> None:
    written = (project / "docs" / "api.md").read_text(encoding="utf-8")
    assert written == build_text(endpoints(told)), "write it anew with `python -m tests.api.write_docs`"


@pytest.mark.parametrize("path", ["/nothing", "/jobs/a/b", "/wp-login.php", "/configuration/x", "/api.json"])
def test_a_path_that_is_no_page_is_not_found(told: Server, path: str) -> None:
    answer = told.client.get(path)
    assert answer.status_code == 404
    assert "There is no page at" in answer.text
    assert "_dash-" not in answer.text


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs/some-id", "/jobs/a%2Fb", "/nodes", "/configuration"])
def test_pages_answer_as_before(told: Server, path: str) -> None:
    assert told.client.get(path).status_code == 200
