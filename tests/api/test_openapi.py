"""The document describes every endpoint and nothing else, and no request gets an answer it does not know."""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mmbatch_dash.api.declared import as_template, endpoints_of
from tests.api.conftest import Server
from tests.effort import effort


@pytest.fixture
def document(fleet: Server) -> dict[str, Any]:
    found: dict[str, Any] = fleet.get("/api/openapi.json")
    return found


# The last two are where the published API has its log files.
DESCRIBED = ("/api/", "/healthz", "/readyz", "/metrics", "/nodes/", "/mmab")


def test_every_route_of_the_api_is_described(fleet: Server, document: dict[str, Any]) -> None:
    served = {
        (method, as_template(rule.rule))
        for rule in fleet.client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(DESCRIBED) and rule.rule != "/api/<path:rest>"
    }
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == served


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert names
    assert names <= set(document["components"]["schemas"])


def test_the_page_needs_no_script_and_nothing_from_elsewhere(fleet: Server, document: dict[str, Any]) -> None:
    page = fleet.client.get("/api/docs").text
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert all(path in page for path in document["paths"])


@pytest.mark.slow
def test_no_request_gets_a_server_error_or_an_undocumented_answer(fleet: Server) -> None:
    server = fleet.client.application

    def from_here(environ: dict[str, Any], start_response: Any) -> Any:
        return server({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", from_here)
    wanted = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr] # a broken description fails here

        @settings(
            max_examples=effort(12, 6),
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @schema_cases(operation)  # type: ignore[untyped-decorator]
        def ask(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(checks=wanted)

        ask()
    assert tried > len(endpoints_of(server))


def schema_cases(operation: Any) -> Any:
    """Gives a test the requests that the description of one operation allows."""
    return given(case=operation.as_strategy())
