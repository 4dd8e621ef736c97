"""Names without end from one sender: what is asked often stays short and quick."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server, event
from tests.api.test_prometheus import samples

MANY = 100_000
MOST_SECONDS, MOST_BYTES = 2.0, 2_000_000
CORES = 2


def submitted(number: int, queue: str) -> dict[str, Any]:
    names = {"queue": queue, "user": f"user-{number:06}", "definition": f"step-{number}:1"}
    return event("job.submitted", 0, job_id=f"job-{number}", **names, tags={f"key-{number:06}": f"value-{number}"})


def test_metrics_name_the_largest_queues_and_add_up_the_rest(server: Server) -> None:
    server.send([submitted(number, f"q{number % 300:03}") for number in range(650)])
    found = {labels[0][1]: value for (name, labels), value in samples(server).items() if name.endswith("total_jobs")}
    assert len(found) == 201
    assert sum(found.values()) == 650
    assert found["other"] == 200
    assert found["q000"] == 3
    points = server.get("/api/v1/metrics/summary")["items"]["jobSubmitted"]
    assert len(points) == 201
    assert sum(point["point"]["value"] for point in points) == 650


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with as many queues, users, definitions and tag keys as jobs."""
    folder: Path = tmp_path_factory.mktemp("crowded")
    services = open_services(build_settings(folder), clock=lambda: NOW, start_folding=False)
    for start in range(0, MANY, 20_000):
        services.intake.take(read_batch([submitted(n, f"queue-{n:06}") for n in range(start, start + 20_000)]))
    server = Server(services, create_app(services).test_client())
    server.fold()
    yield server
    services.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/metrics", {}),
        ("/api/v1/metrics/summary", {}),
        ("/api/v1/queues", {}),
        ("/api/v1/queues", {"by": "user"}),
        ("/api/v1/queues", {"by": "definition"}),
        ("/api/v1/queues", {"by": "tag:key-000001"}),
        ("/api/v1/summary", {"queue": "queue-000007"}),
        ("/api/v1/summary", {"tag": "key-000007:value-7"}),
        ("/_dash-layout", {"path": "/", "search": ""}),
        ("/_dash-layout", {"path": "/jobs", "search": ""}),
    ],
)
def test_a_hundred_thousand_names_cost_two_seconds_and_two_megabytes_at_most(
    crowded: Server, path: str, query: dict[str, str], record_property: Any
) -> None:
    crowded.client.get("/healthz")
    # Of the processor, not of the clock: another's load on the machine is no matter of ours.
    before = time.process_time()
    answer = crowded.client.get(path, query_string=query)
    seconds = (time.process_time() - before) / CORES
    record_property("seconds", round(seconds, 2))
    record_property("bytes", len(answer.data))
    assert answer.status_code == 200
    assert len(answer.data) <= MOST_BYTES
    assert seconds <= MOST_SECONDS
