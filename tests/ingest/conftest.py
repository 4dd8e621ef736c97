"""A server without a network on a data directory of the test's own."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ERROR_KEYS = {"statusCode", "errorCode", "message", "details"}


def submitted(number: int = 1, /, **data: Any) -> dict[str, Any]:
    """A job.submitted event of job-`number`; `data` adds and overrides."""
    return {
        "specversion": "1.0",
        "id": f"submitted-{number}",
        "source": "test/agent",
        "type": "mmbatch.job.submitted",
        "time": "2026-03-01T00:00:00Z",
        "data": {"job_id": f"job-{number}", "queue": "align", "vcpus": 2, **data},
    }


class Door:
    """What a client of POST /api/v1/events sees, and what is in the store afterwards."""

    def __init__(self, services: Services, client: FlaskClient) -> None:
        self.services = services
        self.client = client

    def post(self, body: Any, content_type: str | None = "application/json", **headers: str) -> TestResponse:
        """The answer to a body: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/api/v1/events", data=data, content_type=content_type, headers=named)

    def post_gzip(self, body: Any, content_type: str = "application/json") -> TestResponse:
        """The answer to the same, packed."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.post(gzip.compress(data), content_type, Content_Encoding="gzip")

    def get(self, path: str) -> Any:
        """The JSON at a path, after everything accepted was folded."""
        self.services.fold.fold_all()
        self.services.worker.bump()
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the folded tables hold."""
        self.services.fold.fold_all()
        with self.services.database.cursor() as cursor:
            return cursor.execute(sql).fetchall()

    def rejects(self) -> list[dict[str, Any]]:
        """What was kept aside."""
        rows: list[dict[str, Any]] = self.get("/api/v1/rejects")["rows"]
        return rows

    @property
    def stored_bytes(self) -> int:
        """Size of the journal."""
        return self.services.journal.end


def assert_refused(answer: TestResponse, status: int, *words: str) -> dict[str, Any]:
    """The error body, after checking that it is of the one shape and names `words`."""
    body: dict[str, Any] = answer.get_json()
    assert answer.status_code == status, body
    assert set(body) >= ERROR_KEYS
    assert body["statusCode"] == status
    assert isinstance(body["errorCode"], int)
    for word in words:
        assert word in body["message"]
    return body


@contextmanager
def open_door(folder: Path) -> Iterator[Door]:
    services = open_services(build_settings(folder), clock=lambda: NOW, start_folding=False)
    yield Door(services, create_app(services).test_client())
    services.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """An empty store of the test's own."""
    with open_door(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(scope="module")
def empty_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A store shared by tests that find everything refused, checked to be empty at the end."""
    with open_door(tmp_path_factory.mktemp("empty") / "data") as opened:
        yield opened
        assert opened.stored_bytes == 0
