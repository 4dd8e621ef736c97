"""A whole server in process: real store, real fold, Flask's client."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from tests.reference.hard_worlds import build_hard_world

NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)


@dataclass
class Server:
    """A server and a client of it."""

    services: Services
    client: FlaskClient

    def send(self, events: list[dict[str, Any]]) -> None:
        """Posts events and folds them."""
        body = b"\n".join(orjson.dumps(event) for event in events)
        answer = self.client.post("/api/v1/events", data=body, content_type="application/x-ndjson")
        assert answer.status_code in (200, 207, 422), answer.text[:500]
        self.fold()

    def fold(self) -> None:
        """Folds here and now: the fold's own thread, which rests between batches, is not started."""
        self.services.fold.fold_all()
        self.services.worker.bump()

    def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        """The JSON a path answers."""
        answer = self.client.get(path, query_string=query)
        assert answer.status_code == expected, answer.text[:500]
        return answer.json

    def csv(self, path: str, **query: Any) -> list[dict[str, str]]:
        """The rows of a CSV export."""
        answer = self.client.get(path, query_string=query)
        assert answer.status_code == 200, answer.text[:500]
        return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, each in a folder of its own."""
    opened: list[Services] = []

    def begin(*, simulated: bool = False) -> Server:
        settings = build_settings(tmp_path / f"server-{len(opened)}", simulated=simulated)
        services = open_services(settings, clock=lambda: NOW, start_folding=False)
        opened.append(services)
        return Server(services, create_app(services).test_client())

    yield begin
    for services in opened:
        services.close()


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    """An empty server."""
    return start()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a day of many reclaims, its sources forgetful; only to be read."""
    settings = build_settings(tmp_path_factory.mktemp("fleet"), simulated=True)
    services = open_services(settings, clock=lambda: NOW, start_folding=False)
    server = Server(services, create_app(services).test_client())
    server.send(build_hard_world(11, jobs=150))
    yield server
    services.close()


def event(kind: str, minute: float, /, **data: Any) -> dict[str, Any]:
    """A native event on the first of March, so many minutes after noon."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() + minute * 60
    said = datetime.fromtimestamp(at, UTC).isoformat()
    subject = data.get("job_id") or data.get("instance_id") or data.get("node_id")
    return {
        "specversion": "1.0",
        "id": f"{kind}/{subject}/{minute}/{data.get('attempt', '')}",
        "source": "tests",
        "type": f"mmbatch.{kind}",
        "time": said,
        "data": data,
    }


def worked_example(job_id: str = "job-1", **more: Any) -> list[dict[str, Any]]:
    """The events of the worked example of docs/definitions.md section 3."""
    spot = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}
    started = {**spot, "usd_per_hour": 0.4}
    price = {"region": "us-east-1", "instance_type": "m5.2xlarge", "purchase_option": "on-demand"}
    return [
        event("price.observed", -60, **price, usd_per_hour=1.0, effective_at="2026-03-01T00:00:00Z"),
        event("job.submitted", -5, job_id=job_id, vcpus=8, **more),
        event("job.started", 0, job_id=job_id, attempt=1, instance_id="i-0000000000000001", **started),
        event(
            "checkpoint.succeeded",
            46,
            job_id=job_id,
            attempt=1,
            checkpoint_id="c1",
            taken_at="2026-03-01T12:45:00Z",
            duration_seconds=60,
        ),
        event("job.interrupted", 60, job_id=job_id, attempt=1, reason="reclaimed"),
        event("job.started", 65, job_id=job_id, attempt=2, instance_id="i-0000000000000002", **started),
        event("restore.succeeded", 70, job_id=job_id, attempt=2, checkpoint_id="c1", duration_seconds=300),
        event(
            "checkpoint.succeeded",
            121,
            job_id=job_id,
            attempt=2,
            checkpoint_id="c2",
            taken_at="2026-03-01T14:00:00Z",
            duration_seconds=60,
        ),
        event("job.interrupted", 125, job_id=job_id, attempt=2, reason="reclaimed"),
        event("job.started", 140, job_id=job_id, attempt=3, instance_id="i-0000000000000003", **started),
        event("restore.succeeded", 144, job_id=job_id, attempt=3, checkpoint_id="c2", duration_seconds=240),
        event("job.succeeded", 180, job_id=job_id, attempt=3, exit_code=0),
    ]
