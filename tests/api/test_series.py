"""The metric series of the MMBatch API, against an answer made by hand."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server, worked_example

VALUES = "/api/v1/metricValue/system-total/metricDef-"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    services = open_services(build_settings(tmp_path_factory.mktemp("s")), clock=lambda: NOW, start_folding=False)
    server = Server(services, create_app(services).test_client())
    server.send(worked_example(queue="align"))
    yield server
    services.close()


# Submitted 11:55, taken back at 13:00 and 14:05, both restored, completed 15:00; 95 minutes carried, three hours long.
BY_HAND = [
    ("jobSubmitted", "1m", [("11:55:00", 1.0)]),
    ("runtime", "1m", [("15:00:00", 10_800.0)]),
    ("runtime", "30m0s", [("15:00:00", 10_800.0)]),
    ("runtime", "24h", [("00:00:00", 10_800.0)]),
    ("timeSaved", "24h", [("00:00:00", 95 * 60.0)]),
    ("spotProtection", "30m", [("13:00:00", 1.0), ("14:00:00", 1.0)]),
    ("spotProtection", "24h", [("00:00:00", 2.0)]),
    ("checkpointTime", "30m", [("12:30:00", 60.0), ("14:00:00", 60.0)]),
    ("restoreTime", "30m", [("13:00:00", 300.0), ("14:00:00", 240.0)]),
]


@pytest.mark.parametrize(("name", "interval", "points"), BY_HAND)
def test_each_series_has_the_points_made_by_hand(
    server: Server, name: str, interval: str, points: list[tuple[str, float]]
) -> None:
    said = server.get(VALUES + name, interval=interval)
    wanted = [{"time": f"2026-03-01T{clock}Z", "value": value} for clock, value in points]
    assert said == {"id": f"metricDef-{name}.system-total", "points": wanted, "metaData": {}}
    of_queue = server.get(f"/api/v1/metricValue/queue-align/metricDef-{name}", interval=interval)
    assert of_queue["points"] == wanted


def test_start_and_end_bound_the_points_and_a_level_reaches_only_so_far(server: Server) -> None:
    query = {"interval": "30m", "start": "2026-03-01T13:30:00Z", "end": "2026-03-01T14:30:00Z"}
    assert len(server.get(f"{VALUES}spotProtection", **query)["points"]) == 1
    kept = server.services.published.values(
        "metricDef-runtime", "system-total", level="1m0s", start=datetime(2020, 1, 1, tzinfo=UTC), end=None
    )
    assert len(kept["points"]) == 1


def test_the_series_there_are_have_the_published_shape(server: Server, shared_data: Path) -> None:
    published = json.loads((shared_data / "mmbatch" / "GET_metric.json").read_text())
    ours = {one["id"]: one for one in server.get("/api/v1/metric")}
    [sample] = published
    mine = ours[sample["id"]]
    assert {name: mine[name] for name in ("name", "id", "definition", "object")} == {
        name: sample[name] for name in ("name", "id", "definition", "object")
    }
    assert sorted(map(str, mine["levels"])) == sorted(map(str, sample["levels"]))


def test_what_is_no_series_or_interval_says_so(server: Server) -> None:
    assert "There is no metric" in server.get(f"{VALUES}none", expected=404)["message"]
    said = server.get(f"{VALUES}runtime", expected=400, interval="5m")["message"]
    assert "interval: '5m' is none of 1m, 30m and 24h" in said
