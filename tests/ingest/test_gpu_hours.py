"""GPU hours: GPUs asked for times runtime, wherever figures are shown, over jobs in motion and in history alike."""

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.summary import Total, read_total
from mmbatch_dash.store.queries.totals import fetch_totals
from tests.ingest.conftest import Door
from tests.reference.worked_example import event
from tests.store.world import World

ASKED = {"four": 4, "one": 1, "none": 0, "untold": None, "runs": 8}


EVENTS = [
    *(
        event("job.submitted", "00:00", job_id=job_id, queue="train", **({} if gpus is None else {"gpus": gpus}))
        for job_id, gpus in ASKED.items()
    ),
    *(event("job.started", "00:10", job_id=job_id, attempt=1) for job_id in ASKED),
    *(event("job.succeeded", "01:40", job_id=job_id, attempt=1) for job_id in ASKED if job_id != "runs"),
]


@pytest.fixture
def gpu_door(door: Door) -> Door:
    assert door.post(EVENTS).get_json()["accepted"] == len(EVENTS)
    return door


def test_gpu_hours_stand_in_summary_queues_lists_and_exports(gpu_door: Door) -> None:
    total = {"value": 4 * 1.5 + 1 * 1.5, "coverage": 1.0}
    assert gpu_door.get("/api/v1/summary")["engineering"]["gpu_hours"] == total
    assert gpu_door.get("/api/v1/queues")["rows"][0]["engineering"]["gpu_hours"] == total
    hours = {row["job_id"]: row["gpu_hours"] for row in gpu_door.get("/api/v1/jobs?sort=-gpu_hours")["rows"]}
    assert hours == {"four": 6.0, "one": 1.5, "none": 0.0, "untold": None, "runs": None}
    assert list(hours)[:2] == ["four", "one"]
    assert [row["job_id"] for row in gpu_door.get("/api/v1/jobs?where=gpu_hours>=2")["rows"]] == ["four"]
    exported = csv.DictReader(io.StringIO(gpu_door.client.get("/api/v1/jobs.csv").get_data(as_text=True)))
    assert {row["job_id"]: row["gpu_hours"] for row in exported}["one"] == "1.5"
    table = pq.read_table(io.BytesIO(gpu_door.client.get("/api/v1/jobs.parquet").data))
    assert sum(table["gpu_hours"].drop_null().to_pylist()) == total["value"]
    assert "gpu_hours" in gpu_door.get("/api/openapi.json")["components"]["schemas"]["Engineering"]["properties"]


def test_a_job_says_how_its_gpu_hours_came_about_or_why_they_are_unknown(gpu_door: Door) -> None:
    told = gpu_door.get("/api/v1/jobs/four")["figures"]["gpu_hours"]
    assert (told["formula"], told["computed"]) == ("gpus × runtime_seconds / 3600", "4 × 5,400 / 3600 = 6 h")
    reasons = {
        job_id: gpu_door.get(f"/api/v1/jobs/{job_id}")["figures"]["gpu_hours"]["unknown_because"] for job_id in ASKED
    }
    assert reasons == {
        **dict.fromkeys(("four", "one", "none")),
        "untold": "the GPUs it asked for are not known",
        "runs": "the job has not ended",
    }


def test_gpu_hours_of_history_are_those_of_the_jobs(tmp_path: Path) -> None:
    world = World(tmp_path, retire_at=0)
    world.take(EVENTS)
    world.take([event("job.submitted", "02:00", job_id="later", queue="train")])
    assert world.rows("SELECT count(*) FROM jobs_done") == [(4,)]
    with world.database.cursor() as cursor:
        total = read_total(fetch_totals(cursor, Selection()).iloc[0], "gpu_hours")
    assert total == Total(4 * 1.5 + 1 * 1.5, 1.0)
    world.close()
