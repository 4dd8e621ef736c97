"""The FOCUS 1.2 export: every row as the specification wants it, and the sum is the headline cost."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.api.conftest import Server, event, worked_example

CASES = Path(__file__).resolve().parents[1] / "data" / "focus_1_2_mandatory.csv"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SELECTIONS: list[dict[str, Any]] = [
    {},
    {"queue": "align"},
    {"purchase_option": "spot", "status": "SUCCEEDED"},
    {"from": "2026-03-02T06:00:00Z", "basis": "completed"},
    {"tag": "team:genomics", "user": ["mara", "(none)"]},
]


@pytest.fixture(scope="module")
def columns(project: Path) -> list[dict[str, str]]:
    """What the specification says of each column: the real list where it is, else its mandatory part."""
    real = project.parent / "shared" / "data" / "focus" / "focus_1_2_columns.csv"
    text = (real if real.exists() else CASES).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def focus(server: Server, **query: Any) -> tuple[list[dict[str, str]], int]:
    answer = server.client.get("/api/v1/focus.csv", query_string=query)
    assert answer.status_code == 200, answer.text[:500]
    return list(csv.DictReader(io.StringIO(answer.text, newline=""))), int(answer.headers["X-Left-Out"])


def broken(row: dict[str, str], column: dict[str, str]) -> str:
    name, kind = column["column"], column["data_type"]
    if name not in row:
        return f"{name} is mandatory and missing" if column["feature_level"] == "Mandatory" else ""
    value = row[name]
    if value == "":
        return f"{name} is null" if column["allows_nulls"] == "False" else ""
    if kind == "Decimal":
        float(value)
    if kind == "Date/Time" and not TIME.fullmatch(value):
        return f"{name} is {value}"
    if kind == "JSON":
        json.loads(value)
    allowed = [one.strip() for one in column["allowed_values"].split(";") if one.strip()]
    return f"{name} is {value}" if allowed and value not in allowed else ""


def test_every_row_is_as_the_specification_wants_it(fleet: Server, columns: list[dict[str, str]]) -> None:
    rows, _ = focus(fleet)
    assert len(rows) > 100
    assert [said for row in rows for column in columns if (said := broken(row, column))] == []
    known = {column["column"] for column in columns}
    assert [name for name in rows[0] if name not in known and not name.startswith("x_")] == []
    for row in rows:
        start, end = (datetime.fromisoformat(row[f"ChargePeriod{edge}"]) for edge in ("Start", "End"))
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]
        assert (end - start).total_seconds() <= 86_400


@pytest.mark.parametrize("query", SELECTIONS, ids=["all", "queue", "spot", "time", "tag"])
def test_the_effective_cost_sums_to_the_total_instance_cost(fleet: Server, query: dict[str, Any]) -> None:
    rows, left_out = focus(fleet, **query)
    total = fleet.get("/api/v1/summary", **query)["figures"]["cost_usd"]
    assert sum(float(row["EffectiveCost"]) for row in rows) == pytest.approx(total["value"], rel=1e-9)
    assert rows
    assert (left_out > 0) == (total["coverage"] < 1)


def test_the_same_rows_come_as_parquet(fleet: Server) -> None:
    rows, _ = focus(fleet)
    answer = fleet.client.get("/api/v1/focus.parquet")
    table = pq.read_table(io.BytesIO(answer.data))
    assert (table.num_rows, table.column_names) == (len(rows), list(rows[0]))
    assert sum(table["EffectiveCost"].to_pylist()) == pytest.approx(sum(float(row["EffectiveCost"]) for row in rows))


@pytest.fixture
def small(start: Callable[..., Server]) -> Server:
    server = start()
    spot = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}
    server.send(
        [
            *worked_example(queue="align", user="=cmd()", tags={"team": "genomics"}),
            event("job.started", 60 * 11, job_id="night", attempt=1, usd_per_hour=1.0, instance_id="i-9", **spot),
            event("job.succeeded", 60 * 14, job_id="night", attempt=1),
            event("job.started", 0, job_id="unpriced", attempt=1, instance_id="i-8", instance_type="x9.large"),
            event("job.succeeded", 60, job_id="unpriced", attempt=1),
        ]
    )
    return server


def test_an_attempt_over_midnight_is_a_row_a_day_and_what_has_no_cost_is_counted(small: Server) -> None:
    rows, left_out = focus(small)
    night = [row for row in rows if row["x_JobId"] == "night"]
    assert [(row["ChargePeriodStart"], row["EffectiveCost"], row["ConsumedQuantity"]) for row in night] == [
        ("2026-03-01T23:00:00Z", "1", "1"),
        ("2026-03-02T00:00:00Z", "2", "2"),
    ]
    assert left_out == 1
    first = next(row for row in rows if row["x_JobId"] == "job-1" and row["x_Attempt"] == "1")
    assert (first["PricingCategory"], first["ListCost"], first["BilledCost"]) == ("Dynamic", "1", "0.4")
    assert (json.loads(first["Tags"]), first["x_User"]) == ({"team": "genomics"}, "'=cmd()")
