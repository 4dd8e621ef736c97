"""Files: exactly the selection, sums equal to the headline, harmless to spreadsheets, little memory."""

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.selection import UNKNOWN, Selection
from mmbatch_dash.services.exports import file_name
from mmbatch_dash.store.queries.exports import Form
from tests.api.conftest import NOW, Server, event

HOSTILE = [
    "<script>alert(1)</script>", "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\0x", 'quote " inside', "a,b",
    "line\r\nbreak", "\u202egnirts", "x" * 10_000, "🦄", "'quoted'", "NULL", "1e5", " =1+1",
]  # fmt: skip
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "queue": st.lists(st.sampled_from(["align", "gpu-fold", "joint-genotype", UNKNOWN]), min_size=1, max_size=3),
        "status": st.lists(st.sampled_from(["SUCCEEDED", "FAILED", "RUNNING", "RUNNABLE"]), min_size=1, max_size=2),
        "purchase_option": st.lists(st.sampled_from(["spot", "on-demand", UNKNOWN]), min_size=1, max_size=2),
        "basis": st.sampled_from(["submitted", "completed"]),
        "from": st.integers(0, 2879).map(
            lambda minute: f"2026-03-0{1 + minute // 1440}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
        ),
        "tz": st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"]),
        "q": st.sampled_from(["a", "fold", "zzz"]),
    },
)


def add(rows: list[dict[str, str]], name: str) -> float | None:
    known = [float(row[name]) for row in rows if row[name] != ""]
    return sum(known) if known else None


@settings(max_examples=15)
@given(query=FILTERS)
def test_sums_of_the_csv_are_the_headline_for_any_filter(fleet: Server, query: dict[str, Any]) -> None:
    rows = fleet.csv("/api/v1/jobs.csv", **query)
    summary = fleet.get("/api/v1/summary", **query)
    assert len(rows) == summary["figures"]["total_jobs"]
    totals = {**summary["figures"], **summary["engineering"]}
    for name in TOTALLED:
        if rows:
            total = add(rows, name)
            value = totals[name]["value"]
            # A total is unknown where none of the jobs it applies to is known; those it does not apply to have 0.
            assert value == pytest.approx(total, rel=1e-9, abs=1e-9) if value is not None else not total
    assert (add(rows, "protections_succeeded") or 0) == summary["figures"]["spot_protections"]


def test_parquet_holds_the_same_as_csv(fleet: Server) -> None:
    rows = sorted(fleet.csv("/api/v1/jobs.csv"), key=lambda row: row["job_id"])
    answer = fleet.client.get("/api/v1/jobs.parquet")
    table = pq.read_table(io.BytesIO(answer.data)).sort_by("job_id")
    assert table.column_names == list(rows[0])
    for name in ("cost_usd", "vcpus", "attempts"):
        assert [None if row[name] == "" else float(row[name]) for row in rows] == table[name].to_pylist()
    times = [None if row["submitted_at"] == "" else datetime.fromisoformat(row["submitted_at"]) for row in rows]
    assert times == table["submitted_at"].to_pylist()


def test_attempts_cost_what_their_jobs_cost(fleet: Server) -> None:
    jobs = {row["job_id"]: row for row in fleet.csv("/api/v1/jobs.csv")}
    costs: dict[str, float] = {}
    attempts = fleet.csv("/api/v1/attempts.csv")
    for row in attempts:
        if row["cost_usd"]:
            costs[row["job_id"]] = costs.get(row["job_id"], 0) + float(row["cost_usd"])
    for job_id, job in jobs.items():
        if job["cost_usd"]:
            assert costs[job_id] == pytest.approx(float(job["cost_usd"]))
    assert len(attempts) == sum(int(row["attempts"]) for row in jobs.values())
    assert pq.read_table(io.BytesIO(fleet.client.get("/api/v1/attempts.parquet").data)).num_rows == len(attempts)


def test_an_empty_selection_is_a_header_and_an_empty_table(fleet: Server) -> None:
    answer = fleet.client.get("/api/v1/jobs.csv?queue=nowhere")
    assert answer.data.count(b"\r\n") == 1
    assert answer.data.startswith(b'"job_id","name"')
    assert pq.read_table(io.BytesIO(fleet.client.get("/api/v1/jobs.parquet?queue=nowhere").data)).num_rows == 0


def test_times_carry_the_offset_of_the_zone_asked_for(fleet: Server) -> None:
    utc = {row["job_id"]: row["submitted_at"] for row in fleet.csv("/api/v1/jobs.csv")}
    for zone, offset in (("Europe/Berlin", "+01:00"), ("America/St_Johns", "-03:30")):
        for row in fleet.csv("/api/v1/jobs.csv", tz=zone):
            if row["submitted_at"]:
                assert row["submitted_at"].endswith(offset)
                assert datetime.fromisoformat(row["submitted_at"]) == datetime.fromisoformat(utc[row["job_id"]])
    assert all(text.endswith("Z") for text in utc.values() if text)


def test_rows_come_in_the_order_asked_for(fleet: Server) -> None:
    listed = [row["job_id"] for row in fleet.get("/api/v1/jobs", sort="-cost_usd", limit=1000)["rows"]]
    assert [row["job_id"] for row in fleet.csv("/api/v1/jobs.csv", sort="-cost_usd")] == listed


def test_hostile_texts_are_harmless_cells_and_numbers_stay_numbers(server: Server) -> None:
    events = []
    for number, text in enumerate(HOSTILE):
        data = {"name": text, "queue": text[:100], "user": text, "tags": {text[:100]: text[:200]}, "vcpus": 0.5}
        events.append(event("job.submitted", number, job_id=f"job-{number}", **data))
    server.send(events)
    by_id = {row["job_id"]: row for row in server.csv("/api/v1/jobs.csv")}
    listed = {row["job_id"]: row for row in server.get("/api/v1/jobs", limit=1000)["rows"]}
    assert set(by_id) == set(listed)
    for number, text in enumerate(HOSTILE):
        if (row := by_id.get(f"job-{number}")) is None:
            continue
        text = text.replace("\0", "\ufffd")  # the store keeps no NUL
        assert listed[row["job_id"]]["name"] == text
        assert row["name"] == (f"'{text}" if text[0] in "=+-@\t\r\n" else text)
        assert row["vcpus"] == "0.5"
        detail = server.get(f"/api/v1/jobs/{row['job_id']}")
        assert detail["events"][0]["raw"]["data"]["name"] == HOSTILE[number]
    assert len(by_id) >= len(HOSTILE) - 1


def test_negative_numbers_are_not_taken_for_formulas(fleet: Server) -> None:
    values = [row["net_saved_seconds"] for row in fleet.csv("/api/v1/jobs.csv")]
    assert any(value.startswith("-") for value in values)
    assert not any(value.startswith("'") for value in values)


def test_the_file_is_rfc_4180_and_says_what_it_holds_and_when(fleet: Server) -> None:
    answer = fleet.client.get("/api/v1/jobs.csv?queue=align")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="jobs_queue-align_20260302T183000Z.csv"'
    lines = answer.data.split(b"\r\n")
    assert lines[-1] == b""
    rows = list(csv.reader(io.StringIO(answer.data.decode(), newline=""), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}


@given(st.text(max_size=60), st.text(max_size=200))
def test_a_file_name_is_plain_whatever_is_selected(queue: str, q: str) -> None:
    name = file_name("jobs", Selection(queue=(queue,), q=q, from_at=NOW, to_at=NOW + timedelta(days=1)), Form.CSV, NOW)
    assert re.fullmatch(r"jobs_[A-Za-z0-9._-]{1,160}_20260302T183000Z\.csv", name)


def test_a_reader_who_goes_away_gives_the_cursor_back(fleet: Server) -> None:
    export = fleet.services.exports.jobs(Selection(), Form.CSV)
    assert next(export.chunks).startswith(b'"job_id"')
    next(export.chunks)
    export.chunks.close()  # type: ignore[attr-defined]
    assert fleet.get("/api/v1/summary")["figures"]["total_jobs"] > 0
