"""A Dash app over fake services, driven through Dash's own callback endpoint."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flask
import pytest
from dash import Dash
from flask.testing import FlaskClient

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.shell import create_dash
from mmbatch_dash.settings import Settings
from tests.pages.fake_jobs import FakeJobs, FakeNodes
from tests.pages.fakes import SETTINGS, Dashboard, FakeRejects, FakeReports, FakeServices, small_dashboard


@dataclass
class Browser:
    """What a browser would send and get, without one."""

    app: Dash
    reports: FakeReports
    client: FlaskClient
    rejects: FakeRejects = field(default_factory=FakeRejects)

    def specs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/_dash-dependencies").get_json()
        return found

    def spec(self, component: str, prop: str) -> dict[str, Any]:
        """The callback that sets the property."""
        matching = [
            spec for spec in self.specs() if any(_clean(part) == f"{component}.{prop}" for part in _outputs(spec))
        ]
        assert len(matching) == 1, f"{len(matching)} callbacks set {component}.{prop}"
        return matching[0]

    def call(self, component: str, prop: str, **values: Any) -> dict[str, Any]:
        """The answer of the callback that sets the property, as {id: {prop: value}}, and {} for 204.

        Args:
            component: id of one of its outputs.
            prop: property of that output.
            **values: inputs and states by "id.prop" with "-" and "." written as they are; others are None.
        """
        spec = self.spec(component, prop)

        def filled(part: dict[str, str]) -> dict[str, Any]:
            return {**part, "value": values.get(f"{part['id']}.{part['property']}")}

        outputs = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in _outputs(spec)]
        body = {
            "output": spec["output"],
            "outputs": outputs if spec["output"].startswith("..") else outputs[0],
            "inputs": [filled(part) for part in spec["inputs"]],
            "state": [filled(part) for part in spec["state"]],
            "changedPropIds": [
                name for name in values if any(f"{p['id']}.{p['property']}" == name for p in spec["inputs"])
            ],
        }
        answer = self.client.post("/_dash-update-component", json=body)
        assert answer.status_code in (200, 204), answer.status_code
        if answer.status_code == 204:
            return {}
        data = answer.get_json()
        side: dict[str, Any] = data.get("sideUpdate") or {}
        response: dict[str, Any] = {
            **data.get("response", {}),
            **{f"side:{name}": value for name, value in side.items()},
        }
        return response


def _outputs(spec: dict[str, Any]) -> list[str]:
    text: str = spec["output"]
    return text.strip(".").split("...") if text.startswith("..") else [text]


def _clean(part: str) -> str:
    return part.split("@")[0]


@pytest.fixture
def browse() -> Callable[..., Browser]:
    """Opens an app over the given dashboards."""

    def open_app(
        answer: Callable[[Selection], Dashboard] = small_dashboard,
        jobs: FakeJobs | None = None,
        nodes: FakeNodes | None = None,
        settings: Settings = SETTINGS,
        **options: Any,
    ) -> Browser:
        reports = FakeReports(lambda selection, _engineering: answer(selection))
        server = flask.Flask("test")
        services = FakeServices(reports, jobs or FakeJobs(), nodes or FakeNodes(), settings=settings)
        app = create_dash(server, services, **options)
        return Browser(app, reports, server.test_client(), services.rejects)

    return open_app


def text_of(part: Any) -> str:
    """All text in a component tree as it went over the wire."""
    if isinstance(part, str | int | float):
        return str(part)
    if isinstance(part, list):
        return " ".join(text_of(item) for item in part)
    if isinstance(part, dict):
        return text_of(part.get("props", {}).get("children"))
    return ""


def dump(part: Any) -> str:
    """The wire form, to look for a text anywhere in it."""
    return json.dumps(part, ensure_ascii=False)
